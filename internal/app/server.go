package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"irori/internal/access"
	"irori/internal/app/answers"
	"irori/internal/app/kept"
	"irori/internal/app/keyring"
	"irori/internal/app/outcomes"
	"irori/internal/app/running"
	"irori/internal/app/shelf"
	"irori/internal/config"
	"irori/internal/dial"
	"irori/internal/gateway"
	"irori/internal/gateway/ant"
	"irori/internal/gateway/feedback"
	"irori/internal/gateway/oai"
	"irori/internal/gateway/olla"
	"irori/internal/gateway/resp"
	"irori/internal/hw/pages"
	"irori/internal/llm"
	"irori/internal/pool"
	"irori/internal/reuse"
	"irori/internal/route/shield"
	"irori/internal/telemetry/otlp"
)

// UpOptions say how to serve.
type UpOptions struct {
	// Addr overrides the config's address; Model its model.
	Addr, Model string
	// Policy is the file that says how requests are routed, "" for the usual one.
	Policy      string
	AcceptTerms bool
	// Pull reports the progress of a model being fetched.
	Pull PullProgress
	// OnReady is called once the server can answer.
	OnReady func(Ready)
	// Grace bounds how long a stop waits for what runs.
	Grace time.Duration
	// OnStop is called once no more requests are taken; now ends the wait for
	// those that run.
	OnStop func(now func())
}

// Ready is what a server says once it can answer.
type Ready struct {
	Event  string `json:"event"`
	URL    string `json:"url"`
	Model  string `json:"model"`
	PID    int    `json:"pid"`
	Engine string `json:"engine"`
	// Placement says where the model runs and why, Energy how energy is
	// known here.
	Placement string `json:"placement"`
	Energy    string `json:"energy"`
	// Quantization and Context describe the model.
	Quantization string `json:"quantization,omitempty"`
	Context      int    `json:"context,omitempty"`
	// ContextTrained is what the model was trained for.
	ContextTrained int `json:"context_trained,omitempty"`
}

// server is the running graph.
type server struct {
	env      *Env
	opts     UpOptions
	models   *models
	shelf    *shelf.Shelf
	accounts *accounts
	ledger   *ledger
	guard    *access.Guard
	kept     *kept.Keeper
	// outcomes are those of routed requests: opened when one is.
	outcomes *outcomes.Book
	again    *reuse.Cache
	exporter *otlp.Exporter
	answers  *answers.Answers
	resp     *resp.Handlers
	gateway  *gateway.Gateway
	http     *http.Server
	run      *running.Server
	stop     context.CancelFunc
}

// Up serves until ctx ends or somebody asks it to stop.
func (e *Env) Up(ctx context.Context, o UpOptions) (err error) {
	// The gateway's heap is a few MB. Collecting it at half its growth took a
	// quarter of the processor time of a request.
	debug.SetGCPercent(175)
	// A huge body grows the heap for a moment; this gives it back soon.
	debug.SetMemoryLimit(64 << 20)
	if os.Getenv("GOMAXPROCS") == "" {
		// Waking a second thread for each event of a stream costs more than
		// it brings, and takes a core from the one that computes.
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)/2))
	}
	if o.Addr != "" {
		e.Config.Addr = o.Addr
	}
	if o.Grace == 0 {
		o.Grace = 30 * time.Second
	}
	if err := e.Config.Check(); err != nil {
		return err
	}
	e.discover(ctx)
	addrs := []string{e.Config.Addr}
	if second := e.Config.OllamaAddr; second != "" {
		addrs = append(addrs, second)
	}
	if err := e.checkReach(addrs); err != nil {
		return err
	}
	if _, err := e.EngineDir(); err != nil && (o.Model != "" || e.Config.Model != "" || !e.engineless()) {
		return err
	}
	release, err := e.lockHome()
	if err != nil {
		return err
	}
	defer release()
	lns, err := listen(addrs)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{env: e, opts: o, stop: cancel}
	if err := s.build(ctx, lns[0]); err != nil {
		return errors.Join(err, closeAll(lns))
	}
	return s.serve(ctx, lns)
}

// checkReach refuses addresses that others can reach where nobody needs a key.
func (e *Env) checkReach(addrs []string) error {
	for _, addr := range addrs {
		if dial.Offline() && !config.Loopback(addr) {
			return llm.Errorf(llm.CodeOffline, "offline: the address %s can be reached from other machines", addr).WithHint("irori up --offline --addr 127.0.0.1:1616")
		}
	}
	if len(e.Config.APIKeys) > 0 {
		return nil
	}
	unlocked, err := keyring.New(e.Home).Unlocked()
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		if unlocked && !config.Loopback(addr) {
			return llm.Errorf(llm.CodeForbidden, "the address %s can be reached from other machines, so an API key is needed", addr).
				WithHint("irori keys create NAME, or set IRORI_API_KEY, or use --addr 127.0.0.1:1616")
		}
	}
	return nil
}

