package train

import (
	"math/rand/v2"
	"testing"

	"irori/internal/route/privacy/tagger"
)

// chainsOf draws chains in which a token is of a name where its feature is even,
// and its first where the one before has an odd one.
func chainsOf(n int) (out []Chain) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for range n {
		var c Chain
		for i := range 1 + rnd.IntN(8) {
			f := rnd.Uint32N(20)
			l := tagger.Outside
			if f%2 == 0 {
				if l = tagger.Begin; i > 0 && c.Gold[i-1] != tagger.Outside {
					l = tagger.Inside
				}
			}
			c.Features = append(c.Features, []uint32{f * 0x01234567, 99})
			c.Gold = append(c.Gold, l)
		}
		out = append(out, c)
	}
	return out
}

// TestFit learns what decides of labels, features and the label before, the same
// each time.
func TestFit(t *testing.T) {
	chains := chainsOf(400)
	o := Options{Rows: 1 << 10, Least: 2, Epochs: 6, Rate: .2, Drop: .1, Seed: 1, Shut: []uint32{0xabcdef01}}
	m := Fit(chains, o)
	again := Fit(chains, o)
	wrong, all := 0, 0
	for _, c := range chainsOf(500)[400:] {
		x := make(tagger.Chain, len(c.Gold))
		for i, fs := range c.Features {
			x[i] = tagger.Token{From: i, To: i + 1, Features: fs, First: -1}
		}
		in := make([]tagger.Label, len(x))
		for _, s := range m.Find([]tagger.Chain{x}) {
			for i := s.Start; i < s.End; i++ {
				if in[i] = tagger.Inside; i == s.Start {
					in[i] = tagger.Begin
				}
			}
		}
		for i, l := range c.Gold {
			if all++; in[i] != l {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d labels are wrong", wrong, all)
	}
	for i, r := range m.Rows {
		if r != again.Rows[i] {
			t.Fatalf("row %d: %+v, then %+v", i, r, again.Rows[i])
		}
	}
	shut := false
	for _, r := range m.Rows {
		shut = shut || r.Begin == -128
	}
	if !shut {
		t.Error("the gate is lost")
	}
}
