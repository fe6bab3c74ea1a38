package calibrate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBinomialTailIsExact(t *testing.T) {
	for _, c := range []struct {
		k, n    int
		p, want float64
	}{
		{0, 10, .1, .3486784401}, {2, 10, .1, .9298091736}, {5, 10, .5, .623046875}, {10, 10, .3, 1}, {-1, 5, .3, 0},
		{0, 299, .01, math.Pow(.99, 299)}, {3, 20, 0, 1}, {3, 20, 1, 0},
	} {
		if got := BinomialTail(c.k, c.n, c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("P(Bin(%d, %g) ≤ %d) = %.12g, want %.12g", c.n, c.p, c.k, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		p := rapid.Float64Range(.01, .99).Draw(t, "p")
		k := rapid.IntRange(0, n).Draw(t, "k")
		// By the recurrence of a sum of coins.
		probability := make([]float64, n+1)
		probability[0] = 1
		for i := range n {
			for j := i + 1; j > 0; j-- {
				probability[j] = probability[j]*(1-p) + probability[j-1]*p
			}
			probability[0] *= 1 - p
		}
		want := 0.0
		for _, v := range probability[:k+1] {
			want += v
		}
		if got := BinomialTail(k, n, p); math.Abs(got-want) > 1e-10 {
			t.Errorf("%g, want %g", got, want)
		}
	})
	if got := BinomialTail(49_700, 100_000, .5); math.Abs(got-.0290) > 2e-4 {
		t.Errorf("100,000 coins: %g", got)
	}
}

// draw makes calibration points whose chance of error is known at each doubt.
func draw(rng *rand.Rand, n int, wrong func(u float64) float64) []Point {
	points := make([]Point, n)
	for i := range points {
		u := rng.Float64()
		points[i].Doubt = u
		if rng.Float64() < wrong(u) {
			points[i].Error = 1
		}
	}
	return points
}

// The promise is broken by at most a share δ of calibrations, whether there is
// much to promise, little, or nothing.
func TestPromisesHold(t *testing.T) {
	for _, c := range []struct {
		name         string
		wrong        func(u float64) float64
		mean         func(u float64) float64 // of what lies within u
		n            int
		alpha, delta float64
		least        float64 // mean share that is accepted
	}{
		{"u²", func(u float64) float64 { return .6 * u * u }, func(u float64) float64 { return .2 * u * u }, 1000, .1, .1, .5},
		{"u⁴", func(u float64) float64 { return .8 * math.Pow(u, 4) }, func(u float64) float64 { return .16 * math.Pow(u, 4) }, 500, .1, .1, .6},
		{"flat and too high", func(float64) float64 { return .2 }, func(float64) float64 { return .2 }, 1000, .1, .1, 0},
		{"flat and just too high", func(float64) float64 { return .06 }, func(float64) float64 { return .06 }, 1000, .05, .05, 0},
	} {
		rng := rand.New(rand.NewPCG(7, 1))
		broken, share := 0, 0.0
		const runs = 600
		for range runs {
			b := LearnThenTest(draw(rng, c.n, c.wrong), c.alpha, c.delta)
			if !b.Promised {
				if b.Need < 1 || b.Accepted != 0 {
					t.Fatalf("%s: no promise, and %+v", c.name, b)
				}
				continue
			}
			share += b.Threshold / runs
			if c.mean(b.Threshold) > c.alpha {
				broken++
			}
		}
		// Three standard errors above δ.
		if limit := c.delta + 3*math.Sqrt(c.delta*(1-c.delta)/runs); float64(broken)/runs > limit {
			t.Errorf("%s: %d of %d calibrations break their promise", c.name, broken, runs)
		}
		if share < c.least {
			t.Errorf("%s: %.3f is accepted, want at least %.2f", c.name, share, c.least)
		}
	}
}

func TestEqualDoubtsAreAcceptedTogether(t *testing.T) {
	points := make([]Point, 400)
	for i := range points {
		points[i].Doubt = float64(i / 200)
		if i >= 200 {
			points[i].Error = 1
		}
	}
	b := LearnThenTest(points, .05, .1)
	if !b.Promised || b.Accepted != 200 || b.Errors != 0 || b.Threshold != 0 {
		t.Errorf("%+v", b)
	}
	for i := range points {
		points[i].Doubt = 3
	}
	if b := LearnThenTest(points, .05, .1); b.Promised {
		t.Errorf("a constant score promises: %+v", b)
	}
}

func TestWhatIsNeeded(t *testing.T) {
	// 14 errorless answers pass at α = .2 and δ = .05 a walk of one start; with
	// four starts δ/4 asks for 20, of which 40 % of 50 points are the least.
	if b := LearnThenTest(nil, .2, .05); b.Promised || b.Need != 50 {
		t.Errorf("%+v", b)
	}
	rng := rand.New(rand.NewPCG(3, 3))
	few := draw(rng, 40, func(float64) float64 { return .02 })
	b := LearnThenTest(few, .1, .1)
	if b.Promised || b.Need < 10 || b.Need > 400 {
		t.Fatalf("%+v", b)
	}
}

// What is strictest is promised by points without an error, and nothing
// stricter is.
func TestStrictest(t *testing.T) {
	for _, n := range []int{1, 2, 49, 50, 51, 2500} {
		points := make([]Point, n)
		for i := range points {
			points[i].Doubt = float64(i)
		}
		for _, delta := range []float64{.01, .1, .5} {
			least := Strictest(n, delta)
			if b := LearnThenTest(points, least*(1+1e-9), delta); !b.Promised {
				t.Errorf("n %d, delta %v: nothing at %v", n, delta, least)
			}
			if b := LearnThenTest(points, least*(1-1e-6), delta); b.Promised {
				t.Errorf("n %d, delta %v: %+v at less than %v", n, delta, b, least)
			}
		}
	}
	if Strictest(0, .1) != 1 || Strictest(100, 1) != 1 {
		t.Error("a promise of nothing")
	}
}

// As many labels as are said to be needed promise in half of the draws at least:
// where answers stay as they were, and, of some hundreds on, where more come
// from where they came from.
func TestWhatIsNeededSuffices(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 5))
	for name, wrong := range map[string]func(float64) float64{
		"easy":  func(d float64) float64 { return .02 + .5*d },
		"steep": func(d float64) float64 { return d },
		"steps": func(d float64) float64 { return .02 + .05*math.Floor(10*d) },
		"right": func(float64) float64 { return 0 },
	} {
		for _, n := range []int{30, 100, 300, 900} {
			cases, again, added := 0, 0.0, 0.0
			for range 60 {
				points := draw(rng, n, wrong)
				b := LearnThenTest(points, .1, .1)
				if b.Promised || b.Far || b.Need > 20_000 {
					continue
				}
				const draws = 5
				for range draws {
					cases++
					same := make([]Point, n+b.Need)
					for i := range same {
						same[i] = points[rng.IntN(n)]
					}
					again += yes(LearnThenTest(same, .1, .1).Promised)
					added += yes(LearnThenTest(slices.Concat(points, draw(rng, b.Need, wrong)), .1, .1).Promised)
				}
			}
			if cases < 100 {
				continue // nearly all promise
			}
			again, added = again/float64(cases), added/float64(cases)
			if t.Logf("%s, %d: %.2f if they stay as they are, %.2f with others", name, n, again, added); again < .5 || n >= 300 && added < .5 {
				t.Errorf("%s, %d: what is needed promises in %.2f of the draws, %.2f with others", name, n, again, added)
			}
		}
	}
}

