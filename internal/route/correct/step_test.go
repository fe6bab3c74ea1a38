package correct

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// stream are outcomes of a predictor that is right by so much: 1 is wholly, 0
// not at all. Of a twentieth of the answers chance reveals the strong side too.
func stream(rng *rand.Rand, n int, right float64, key string) []Outcome {
	var out []Outcome
	for i := range n {
		w, s := rng.Float64(), rng.Float64()
		x := Outcome{At: noon.Add(time.Duration(i) * time.Minute), Key: key, Weak: w, Strong: s, WeakCounts: 1, StrongCounts: 20}
		x.WeakScore = new(b2f(rng.Float64() < .3+right*(w-.3)))
		if rng.Float64() < .05 {
			x.StrongScore = new(b2f(rng.Float64() < .8+right*(s-.8)))
		}
		out = append(out, x)
	}
	return out
}

// A correction is switched on where the predictor is wrong about what comes
// next, and not where it is right, nor before enough was seen.
func TestOnWhereItIsNearerToTheTruth(t *testing.T) {
	on := [2]int{}
	const runs = 40
	for run := range runs {
		rng := rand.New(rand.NewPCG(uint64(run), 5))
		for i, right := range []float64{0, 1} {
			if s := Learn(stream(rng, 400, right, ""), Options{Now: noon}); s.On {
				on[i]++
			}
		}
		if s := Learn(stream(rng, Warm+Least-1, 0, ""), Options{Now: noon}); s.On {
			t.Errorf("on after %d outcomes: %+v", s.Weak, s)
		}
	}
	if on[0] < runs-1 || on[1] > 3 {
		t.Errorf("on in %d of %d where it is wrong, in %d where it is right", on[0], runs, on[1])
	}
}

// Nothing that an outcome says counts for what was expected of it.
func TestExpectedFirstThenLearnt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	all := stream(rng, 200, 0, "")
	s := Learn(all, Options{Now: noon})
	last := &all[len(all)-1]
	flip := 1 - *last.WeakScore
	before := *last
	last.WeakScore, last.StrongScore = &flip, nil
	before.StrongScore = nil
	other := Learn(all, Options{Now: noon})
	all[len(all)-1] = before
	s = Learn(all, Options{Now: noon})
	var rule Correction
	for i, x := range all[:len(all)-1] {
		w := weigh(all, Options{Now: noon})[i]
		if x.WeakScore != nil {
			rule.sides[0].observe(x.Weak, x.Strong, *x.WeakScore, w[0])
		}
		if x.StrongScore != nil {
			rule.sides[1].observe(x.Weak, x.Strong, *x.StrongScore, w[1])
		}
	}
	learnt, _ := rule.Of(before.Weak, before.Strong)
	loss := func(y float64) float64 { return (before.Weak-y)*(before.Weak-y) - (learnt-y)*(learnt-y) }
	want := (loss(*before.WeakScore) - loss(flip)) / float64(s.Measured)
	if got := s.Gain - other.Gain; math.Abs(got-want) > 1e-9 {
		t.Errorf("the last outcome moves the gain by %g, want %g", got, want)
	}
}

// One key that says only what it wants has no more say than all others, and
// what helps its own outcomes alone is not used.
func TestOneKeyIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 6))
	honest := stream(rng, 300, 1, "anna")
	all := honest
	for i, x := range stream(rng, 2000, 1, "eve") {
		x.At = noon.Add(time.Duration(i) * 10 * time.Second)
		x.WeakScore, x.StrongScore = new(1.0), nil
		all = append(all, x)
	}
	s := Learn(all, Options{Now: noon})
	if s.On || s.Others == nil || *s.Others > 0 {
		t.Errorf("one key switches it on: %+v", s)
	}
	// The honest say .2 of such questions.
	if w, _ := s.Rule.Of(.2, .5); w > .75 {
		t.Errorf("one key has more say than all others: %g", w)
	}
	if alone := Learn(all[len(honest):], Options{Now: noon}); alone.Others != nil || alone.Weak != 2000 {
		t.Errorf("%+v", alone)
	}
}

// What is old weighs less.
func TestOldOutcomesFade(t *testing.T) {
	mean := func(old time.Duration) float64 {
		var all []Outcome
		for i := range 400 {
			x := Outcome{At: noon.Add(time.Duration(i) * time.Minute), Weak: .5, Strong: .5, WeakCounts: 1, WeakScore: new(1.0)}
			if i < 200 {
				x.At, x.WeakScore = x.At.Add(-old), new(0.0)
			}
			all = append(all, x)
		}
		s := Learn(all, Options{Now: noon})
		w, _ := s.Rule.Of(.5, .5)
		return w
	}
	if now, then := mean(0), mean(180*24*time.Hour); math.Abs(now-.5) > .01 || math.Abs(then-.8) > .01 {
		t.Errorf("%g, and of half a year ago %g", now, then)
	}
}

func TestStepIsKept(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 6))
	s := Learn(stream(rng, 300, 0, ""), Options{Now: noon})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Step
	if err := json.Unmarshal(b, &back); err != nil || fmt.Sprint(back) != fmt.Sprint(s) || back.Rule.Version() != s.Rule.Version() {
		t.Errorf("%v: %+v, want %+v", err, back, s)
	}
	if w, x := s.Rule.Of(.9, .1); w == .9 || x == .1 || len(s.Rule.Version()) != 8 {
		t.Errorf("%g %g %s", w, x, s.Rule.Version())
	}
	if err := json.Unmarshal([]byte(`[{"n":-1},{}]`), &back.Rule); err == nil {
		t.Error("a damaged one is taken")
	}
}

// What its choices bring is told from what was revealed: of many such lives the
// estimate is right on average, and as uncertain as it says; and where better
// expectations change no choice, nothing is switched on.
func TestWorthOfChoices(t *testing.T) {
	const runs = 60
	sum, within, on := 0.0, 0, 0
	for run := range runs {
		rng := rand.New(rand.NewPCG(uint64(run), 8))
		// The predictor knows who is right, and thinks the cloud worth nothing:
		// half of the questions are the local model's, of the others it gets .2.
		var all []Outcome
		for i := range 600 {
			hard := rng.IntN(2) == 0
			p := map[bool]float64{false: .9, true: .2}[hard]
			x := Outcome{At: noon.Add(time.Duration(i) * time.Minute), Weak: p, Strong: .1 + .8*p, WeakCounts: 1, StrongCounts: 5}
			x.WeakScore = new(b2f(rng.Float64() < p))
			if rng.IntN(5) == 0 {
				x.StrongScore = new(b2f(rng.Float64() < .9))
			}
			all = append(all, x)
		}
		s := Learn(all, Options{Now: noon, Margin: .1})
		// Half of the questions bring .9 − .2 − .1.
		if sum += s.Worth; math.Abs(s.Worth-.3) < 2*s.WorthError {
			within++
		}
		if s.On {
			on++
		}
		if s = Learn(all, Options{Now: noon, Margin: .95}); s.On || s.Worth != 0 {
			t.Errorf("run %d: no choice changes, gain %g ± %g, worth %g", run, s.Gain, s.Error, s.Worth)
		}
	}
	if mean := sum / runs; math.Abs(mean-.3) > .03 || within < runs*85/100 || on < runs*95/100 {
		t.Errorf("on average %.3f, %d of %d within two errors, on in %d", mean, within, runs, on)
	}
}
