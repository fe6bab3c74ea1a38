package span

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Plain characters are passed by the tables that all others go through: with
// and without those, texts fold alike.
func TestFoldingInPiecesIsThatOfTheWhole(t *testing.T) {
	check := func(text string) {
		t.Helper()
		f := folding{t: &Text{}}
		f.piece(text)
		f.t.at = append(f.t.at, int32(len(f.out)))
		want, got := f.t, Fold(text)
		if got.S != string(f.out) || !slices.Equal(got.R, want.R) || !slices.Equal(got.at, want.at) || !slices.Equal(got.from, want.from) || !slices.Equal(got.to, want.to) {
			t.Fatalf("%q folds to %q, %v, %v, %v, not %q, %v, %v, %v", text, got.S, got.at, got.from, got.to, f.out, want.at, want.from, want.to)
		}
	}
	for r := rune(0); r < 0x12000; r++ {
		if r < 0xd800 || r > 0xdfff {
			check("a" + string(r) + "か" + string(r) + "。" + string(r) + string(r) + "漢")
		}
	}
	signs := []rune("ab 1９-ーか゛が\u3099ガｶﾞー漢円々〇。、「（！Ａé\u0301É\u200b“—½㍿\u3000한\u1112\u1161\u11ab\ufffd🙂")
	rng := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		var b []byte
		for range rng.IntN(20) {
			b = append(b, string(signs[rng.IntN(len(signs))])...)
			if rng.IntN(12) == 0 {
				b = b[:len(b)-1] // a character that was cut, or none
			}
		}
		check(string(b))
	}
}
