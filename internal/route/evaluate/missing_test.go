package evaluate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"irori/internal/route/outcome"
)

// Audits that nobody judged are missing, and no reason to refuse a log: the
// estimate is that of the judged ones, and the bounds hold the truth also where
// what is missing was all wrong.
func TestUnjudgedAuditsAreMissing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	log := func(lost func(strong float64) bool) (out []outcome.Record, truth float64) {
		for i := range 3000 {
			r := outcome.Record{Question: fmt.Sprint(i), AuditChance: new(.3), ChoiceChance: new(0.0), Answered: "w"}
			strong := b2f(rng.Float64() < .8)
			truth += strong / 3000
			if rng.Float64() < .3 {
				if lost(strong) {
					r.Unjudged = "undecided"
				} else {
					r.Weak, r.Strong, r.Audited = new(.5), new(strong), true
				}
			}
			out = append(out, r)
		}
		out, _, _ = Drawn(out)
		return out, truth
	}
	cloud := By(func(outcome.Record) float64 { return 1 })
	records, truth := log(func(float64) bool { return rng.Float64() < .4 })
	r, err := Of(records, cloud, Options{Seed: 1, Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Estimate{r.Quality.IPS, r.Quality.Normalised, r.Quality.DoublyRobust} {
		if e.Low > truth || e.High < truth {
			t.Errorf("%+v, and it is %.3f", e, truth)
		}
	}
	m := r.Missing
	if m == nil || m.Unjudged < 240 || m.Audits < 750 || m.Quality.Low > truth || m.Quality.High < truth {
		t.Errorf("%+v", m)
	}
	// Where only wrong answers stay unjudged the assumption fails; the bounds hold.
	records, truth = log(func(strong float64) bool { return strong == 0 })
	r, err = Of(records, cloud, Options{Seed: 1, Draws: 200})
	if err != nil || r.Missing.Quality.Low > truth+.06 || r.Missing.Quality.High < truth || r.Quality.DoublyRobust.Value < .99 {
		t.Errorf("%+v of %.3f (%v)", r, truth, err)
	}
	// Scores that are gone without a word are still a reason.
	for i := range records {
		records[i].Unjudged = ""
	}
	if _, err = Of(records, cloud, Options{Draws: 10}); err == nil {
		t.Error("what is missing without a word is taken")
	}
}