// listen takes the addresses, all of them or none.
func listen(addrs []string) ([]net.Listener, error) {
	var lns []net.Listener
	for i, addr := range addrs {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			hint := "irori up --addr 127.0.0.1:0 takes a free port"
			if i > 0 {
				hint = "stop what listens there (ollama, for one), or leave ollama_addr out of the config"
			}
			return nil, errors.Join(llm.Wrap(llm.CodeInvalidRequest, err, "the address %s cannot be used", addr).WithHint("%s", hint), closeAll(lns))
		}
		lns = append(lns, ln)
	}
	return lns, nil
}

func closeAll(lns []net.Listener) error {
	var errs []error
	for _, ln := range lns {
		errs = append(errs, ln.Close())
	}
	return errors.Join(errs...)
}

// build makes the graph, and the model ready.
func (s *server) build(ctx context.Context, ln net.Listener) error {
	lib, err := s.env.Library()
	if err != nil {
		return err
	}
	// What a killed pull left is nobody's; that it cannot go stops no server.
	if freed, err := lib.Prune(); err != nil {
		s.env.Log.Debug("files that no model needs could not be removed", "err", err)
	} else if freed > 0 {
		s.env.Log.Info("files that no model needs are removed", "bytes", freed)
	}
	if s.accounts, err = newAccounts(s.env); err != nil {
		return err
	}
	s.models = newModels(s.env, lib, s.accounts)
	if s.models.shield, err = shield.Of(s.env.Config.Privacy); err != nil {
		s.accounts.close()
		return err
	}
	if s.ledger, err = openLedger(s.env, s.accounts.attribution.Total); err != nil {
		s.accounts.close()
		return err
	}
	if s.guard, err = keyring.New(s.env.Home).Guard(s.ledger.db); err != nil {
		s.close()
		return err
	}
	if s.kept, err = kept.Open(s.env.Home, s.env.Log); err != nil {
		s.close()
		return err
	}
	s.outcomes = outcomes.At(s.env.Home, s.env.Log)
	s.shelf = shelf.New(shelf.Options{
		Home: s.env.Home, Library: lib, Pool: s.models, Canonical: s.models.canonical, Keep: s.models.pool.Keep, Held: s.held,
	})
	s.resp = &resp.Handlers{}
	if s.answers, err = answers.Open(ctx, s.env.Home, s.env.Config.Responses.For(), s.env.Log, s.resp); err != nil {
		s.close()
		return err
	}
	h, a, said := &oai.Handlers{}, &ant.Handlers{}, &feedback.Handlers{Say: s.outcomes.Say, Fail: oai.Fail}
	o := &olla.Handlers{Library: s.shelf, Memory: s.shelf, Shelf: s.shelf, Version: Version}
	seen, err := s.observe()
	if err != nil {
		s.close()
		return err
	}
	c, token := s.env.Config, running.NewToken()
	if s.again, err = s.models.newReuse(c.Cache); err != nil {
		s.close()
		return err
	}
	s.gateway = gateway.New(gateway.Options{
		Pool: s.shelf, Ledger: s.ledger, Meter: s.accounts, Observer: seen, Log: s.env.Log, Keys: c.APIKeys,
		Access: s.guard, Owner: token, Bodies: s.kept, Reuse: s.again, KeepAll: c.Bodies.Keep == "full", KeepFor: c.Bodies.For(), Hosts: c.AllowedHosts, Origins: c.AllowedOrigins, MaxBody: c.MaxBodyBytes,
	}, slices.Concat(h.Routes(), s.resp.Routes(), a.Routes(), o.Routes(), said.Routes(), s.routes()), oai.Fail)
	h.G, s.resp.G, a.G, o.G, said.G = s.gateway, s.gateway, s.gateway, s.gateway, s.gateway
	s.ledger.metrics.ShowPool(s.models.shown)
	s.ledger.metrics.Lists(s.models.lists)
	if err := s.models.remote.Start(ctx); err != nil {
		s.close()
		return err
	}
	name, err := s.chooseModel(ctx, lib)
	if err != nil {
		s.close()
		return err
	}
	if s.models.fallback = name; name != "" {
		first, err := s.models.pool.Lease(ctx, pool.Want{Name: name, Visit: true})
		if err != nil {
			s.close()
			if llm.CodeOf(err) == llm.CodeQuarantined {
				// With the server gone there is nothing to lift it from.
				err = llm.Wrap(llm.CodeQuarantined, err, "").WithHint("irori doctor")
			}
			return err
		}
		first.Done()
	} else {
		s.models.remote.Default(ctx) // what irori/local is has to be known
	}
	if err := s.route(ctx); err != nil {
		s.close()
		return err
	}
	if name == "" {
		name = s.models.remote.Default(ctx)
	}
	go s.models.remote.Watch(ctx)
	s.ledger.metrics.Backends(s.models.remote.Up)
	s.run = &running.Server{URL: "http://" + ln.Addr().String(), PID: os.Getpid(), Model: name, Started: time.Now().UTC(), Version: Version, Token: token}
	if err := running.Home(s.env.Home).Write(s.run); err != nil {
		s.close()
		return err
	}
	return nil
}

