// Package whatif says what another policy would have brought to a log of routed
// requests: it chooses the records, what was expected and promised of them, and
// puts in words what had to be left out.
//
// The estimates are package evaluate's.
package whatif

import (
	"context"
	"fmt"
	"slices"

	"irori/internal/app/outcomes"
	"irori/internal/app/routing/learnt"
	"irori/internal/llm"
	"irori/internal/route/evaluate"
	"irori/internal/route/outcome"
	"irori/internal/route/policy"
	"irori/internal/route/predict"
	"irori/internal/route/promise"
)

// Options choose the log and the policy.
type Options struct {
	// File names the log, and Records are what it holds; without it the log is
	// that of the home.
	File    string
	Records []outcome.Record
	Home    string
	// Share asks the strong model with a probability, Threshold where as much
	// is expected of it, Policy as the route of a file would; one of them is
	// set.
	Share, Threshold *float64
	Policy           *policy.Policy
	Route            string
	// Model expects in place of what the log says was expected.
	Model *predict.Model
	// Calibration is the file of what is promised, in place of the home's.
	Calibration string
	Seed        uint64
	// Say is told what was left out.
	Say func(string)
}

// Estimate says what a policy would have brought, and what it is called.
func Estimate(ctx context.Context, o Options) (name string, r *evaluate.Result, err error) {
	records, err := o.records(ctx)
	if err != nil {
		return "", nil, err
	}
	p, name, records, err := o.policy(ctx, records)
	if err != nil {
		return "", nil, err
	}
	r, err = evaluate.Of(records, p, evaluate.Options{Seed: o.Seed, Folds: 2, Fit: evaluate.Expect(records, o.Seed)})
	if r != nil && r.Missing != nil {
		m := r.Missing
		o.say("%d of %d audits were judged by nobody and count as missing, on the assumption that this hangs not on who was right; whatever they were worth, the quality is from %.3f to %.3f.",
			m.Unjudged, m.Audits, m.Quality.Low, m.Quality.High)
	}
	return name, r, outcome.About(o.File, err)
}

func (o *Options) say(format string, args ...any) {
	if o.Say != nil {
		o.Say(fmt.Sprintf(format, args...))
	}
}

func (o *Options) left(n int, why string) {
	if n == 1 {
		o.say("1 request is left out: %s.", why)
	} else if n > 1 {
		o.say("%d requests are left out: %s.", n, why)
	}
}

// records are those that a policy can be judged by.
func (o *Options) records(ctx context.Context) (records []outcome.Record, err error) {
	var left, scored int
	if o.File != "" {
		records, left, scored = evaluate.Drawn(o.Records)
	} else if records, left, scored, err = learnt.Drawn(ctx, o.Home); err != nil {
		return nil, err
	}
	if unjudged := nobodyJudged(records); scored == 0 && unjudged > 0 {
		return nil, llm.Errorf(llm.CodeNotFound, "of the %d audits that were chosen none was judged, so nothing tells what another policy would have brought", unjudged).
			WithHint("shadow: {share: …, judge: BACKEND/MODEL} in the policy: prose is compared by a judge; irori route status says why audits fail")
	}
	if scored == 0 && (o.File == "" || left > 0) {
		return nil, llm.Errorf(llm.CodeNotFound, "no answer that was routed was audited, so nothing tells what another policy would have brought").
			WithHint("shadow: {share: 0.05} in the policy, or irori route evaluate POLICY --in outcomes.jsonl")
	}
	o.left(left, "chance had no part in who answers (private, told by a client or a rule, or before anything was audited)")
	return records, nil
}

// nobodyJudged counts the audits that told no score.
func nobodyJudged(records []outcome.Record) (n int) {
	for _, r := range records {
		if r.Unjudged != "" {
			n++
		}
	}
	return n
}

// policy is the one that was chosen, its name, and the records of which can be
// said what it would do.
func (o *Options) policy(ctx context.Context, records []outcome.Record) (evaluate.Policy, string, []outcome.Record, error) {
	if share := o.Share; share != nil {
		name := map[float64]string{0: "all local", 1: "all cloud"}[*share]
		return evaluate.By(func(outcome.Record) float64 { return *share }), name, records, nil
	}
	success := evaluate.Success(evaluate.Told)
	if o.Model != nil {
		success = func(r outcome.Record) (float64, float64, bool) {
			e := o.Model.Predict(r.Question)
			return e.Weak, e.Strong, true
		}
	}
	if o.Policy != nil {
		return o.follow(ctx, records, success)
	}
	records, err := o.foretold(records)
	least := *o.Threshold
	return evaluate.Threshold(least, func(r outcome.Record) float64 {
		weak, strong, _ := success(r)
		return strong - weak
	}), fmt.Sprintf("benefit ≥ %g", least), records, err
}

// foretold are the records of which it is known what was expected.
func (o *Options) foretold(records []outcome.Record) ([]outcome.Record, error) {
	if o.Model != nil {
		return records, nil
	}
	told, left, err := evaluate.Foretold(records)
	o.left(left, "what was expected was not noted (p_weak, p_strong), so what the policy would do is not known")
	return told, outcome.About(o.File, err)
}

// follow follows a route as far as the log tells.
func (o *Options) follow(ctx context.Context, records []outcome.Record, success evaluate.Success) (evaluate.Policy, string, []outcome.Record, error) {
	i := slices.IndexFunc(o.Policy.Routes, func(r *policy.Route) bool { return r.Name == o.Route })
	if i < 0 {
		return nil, "", nil, llm.Errorf(llm.CodeInvalidRequest, "%s has no route %s", o.Policy.File, o.Route).WithHint("--route NAME chooses one")
	}
	rt, known, err := o.Policy.Routes[i], evaluate.Knowledge{Success: success}, error(nil)
	// A cascade needs no predictor: where none was there, none is followed.
	if !rt.Cascade.On || evaluate.Expected(records) {
		if records, err = o.foretold(records); err != nil {
			return nil, "", nil, err
		}
	}
	if rt.Quality != nil {
		if known.Promised, err = o.promised(ctx); err != nil {
			return nil, "", nil, err
		}
	}
	f, err := evaluate.Follow(rt, records, known)
	if err != nil {
		return nil, "", nil, outcome.About(o.File, err)
	}
	for _, s := range f.Words() {
		o.say("%s", s)
	}
	return f.Policy, rt.Name + "@" + o.Policy.Version, f.Records, nil
}

// promised is what may be accepted by a calibration that was named, or by those
// of the home whose log it is; nil where nothing is known of that.
func (o *Options) promised(ctx context.Context) (func(promise.Of, promise.Level) promise.Standing, error) {
	switch {
	case o.Calibration == "" && o.File != "":
		o.say("The log has no calibrations, so nothing counts as promised; --with FILE names one.")
		return nil, nil
	case o.Calibration == "":
		return outcomes.Promised(ctx, o.Home)
	}
	c, err := promise.Read(o.Calibration)
	if err != nil {
		return nil, err
	}
	return c.For, nil
}
