package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"irori/internal/app/remote"
	"irori/internal/app/routing"
	"irori/internal/app/shelf"
	"irori/internal/backend/embedded"
	"irori/internal/catalog"
	"irori/internal/config"
	"irori/internal/fit"
	"irori/internal/gateway"
	"irori/internal/gateway/private"
	"irori/internal/hw"
	"irori/internal/llm"
	"irori/internal/pool"
	"irori/internal/route/privacy"
	"irori/internal/route/shield"
	"irori/internal/telemetry"
	"irori/internal/unit"
	"irori/internal/worker"
)

// loadedModel is an embedded backend with what the catalog knows of it.
type loadedModel struct {
	*embedded.Backend
	name  string
	quant string
	bytes int64
	since time.Time
}

// Dead reports whether the worker can never answer again.
func (m *loadedModel) Dead() bool {
	switch m.Status().State {
	case embedded.StateClosed:
		return true
	}
	return false
}

// models is the gateway's view of the local models: names, virtual names, and
// the pool of loaded ones.
type models struct {
	env      *Env
	lib      *catalog.Library
	pool     *pool.Pool[*loadedModel]
	remote   *remote.Set
	fallback string
	accounts *accounts
	shield   *shield.Shield
	// router chooses who answers for a route, nil without a policy.
	router *routing.Router
}

// embeddedName is the backend that runs here.
const embeddedName = "embedded"

func newModels(e *Env, lib *catalog.Library, a *accounts) *models {
	m := &models{env: e, lib: lib, accounts: a, remote: remote.New(e.backends(), remote.Queue{Length: e.Config.QueueLength, Wait: e.Config.Waits()})}
	m.remote.Local, m.remote.Terms = m.leaseHere, m.terms
	wait := e.Config.Waits()
	m.pool = pool.New(pool.Options[*loadedModel]{
		Load: m.load, Needs: m.needs, Shape: shape, Max: e.Config.Engine.MaxLoaded, Wait: wait, Turn: wait, Length: e.Config.QueueLength,
	})
	return m
}

// shown is what the metrics show of the pool and of the backends' queues.
func (m *models) shown() telemetry.Pool {
	c := m.pool.Counts()
	p := telemetry.Pool{Queues: m.remote.Queues(), Loads: c.Loads, Evictions: c.Evictions, Refused: c.Refused + m.remote.Refused()}
	for _, it := range m.pool.List() {
		p.Queues = append(p.Queues, telemetry.Queue{Target: it.Name, Waiting: it.Waits, InService: it.Users})
	}
	return p
}

// lists reports whether a backend is known to have a model. What runs here is on
// disk.
func (m *models) lists(backend, model string) bool {
	return backend == embeddedName || m.remote.Lists(backend, model)
}

// shape is what the pool hears of a loaded model. A few more than the worker
// computes at once are with it, so that one whose prompt is ready takes the
// place of one that ends.
func shape(m *loadedModel) pool.Shape {
	r := m.Status().Ready
	s := pool.Shape{Places: r.Parallel + ahead(r.Parallel)}
	if r.ContextBytes > 0 {
		s.Bytes = int64(r.Bytes) + r.ContextBytes
	}
	return s
}

// ahead is how many requests more a worker has than it computes at once. They
// come before a newcomer of another key, so that they may take no more than a
// service time together.
func ahead(parallel int) int { return min(max(2, parallel/4), parallel-1) }

// needs is what loading a model would take, and what there is for all of them.
func (m *models) needs(name string) (pool.Room, error) {
	budget, err := m.budget()
	if err != nil || budget == 0 {
		return pool.Room{}, err
	}
	r, err := m.lib.Resolve(name)
	if err != nil {
		return pool.Room{}, err
	}
	opts, err := m.options(name)
	if err != nil {
		return pool.Room{}, err
	}
	need, err := fit.Need(r.Path, opts)
	return pool.Room{Need: int64(need), Budget: int64(budget)}, err
}

// budget is the memory that all models may have: what the settings say, else
// what would be free without them. It is 0 where that is not known, or where an
// accelerator holds them.
func (m *models) budget() (unit.Bytes, error) {
	if s := m.env.Config.Engine.Memory; s != "" {
		return unit.ParseBytes(s)
	}
	free := unit.Bytes(availableMemory())
	if free == 0 || m.env.hasAccelerator() {
		return 0, nil
	}
	for _, it := range m.pool.List() {
		if it.Ready {
			if n := hw.Anonymous(it.Model.Status().PID); n != nil {
				free += *n
			}
		}
	}
	return free, nil
}

