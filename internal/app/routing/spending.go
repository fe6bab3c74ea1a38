package routing

import (
	"strings"
	"sync"
	"time"

	"irori/internal/access"
	"irori/internal/app/routing/policies"
	"irori/internal/llm"
	"irori/internal/route/policy"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// spending is a route's budgets, kept as those of a key are.
type spending struct {
	guard *access.Guard
	key   *access.Key
}

// budget begins to keep the budgets of a route.
func (r *Router) budget(x *policy.Route) error {
	if len(x.Budgets) == 0 {
		return nil
	}
	for _, b := range x.Budgets {
		for _, t := range x.Cloud {
			if !b.Money() || r.o.About == nil {
				continue
			}
			a := r.o.About(t.Name)
			var c string
			if a.Price != nil {
				_, c = a.Price(1, 0, 1)
			}
			if c != b.Unit {
				return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: key routes.%s.budget is %s, and no price in %s is known for %s, so it could not be kept", r.o.Policy.File, t.Line, x.Name, b, b.Unit, t.Name).
					WithHint("irori up --price %s=IN,OUT", t.Name)
			}
		}
	}
	k := access.Key{Name: x.Name, Limits: access.Limits{Budgets: x.Budgets}}
	g := access.NewGuard(access.GuardOptions{Book: &access.Book{Keys: []access.Key{k}}, Now: r.o.Now, Before: func(_ []string, since time.Time) (access.Spent, error) {
		if r.o.Spent == nil {
			return access.Spent{}, nil
		}
		return r.o.Spent(x.Name, since)
	}})
	r.guards[x.Name] = &spending{guard: g, key: &k}
	return nil
}

// spent says which budget of a route is used up, "" where none is. What cannot
// be known counts as spent.
func (r *Router) spent(x *policy.Route) string {
	s := r.guards[x.Name]
	if s == nil {
		return ""
	}
	pass, err := s.guard.Admit(s.key, "")
	if err != nil {
		var all []string
		for _, b := range x.Budgets {
			all = append(all, b.String())
		}
		return strings.Join(all, ", ")
	}
	pass.End(access.Spent{})
	return ""
}

// pay books what the cloud took for a route.
func (r *Router) pay(x *policy.Route, rec *store.Record) {
	if s := r.guards[x.Name]; s != nil {
		s.guard.Book(s.key, r.o.Now(), policies.Taken(rec))
	}
}

// hold keeps what an audit may take of a route's budgets free for it, until it is
// let go and what it really took is paid; nil where they have no room for it.
func (r *Router) hold(x *policy.Route, need routed.Spent, currency string) (letGo func()) {
	s := r.guards[x.Name]
	if s == nil {
		return func() {}
	}
	if r.spent(x) != "" {
		return nil
	}
	at, money := r.o.Now(), map[string]float64{}
	if need.Money > 0 {
		money[currency] = need.Money
	}
	s.guard.Book(s.key, at, access.Spent{Tokens: need.Tokens, Money: money})
	back := map[string]float64{}
	for c, v := range money {
		back[c] = -v
	}
	letGo = sync.OnceFunc(func() { s.guard.Book(s.key, at, access.Spent{Tokens: -need.Tokens, Money: back}) })
	if r.spent(x) != "" {
		letGo()
		return nil
	}
	return letGo
}

// currency is that of what a target costs, "" where no price is known.
func (r *Router) currency(q *Query, target string) (c string) {
	if a := r.about(q, target); a.Price != nil {
		_, c = a.Price(1, 0, 1)
	}
	return c
}
