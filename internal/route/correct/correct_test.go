package correct

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A predictor that exaggerates is believed as far as it is right, and one that
// knows nothing not at all.
func TestExpectationsAreBelievedAsFarAsTheyAreRight(t *testing.T) {
	for _, truth := range []float64{0, .5, 1} {
		rng := rand.New(rand.NewPCG(1, 2))
		var c Correction
		for range 20000 {
			w, s := .2+.5*rng.Float64(), .3+.5*rng.Float64()
			weak, strong := b2f(rng.Float64() < .45+truth*(w-.45)), b2f(rng.Float64() < .6+truth*(s-.55))
			c.Observe(w, s, &weak, &strong)
		}
		w, s := c.Of(.65, .35)
		if math.Abs(w-(.45+truth*.2)) > .03 || math.Abs(s-(.6-truth*.2)) > .03 {
			t.Errorf("of a predictor that is %g right: %.3f and %.3f", truth, w, s)
		}
	}
}

// What is chosen by the expectations does not bias the correction.
func TestChoicesDoNotBias(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	var c Correction
	for range 20000 {
		w, s := rng.Float64(), rng.Float64()
		weak, strong := b2f(rng.Float64() < .2+.5*w), b2f(rng.Float64() < .4+.3*s)
		if s > w {
			c.Observe(w, s, nil, &strong)
		} else {
			c.Observe(w, s, &weak, nil)
		}
	}
	if w, s := c.Of(.2, .9); math.Abs(w-.3) > .05 || math.Abs(s-.67) > .05 {
		t.Errorf("%.3f %.3f", w, s)
	}
}

func TestFewOutcomesLeanToTheMean(t *testing.T) {
	var c Correction
	if w, s := c.Of(.3, .9); w != .3 || s != .9 {
		t.Error("without outcomes the predictor is believed")
	}
	one, none := 1.0, 0.0
	for i := range 10 {
		v := &none
		if i < 5 {
			v = &one
		}
		c.Observe(.5, .5, v, v)
	}
	if w, s := c.Of(.3, .9); math.Abs(w-(.5-.3*.2)) > 1e-9 || math.Abs(s-(.5+.3*.4)) > 1e-9 {
		t.Errorf("%.3f %.3f", w, s)
	}
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
