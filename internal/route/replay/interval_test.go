package replay

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"irori/internal/route/outcome"
)

// drawn makes outcomes up: every third is the strong model's alone.
func drawn(n int, seed uint64) []outcome.Record {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([]outcome.Record, n)
	for i := range out {
		w, s := float64(rng.IntN(2)), 1.0
		if rng.IntN(4) == 0 {
			s = 0
		}
		out[i] = outcome.Record{Question: fmt.Sprintf("w%d w%d w%d w%d of %d.%d", rng.IntN(90), rng.IntN(90), rng.IntN(90), rng.IntN(90), seed, i), Weak: &w, Strong: &s}
	}
	return out
}

// TestIntervals checks that a figure lies about in the middle of its interval, and
// that the interval hangs on the questions and not on the seed.
func TestIntervals(t *testing.T) {
	train, test := drawn(200, 1), drawn(600, 2)
	var lows []float64
	for seed := range uint64(4) {
		r, err := HeldOut(train, test, Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"irori", "ngram", "oracle"} {
			f := r.Routers[name]
			below, above := *f.APGR-*f.Low, *f.High-*f.APGR
			if below <= 0 || above <= 0 || below > 3*above || above > 3*below {
				t.Errorf("seed %d: %s is %.3f within %.3f to %.3f", seed, name, *f.APGR, *f.Low, *f.High)
			}
		}
		lows = append(lows, *r.Routers["oracle"].Low)
	}
	for _, v := range lows {
		if math.Abs(v-lows[0]) > .05 {
			t.Errorf("the oracle's interval hangs on the seed: %v", lows)
		}
	}
}

// TestFewQuestions checks that no number of questions is too few to say what can be
// said of them.
func TestFewQuestions(t *testing.T) {
	for n := 1; n <= 25; n++ {
		if _, err := HeldOut(drawn(100, 1), drawn(n, 3), Options{Seed: 1}); err != nil {
			t.Errorf("%d questions: %v", n, err)
		}
	}
}
