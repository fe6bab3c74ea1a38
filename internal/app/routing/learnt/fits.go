package learnt

import (
	"cmp"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/policy"
	"irori/internal/route/predict"
)

// Fits refuses a predictor that says it was trained for other targets than a local
// one of a route and one of its cloud; model is what a target is. Without a route
// nothing is refused.
func Fits(of predict.Summary, x *policy.Route, local string, model func(target string) string) error {
	if x == nil || of.Weak == "" && of.Strong == "" {
		return nil
	}
	is := func(name, target string) bool {
		names := []string{target, model(target)}
		for _, n := range names {
			if _, own, ok := strings.Cut(n, "/"); ok && n != "irori/local" {
				names = append(names, own)
			}
		}
		return name == "" || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	if is(of.Weak, local) && slices.ContainsFunc(x.Cloud, func(t policy.Target) bool { return is(of.Strong, t.Name) }) {
		return nil
	}
	var clouds []string
	for _, t := range x.Cloud {
		clouds = append(clouds, t.Name)
	}
	return llm.Errorf(llm.CodeInvalidRequest, "it was trained for %s and %s, and the route %s asks %s and %s",
		cmp.Or(of.Weak, "any local model"), cmp.Or(of.Strong, "any strong model"), x.Name, local, strings.Join(clouds, ", ")).
		WithHint("irori route train --weak NAME --strong NAME, of this pair or without names")
}
