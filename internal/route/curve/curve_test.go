package curve

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestFiguresOfASmallCurve(t *testing.T) {
	// Four questions: two where escalation pays, one where it harms, one alike.
	weak, strong := []float64{0, 1, 0, 1}, []float64{1, 0, 1, 1}
	c := New([]float64{4, 1, 3, 2}, weak, strong)
	// Gains of 0, 1, 2, 2, 1 over a gap of 1.
	if a, ok := c.APGR(); !ok || a != 6.0/5 {
		t.Error(a, ok)
	}
	if v, ok := c.CPT(.5); !ok || v != .25 {
		t.Error(v, ok)
	}
	if v, ok := c.Calls(.95); !ok || v != .25 {
		t.Error(v, ok)
	}
	if w, s := c.Means(); w != .5 || s != .75 {
		t.Error(w, s)
	}
	if c.At(0) != .5 || c.At(.5) != 1 || c.At(1) != .75 {
		t.Error(c.At(0), c.At(.5), c.At(1))
	}
	if _, ok := New([]float64{1, 2}, []float64{1, 1}, []float64{0, 1}).APGR(); ok {
		t.Error("a strong model that is no better has a gap")
	}
	if _, ok := New(nil, nil, nil).Calls(.95); ok {
		t.Error("nothing was asked")
	}
}

// A constant score is chance, whatever order the file has.
func TestAConstantScoreIsChance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 80).Draw(t, "n")
		weak, strong := make([]float64, n), make([]float64, n)
		for i := range n {
			weak[i], strong[i] = rapid.Float64Range(0, 1).Draw(t, "w"), rapid.Float64Range(0, 1).Draw(t, "s")
		}
		if a, ok := New(make([]float64, n), weak, strong).APGR(); ok && math.Abs(a-.5) > 1e-9 {
			t.Errorf("APGR %g", a)
		}
	})
}

// Ties bring what the mean over random orders of them brings.
func TestTiesAreAveraged(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 60
	score, weak, strong := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		score[i], weak[i], strong[i] = float64(rng.IntN(4)), float64(rng.IntN(2)), float64(rng.IntN(3)/1%2)
		if rng.IntN(3) > 0 {
			strong[i] = 1
		}
	}
	want, ok := New(score, weak, strong).APGR()
	if !ok {
		t.Fatal("no gap")
	}
	sum, draws := 0.0, 4000
	for range draws {
		broken := make([]float64, n)
		for i := range n {
			broken[i] = score[i] + 1e-6*rng.Float64()
		}
		a, _ := New(broken, weak, strong).APGR()
		sum += a / float64(draws)
	}
	if math.Abs(sum-want) > .01 {
		t.Errorf("%.4f, random orders give %.4f", want, sum)
	}
}

func TestPaired(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	const n = 1500
	good, bad, weak, strong := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		u := rng.Float64()
		weak[i], strong[i] = b2f(rng.Float64() < 1-u), b2f(rng.Float64() < .7)
		good[i], bad[i] = u, rng.Float64()
	}
	d, ok := Paired([][]float64{good}, [][]float64{bad}, weak, strong, 400, 1)
	if !ok || d.P > .01 || !(d.Low > 0 && d.Low < d.Value && d.Value < d.High) {
		t.Errorf("%+v %v", d, ok)
	}
	same, ok := Paired([][]float64{bad, bad}, [][]float64{bad, bad}, weak, strong, 200, 1)
	if !ok || same.Value != 0 || same.P < .9 {
		t.Errorf("the same against itself: %+v", same)
	}
	low := 0
	for seed := range uint64(40) {
		other := make([]float64, n)
		for i := range other {
			other[i] = rng.Float64()
		}
		if d, _ := Paired([][]float64{other}, [][]float64{bad}, weak, strong, 200, seed); d.P < .05 {
			low++
		}
	}
	if low > 8 {
		t.Errorf("%d of 40 comparisons of chance with chance have p < .05", low)
	}
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
