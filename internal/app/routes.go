package app

import (
	"cmp"
	"context"
	"strings"
	"time"

	"irori/internal/app/keyring"
	"irori/internal/app/remote"
	"irori/internal/app/routing"
	"irori/internal/app/routing/policies"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/policy"
	"irori/internal/route/shadow"
	"irori/internal/route/shield"
	"irori/internal/route/side"
	"irori/internal/store/routed"
)

// Policy reads how requests are routed, and checks that its targets are there,
// each once; file "" is that of the settings, or the home folder's, and local what
// irori/local is, "" where that is not known. It is nil where there is none.
func (e *Env) Policy(file, local string) (*policy.Policy, error) {
	p, err := policies.Load(e.Home, cmp.Or(file, e.Config.Policy))
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
	return p, policies.Check(p, policies.Missing(servers, func(name string) error {
		_, err := lib.Resolve(name)
		return err
	}), func(name string) string {
		if name == virtualLocal {
			name = cmp.Or(local, name)
		}
		if r, err := lib.Resolve(name); err == nil {
			return r.Manifest.Name
		}
		return name
	})
}

// CheckPolicy is Policy, and refuses too what a start would refuse: budgets that
// no price says how to keep.
func (e *Env) CheckPolicy(file string) (*policy.Policy, error) {
	p, err := e.Policy(file, cmp.Or(e.Config.Model, e.lastModel()))
	if p == nil || err != nil {
		return nil, err
	}
	others := remote.New(e.backends(), remote.Queue{})
	defer others.Close(0)
	_, err = routing.New(routing.Options{
		Policy: p, Home: e.Home, Log: e.Log, Privacy: e.Config.Privacy,
		About: func(name string) routing.About {
			a, _ := others.About(name)
			return routing.About{Model: name, Price: a.Price}
		},
	})
	return p, err
}

// route makes what routes requests, where a policy says how.
func (s *server) route() error {
	p, err := s.env.Policy(s.opts.Policy, cmp.Or(s.models.fallback, s.models.remote.FirstName()))
	if p == nil || err != nil {
		return err
	}
	s.models.router, err = routing.New(routing.Options{
		Policy: p, Lease: s.models.lease, About: s.models.about, Spent: policies.Spending(s.ledger.db.List), Log: s.env.Log,
		Home: s.env.Home, Book: s.outcomes.Open, SideCall: sideCall, Embed: s.models.loadedVector, Ask: s.audit, KeepAll: s.env.Config.Bodies.Keep == "full",
		Keyed:   len(s.env.Config.APIKeys) > 0 || s.guard.Demanded(),
		Privacy: s.env.Config.Privacy, Terms: func(ctx context.Context) shield.Terms { return s.models.terms(ctx, false) },
	})
	if err != nil {
		return err
	}
	// What was learnt before holds from the first request on. Where it cannot be
	// read, that is told when one comes.
	if open, err := s.outcomes.Existing(context.Background()); err == nil && open != nil {
		s.models.router.Learn(open)
	}
	return nil
}

// about is what is known of a target.
func (m *models) about(name string) routing.About {
	if a, ok := m.remote.About(name); ok {
		return routing.About{Model: name, Context: a.Context, Images: a.Images, Tools: a.Tools, Down: a.Down, Price: a.Price}
	}
	if name == virtualLocal {
		name = m.fallback
	}
	none := false
	a := routing.About{Model: name, Images: &none, Context: m.inMemory()[name].Context}
	if r, err := m.lib.Resolve(name); err == nil {
		a.Model, a.Quantization = r.Manifest.Name, r.Manifest.Facts.Quantization
		a.Template = routing.Hash(r.Path, m.settings(name).Template)
	}
	return a
}

// sideCall says what a call beside a conversation is for.
func sideCall(req *llm.Request) string {
	if kind, _, ok := side.Call(req); ok {
		return strings.ReplaceAll(string(kind), "_", " ")
	}
	return ""
}

// audit lets a target answer as any client would, with the least priority: it
// has a record, and is paid for.
func (s *server) audit(ctx context.Context, target string, req *llm.Request, heed func(llm.Event)) (shadow.Answer, routed.Use, error) {
	return routing.Ask(ctx, s.gateway, target, req, heed)
}

// Keyed says whether requests need a key here.
func (e *Env) Keyed() bool {
	unlocked, err := keyring.New(e.Home).Unlocked()
	return len(e.Config.APIKeys) > 0 || err == nil && !unlocked
}

// loadedVector makes the vector of a text by a model that is in memory.
func (m *models) loadedVector(ctx context.Context, model, text string) ([]float32, error) {
	if !m.inMemory()[model].Loaded {
		return nil, llm.Errorf(llm.CodeUnavailable, "%s is not in memory", model)
	}
	return m.vector(ctx, model, gateway.NewID(time.Now()), text)
}
