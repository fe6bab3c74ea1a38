package routing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/policy"
	"irori/internal/route/shadow"
	"irori/internal/route/shield"
	"irori/internal/store"
	"irori/internal/store/routed"
)

const (
	// auditAPI is what audits are called in the ledger.
	auditAPI = "audit"
	// auditOf is where an audit's own request names the audited one.
	auditOf = "X-Irori-Audit"
)

// Audited puts into the lease of an audit what it is, and that its target is a
// cloud where that is one to the routes, though its server is near. Other leases
// stay as they are.
func (r *Router) Audited(ctx context.Context, target string, l *gateway.Lease) {
	c := gateway.CallerOf(ctx)
	if c.API != auditAPI {
		return
	}
	var cloud, local bool
	for _, x := range routes(r.o.Policy) {
		names := func(t policy.Target) bool { return t.Name == target }
		cloud, local = cloud || slices.ContainsFunc(x.Cloud, names), local || slices.ContainsFunc(x.Local, names)
	}
	if x, _ := ctx.Value(auditFor{}).(*policy.Route); x != nil && l.Local && slices.ContainsFunc(x.Cloud, func(t policy.Target) bool { return t.Name == target }) {
		// Its server is near, and yet the policy calls it a cloud.
		t := r.auditTerms(ctx, x)
		b, note := t.Guard(l.Name, l.Backend)
		if l.Backend = b; note != nil {
			l.Note, l.Privacy = note.String, string(t.Level)
		}
	}
	if cloud && !local {
		l.Local = false
	}
	if x, _ := ctx.Value(auditFor{}).(*policy.Route); x != nil {
		// An audit counts to the budgets of its route, also after a restart.
		l.Policy = x.Name + "@" + r.o.Policy.Version
		l.Ended = func(rec *store.Record) {
			if rec.Route == "cloud" {
				r.pay(x, rec)
			}
		}
	}
	l.Reason = side(l.Local) + "audit"
	if id := c.Header.Get(auditOf); id != "" {
		l.Reason += " of " + id
	}
}

type auditFor struct{}

// auditTerms are those by which what is asked for audits of a route leaves.
func (r *Router) auditTerms(ctx context.Context, x *policy.Route) shield.Terms {
	t := shield.Terms{Level: level(x), Firm: true}
	if r.o.Terms != nil {
		t = r.o.Terms(shield.With(ctx, t))
		t.Firm = true
	}
	if t.Shield == nil {
		t.Shield = r.shield
	}
	return t
}

// asks lets a target answer for an audit of a route. Only what may leave as it is
// was planned to be audited; what is found to be private all the same, as in an
// answer that a judge reads, stays here.
func (r *Router) asks(x *policy.Route) func(context.Context, string, *llm.Request, func(llm.Event)) (shadow.Answer, routed.Use, error) {
	return func(ctx context.Context, target string, req *llm.Request, heed func(llm.Event)) (shadow.Answer, routed.Use, error) {
		ctx = context.WithValue(ctx, auditFor{}, x)
		return r.o.Ask(shield.With(ctx, r.auditTerms(ctx, x)), target, req, heed)
	}
}

// Ask lets a target answer a request as any client's, with the least priority:
// it has a record of its own, and is paid for.
// heed, where it is not nil, hears the events of the answer, with the
// alternatives of its tokens.
func Ask(ctx context.Context, g *gateway.Gateway, target string, req *llm.Request, heed func(llm.Event)) (a shadow.Answer, use routed.Use, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
	if err != nil {
		return a, use, err
	}
	r.Header.Set("X-Irori-Priority", "-1000")
	r.Header.Set("X-Irori-Usage", "1")
	r.Header.Set("User-Agent", "irori-audit")
	if req.ID != "" {
		r.Header.Set(auditOf, req.ID)
	}
	x := *req
	x.Relay, x.Stream, x.Logprobs, x.TopLogprobs = nil, false, false, 0
	if heed != nil {
		x.Logprobs, x.TopLogprobs = true, top
	}
	f, err := g.Admit(r, auditAPI, target, false, &x)
	if err != nil {
		return a, use, err
	}
	var text strings.Builder
	calls := map[int]*llm.ToolCall{}
	var order []int
	err = f.Generate(ctx, []*llm.Request{&x}, func(e llm.Event) error {
		if heed != nil {
			heed(e)
		}
		if e.Type == llm.EventText {
			text.WriteString(e.Text)
		}
		if e.Type == llm.EventToolCall {
			c := calls[e.ToolCall.Index]
			if c == nil {
				c = &llm.ToolCall{}
				calls[e.ToolCall.Index] = c
				order = append(order, e.ToolCall.Index)
			}
			c.Name += e.ToolCall.Name
			c.Arguments += e.ToolCall.Arguments
		}
		return nil
	})
	f.End(ctx, err)
	if err != nil {
		return a, use, err
	}
	a.Text = text.String()
	for _, i := range order {
		a.Calls = append(a.Calls, *calls[i])
	}
	if u := f.Usage(); u != nil {
		use.PromptTokens, use.OutputTokens = u.PromptTokens, u.OutputTokens
	}
	if s := f.Spent(); s != nil {
		use.Cost, use.Currency, use.EnergyJ = s.Cost, s.Currency, s.EnergyJ
	}
	return a, use, nil
}

// Hash names what texts make, so that another of any of them is another name.
func Hash(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
