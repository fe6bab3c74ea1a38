package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"irori/internal/route/outcome"
)

// world draws questions whose hardness both models feel, and a log of a router
// that asks the strong model where they look hard, with some chance left.
type world struct{ rng *rand.Rand }

type request struct {
	hard, weak, strong float64
	record             outcome.Record
}

func (w world) log(n int) []request {
	out := make([]request, n)
	for i := range out {
		hard := w.rng.Float64()
		r := request{hard: hard, weak: b2f(w.rng.Float64() < .9-.7*hard), strong: b2f(w.rng.Float64() < .95-.3*hard)}
		p := .15 + .75*hard*hard
		r.record = outcome.Record{Question: fmt.Sprint(i), Propensity: &p, Doubt: &r.hard}
		cost, nothing := .5+hard, 0.0
		if w.rng.Float64() < p {
			r.record.Strong, r.record.StrongCost = &r.strong, &cost
		} else {
			r.record.Weak, r.record.WeakCost = &r.weak, &nothing
		}
		out[i] = r
	}
	return out
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func records(log []request) []outcome.Record {
	var out []outcome.Record
	for _, r := range log {
		out = append(out, r.record)
	}
	return out
}

// lines fits a straight line to each side: near the truth, not it.
func lines(train []outcome.Record) func(outcome.Record) (float64, float64) {
	var n, x, y, xx, xy [2]float64
	for _, r := range train {
		for side, v := range [2]*float64{r.Weak, r.Strong} {
			if v != nil {
				d := *r.Doubt * *r.Doubt
				n[side]++
				x[side] += d
				y[side] += *v
				xx[side] += d * d
				xy[side] += d * *v
			}
		}
	}
	return func(r outcome.Record) (float64, float64) {
		var out [2]float64
		for s := range out {
			b := (xy[s] - x[s]*y[s]/n[s]) / (xx[s] - x[s]*x[s]/n[s])
			out[s] = y[s]/n[s] + b*(*r.Doubt**r.Doubt-x[s]/n[s])
		}
		return out[0], out[1]
	}
}

// Estimates of another policy hold the truth as often as they say, and what
// only looks at the scores that happen to be there does not.
func TestIntervalsHoldTheTruth(t *testing.T) {
	const runs = 300
	policy := func(r outcome.Record) float64 { return b2f(*r.Doubt < .5) }
	// Half the questions, the easy ones, go to the strong model.
	truth := .5*(.95-.3*.25) + .5*(.9-.7*.75)
	cost := .5 * (.5 + .25)
	within := map[string]int{}
	bias := map[string]float64{}
	for run := range uint64(runs) {
		log := world{rand.New(rand.NewPCG(run, 9))}.log(1000)
		r, err := Of(records(log), By(policy), Options{Seed: run, Draws: 150, Fit: lines, Confidence: .9})
		if err != nil {
			t.Fatal(err)
		}
		for name, e := range map[string]Estimate{
			"ips": r.Quality.IPS, "normalised": r.Quality.Normalised, "robust": r.Quality.DoublyRobust,
		} {
			bias[name] += (e.Value - truth) / runs
			within[name] += int(b2f(e.Low <= truth && truth <= e.High))
		}
		within["cost"] += int(b2f(r.Cost.DoublyRobust.Low <= cost && cost <= r.Cost.DoublyRobust.High))
		within["local"] += int(b2f(r.Local.Low <= .5 && .5 <= r.Local.High))
		bias["naive"] += (*r.Naive - truth) / runs
	}
	covered(t, within, runs)
	for _, name := range []string{"ips", "normalised", "robust"} {
		if math.Abs(bias[name]) > .006 {
			t.Errorf("%s is off by %.4f on average", name, bias[name])
		}
	}
	if math.Abs(bias["naive"]) < .03 {
		t.Errorf("naive is off by %.4f only: the world is too easy", bias["naive"])
	}
	t.Logf("within %v, bias %v", within, bias)
}

// covered looks whether 90 % intervals held the truth in 90 % of the runs, give
// or take 2.5 standard errors.
func covered(t *testing.T, within map[string]int, runs int) {
	t.Helper()
	for name, n := range within {
		if off := math.Abs(float64(n)/float64(runs) - .9); off > 2.5*math.Sqrt(.09/float64(runs)) {
			t.Errorf("%s: the truth is in %d of %d intervals of 90 %%", name, n, runs)
		}
	}
}

// The policy that wrote the log is worth what it got.
func TestTheLogsOwnPolicy(t *testing.T) {
	log := world{rand.New(rand.NewPCG(4, 4))}.log(2000)
	r, err := Of(records(log), By(func(r outcome.Record) float64 { return *r.Propensity }), Options{Draws: 50})
	if err != nil {
		t.Fatal(err)
	}
	got := 0.0
	for _, q := range log {
		if q.record.Strong != nil {
			got += q.strong / 2000
		} else {
			got += q.weak / 2000
		}
	}
	if math.Abs(r.Quality.IPS.Value-got) > 1e-9 || math.Abs(r.Effective-2000) > 1e-6 {
		t.Errorf("%+v, got %g", r, got)
	}
	if r.Joules != nil || r.Cost == nil {
		t.Error("joules were not recorded, money was")
	}
	if w := *r.Naive; math.Abs(w-got) < 1e-9 {
		t.Error("naive is no estimate of its own")
	}
}

func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	all := func(share float64) Policy { return By(func(outcome.Record) float64 { return share }) }
	zero, one := 0.0, 1.0
	for name, c := range map[string]struct {
		change func(r []outcome.Record)
		policy Policy
		want   string
	}{
		"no propensity":   {func(r []outcome.Record) { r[4].Propensity = nil }, all(1), "line 5 has no propensity"},
		"never asked":     {func(r []outcome.Record) { r[1].Propensity, r[1].Weak, r[1].Strong = &zero, &one, nil }, all(.5), "the strong model where the log never did: line 2 has"},
		"impossible":      {func(r []outcome.Record) { r[7].Propensity, r[7].Strong = &zero, &one }, all(0), "line 8 has a score that was revealed with probability 0"},
		"not so likely":   {func(r []outcome.Record) { unlabel(r) }, all(1), "scores are missing"},
		"too few of them": {nil, all(1), "too few"},
	} {
		rec := records(world{rand.New(rand.NewPCG(3, 1))}.log(400))
		if c.change == nil {
			rec = rec[:20]
		} else {
			c.change(rec)
		}
		_, err := Of(rec, c.policy, Options{Draws: 10})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// What the policy never does need not have been tried.
	rec := records(world{rand.New(rand.NewPCG(3, 1))}.log(400))
	rec[1].Propensity, rec[1].Weak, rec[1].Strong = &zero, &one, nil
	if _, err := Of(rec, By(func(r outcome.Record) float64 { return b2f(*r.Propensity > 0) }), Options{Draws: 10}); err != nil {
		t.Error(err)
	}
}

// unlabel loses the scores of most, as where only some answers were judged.
func unlabel(r []outcome.Record) {
	for i := range r {
		if i%4 > 0 {
			r[i].Weak, r[i].Strong = nil, nil
		}
	}
}
