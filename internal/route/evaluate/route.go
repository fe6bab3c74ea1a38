package evaluate

import (
	"slices"
	"time"

	"irori/internal/route/decide"
	"irori/internal/route/outcome"
	"irori/internal/route/policy"
)

// Success says how likely the weak and the strong model answer a request well;
// ok is false where it is not known.
type Success func(r outcome.Record) (weak, strong float64, ok bool)

// Told is what the log says was expected.
func Told(r outcome.Record) (weak, strong float64, ok bool) {
	if r.WeakChance == nil || r.StrongChance == nil {
		return 0, 0, false
	}
	return *r.WeakChance, *r.StrongChance, true
}

// Foretold are the records that say what was expected of both models. missing
// names the first that does not, "" where all do.
func Foretold(records []outcome.Record) (told []outcome.Record, missing string) {
	for i, r := range records {
		if _, _, ok := Told(r); ok {
			told = append(told, r)
		} else if missing == "" {
			missing = of(r, i)
		}
	}
	return told, missing
}

// Route is what a route of a policy file would do with the requests of a log: its
// hours, its rules, its margins and what it expects, as far as the log tells. A
// log does not hold keys, tools or what a private request was, and budgets are
// not followed. judged counts the requests whose local answer the route would
// judge before it is released: they count as local.
func Route(rt *policy.Route, records []outcome.Record, success Success) (p Policy, judged int, err error) {
	choose := func(r outcome.Record) (decide.Decision, error) {
		asked := decide.Asked{Text: r.Question, Turns: 1, Language: r.Language, Now: time.Now()}
		if r.Time != nil {
			asked.Now = *r.Time
		}
		if r.WeakPromptTokens != nil {
			asked.Tokens = int(*r.WeakPromptTokens)
		}
		known := decide.Known{Success: func(string, string) (float64, float64, bool) { return success(r) }}
		known.Target = func(name string) decide.Target {
			t := decide.Target{Name: name, Cost: r.WeakCost}
			if slices.ContainsFunc(rt.Cloud, func(c policy.Target) bool { return c.Name == name }) {
				t.Cost = r.StrongCost
			}
			if t.Cost != nil && rt.Value != nil {
				t.Currency = rt.Value.Currency
			}
			return t
		}
		return decide.Decide(rt, asked, known)
	}
	for i, r := range records {
		d, err := choose(r)
		if err != nil {
			return nil, 0, refuse("the route %s answers %s with neither side: %v", rt.Name, of(r, i), err)
		}
		if d.Judge && d.Side != policy.Cloud {
			judged++
		}
	}
	return func(r outcome.Record) float64 {
		if d, err := choose(r); err == nil && d.Side == policy.Cloud {
			return 1
		}
		return 0
	}, judged, nil
}
