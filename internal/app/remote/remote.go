// Package remote is what app makes of the servers in the settings: their
// backends, which models they have, what those cost, and how they are.
//
// It starts and loads nothing: the servers are somebody else's.
package remote

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"irori/internal/backend"
	"irori/internal/backend/anthropic"
	"irori/internal/backend/gemini"
	"irori/internal/backend/ollama"
	"irori/internal/backend/openai"
	"irori/internal/backend/tended"
	"irori/internal/cost"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/pool"
	"irori/internal/pool/affinity"
	"irori/internal/route/privacy"
	"irori/internal/route/shield"
	"irori/internal/wire/openai/ask"
)

// Spec is a server as the settings name it.
type Spec struct {
	Name, Kind, URL, Key string
	// KeyVariable is where the key is looked for, for hints.
	KeyVariable                string
	HeaderTimeout, IdleTimeout time.Duration
	// MaxConcurrent bounds the requests in service at once, 0 does not; Pool
	// names a group of servers that stand for each other.
	MaxConcurrent int
	Pool          string
	// Cloud says that it passes requests on to somebody else.
	Cloud bool
	// Prices are those of its models; that of * holds for all others.
	Prices map[string]cost.Price
	// Failover are the backends that answer in its place, in turn: NAME has
	// the model of the same name, NAME/MODEL another.
	Failover []string
	// Command, where set, is started and tended; URL may be empty then.
	Command []string
	Log     *slog.Logger
}

// Model is a model of a server.
type Model struct {
	ID      string
	Created int64
	// Context is 0 where it is not known.
	Context int
	// Power is what was found out beyond the server's list.
	Power backend.Power
}

// Server is one server.
type Server struct {
	spec    Spec
	child   *tended.Server // nil for a server of somebody else
	up      *backend.Upstream
	backend llm.Backend
	list    func(context.Context) ([]Model, error)
	// learn finds out what a server and its models can; nil for those that
	// have no endpoints for it, or are none of the owner's own.
	learn func(context.Context, []string) (backend.Power, map[string]backend.Power)
	local bool
	// here says that it is on this machine.
	here bool

	// load counts the requests that wait for it or are with it.
	load atomic.Int64
	// asking is held while the server is asked, mu is not.
	asking sync.Mutex
	mu     sync.Mutex
	models []Model
	fault  error
	asked  time.Time
	// known are the models that learn was asked about, at a time.
	known string
	since time.Time
	every backend.Power
	each  map[string]backend.Power
}

// Set are the servers of the settings.
type Set struct {
	servers []*Server
	// Local leases a model that is no backend's, for failovers to one; nil
	// where there is none.
	Local func(context.Context, string) (*gateway.Lease, error)
	// Terms are those by which a request may leave for a server that is not
	// the owner's; named says that it named one. nil lets all leave.
	Terms func(ctx context.Context, named bool) shield.Terms
	// Routed are the targets of routes, as BACKEND/MODEL or POOL/MODEL. Those
	// that any route calls a cloud have the level of such routes: they count as
	// clouds however they are named, also where their server is near. It is set
	// before the first lease.
	Routed map[string]privacy.Level
	// places are those of servers with a limit, nil where none has one.
	places *pool.Pool[place]
	// talks remembers which server of a group has a conversation.
	talks affinity.Table
}

// New makes a Set. Nothing is sent yet. Close ends it.
func New(specs []Spec, q Queue) *Set {
	s := &Set{}
	for _, spec := range specs {
		s.servers = append(s.servers, newServer(spec))
	}
	slices.SortFunc(s.servers, func(a, b *Server) int { return cmp.Compare(a.spec.Name, b.spec.Name) })
	s.places = s.newPlaces(q)
	return s
}