// terms are those by which a request may leave this machine: its route's, else
// those of the settings, and no milder than its client and its key want them.
func (m *models) terms(ctx context.Context, named bool) shield.Terms {
	t, ok := shield.From(ctx)
	if !ok {
		t = shield.Terms{Level: m.env.Config.Privacy.Level(named)}
	}
	if t.Shield == nil {
		t.Shield = m.shield
	}
	return t.Stricter(private.Of(ctx))
}

// virtual are the names that stand for a route, not a model.
const (
	virtualAuto  = "irori/auto"
	virtualLocal = "irori/local"
	virtualCloud = "irori/cloud"
)

// canonical turns what a client named into the name of a model on disk, and
// says why that one.
func (m *models) canonical(name string) (string, string, error) {
	switch strings.ToLower(name) {
	case "", virtualAuto, virtualLocal:
		if m.fallback == "" {
			return "", "", llm.Errorf(llm.CodeModelNotFound, "no model is chosen for %q", name).WithHint("irori up MODEL")
		}
		reason := "local: the server's default model"
		if strings.EqualFold(name, virtualAuto) {
			reason = "local: no cloud backend is configured"
			if m.remote.Clouds() {
				reason = "local: no route to the cloud is configured"
			}
		}
		return m.fallback, reason, nil
	case virtualCloud:
		if m.remote.Clouds() {
			return "", "", llm.Errorf(llm.CodeModelNotFound, "no route to the cloud is configured").WithParam("model").WithHint("irori ps shows what the backends have: irori run BACKEND/MODEL")
		}
		return "", "", llm.Errorf(llm.CodeModelNotFound, "no cloud backend is configured").WithParam("model").WithHint("irori run irori/local asks the model here; irori up --backend NAME=KIND:URL names a cloud")
	}
	if virtual(name) {
		there := m.virtual(virtualLocal)
		return "", "", llm.Errorf(llm.CodeModelNotFound, "%.120q names no route: there are %s", name, strings.Join(there, ", ")).WithParam("model").WithHint("irori run %s", there[len(there)-1])
	}
	r, err := m.lib.Resolve(name)
	if err != nil {
		e := &llm.Error{Code: llm.CodeModelNotFound, Message: "model " + quote(name) + " is not here", Param: "model", Hint: "irori pull " + shelf.Short(name)}
		if x, ok := errors.AsType[*llm.Error](err); ok && x.Code != llm.CodeModelNotFound && x.Code != llm.CodeInvalidRequest {
			e = x
		} else if ok && x.Hint != "" {
			e.Hint = x.Hint
		}
		return "", "", e
	}
	return r.Manifest.Name, "local: named by the request", nil
}

// Lease leases who answers for a route, or a model that a client named. See
// gateway.Pool.
func (m *models) Lease(ctx context.Context, name string) (*gateway.Lease, error) {
	if m.router != nil {
		l, err := m.router.Lease(ctx, name)
		if l == nil && err == nil {
			ctx, err = m.router.Named(ctx, m.clouds(name))
		}
		if l != nil || err != nil {
			return l, err
		}
	}
	l, err := m.lease(remote.Named(ctx), name)
	if err == nil && m.router != nil {
		m.router.Audited(ctx, name, l)
	}
	return l, err
}

// lease loads a model of the settings and leases it, or that of a server.
func (m *models) lease(ctx context.Context, name string) (*gateway.Lease, error) {
	if l, err := m.remote.Lease(ctx, name); l != nil || err != nil {
		return l, err
	}
	next := m.remote.Instead(ctx, "", m.env.Config.Failover[strings.ToLower(name)])
	l, err := m.leaseHere(ctx, name)
	if e, ok := errors.AsType[*llm.Error](err); ok && next != nil && gateway.Elsewhere(e.Code) {
		if other := next(ctx, e); other != nil {
			return other, nil
		}
	}
	if err == nil && l.Next == nil {
		l.Next = next
	}
	return l, err
}

