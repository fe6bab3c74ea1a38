package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"irori/internal/route/outcome"
	"irori/internal/route/policy"
	"irori/internal/route/promise"
)

func routeOf(t *testing.T, text string) *policy.Route {
	t.Helper()
	p, err := policy.Parse("p.yaml", []byte("routes:\n  auto: {local: irori/local, cloud: openai/x, "+text+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p.Routes[0]
}

// home draws a log as one's own requests leave it: answers judged at a doubt of
// .6; hard questions that the cloud answers at once, of which the local answer
// is made and judged in audits alone; and a fifth of all is audited. What else is
// known of answers is praise.
func home(rng *rand.Rand, n int) (out []outcome.Record) {
	for i := range n {
		hard := rng.Float64()
		doubt := min(1, max(0, hard+.4*(rng.Float64()-.5)))
		w, s, c := b2f(rng.Float64() < .95-.8*hard), b2f(rng.Float64() < .95-.3*hard), 1+hard
		flaw, here := "", .1
		if rng.Float64() < .05 {
			flaw, w = "empty", 0
		}
		r := outcome.Record{ID: fmt.Sprint(i), Route: "auto@1", Point: "answer", Scorer: "order-1", Answered: "w",
			ChoiceChance: new(0.0), AuditChance: new(.2), WeakCost: &here}
		judge := func() {
			if r.Point, r.Scorer, r.Flaw = "answer", "order-1", flaw; flaw == "" {
				r.Doubt = &doubt
			}
		}
		judge()
		if flaw != "" || doubt > .6 {
			r.Answered, r.ChoiceChance, r.StrongCost = "s", new(1.0), &c
		}
		if i%3 == 0 && hard > .5 {
			r.Answered, r.ChoiceChance, r.StrongCost, r.WeakCost = "s", new(1.0), &c, nil
			r.Point, r.Scorer, r.Doubt, r.Flaw, r.Route = "before", "", nil, "", "auto@2"
		}
		r.Propensity, r.WeakPropensity = r.ChoiceChance, new(b2f(r.Route == "auto@1"))
		if r.Audited = rng.Float64() < .2; r.Audited {
			judge()
			r.Weak, r.Strong, r.WeakCost, r.StrongCost = &w, &s, &here, &c
		} else if i%7 == 0 {
			r.Weak, r.WeakSource = new(1.0), "feedback"
		}
		out = append(out, r)
	}
	return out
}

// truth is what a cascade at a doubt brings in that world, by the mean over very
// many requests.
func truth(most float64) (quality, local, money float64) {
	rng := rand.New(rand.NewPCG(77, 77))
	const n = 2_000_000
	for range n {
		hard := rng.Float64()
		doubt := min(1, max(0, hard+.4*(rng.Float64()-.5)))
		flaw := rng.Float64() < .05
		if flaw || doubt > most {
			quality += (.95 - .3*hard) / n
			money += (1.1 + hard) / n
			continue
		}
		quality += (.95 - .8*hard) / n
		money += .1 / n
		local += 1. / n
	}
	return quality, local, money
}

// What a cascade that lets less through would have brought is told by the doubts
// of the log: intervals of 90 % hold the truth in 90 % of the logs, of whom the
// local answer was made in audits alone too.
func TestCascadesAreFollowed(t *testing.T) {
	const runs = 200
	rt := routeOf(t, "cascade: {doubt: 0.4}")
	quality, local, money := truth(.4)
	within, bias := map[string]int{}, map[string]float64{}
	for run := range uint64(runs) {
		log := home(rand.New(rand.NewPCG(run, 3)), 1500)
		records, left, _ := Drawn(log)
		f, err := Follow(rt, records, Knowledge{})
		if err != nil || left > 0 || len(f.Left) > 0 || f.Drawn < 150 || f.Released+f.Escalated+f.Drawn != 1500 {
			t.Fatalf("%+v %v", f, err)
		}
		r, err := Of(f.Records, f.Policy, Options{Seed: run, Draws: 150, Confidence: .9, Folds: 2})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			Estimate
			truth float64
		}{
			"ips": {r.Quality.IPS, quality}, "normalised": {r.Quality.Normalised, quality}, "robust": {r.Quality.DoublyRobust, quality},
			"local": {r.Local, local}, "money": {r.Cost.DoublyRobust, money}, "money, normalised": {r.Cost.Normalised, money},
		} {
			within[name] += int(b2f(c.Low <= c.truth && c.truth <= c.High))
			bias[name] += (c.Value - c.truth) / runs
		}
	}
	covered(t, within, runs)
	for name, b := range bias {
		if math.Abs(b) > .01 {
			t.Errorf("%s is off by %.4f on average", name, b)
		}
	}
	t.Logf("truth %.3f %.3f %.3f, within %v, bias %v", quality, local, money, within, bias)
}

// A judged answer is given out or escalated as far as its record tells, and where
// that does not tell it is left out with the reason.
func TestFatesOfJudgedAnswers(t *testing.T) {
	ptr := func(v float64) *float64 { return &v }
	judged := outcome.Record{Question: "q", Point: "answer", Scorer: "order-1", Doubt: ptr(.3), Propensity: ptr(0), WeakPropensity: ptr(1)}
	for name, c := range map[string]struct {
		policy string
		change func(r *outcome.Record)
		want   float64
		left   string
	}{
		"sure":                    {"cascade: {doubt: 0.4}", nil, 0, ""},
		"doubtful":                {"cascade: {doubt: 0.2}", nil, 1, ""},
		"as doubtful as may be":   {"cascade: {doubt: 0.3}", nil, 0, ""},
		"plainly wrong":           {"cascade: {doubt: 0.4}", func(r *outcome.Record) { r.Flaw, r.Doubt = "empty", nil }, 1, ""},
		"wrong without a doubt":   {"cascade: true", func(r *outcome.Record) { r.Flaw, r.Doubt = "empty", nil }, 1, ""},
		"no bound on doubt":       {"cascade: true", func(r *outcome.Record) { r.Doubt = ptr(.99) }, 0, ""},
		"nothing told it":         {"cascade: {doubt: 0.4}", func(r *outcome.Record) { r.Doubt = nil }, 1, ""},
		"no doubt":                {"cascade: {doubt: 0.4}", func(r *outcome.Record) { r.Doubt, r.Scorer = nil, "" }, 0, undoubt},
		"never judged":            {"cascade: {doubt: 0.4}", func(r *outcome.Record) { r.Point = "before" }, 0, unjudged},
		"only begun":              {"cascade: {doubt: 0.4, hold: all}", func(r *outcome.Record) { r.Point = "prefix" }, 0, begun},
		"begun, as the policy":    {"cascade: {doubt: 0.4}", func(r *outcome.Record) { r.Point = "prefix" }, 0, ""},
		"another doubt":           {"cascade: {doubt: 0.4, verifier: true}", nil, 0, scale},
		"wrong on another scale":  {"cascade: {doubt: 0.4, verifier: true}", func(r *outcome.Record) { r.Flaw, r.Doubt = "empty", nil }, 0, scale},
		"the same doubt":          {"cascade: {doubt: 0.4, verifier: true}", func(r *outcome.Record) { r.Scorer = "order-1+verifier" }, 0, ""},
		"not worth a better one":  {"cascade: {doubt: 0.2}", func(r *outcome.Record) { r.WeakChance, r.StrongChance = ptr(.9), ptr(.9) }, 0, ""},
		"worth a better one":      {"cascade: {doubt: 0.2}", func(r *outcome.Record) { r.WeakChance, r.StrongChance = ptr(.2), ptr(.9) }, 1, ""},
		"within a promise":        {"quality: 0.9, cascade: true", func(r *outcome.Record) { r.WeakModel = "small" }, 0, ""},
		"beyond a promise":        {"quality: 0.9, cascade: true", func(r *outcome.Record) { r.WeakModel, r.Doubt = "small", ptr(.36) }, 1, ""},
		"a promise for others":    {"quality: 0.9, cascade: true", nil, 1, ""},
		"a promise of less":       {"quality: 0.8, cascade: true", func(r *outcome.Record) { r.WeakModel = "small" }, 1, ""},
		"local without a promise": {"quality: 0.9, unknown: local, cascade: true", nil, 0, ""},
	} {
		r := judged
		if c.change != nil {
			c.change(&r)
		}
		f, err := Follow(routeOf(t, c.policy), []outcome.Record{r}, Knowledge{Success: Told, Promised: func(of promise.Of, l promise.Level) promise.Standing {
			ok := of.Model == "small" && of.Point == "answer" && of.Scorer == "order-1" && l.Alpha == .1
			return promise.Standing{Promised: ok, Threshold: .35}
		}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.left != "" {
			if len(f.Records) != 0 || f.Left[c.left] != 1 || !strings.Contains(strings.Join(f.Words(), " "), c.left) {
				t.Errorf("%s: %+v, %q", name, f, f.Words())
			}
			continue
		}
		if got := f.Policy(r).Strong; len(f.Records) != 1 || got != c.want {
			t.Errorf("%s: %g, want %g (%q)", name, got, c.want, f.Words())
		}
	}
}

// Where audits of a route's requests do not judge the local answer, nothing tells
// what a cascade would do with those that the cloud answered.
func TestWhatNoAuditTells(t *testing.T) {
	log := home(rand.New(rand.NewPCG(1, 3)), 1500)
	for i := range log {
		if log[i].Route == "auto@2" && log[i].Audited {
			log[i].Point, log[i].Doubt, log[i].Flaw = "before", nil, ""
		}
	}
	records, _, _ := Drawn(log)
	f, err := Follow(routeOf(t, "cascade: {doubt: 0.4}"), records, Knowledge{})
	if err != nil || f.Drawn != 0 || f.Left[unjudged] < 150 || len(f.Records)+f.Left[unjudged] != 1500 {
		t.Fatalf("%d drawn, left %v, %v", f.Drawn, f.Left, err)
	}
	if _, err := Of(f.Records, f.Policy, Options{Draws: 10}); err != nil {
		t.Error(err)
	}
	// What a request costs is not read out of audits: else an audit would decide
	// who answers.
	rt := routeOf(t, "value: 3 JPY")
	f, err = Follow(rt, records, Knowledge{Success: func(outcome.Record) (float64, float64, bool) { return .3, .9, true }})
	if err != nil {
		t.Fatal(err)
	}
	first := f.Policy(f.Records[0]).Strong
	for _, r := range f.Records {
		if got := f.Policy(r).Strong; got != first {
			t.Fatalf("%g for one, %g for another of which as much is expected", first, got)
		}
	}
}

// Where every local answer was made in audits alone, what is expected of a
// question may say much of what becomes of it, and the estimate is not off.
func TestWhatAuditsAloneTell(t *testing.T) {
	const runs, n = 80, 500
	rt := routeOf(t, "cascade: {doubt: 0.5}")
	expected := func([]outcome.Record) func(outcome.Record) (float64, float64) {
		return func(r outcome.Record) (float64, float64) {
			return .95 - .8**r.StrongPromptTokens, .95 - .3**r.StrongPromptTokens
		}
	}
	quality, local := .5*(.95-.8*.25)+.5*(.95-.3*.75), .5
	var bias, biasLocal float64
	within := map[string]int{}
	for run := range uint64(runs) {
		rng := rand.New(rand.NewPCG(run, 4))
		var log []outcome.Record
		for i := range n {
			hard := rng.Float64()
			r := outcome.Record{ID: fmt.Sprint(i), Route: "auto@2", Point: "before", Answered: "s", StrongPromptTokens: &hard,
				ChoiceChance: new(1.0), AuditChance: new(.3), Propensity: new(1.0), WeakPropensity: new(.3)}
			if r.Audited = rng.Float64() < .3; r.Audited {
				r.Point, r.Scorer, r.Doubt = "answer", "order-1", &hard
				r.Weak, r.Strong = new(b2f(rng.Float64() < .95-.8*hard)), new(b2f(rng.Float64() < .95-.3*hard))
			}
			log = append(log, r)
		}
		records, _, _ := Drawn(log)
		f, err := Follow(rt, records, Knowledge{})
		if err != nil || f.Drawn != n {
			t.Fatalf("%+v %v", f, err)
		}
		r, err := Of(f.Records, f.Policy, Options{Seed: run, Draws: 150, Fit: expected, Confidence: .9})
		if err != nil {
			t.Fatal(err)
		}
		bias += (r.Quality.DoublyRobust.Value - quality) / runs
		biasLocal += (r.Local.Value - local) / runs
		for name, e := range map[string]Estimate{"quality": r.Quality.DoublyRobust, "local": r.Local} {
			truth := map[string]float64{"quality": quality, "local": local}[name]
			within[name] += int(b2f(e.Low <= truth && truth <= e.High))
		}
	}
	covered(t, within, runs)
	if math.Abs(bias) > .012 || math.Abs(biasLocal) > .015 {
		t.Errorf("quality is off by %.4f, the share that stays local by %.4f", bias, biasLocal)
	}
}
