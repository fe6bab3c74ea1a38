package app

import (
	"cmp"
	"context"

	"irori/internal/app/routing"
	"irori/internal/route/policy"
	"irori/internal/route/shield"
)

// Policy reads how requests are routed, and checks that its targets are there;
// file "" is that of the settings, or the home folder's. It is nil where there
// is none.
func (e *Env) Policy(file string) (*policy.Policy, error) {
	p, err := routing.Load(e.Home, cmp.Or(file, e.Config.Policy))
	if p == nil || err != nil {
		return nil, err
	}
	lib, err := e.Library()
	if err != nil {
		return nil, err
	}
	var servers []string
	for name, b := range e.Config.Backends {
		servers = append(servers, name, b.Pool)
	}
	return p, routing.Check(p, routing.Missing(servers, func(name string) error {
		_, err := lib.Resolve(name)
		return err
	}))
}

// route makes what routes requests, where a policy says how.
func (s *server) route() error {
	p, err := s.env.Policy(s.opts.Policy)
	if p == nil || err != nil {
		return err
	}
	s.models.router, err = routing.New(routing.Options{
		Policy: p, Lease: s.models.lease, About: s.models.about, Spent: routing.Spending(s.ledger.db.List), Log: s.env.Log,
		Privacy: s.env.Config.Privacy, Terms: func(ctx context.Context) shield.Terms { return s.models.terms(ctx, false) },
	})
	return err
}

// about is what is known of a target.
func (m *models) about(name string) routing.About {
	if a, ok := m.remote.About(name); ok {
		return routing.About(a)
	}
	if name == virtualLocal {
		name = m.fallback
	}
	none := false
	return routing.About{Images: &none, Context: m.inMemory()[name].Context}
}