func newServer(spec Spec) *Server {
	s := &Server{spec: spec}
	s.tend()
	spec = s.spec
	u, err := url.Parse(spec.URL)
	if err != nil {
		u = &url.URL{} // the settings were checked
	}
	s.local, s.here = Nearby(u.Hostname()) && !spec.Cloud, Loopback(u.Hostname()) && !spec.Cloud
	path := strings.Trim(u.Path, "/")
	switch {
	case spec.Kind == "ollama":
		// People have both addresses at hand.
		u.Path = strings.TrimSuffix(path, "v1")
	case path == "":
		u = u.JoinPath("v1")
	}
	o := backend.Options{
		Name: spec.Name, URL: u.String(), Secret: spec.Key, KeyHint: "set " + spec.KeyVariable,
		HeaderTimeout: spec.HeaderTimeout, IdleTimeout: spec.IdleTimeout, Header: http.Header{},
	}
	if s.child != nil {
		o.Sleep = s.sleep
	}
	if spec.Kind == "anthropic" {
		o.Header.Set("anthropic-version", anthropic.Version)
		if spec.Key != "" {
			o.Header.Set("x-api-key", spec.Key)
		}
		s.up = backend.New(o)
		b := anthropic.New(s.up)
		s.backend, s.list = b, named(b.Models)
		return s
	}
	if spec.Kind == "gemini" {
		if path == "" {
			o.URL = strings.TrimSuffix(spec.URL, "/") + "/v1beta"
		}
		if spec.Key != "" {
			o.Header.Set("x-goog-api-key", spec.Key)
		}
		s.up = backend.New(o)
		b := gemini.New(s.up)
		s.backend, s.list = b, func(ctx context.Context) ([]Model, error) {
			list, err := b.Models(ctx)
			out := make([]Model, len(list))
			for i, m := range list {
				out[i] = Model{ID: m.ID, Context: m.Context, Power: backend.Power{Embeds: &list[i].Embeds}}
			}
			return out, err
		}
		return s
	}
	if spec.Key != "" {
		o.Header.Set("Authorization", "Bearer "+spec.Key)
	}
	root := *u
	root.Path = strings.TrimSuffix(strings.Trim(root.Path, "/"), "v1")
	o.Root = root.String()
	s.up = backend.New(o)
	if spec.Kind == "ollama" {
		b := ollama.New(s.up)
		s.backend, s.list, s.learn = b, named(b.Models), b.Learn
		return s
	}
	own := spec.Kind == "llamaserver"
	b := openai.New(openai.Options{Upstream: s.up, Dialect: ask.Dialect{
		Vendor: spec.Kind == "openai" && u.Hostname() == "api.openai.com", Template: own || spec.Kind == "vllm", Grammar: own, Repetition: spec.Kind == "vllm",
	}})
	s.backend, s.list = b, func(ctx context.Context) ([]Model, error) {
		list, err := b.Models(ctx)
		out := make([]Model, len(list))
		for i, m := range list {
			out[i] = Model{ID: m.ID, Created: m.Created, Context: m.Context}
		}
		return out, err
	}
	if s.local || own || spec.Kind == "vllm" || spec.Kind == "lmstudio" {
		// A provider's service has no such endpoints, and need not be asked.
		s.learn = b.Learn
	}
	return s
}

// named makes models of a list of names.
func named(list func(context.Context) ([]string, error)) func(context.Context) ([]Model, error) {
	return func(ctx context.Context) ([]Model, error) {
		names, err := list(ctx)
		out := make([]Model, len(names))
		for i, n := range names {
			out[i].ID = n
		}
		return out, err
	}
}

