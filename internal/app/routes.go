package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"irori/internal/app/keyring"
	"irori/internal/app/outcomes"
	"irori/internal/app/remote"
	"irori/internal/app/routing"
	"irori/internal/app/routing/policies"
	"irori/internal/catalog"
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
// irori/local is, "" where that is not known; it may be a model that a start would
// pull. The policy is nil where there is none. doubts say of which targets that is
// not known, and why, and what can be kept and will hardly do what was meant.
func (e *Env) Policy(ctx context.Context, file, local string, others *remote.Set) (p *policy.Policy, doubts []string, err error) {
	p, err = policies.Load(e.Home, cmp.Or(file, e.Config.Policy))
	if p == nil || err != nil {
		return nil, nil, err
	}
	lib, err := e.Library()
	if err != nil {
		return nil, nil, err
	}
	var servers []string
	for name, b := range e.Config.Backends {
		servers = append(servers, name)
		if b.Pool != "" {
			servers = append(servers, b.Pool)
		}
	}
	names := policies.Targets(p)
	offers := others.Offers(ctx, names)
	for _, name := range names {
		if why := offers[name].Doubt; why != "" {
			doubts = append(doubts, "whether "+name+" is there is not known: "+why)
		}
	}
	if local == "" && slices.Contains(names, virtualLocal) {
		doubts = append(doubts, "what "+virtualLocal+" is, is not known: no model is here, and no server of one's own says yet what it has")
	}
	given := func(alpha, delta float64) bool { return outcomes.Given(ctx, e.Home, alpha, delta) }
	doubts = append(doubts, policies.Doubts(p, given)...)
	chosen := func(name string) bool {
		a, err := catalog.Parse(name)
		b, none := catalog.Parse(local)
		return err == nil && none == nil && a == b
	}
	return p, doubts, policies.Check(p, policies.Here{
		Missing: policies.Missing(servers, func(name string) error {
			_, err := lib.Resolve(name)
			if err != nil && chosen(name) {
				err = nil
			}
			return err
		}, func(name string) (why, hint string) { return lacks(name, offers[name]) }),
		Is: func(name string) string {
			if name == virtualLocal {
				name = cmp.Or(local, name)
			}
			if r, err := lib.Resolve(name); err == nil {
				return r.Manifest.Name
			}
			if chosen(name) {
				return local
			}
			return name
		},
		Given: given,
	})
}

// lacks says that a server does not have a model, and what it has.
func lacks(name string, o remote.Offer) (why, hint string) {
	if !o.Missing {
		return "", ""
	}
	who, _, _ := strings.Cut(name, "/")
	const most = 5
	has := strings.Join(o.Has[:min(most, len(o.Has))], ", ")
	if n := len(o.Has) - most; n > 0 {
		has += fmt.Sprintf(" and %d more", n)
	}
	hint = "what it serves and does not list is known by its price: --price " + name + "=IN,OUT"
	if o.Nearest != "" {
		hint = "did you mean " + who + "/" + o.Nearest + "? " + hint
	}
	return fmt.Sprintf("%s is not a model of %s, which has %s", name, who, has), hint
}

// CheckPolicy is Policy with what a start with this model, "" for none that is
// named, would choose for irori/local, pulling nothing, and
// refuses too what a start would refuse: budgets that no price says how to keep.
func (e *Env) CheckPolicy(ctx context.Context, file, model string) (p *policy.Policy, doubts []string, err error) {
	lib, err := e.Library()
	if err != nil {
		return nil, nil, err
	}
	e.discover(ctx)
	local, _, err := e.choice(ctx, lib, model)
	if err != nil {
		// A start would fail for want of a model, not for its policy.
		local = ""
	}
	others := remote.New(e.backends(), remote.Queue{})
	defer others.Close(0)
	if local == "" {
		others.Default(ctx)
		local = others.FirstName()
	}
	p, doubts, err = e.Policy(ctx, file, local, others)
	if p == nil || err != nil {
		return nil, nil, err
	}
	_, err = routing.New(routing.Options{
		Policy: p, Home: e.Home, Log: e.Log, Privacy: e.Config.Privacy,
		About: func(name string) routing.About {
			a, served := others.About(name)
			return routing.About{Model: name, Served: served, Price: a.Price}
		},
	})
	return p, doubts, err
}

// route makes what routes requests, where a policy says how.
func (s *server) route(ctx context.Context) error {
	p, doubts, err := s.env.Policy(ctx, s.opts.Policy, cmp.Or(s.models.fallback, s.models.remote.FirstName()), s.models.remote)
	if p == nil || err != nil {
		return err
	}
	for _, d := range doubts {
		s.env.Log.Warn("policy: " + d)
	}
	s.models.remote.Routed = policies.Routed(p)
	s.models.router, err = routing.New(routing.Options{
		Policy: p, Lease: s.models.lease, About: s.models.about, Spent: policies.Spending(s.ledger.db.List), Log: s.env.Log,
		Home: s.env.Home, Book: s.outcomes.Open, SideCall: sideCall, Embed: s.models.loadedVector, Ask: s.audit, KeepAll: s.env.Config.Bodies.Keep == "full",
		Keyed:   len(s.env.Config.APIKeys) > 0 || s.guard.Demanded(),
		Privacy: s.env.Config.Privacy, Terms: func(ctx context.Context) shield.Terms { return s.models.terms(ctx, false) },
	})
	if err != nil {
		return err
	}
	go s.models.router.Warm()
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
		return routing.About{Model: name, Context: a.Context, Images: a.Images, Tools: a.Tools, Down: a.Down, Away: a.Away, Served: true, Price: a.Price}
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