// leaseHere loads a model of this machine and leases it; for a route, where
// none is here, one of the first backend that is near.
func (m *models) leaseHere(ctx context.Context, name string) (*gateway.Lease, error) {
	if virtual := strings.ToLower(name); m.fallback == "" && (virtual == "" || virtual == virtualAuto || virtual == virtualLocal) {
		// No model is here: the backends stand in.
		if l, err := m.remote.First(ctx); l != nil || err != nil {
			return l, err
		}
	}
	canonical, reason, err := m.canonical(name)
	if err != nil {
		return nil, err
	}
	level, called := m.called(canonical)
	if called && (name == "" || virtual(name)) {
		return nil, llm.Errorf(llm.CodeUnavailable, "the model here is %s, which a route calls a cloud", canonical).WithHint("irori up MODEL")
	}
	c := gateway.CallerOf(ctx)
	use, err := m.pool.Lease(ctx, pool.Want{Name: canonical, Key: c.Key, Priority: c.Priority, Visit: c.Visit})
	if err != nil {
		return nil, err
	}
	lm := use.Model
	currency, metered := m.accounts.knows()
	l := &gateway.Lease{
		Backend: lm.Backend, Name: embeddedName, Engine: lm.Status().Hello.Engine, Model: lm.name, Quantization: lm.quant,
		Local: !called, Currency: currency, Metered: metered, Reason: reason, Waited: &use.Waited, Done: use.Done,
	}
	if called {
		l.Reason = "cloud: " + strings.TrimPrefix(reason, "local: ")
		t := m.terms(ctx, false)
		if !t.Routed {
			t = t.Stricter(level)
		}
		b, note := t.Guard(l.Name, l.Backend)
		if l.Backend = b; note != nil {
			l.Note, l.Privacy = note.String, string(t.Level)
		}
	}
	return l, nil
}

// called reports whether a route calls a model of this machine a cloud, and the
// strictest of what such routes say of privacy.
func (m *models) called(canonical string) (level privacy.Level, called bool) {
	for _, name := range m.calls(canonical) {
		level = privacy.StricterLevel(level, m.remote.Routed[name])
	}
	return level, level != ""
}

// calls are the targets of routes' clouds that are a model of this machine.
func (m *models) calls(canonical string) (names []string) {
	for name, l := range m.remote.Routed {
		if _, other := m.remote.About(name); l == "" || other {
			continue
		}
		if r, err := m.lib.Resolve(name); err == nil && r.Manifest.Name == canonical {
			names = append(names, name)
		}
	}
	return names
}

// clouds are the targets of routes' clouds that a name stands for.
func (m *models) clouds(name string) []string {
	if _, other := m.remote.About(name); other {
		return m.remote.Called(name)
	}
	if r, err := m.lib.Resolve(name); err == nil {
		return m.calls(r.Manifest.Name)
	}
	return nil
}

// load starts a worker for a model on disk.
func (m *models) load(ctx context.Context, name string) (*loadedModel, error) {
	r, err := m.lib.Resolve(name)
	if err != nil {
		return nil, err
	}
	dir, err := m.env.EngineDir()
	if err != nil {
		return nil, err
	}
	set := m.settings(name)
	opts, err := m.options(name)
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	adapters := maps.Clone(set.Adapters)
	for _, path := range r.Adapters {
		if adapters == nil {
			adapters = map[string]string{}
		}
		adapters[shelf.BroughtAdapter] = path
	}
	lm := &loadedModel{name: name, quant: r.Manifest.Facts.Quantization, bytes: r.Manifest.Size(), since: time.Now()}
	lm.Backend = embedded.New(embedded.Options{
		Command: []string{exe, "worker"}, Log: m.env.Log, OnStep: m.accounts.observer(name),
		Load: worker.Load{LibraryDir: dir, Model: name, Files: []string{r.Path}, Adapters: adapters, Options: opts},
	})
	if err := lm.Start(ctx); err != nil {
		lm.Close(0)
		return nil, err
	}
	m.env.Log.Debug("model loaded", "model", name, "placement", lm.Status().Ready.Placement)
	return lm, nil
}

// settings lays the settings of a model over those of all.
func (m *models) settings(name string) config.Model {
	c := m.env.Config
	out := c.Engine.Defaults
	for n, s := range c.Models {
		if strings.EqualFold(n, name) || m.sameModel(n, name) {
			out = out.Over(s)
		}
	}
	return out
}