// Nearby reports whether a host is this machine, or one of the same network:
// what is sent there stays with its owner. A name that says nothing is not.
func Nearby(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// Loopback reports whether a host is this machine by its name.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Clouds reports whether a server is none of the owner's own.
func (s *Set) Clouds() bool {
	return slices.ContainsFunc(s.servers, func(x *Server) bool { return !x.local })
}

type namedOf struct{}

// Named is ctx for the lease of a model that the client named: where that is a
// cloud's, it decided itself. All else is Irori's decision.
func Named(ctx context.Context) context.Context { return context.WithValue(ctx, namedOf{}, true) }

// Lease leases BACKEND/MODEL, or POOL/MODEL; nil where the name is neither's.
func (s *Set) Lease(ctx context.Context, name string) (*gateway.Lease, error) {
	who, model, ok := strings.Cut(name, "/")
	if !ok {
		return nil, nil
	}
	list := s.serversOf(who)
	if len(list) == 0 {
		return nil, nil
	}
	// What a client writes goes into the ledger and into headers.
	if model == "" || len(model) > 500 || strings.ContainsFunc(model, unicode.IsControl) {
		return nil, llm.Errorf(llm.CodeModelNotFound, "%.100q names no model of the backend", name).WithParam("model").WithHint("irori ps shows what it has")
	}
	x, reason := list[0], "named by the request"
	instead := x.spec.Failover
	if x.spec.Name != who {
		x, instead, reason = s.choose(ctx, list, model)
	}
	// A name of a cloud is its client's own choice, as far as the routes let it
	// be; where a server of the owner's stands for it, what comes after is not.
	level, called := s.called(x, model)
	t := s.terms(ctx, (called || !x.local) && ctx.Value(namedOf{}) != nil)
	if called && !t.Routed {
		t = t.Stricter(level) // also for who stands in for it
	}
	if x.down() && len(instead) > 0 {
		// It is known not to answer: nobody needs to wait for that.
		if l := s.instead(t, model, instead)(ctx, &llm.Error{Code: llm.CodeUnreachable}); l != nil {
			return l, nil
		}
	}
	if x.child != nil {
		if err := x.child.Wait(ctx); err != nil {
			return nil, err
		}
	}
	l, err := s.lease(ctx, t, x, model, reason)
	if err != nil {
		return nil, err
	}
	l.Next = s.instead(t, model, instead)
	return l, nil
}

// terms are those of a request; named says that it named a cloud itself.
func (s *Set) terms(ctx context.Context, named bool) shield.Terms {
	if s.Terms == nil {
		return shield.Terms{}
	}
	return s.Terms(ctx, named)
}

// lease waits for a place of a server and leases a model of it. Every request
// to a server comes by here: what is not the owner's, or what a route calls a
// cloud, stands behind a shield.
func (s *Set) lease(ctx context.Context, t shield.Terms, x *Server, model, reason string) (*gateway.Lease, error) {
	waited, leave, err := s.enter(ctx, x)
	if err != nil {
		return nil, err
	}
	level, called := s.called(x, model)
	if called && !t.Routed {
		t = t.Stricter(level)
	}
	route, local := "cloud: ", x.local && !called
	if local {
		route = "local: "
	}
	price, priced := x.price(model)
	b, strict, kept := x.backend, "", model
	var note func() string
	if !local {
		guarded, n, name := t.GuardModel(x.spec.Name, model, x.backend)
		kept = name
		if b = guarded; n != nil {
			note, strict = n.String, string(t.Level)
		}
	}
	return &gateway.Lease{
		Backend: b, Note: note, Privacy: strict, Currency: price.Currency, Name: x.spec.Name, Engine: x.spec.Kind, Model: kept, Hidden: kept != model, Local: local, Here: x.here, Reason: route + reason,
		Account: account(price, priced), Waited: waited, Done: leave, Dialect: dialect(x.spec.Kind),
	}, nil
}

// dialect is what a server takes as its client wrote it.
func dialect(kind string) string {
	switch kind {
	case "anthropic":
		return llm.DialectAnthropic
	case "ollama", "gemini":
		return ""
	}
	return llm.DialectOpenAIChat
}

// price is that of a model.
func (x *Server) price(model string) (cost.Price, bool) {
	p, ok := x.spec.Prices[model]
	if !ok {
		p, ok = x.spec.Prices["*"]
	}
	return p, ok
}

// account prices what was counted. Energy that is spent elsewhere is not
// known.
func account(price cost.Price, ok bool) func(*llm.Usage) gateway.Account {
	return func(u *llm.Usage) (a gateway.Account) {
		if !ok {
			return a
		}
		c := price.Of(u)
		a.Cost, a.CostLow, a.CostHigh = c.Amount, c.Low, c.High
		if c.Amount != nil || c.Low != nil {
			a.Currency, a.PriceVersion = price.Currency, price.Version
		}
		return a
	}
}

// fresh is how long a list of models holds, patience how long a server may
// take for it.
const (
	fresh    = 15 * time.Second
	patience = 2 * time.Second
)

// probe asks a server what it has, unless it was asked a moment ago.
func (x *Server) probe(ctx context.Context) { x.probeUnless(ctx, fresh) }

func (x *Server) probeUnless(ctx context.Context, younger time.Duration) {
	x.asking.Lock()
	defer x.asking.Unlock()
	x.mu.Lock()
	asked, known := x.asked, x.known
	x.mu.Unlock()
	if !asked.IsZero() && time.Since(asked) < younger {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	list, err := x.list(ctx)
	if err != nil && ctx.Err() != nil {
		err = llm.Errorf(llm.CodeTimeout, "backend %s: it does not say within %v what it has", x.spec.Name, patience)
	}
	if err == nil {
		x.up.Recovered()
		known = x.learnOf(ctx, list, known)
	} else {
		known = "" // what comes back may be another server
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked, x.fault, x.known = time.Now(), err, known
	if err == nil {
		x.models = list
	}
}

// probeAll asks all servers at once.
func (s *Set) probeAll(ctx context.Context) {
	var all sync.WaitGroup
	for _, x := range s.servers {
		all.Go(func() { x.probe(ctx) })
	}
	all.Wait()
}

// The states of a server that are not only its breaker's.
const (
	stateReady       = string(backend.StateReady)
	stateUnreachable = "unreachable"
)

func (x *Server) state() string {
	if x.child != nil {
		if st := x.child.Status().State; st != tended.StateReady {
			return string(st)
		}
	}
	if x.fault != nil {
		return stateUnreachable
	}
	return string(x.up.State())
}
