package main

import (
	"context"
	"io"

	"irori/internal/app"
	"irori/internal/app/routing/whatif"
	"irori/internal/route/evaluate"
	"irori/internal/route/outcome"
	"irori/internal/route/policy"
	"irori/internal/term"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
)

// evaluateOptions choose the policy that a log is asked about.
type evaluateOptions struct {
	allLocal, allCloud bool
	threshold          *flags.Optional[float64]
	route              string
}

func (o *evaluateOptions) flags(c *verb.Call) {
	c.Flags.BoolVar(&o.allLocal, "all-local", false, "evaluate: a policy that asks the local model only")
	c.Flags.BoolVar(&o.allCloud, "all-cloud", false, "evaluate: a policy that asks the strong model only")
	c.Flags.StringVar(&o.route, "route", policy.Auto, "`NAME` evaluate: the route of the policy file")
	o.threshold = flags.NumberFrom(-1, 1)
	c.Flags.Var(o.threshold, "threshold", "`BENEFIT` evaluate: a policy that escalates where this much or more is expected of it")
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
		return verb.Wrong("irori route evaluate takes one policy: a file, --threshold, --all-local or --all-cloud", "irori route evaluate --all-cloud --in outcomes.jsonl")
	}
	return nil
}

// maxPolicy bounds a policy file.
const maxPolicy = 1 << 20

// policyFile reads a policy.
func policyFile(c *verb.Call, path string) (*policy.Policy, error) {
	name, in, err := input(c, path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxPolicy))
	if err != nil {
		return nil, err
	}
	return policy.Parse(name, text)
}

// evaluatePolicy says what another policy would have brought.
func evaluatePolicy(ctx context.Context, c *verb.Call, o *routeOptions, words []string) (err error) {
	e := &o.evaluate
	if err := e.one(words); err != nil {
		return err
	}
	w := whatif.Options{File: o.in, Threshold: e.threshold.Value, Route: e.route, Calibration: o.here.with, Seed: o.seed, Say: func(s string) { c.Say("%s", s) }}
	if o.in != "" {
		w.Records, err = outcomesOf(c, o.in, outcome.Logged)
	} else {
		var env *app.Env
		if env, err = app.Open(c.Config, c.Err); err == nil {
			w.Home = env.Home
		}
	}
	if err != nil {
		return err
	}
	switch {
	case e.allLocal:
		w.Share = new(0.0)
	case e.allCloud:
		w.Share = new(1.0)
	case o.train != "" || o.model != "":
		if w.Model, err = routerOf(c, o); err != nil {
			return err
		}
	}
	if len(words) == 1 {
		if w.Policy, err = policyFile(c, words[0]); err != nil {
			return err
		}
	}
	name, r, err := whatif.Estimate(ctx, w)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(struct {
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
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	c.Say("%s, on %d requests worth %.0f decided so: %.1f %% stay local (%.1f to %.1f). 95 %% intervals.",
		name, r.Requests, r.Effective, 100*r.Local.Value, 100*r.Local.Low, 100*r.Local.High)
	return nil
}
