package audit

import (
	"math/rand/v2"
	"testing"

	"irori/internal/route/calibrate"
)

func points(rng *rand.Rand, n int) []calibrate.Point {
	var out []calibrate.Point
	for range n {
		u, strong := rng.Float64(), 0.0
		p := calibrate.Point{Doubt: u}
		if rng.Float64() < u {
			p.Error = 1
		}
		if rng.Float64() < .8 {
			strong = 1
		}
		p.Strong = &strong
		out = append(out, p)
	}
	return out
}

// Harm stays within alpha on average over calibrations: the loss up to a
// threshold t is .8 t²/2.
func TestHarmIsBoundedOnAverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 8))
	mean, above := 0.0, 0
	const runs, alpha = 400, .05
	for range runs {
		h, ok := TellHarm(points(rng, 200), alpha)
		if !ok || !h.Bounded || h.Harm > alpha {
			t.Fatalf("%+v", h)
		}
		true := .4 * *h.Threshold * *h.Threshold
		mean += true / runs
		if true > alpha {
			above++
		}
	}
	if mean > alpha+.002 || mean < alpha/2 {
		t.Errorf("harm is %.4f on average, the bound %g", mean, alpha)
	}
	// What holds on average does not hold of each: that is not promised.
	if above < runs/10 {
		t.Errorf("%d of %d calibrations exceed it: then it could have been promised", above, runs)
	}
}

func TestWhatHarmNeeds(t *testing.T) {
	all := points(rand.New(rand.NewPCG(2, 8)), 5)
	if h, ok := TellHarm(all, .05); !ok || h.Bounded || h.Threshold != nil || h.Need != 14 || h.N != 5 {
		t.Errorf("five answers: %+v", h)
	}
	for i := range all {
		all[i].Strong = nil
	}
	if _, ok := TellHarm(all, .05); ok {
		t.Error("harm is known without the strong model")
	}
	// Equal doubts are accepted together: what they harmed has to be outweighed.
	p := calibrate.Point{Doubt: .5, Error: 1, Strong: new(1.0)}
	tied := []calibrate.Point{p, p, p}
	h, _ := TellHarm(tied, .1)
	if h.Bounded || h.Need != 36 {
		t.Errorf("%+v", h)
	}
	for range h.Need - 1 {
		tied = append(tied, calibrate.Point{Doubt: .5, Strong: new(1.0)})
	}
	if short, _ := TellHarm(tied, .1); short.Bounded {
		t.Error("one less would have done")
	}
	if enough, _ := TellHarm(append(tied, calibrate.Point{Doubt: .5, Strong: new(1.0)}), .1); !enough.Bounded {
		t.Errorf("so many are not enough: %+v", enough)
	}
}

func TestTuningPromisesNothing(t *testing.T) {
	all := points(rand.New(rand.NewPCG(3, 8)), 400)
	h := TellTuned(all, .3)
	if h.Promised || h.Threshold == nil || float64(h.Errors) > .3*float64(h.Accepted+1) || h.Accepted < 100 {
		t.Errorf("%+v", h)
	}
	if b := Tell(calibrate.LearnThenTest(all, .3, .1)); b.Threshold == nil || *b.Threshold > *h.Threshold {
		t.Errorf("what is promised goes further than what is tuned: %+v", b)
	}
}