// held lists the models in memory.
func (s *server) held() []shelf.Held {
	var out []shelf.Held
	for _, it := range s.models.pool.List() {
		if it.Ready {
			ready := it.Model.Status().Ready
			out = append(out, shelf.Held{Name: it.Name, Bytes: int64(ready.Bytes), Context: ready.Context, Expires: it.Expires})
		}
	}
	return out
}

// serve answers until ctx ends, then drains: no new connections, what runs
// goes on within the grace.
func (s *server) serve(ctx context.Context, lns []net.Listener) error {
	defer s.close()
	every, cut := context.WithCancelCause(context.Background())
	defer cut(nil)
	s.http = &http.Server{
		BaseContext:       func(net.Listener) context.Context { return every },
		Handler:           s.gateway.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          nil,
	}
	failed := make(chan error, len(lns))
	for _, ln := range lns {
		go func() { failed <- s.http.Serve(ln) }()
	}
	if s.opts.OnReady != nil {
		s.opts.OnReady(s.ready())
	}
	// What start-up left behind goes back to the system.
	debug.FreeOSMemory()
	pages.Drop()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.env.Log.Info("stopping", "grace", s.opts.Grace)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opts.Grace)
	defer cancel()
	s.leave()
	if s.opts.OnStop != nil {
		s.opts.OnStop(cancel)
	}
	err := s.http.Shutdown(grace)
	if err != nil {
		// What did not end in time is told so, and its records say so too.
		cut(gateway.Interrupted())
		last, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer done()
		err = s.http.Shutdown(last)
	}
	if err != nil {
		if cerr := s.http.Close(); cerr != nil {
			s.env.Log.Warn("close", "err", cerr)
		}
	}
	return nil
}

// leave tells the other verbs that nobody is answered any more.
func (s *server) leave() {
	r := *s.run
	r.Stopping = time.Now().Add(s.opts.Grace).UTC()
	if err := running.Home(s.env.Home).Write(&r); err != nil {
		s.env.Log.Warn("write server.json", "err", err) // the refused connection tells as well
	}
}

// close ends what build made, last things first.
func (s *server) close() {
	if s.resp != nil {
		s.resp.Close(5 * time.Second)
	}
	if err := s.answers.Close(); err != nil {
		s.env.Log.Error("close the kept answers", "err", err)
	}
	s.models.remote.Close(10 * time.Second)
	s.models.pool.Close(2 * time.Second)
	s.accounts.close()
	s.closeExporter()
	if s.kept != nil {
		if err := s.kept.Close(); err != nil {
			s.env.Log.Error("close what is kept of requests", "err", err)
		}
	}
	s.models.router.Close()
	if err := s.outcomes.Close(); err != nil {
		s.env.Log.Error("close the outcomes of routed requests", "err", err)
	}
	if s.ledger != nil {
		if err := s.ledger.close(); err != nil {
			s.env.Log.Error("close the ledger", "err", err)
		}
	}
	if err := running.Home(s.env.Home).Gone(); err != nil {
		s.env.Log.Warn("remove server.json", "err", err)
	}
}

func (s *server) ready() Ready {
	r := Ready{Event: "ready", URL: s.run.URL, Model: s.run.Model, PID: s.run.PID, Energy: s.accounts.how()}
	for _, it := range s.models.pool.List() {
		if it.Name == s.run.Model && it.Ready {
			st := it.Model.Status()
			r.Engine, r.Placement, r.Context = st.Hello.Engine, st.Ready.Placement, st.Ready.Context
			r.ContextTrained = st.Ready.ContextTrain
			r.Quantization = it.Model.quant
		}
	}
	if s.models.fallback == "" {
		r.Placement = s.models.remote.Placement()
	}
	return r
}
