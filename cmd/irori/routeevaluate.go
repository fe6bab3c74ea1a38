package main

import (
	"context"
	"io"

	"irori/internal/llm"
	"irori/internal/route/evaluate"
	"irori/internal/route/outcome"
	"irori/internal/route/policy"
	"irori/internal/term"
	"irori/internal/term/flags"
)

// evaluateOptions choose the policy that a log is asked about.
type evaluateOptions struct {
	allLocal, allCloud bool
	threshold          *flags.Optional[float64]
	route              string
}

func (o *evaluateOptions) flags(c *call) {
	c.flags.BoolVar(&o.allLocal, "all-local", false, "evaluate: a policy that asks the local model only")
	c.flags.BoolVar(&o.allCloud, "all-cloud", false, "evaluate: a policy that asks the strong model only")
	c.flags.StringVar(&o.route, "route", policy.Auto, "`NAME` evaluate: the route of the policy file")
	o.threshold = flags.NumberFrom(-1, 1)
	c.flags.Var(o.threshold, "threshold", "`BENEFIT` evaluate: a policy that escalates where this much or more is expected of it")
}

// one refuses other than one policy.
func (o *evaluateOptions) one(words []string) error {
	chosen := len(words)
	for _, is := range []bool{o.allLocal, o.allCloud, o.threshold.Value != nil} {
		if is {
			chosen++
		}
	}
	if chosen != 1 {
		return &usageError{"irori route evaluate takes one policy: a file, --threshold, --all-local or --all-cloud", "irori route evaluate --all-cloud --in outcomes.jsonl"}
	}
	return nil
}

// policy is the one that was named, its name, and the records of which can be
// said what it would do.
func (o *evaluateOptions) policy(c *call, route *routeOptions, words []string, records []outcome.Record) (evaluate.Policy, string, []outcome.Record, error) {
	always := func(share float64) evaluate.Policy { return func(outcome.Record) float64 { return share } }
	switch {
	case o.allLocal:
		return always(0), "all local", records, nil
	case o.allCloud:
		return always(1), "all cloud", records, nil
	}
	success, records, err := successOf(c, route, records)
	if err != nil {
		return nil, "", nil, err
	}
	if len(words) == 1 {
		p, name, err := o.fromFile(c, words[0], records, success)
		return p, name, records, err
	}
	least := *o.threshold.Value
	return evaluate.Threshold(least, func(r outcome.Record) float64 {
		weak, strong, _ := success(r)
		return strong - weak
	}), sprintf("benefit ≥ %g", least), records, nil
}

// successOf is what was expected: by a model that is named or trained now, else
// by what the log says. Of records that do not say it, it is not known what a
// policy would do: they are left out, whatever became of them.
func successOf(c *call, route *routeOptions, records []outcome.Record) (evaluate.Success, []outcome.Record, error) {
	if route.train != "" || route.model != "" {
		m, err := routerOf(c, route)
		if err != nil {
			return nil, nil, err
		}
		return func(r outcome.Record) (float64, float64, bool) {
			e := m.Predict(r.Question)
			return e.Weak, e.Strong, true
		}, records, nil
	}
	told, missing := evaluate.Foretold(records)
	if len(told) == 0 && missing != "" {
		return nil, nil, llm.Errorf(llm.CodeInvalidRequest, "%s does not say what was expected: p_weak or p_strong is missing", missing).
			WithHint("--train FILE learns a predictor from outcomes, --model FILE takes a trained one")
	}
	if left := len(records) - len(told); left > 0 {
		c.say("%s left out: what was expected was not noted (p_weak, p_strong), so what the policy would do is not known.", plural(left, "request is", "requests are"))
	}
	return evaluate.Told, told, nil
}

// fromFile is a route of a policy file.
func (o *evaluateOptions) fromFile(c *call, path string, records []outcome.Record, success evaluate.Success) (evaluate.Policy, string, error) {
	name, in, err := c.input(path)
	if err != nil {
		return nil, "", err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxPolicy))
	if err != nil {
		return nil, "", err
	}
	p, err := policy.Parse(name, text)
	if err != nil {
		return nil, "", err
	}
	for _, r := range p.Routes {
		if r.Name != o.route {
			continue
		}
		choice, judged, err := evaluate.Route(r, records, success)
		if judged > 0 {
			c.say("%d local answers would be judged before they are released: they count as local here.", judged)
		}
		return choice, r.Name + "@" + p.Version, err
	}
	return nil, "", llm.Errorf(llm.CodeInvalidRequest, "%s has no route %s", name, o.route).WithHint("--route NAME chooses one")
}

// maxPolicy bounds a policy file.
const maxPolicy = 1 << 20

// evaluatePolicy says what another policy would have brought.
func evaluatePolicy(ctx context.Context, c *call, o *routeOptions, words []string) error {
	if err := o.evaluate.one(words); err != nil {
		return err
	}
	records, err := logged(ctx, c, o.in)
	if err != nil {
		return err
	}
	policy, name, records, err := o.evaluate.policy(c, o, words, records)
	if err != nil {
		return err
	}
	r, err := evaluate.Of(records, policy, evaluate.Options{Seed: o.seed, Folds: 2, Fit: evaluate.Expect(records, o.seed)})
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(struct {
			Policy string `json:"policy"`
			*evaluate.Result
		}{name, r})
	}
	t := term.NewTable(term.Column{Title: "A REQUEST"}, term.Column{Title: "DOUBLY ROBUST"}, term.Column{Title: "SELF-NORMALISED"}, term.Column{Title: "INVERSE PROPENSITY"})
	row := func(name string, f *evaluate.Figure, format string, times float64) {
		if f == nil {
			return
		}
		say := func(e evaluate.Estimate) string {
			return sprintf(format+" ("+format+" to "+format+")", e.Value*times, e.Low*times, e.High*times)
		}
		t.Row(name, say(f.DoublyRobust), say(f.Normalised), say(f.IPS))
	}
	row("quality", &r.Quality, "%.3f", 1)
	row("money", r.Cost, "%.4g", 1)
	row("joules", r.Joules, "%.4g", 1)
	row("TFLOP", r.Flops, "%.4g", 1e-12)
	if err := t.Write(c.out, columns(c.out)); err != nil {
		return err
	}
	c.say("%s, on %d requests worth %.0f decided so: %.1f %% stay local (%.1f to %.1f). 95 %% intervals.",
		name, r.Requests, r.Effective, 100*r.Local.Value, 100*r.Local.Low, 100*r.Local.High)
	return nil
}
