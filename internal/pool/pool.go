// Package pool decides which models are in memory: it loads one when it is
// first asked for, keeps it, and gives the one that has been idle longest up
// when another needs its place. A model in use is never given up.
//
// It knows no engine and no catalog: how a name is resolved and how a model
// is loaded come as functions.
package pool

import (
	"context"
	"slices"
	"sync"
	"time"

	"irori/internal/llm"
)

// Loaded is a model in memory.
type Loaded interface {
	// Close ends the model after what runs in it, within grace.
	Close(grace time.Duration)
	// Dead reports whether the model can never answer again.
	Dead() bool
}

// Options say how a Pool works.
type Options[M Loaded] struct {
	// Load loads a model by its canonical name. It may take long.
	Load func(ctx context.Context, name string) (M, error)
	// Max bounds how many models are loaded at once.
	Max int
	// Wait bounds how long a request waits for a place.
	Wait time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Pool holds the loaded models. It is safe for concurrent use.
type Pool[M Loaded] struct {
	o Options[M]

	mu      sync.Mutex
	entries map[string]*entry[M]
	changed chan struct{}
	closed  bool
}

type entry[M Loaded] struct {
	model  M
	ready  bool
	refs   int
	idleAt time.Time
}

// New makes a Pool.
func New[M Loaded](o Options[M]) *Pool[M] {
	if o.Max <= 0 {
		o.Max = 2
	}
	if o.Wait == 0 {
		o.Wait = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Pool[M]{o: o, entries: map[string]*entry[M]{}, changed: make(chan struct{})}
}

// signal wakes whoever waits; mu is held.
func (p *Pool[M]) signal() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Lease returns the model of a canonical name, loaded, and a function that
// ends its use.
func (p *Pool[M]) Lease(ctx context.Context, name string) (M, func(), error) {
	var none M
	deadline := p.o.Now().Add(p.o.Wait)
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return none, nil, llm.Errorf(llm.CodeUnavailable, "the server is shutting down")
		}
		e := p.entries[name]
		if e != nil && e.ready && e.model.Dead() && e.refs == 0 {
			delete(p.entries, name)
			go e.model.Close(0)
			e = nil
		}
		if e != nil && e.ready {
			e.refs++
			p.mu.Unlock()
			return e.model, sync.OnceFunc(func() { p.done(e) }), nil
		}
		if e == nil && p.room() {
			e = &entry[M]{refs: 1}
			p.entries[name] = e
			p.mu.Unlock()
			return p.load(ctx, name, e)
		}
		changed := p.changed
		p.mu.Unlock()
		if err := p.await(ctx, changed, deadline); err != nil {
			return none, nil, err
		}
	}
}

func (p *Pool[M]) await(ctx context.Context, changed <-chan struct{}, deadline time.Time) error {
	t := time.NewTimer(deadline.Sub(p.o.Now()))
	defer t.Stop()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return llm.Wrap(llm.CodeCancelled, ctx.Err(), "waiting for a model")
	case <-t.C:
		e := llm.Errorf(llm.CodeOverloaded, "all %d places for models are in use", p.o.Max).
			WithHint("raise engine.max_loaded in the config")
		e.RetryAfter = 5 * time.Second
		return e
	}
}

// room makes a place free where it can; mu is held.
func (p *Pool[M]) room() bool {
	if len(p.entries) < p.o.Max {
		return true
	}
	victim := ""
	for n, e := range p.entries {
		if e.ready && e.refs == 0 && (victim == "" || e.idleAt.Before(p.entries[victim].idleAt)) {
			victim = n
		}
	}
	if victim == "" {
		return false
	}
	e := p.entries[victim]
	delete(p.entries, victim)
	go e.model.Close(0)
	return true
}

// load loads a model for its first user; others wait for it. It goes on when
// that user leaves: the next one is already waiting, or will come.
func (p *Pool[M]) load(ctx context.Context, name string, e *entry[M]) (M, func(), error) {
	type result struct {
		m   M
		err error
	}
	ch := make(chan result, 1)
	go func() {
		m, err := p.o.Load(context.WithoutCancel(ctx), name)
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil {
			delete(p.entries, name)
		} else {
			e.model, e.ready = m, true
			if p.closed {
				go m.Close(0)
			}
		}
		p.signal()
		ch <- result{m, err}
	}()
	var none M
	select {
	case r := <-ch:
		if r.err != nil {
			return none, nil, r.err
		}
		return r.m, sync.OnceFunc(func() { p.done(e) }), nil
	case <-ctx.Done():
		p.done(e)
		return none, nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "loading %s", name)
	}
}

func (p *Pool[M]) done(e *entry[M]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.refs--
	e.idleAt = p.o.Now()
	p.signal()
}

// Item is a loaded model with its name and users.
type Item[M Loaded] struct {
	Name  string
	Model M
	Ready bool
	Users int
}

// List lists the loaded models by name.
func (p *Pool[M]) List() []Item[M] {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Item[M], 0, len(p.entries))
	for n, e := range p.entries {
		out = append(out, Item[M]{Name: n, Model: e.model, Ready: e.ready, Users: e.refs})
	}
	slices.SortFunc(out, func(a, b Item[M]) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}

// Unload gives a model up once nobody uses it; it reports whether it was
// loaded.
func (p *Pool[M]) Unload(name string, grace time.Duration) bool {
	p.mu.Lock()
	e := p.entries[name]
	if e == nil || !e.ready {
		p.mu.Unlock()
		return false
	}
	delete(p.entries, name)
	p.signal()
	p.mu.Unlock()
	e.model.Close(grace)
	return true
}

// Close gives all models up, each after what runs in it, within grace.
func (p *Pool[M]) Close(grace time.Duration) {
	p.mu.Lock()
	p.closed = true
	var models []M
	for _, e := range p.entries {
		if e.ready {
			models = append(models, e.model)
		}
	}
	p.entries = map[string]*entry[M]{}
	p.signal()
	p.mu.Unlock()
	var wg sync.WaitGroup
	for _, m := range models {
		wg.Go(func() { m.Close(grace) })
	}
	wg.Wait()
}