// sameModel reports whether a name in the settings is another spelling of a
// model's own.
func (m *models) sameModel(a, name string) bool {
	r, err := m.lib.Resolve(a)
	return err == nil && r.Manifest.Name == name
}

// options are what a model's worker is told. The cache takes no more than a
// quarter of what all models may have, unless the settings say so.
func (m *models) options(name string) (worker.Options, error) {
	s := m.settings(name)
	o, err := workerOptions(s)
	if err == nil && s.KVMemory == "" && m.env.Config.Engine.Memory != "" {
		if all, err := unit.ParseBytes(m.env.Config.Engine.Memory); err == nil {
			o.MemoryBudget = min(cmp.Or(o.MemoryBudget, int64(all)), int64(all)/4)
		}
	}
	return o, err
}

func workerOptions(s config.Model) (worker.Options, error) {
	o := worker.Options{
		Context: s.Context, Parallel: s.Parallel, Threads: s.Threads, Batch: s.Batch, KVType: s.KVType,
		GPULayers: s.GPULayers, FlashAttn: s.FlashAttention,
		Defaults: llm.Sampling{
			Temperature: s.Sampling.Temperature, TopK: s.Sampling.TopK, TopP: s.Sampling.TopP, MinP: s.Sampling.MinP,
			RepeatPenalty: s.Sampling.RepeatPenalty,
		},
	}
	o.KVUnified = s.KVUnified != nil && *s.KVUnified
	o.NoMmap = s.Mmap != nil && !*s.Mmap
	o.Mlock = s.Mlock != nil && *s.Mlock
	o.NoRepack = s.Repack != nil && !*s.Repack
	if s.KVMemory != "" {
		n, err := unit.ParseBytes(s.KVMemory)
		if err != nil {
			return o, llm.Wrap(llm.CodeInvalidRequest, err, "kv_memory").WithHint("write it like 2GiB")
		}
		o.MemoryBudget, o.MemoryFixed = int64(n), true
	} else if free := availableMemory(); free > 0 {
		o.MemoryBudget = free / 4
	}
	if s.Template != "" {
		b, err := os.ReadFile(s.Template)
		if err != nil {
			return o, llm.Wrap(llm.CodeInvalidRequest, err, "the chat template of the config cannot be read")
		}
		o.Template = string(b)
	}
	return o, nil
}

// Models lists the models on disk and the virtual names. See gateway.Pool.
func (m *models) Models(ctx context.Context) ([]gateway.ModelEntry, error) {
	list, err := m.lib.List()
	if err != nil {
		return nil, err
	}
	aliases, err := m.lib.Aliases()
	if err != nil {
		return nil, err
	}
	memory, fallback := m.inMemory(), m.fallback
	others := m.remote.Models(ctx)
	if fallback == "" {
		if fallback = m.remote.FirstName(); fallback != "" {
			i := slices.IndexFunc(others, func(x gateway.ModelEntry) bool { return x.ID == fallback })
			memory[fallback] = others[i]
		}
	}
	return append(shelf.Entries(list, aliases, memory, fallback, m.virtual(fallback)...), others...), nil
}

// virtual are the names that stand for routes, and for a fallback where one is
// here.
func (m *models) virtual(fallback string) (out []string) {
	switch {
	case m.router == nil && fallback == "":
		return nil
	case m.router == nil || m.router.Auto():
		out = append(out, virtualAuto)
	}
	if fallback != "" {
		out = append(out, virtualLocal)
	}
	for _, n := range m.router.Names() {
		if n != virtualAuto {
			out = append(out, n)
		}
	}
	return out
}

// inMemory describes the models in memory, by name. State and context are
// those of the worker.
func (m *models) inMemory() map[string]gateway.ModelEntry {
	out := map[string]gateway.ModelEntry{}
	for _, it := range m.pool.List() {
		if it.Ready {
			st := it.Model.Status()
			out[it.Name] = gateway.ModelEntry{
				Loaded: st.State == embedded.StateReady, State: string(st.State), Context: st.Ready.Context, Quantization: it.Model.quant,
			}
		}
	}
	return out
}

func quote(s string) string { return `"` + cut(s, 200) + `"` }

// cut shortens a text to so many characters.
func cut(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
