package routing

import (
	"slices"
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

// priced refuses what a route bounds in money, or weighs by it, where no price
// says how.
func (r *Router) priced(x *policy.Route) error {
	if r.o.About == nil {
		return nil
	}
	in := func(name string) (currency string, served bool) {
		a := r.o.About(name)
		if a.Price != nil {
			_, currency = a.Price(1, 0, 1)
		}
		return currency, a.Served
	}
	refuse := func(t policy.Target, key, is, currency, so string) error {
		return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: key routes.%s.%s is %s, and no price in %s is known for %s, so it could not be %s", r.o.Policy.File, t.Line, x.Name, key, is, currency, t.Name, so).
			WithHint("irori up --price %s=IN,OUT", t.Name)
	}
	for _, k := range []struct {
		key string
		of  []access.Budget
	}{{"budget", x.Budgets}, {"shadow.budget", x.Shadow.Budgets}} {
		for _, b := range k.of {
			if !b.Money() {
				continue
			}
			for _, t := range x.Cloud {
				if c, _ := in(t.Name); c != b.Unit {
					return refuse(t, k.key, b.String(), b.Unit, "kept")
				}
			}
			// A judge that is local takes no money.
			j := x.Shadow.Judge
			local := slices.ContainsFunc(x.Local, func(t policy.Target) bool { return t.Name == j.Name })
			if c, served := in(j.Name); j.Name != "" && !local && served && c != b.Unit {
				return refuse(j, k.key, b.String(), b.Unit, "kept")
			}
		}
	}
	if v := x.Value; v != nil && !slices.ContainsFunc(x.Cloud, func(t policy.Target) bool { c, _ := in(t.Name); return c == v.Currency }) {
		return refuse(x.Cloud[0], "value", v.String(), v.Currency, "weighed")
	}
	return nil
}

// budget begins to keep the budgets of a route.
func (r *Router) budget(x *policy.Route) error {
	if err := r.priced(x); err != nil || len(x.Budgets) == 0 {
		return err
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
