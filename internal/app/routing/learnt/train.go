package learnt

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"irori/internal/app/outcomes"
	"irori/internal/llm"
	"irori/internal/route/credit"
	"irori/internal/route/doubt"
	"irori/internal/route/evaluate"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
)

// perKey bounds how many of a key's requests are learnt from.
const perKey = 2000

// least is from how many labels of either side on something is learnt: with
// fewer a predictor would say little more than their mean.
const least = 30

// Trained is what was learnt of a route's local target.
type Trained struct {
	Route string `json:"route"`
	Local string `json:"local"`
	Cloud string `json:"cloud"`
	// File is where it lies, "" where nothing was learnt: Why says why.
	File    string `json:"file,omitempty"`
	Version string `json:"version,omitempty"`
	Weak    int    `json:"labels_local"`
	Strong  int    `json:"labels_cloud"`
	Why     string `json:"why,omitempty"`
}

// Learn trains the predictors of a home by what became of its own requests:
// one for each route and pair of targets, and what judges answers of its local
// target. Half of what was audited is left to promises. keyed says that requests
// need a key now.
func Learn(ctx context.Context, home string, keyed bool, o predict.Options) ([]Trained, error) {
	type pair struct{ route, local, cloud string }
	of := map[pair][]outcome.Record{}
	answers := map[Judging][]doubt.Case{}
	alone, err := Learnt(ctx, home)
	if err != nil {
		return nil, err
	}
	heard := map[Asked]*Heard{}
	for i := range alone.Verifiers {
		heard[alone.Verifiers[i].Asked] = &alone.Verifiers[i]
	}
	rows, err := weighed(ctx, home, keyed)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		p := pair{r.Route, r.Weak.Name, r.Strong.Name}
		rec := log.Record(r)
		of[p] = append(of[p], rec)
		if len(r.Signals) > 0 {
			j := Judging{p.route, p.local, doubt.Origin{Model: r.Weak.Model, Template: r.Weak.Template, Point: r.Point}}
			if yes, ok := r.Signals[doubt.VerifierYes]; ok {
				// As it would be judged now.
				r.Signals[doubt.Verified] = heard[Asked{r.Weak.Model, r.Weak.Quantization, r.Weak.Template}].Likelihood(yes)
			}
			answers[j] = append(answers[j], doubt.Case{Signals: r.Signals, Weak: rec.Weak, Strong: rec.Strong, Weight: credit.Left(r)})
		}
	}
	var out []Trained
	rich := map[string]int{}
	for p, records := range of {
		rich[p.route+"\x00"+p.local] = max(rich[p.route+"\x00"+p.local], len(records))
	}
	for p, records := range of {
		t := Trained{Route: p.route, Local: p.local, Cloud: p.cloud}
		for _, r := range records {
			if r.Weak != nil {
				t.Weak++
			}
			if r.Strong != nil {
				t.Strong++
			}
		}
		if t.Weak < least || t.Strong < least {
			t.Why = "too few labels: either side needs " + strconv.Itoa(least)
			out = append(out, t)
			continue
		}
		if len(records) < rich[p.route+"\x00"+p.local] {
			t.Why = "there are more labels against another target of the cloud"
			out = append(out, t)
			continue
		}
		o.Weak, o.Strong, o.Domain = p.local, p.cloud, Domain
		m, err := predict.Fit(predict.Examples(records), o)
		if err != nil {
			return out, err
		}
		t.File, t.Version = PredictorFile(home, p.route, p.local), m.Version()
		if err := os.MkdirAll(filepath.Dir(t.File), 0o700); err != nil {
			return out, llm.Wrap(llm.CodeInternal, err, "the predictor cannot be kept")
		}
		if err := m.Save(t.File); err != nil {
			return out, err
		}
		out = append(out, t)
	}
	for j, cases := range answers {
		if err := j.learn(home, cases); err != nil {
			return out, err
		}
	}
	slices.SortFunc(out, func(a, b Trained) int {
		return strings.Compare(a.Route+"\x00"+a.Local+"\x00"+a.Cloud, b.Route+"\x00"+b.Local+"\x00"+b.Cloud)
	})
	return out, nil
}

// weighed are the labelled requests of a home that may be learnt from, with what
// counts of their labels.
func weighed(ctx context.Context, home string, keyed bool) (all []*routed.Row, err error) {
	err = outcomes.Rows(ctx, home, routed.Which{Labelled: true}, func(rows iter.Seq2[*routed.Row, error]) error {
		all, err = log.Learnable(rows, perKey, keyed, promise.Held)
		return err
	})
	if err != nil || !credit.Said(all) {
		return all, err
	}
	several := false
	err = outcomes.Rows(ctx, home, routed.Which{Lean: true}, func(rows iter.Seq2[*routed.Row, error]) error {
		several, err = shared(all, func() iter.Seq2[*routed.Row, error] { return rows })
		return err
	})
	return credit.Weigh(all, several), err
}

// Drawn are the outcomes of a home that a policy can be judged by, the oldest
// first: those that audits might have drawn. left counts the others, scored
// those of which a score was drawn.
func Drawn(ctx context.Context, home string) (out []outcome.Record, left, scored int, err error) {
	var all []outcome.Record
	err = outcomes.Rows(ctx, home, routed.Which{}, func(rows iter.Seq2[*routed.Row, error]) error {
		for r, err := range rows {
			if err != nil {
				return err
			}
			all = append(all, log.Record(r))
		}
		return nil
	})
	out, left, scored = evaluate.Drawn(all)
	return out, left, scored, err
}