// A right answer more never makes more labels needed: before any was seen, of
// answers without an error, and, but for the grain of the estimate, of mixed
// ones.
func TestMoreRightAnswersNeedNoMoreLabels(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 7))
	var points []Point
	for n := range 90 {
		b := LearnThenTest(points, .1, .1)
		if b.Promised && n >= 88 { // of which 40 % are 36, rounded up
			break
		}
		if b.Promised || b.Need != 90-n {
			t.Fatalf("%d right ones: %+v, want %d", n, b, 90-n)
		}
		points = append(points, Point{Doubt: rng.Float64()})
	}
	if !LearnThenTest(points, .1, .1).Promised {
		t.Error("as many as were said to be needed promise nothing")
	}
	for range 50 {
		points, was := draw(rng, 20, func(float64) float64 { return .1 }), 1<<30
		for range 200 {
			b := LearnThenTest(points, .1, .1)
			if b.Promised {
				break
			}
			if !b.Far && b.Need > was {
				t.Fatalf("%d: %d labels after %d", len(points), b.Need, was)
			}
			if !b.Far {
				was = b.Need
			}
			points = append(points, Point{Doubt: -rng.Float64()})
		}
	}
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Where even the least doubtful are wrong more often than is allowed, no number
// of labels is said to help, and never just one more.
func TestOutOfReach(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 6))
	b := LearnThenTest(draw(rng, 1000, func(d float64) float64 { return .3 + .4*d }), .1, .1)
	if b.Promised || !b.Far || b.Need < 300 {
		t.Errorf("%+v", b)
	}
	// Were the others all right, so many would carry it.
	points := draw(rng, 1000, func(d float64) float64 { return .3 + .4*d })
	b = LearnThenTest(points, .1, .1)
	for range b.Need {
		points = append(points, Point{Doubt: -rng.Float64()})
	}
	if !LearnThenTest(points, .1, .1).Promised {
		t.Errorf("%d more that are right do not carry it", b.Need)
	}
	if b := LearnThenTest(nil, .1, .1); b.Far {
		t.Errorf("of nothing is known that it errs: %+v", b)
	}
}

func TestRiskIsControlledOnAverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 2))
	const alpha = .05
	harm, runs := 0.0, 400
	for range runs {
		points := draw(rng, 300, func(u float64) float64 { return u })
		for i := range points {
			s := 0.0
			if rng.Float64() < .7 {
				s = 1
			}
			points[i].Strong = &s
		}
		if u, ok := ControlRisk(points, alpha); ok {
			harm += .7 * u * u / 2 / float64(runs)
		}
	}
	if harm > alpha+.002 || harm < alpha*.8 {
		t.Errorf("harm is %.4f on average, α %.2f", harm, alpha)
	}
	if _, ok := ControlRisk([]Point{{Doubt: 1}}, .05); ok {
		t.Error("a point without the strong model's score counts")
	}
}

func TestLinearIsRightOnAverageOnly(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	over, mean, runs := 0, 0.0, 400
	for range runs {
		u, ok := Linear(draw(rng, 1000, func(u float64) float64 { return .6 * u * u }), .1)
		if !ok {
			continue
		}
		mean += .2 * u * u / float64(runs)
		if .2*u*u > .1 {
			over++
		}
	}
	if math.Abs(mean-.1) > .01 || over < runs/5 {
		t.Errorf("mean error %.3f, %d of %d beyond α", mean, over, runs)
	}
}

func TestAlarm(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	rung, late := 0, 0
	for range 1000 {
		a := Alarm{Alpha: .1, Delta: .1}
		for range 3000 {
			if a.Observe(rng.Float64() < .1) {
				rung++
				break
			}
		}
		b := Alarm{Alpha: .1, Delta: .1}
		n := 0
		for !b.Observe(rng.Float64() < .3) && n < 1000 {
			n++
		}
		if n > 300 {
			late++
		}
	}
	if rung > 130 {
		t.Errorf("%d of 1000 false alarms at δ = .1", rung)
	}
	if late > 10 {
		t.Errorf("%d of 1000 alarms come late", late)
	}
	// A long good time does not make it deaf.
	for range 100 {
		a := Alarm{Alpha: .1, Delta: .1}
		for range 5000 {
			a.Observe(rng.Float64() < .03)
		}
		n := 0
		for !a.Observe(rng.Float64() < .3) && n < 1000 {
			n++
		}
		if n > 300 {
			t.Errorf("after a long good time it rings after %d", n)
		}
	}
}
