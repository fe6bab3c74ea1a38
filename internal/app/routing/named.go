package routing

import (
	"context"
	"slices"
	"strings"

	"irori/internal/app/routing/said"
	"irori/internal/gateway"
	"irori/internal/gateway/private"
	"irori/internal/llm"
	"irori/internal/route/decide"
	"irori/internal/route/policy"
	"irori/internal/route/privacy"
)

// Named looks at a request that names its model itself. called are the targets of
// routes' clouds that this may be: the rules of all such routes hold for it. What
// comes back is ctx for its lease, which leaves no milder than its conversation
// did. An error is a refusal.
func (r *Router) Named(ctx context.Context, called []string) (context.Context, error) {
	c := gateway.CallerOf(ctx)
	if c.API == auditAPI {
		return ctx, nil // its target was chosen, of what may leave
	}
	place := r.place(c)
	before := r.threads.Level(place)
	if len(called) > 0 {
		if err := r.bars(c, called, before); err != nil {
			return ctx, err
		}
		if wanted := private.Of(ctx); wanted == privacy.LevelLocal || wanted == privacy.LevelRedact {
			r.threads.Private(place, wanted)
		}
	}
	return private.Stricter(ctx, before), nil
}

// bars is the error of a request that names a cloud which it may not use.
func (r *Router) bars(c gateway.Caller, called []string, before privacy.Level) error {
	if slices.ContainsFunc(c.Header.Values(routeHeader), func(v string) bool { return strings.EqualFold(v, string(policy.Local)) }) {
		return llm.Errorf(llm.CodeInvalidRequest, "the request demands two things: its model is %s, which a route calls a cloud, and %s says local", called[0], routeHeader).WithHint("send one of them")
	}
	var a decide.Asked
	text := r.asked(&a, c)
	a.Language, a.Unseen = said.Language(text.Last), len(c.Requests) == 0
	for _, x := range routes(r.o.Policy) {
		if !slices.ContainsFunc(x.Cloud, func(t policy.Target) bool { return slices.Contains(called, t.Name) }) {
			continue
		}
		if a.Domain == "" && usesDomains(x) {
			a.Domain = r.domain(text.Last)
		}
		if err := decide.Barred(x, a); err != nil {
			return err
		}
	}
	if before == privacy.LevelLocal {
		return llm.Errorf(llm.CodeForbidden, "the request names a cloud, which it may not use: private (its conversation is)").WithHint("ask irori/auto or irori/local")
	}
	return nil
}
