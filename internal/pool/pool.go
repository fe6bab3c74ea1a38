// Package pool decides which models are in memory and whose turn it is with
// them. It loads a model when it is first asked for, keeps it, and gives up
// another when it needs its place; a model in use is never given up. Where more
// is asked of a model than it has places for, it lets the rest wait, and shares
// out the turns among keys.
//
// One goroutine owns all of it: machine.go decides, and what it decides is done
// here. It knows no engine and no catalog: how a model is loaded, what it needs
// and how much there is come as functions.
package pool

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
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

// Room is what a load would take and what there is for all models together, in
// bytes; 0 is not known, and bounds nothing.
type Room struct{ Need, Budget int64 }

// Shape is what a loaded model says of itself.
type Shape struct {
	// Places is how many requests may be in service at once; 0 bounds nothing.
	Places int
	// Bytes is what it really takes, 0 where it does not say.
	Bytes int64
}

// Options say how a Pool works.
type Options[M Loaded] struct {
	// Load loads a model by its canonical name. It may take long; ctx ends with
	// the pool.
	Load func(ctx context.Context, name string) (M, error)
	// Needs says what a load would take; nil, or an error, is not known.
	Needs func(name string) (Room, error)
	// Shape describes a loaded model; nil bounds nothing.
	Shape func(M) Shape
	// Max bounds how many models are loaded at once; 0 is 2, and less than 0
	// does not.
	Max int
	// Wait bounds how long a request waits for memory; 0 is a minute.
	Wait time.Duration
	// Turn bounds how long one waits for a place of a loaded model; 0 does not.
	Turn time.Duration
	// Length bounds how many wait for one model; 0 is 256.
	Length int
	// Tenure is how long a model that was loaded at least has its memory before
	// it must give way to others while it is asked for; 0 is five seconds.
	Tenure time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Pool holds the loaded models. It is safe for concurrent use.
type Pool[M Loaded] struct {
	o     Options[M]
	inbox chan message[M]
	// over is closed once the goroutine has ended.
	over   chan struct{}
	ctx    context.Context
	cancel context.CancelFunc
	m      *machine
}

// message is an event, or a question about the state.
type message[M Loaded] struct {
	event
	look func()
}

// New makes a Pool. Close ends it.
func New[M Loaded](o Options[M]) *Pool[M] {
	r := rules{
		max: cmp.Or(o.Max, 2), unlimited: o.Max < 0, wait: cmp.Or(o.Wait, time.Minute), turn: o.Turn,
		length: cmp.Or(o.Length, 256), tenure: cmp.Or(o.Tenure, 5*time.Second), lingering: 2 * time.Second,
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Pool[M]{o: o, inbox: make(chan message[M], 64), over: make(chan struct{}), m: newMachine(r)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	go p.run()
	return p
}

// run is the goroutine that owns the machine.
func (p *Pool[M]) run() {
	defer close(p.over)
	defer p.cancel()
	wake := time.NewTimer(time.Hour)
	wake.Stop()
	defer wake.Stop()
	for !p.m.over() {
		e := message[M]{event: event{what: passed}}
		select {
		case e = <-p.inbox:
		case <-wake.C:
		}
		if e.look != nil {
			e.look()
			continue
		}
		p.bury(e.event, wake)
		p.decide(e.event, wake)
	}
}

// bury tells the machine of a model that died, before anybody else gets it.
func (p *Pool[M]) bury(e event, wake *time.Timer) {
	w := p.m.models[e.name]
	if e.ticket != nil && e.ticket.of != nil {
		w = e.ticket.of
	}
	if w != nil && w.at != nil && w.at.phase == ready && w.at.loaded.Dead() {
		p.decide(event{what: died, in: w.at}, wake)
	}
}

func (p *Pool[M]) decide(e event, wake *time.Timer) {
	now := p.o.Now()
	for _, f := range p.m.decide(now, e) {
		switch f.what {
		case doGrant:
			f.ticket.got <- verdict{loaded: f.in.loaded, waited: now.Sub(f.ticket.since)}
		case doRefuse:
			f.ticket.got <- verdict{err: f.err}
		case doMeasure:
			go p.measure(f.name)
		case doLoad:
			go p.load(f.name, f.in)
		case doUnload:
			go func() {
				f.in.loaded.Close(f.grace)
				p.send(event{what: unloaded, in: f.in})
			}()
		case doTell:
			f.tell <- f.ok
		case doWake:
			wake.Stop()
			if !f.at.IsZero() {
				wake.Reset(max(f.at.Sub(now), 0))
			}
		}
	}
}

// send hands an event over; a pool that is over takes none.
func (p *Pool[M]) send(e event) {
	select {
	case p.inbox <- message[M]{event: e}:
	case <-p.over:
	}
}

func (p *Pool[M]) measure(name string) {
	e := event{what: measured, name: name}
	if p.o.Needs != nil {
		// What cannot be measured cannot be loaded either, and loading says why.
		if r, err := p.o.Needs(name); err == nil {
			e.need, e.budget = r.Need, r.Budget
		}
	}
	p.send(e)
}

func (p *Pool[M]) load(name string, in *instance) {
	m, err := p.o.Load(p.ctx, name)
	if err != nil {
		p.send(event{what: failed, in: in, err: err})
		return
	}
	e := event{what: loaded, in: in, loaded: m}
	if p.o.Shape != nil {
		s := p.o.Shape(m)
		e.places, e.need = s.Places, s.Bytes
	}
	p.send(e)
}

// Want is what a request wants.
type Want struct {
	// Name is the canonical name of the model.
	Name string
	// Key is whose share it takes, Priority puts it before others.
	Key      string
	Priority int
	// Visit says that it needs the model in memory and no place: it does not
	// generate.
	Visit bool
}

// Use is the right to use a model until Done.
type Use[M Loaded] struct {
	Model M
	// Waited is how long it took to get it.
	Waited time.Duration
	Done   func()
}

// Lease waits for a model, loaded, and a place in it.
func (p *Pool[M]) Lease(ctx context.Context, w Want) (Use[M], error) {
	t := &ticket{key: w.Key, priority: w.Priority, visit: w.Visit, got: make(chan verdict, 1)}
	p.send(event{what: asked, name: w.Name, ticket: t})
	var v verdict
	select {
	case v = <-t.got:
	case <-ctx.Done():
		p.send(event{what: left, ticket: t})
		return Use[M]{}, llm.Wrap(llm.CodeCancelled, ctx.Err(), "waiting for %s", w.Name)
	case <-p.over:
		v.err = shuttingDown()
	}
	if v.err != nil {
		return Use[M]{}, v.err
	}
	var ended atomic.Bool
	return Use[M]{Model: v.loaded.(M), Waited: v.waited, Done: func() {
		if ended.CompareAndSwap(false, true) {
			p.send(event{what: done, ticket: t})
		}
	}}, nil
}

// ask hands over an event that is answered.
func (p *Pool[M]) ask(e event) bool {
	got := make(chan bool, 1)
	e.tell = got
	p.send(e)
	select {
	case ok := <-got:
		return ok
	case <-p.over:
		return false
	}
}

// Unload gives a model up after what runs in it, within grace; it reports
// whether it was loaded.
func (p *Pool[M]) Unload(name string, grace time.Duration) bool {
	return p.ask(event{what: giveUp, name: name, grace: grace})
}

// Keep says how long a model that is in memory, or on its way, stays after its
// last use: until another needs its place where idle is nil, rather than others
// where it is negative.
func (p *Pool[M]) Keep(name string, idle *time.Duration) {
	p.send(event{what: keep, name: name, idle: idle})
}

// Close gives all models up, each after what runs in it, within grace.
func (p *Pool[M]) Close(grace time.Duration) {
	p.cancel()
	p.ask(event{what: closing, grace: grace})
}

// Item is a model that is in memory, or that somebody waits for.
type Item[M Loaded] struct {
	Name  string
	Model M
	// Ready says that it answers; Waiting of one that does not says whether it
	// is being loaded, or waits for memory.
	Ready, Loading bool
	// Users is how many requests use it, Places how many may at once, 0 where
	// nothing bounds it.
	Users, Places int
	// Waiting is how many wait for it, by key.
	Waiting map[string]int
	// Waits is how many wait in all, visits too.
	Waits int
	// Bytes is what it takes of the memory, 0 where that is not known.
	Bytes int64
	// Expires is when it is given up if nobody uses it, zero where it stays.
	Expires time.Time
}

// Counts are what a pool has done.
type Counts struct {
	// Loads counts models brought into memory, Evictions those given up for
	// others, Refused the requests that found no place or waited too long.
	Loads, Evictions, Refused int
}

// look runs f on the pool's goroutine, where the state stands still; it
// reports whether it did.
func (p *Pool[M]) look(f func()) bool {
	seen := make(chan struct{})
	select {
	case p.inbox <- message[M]{look: func() { f(); close(seen) }}:
	case <-p.over:
		return false
	}
	select {
	case <-seen:
		return true
	case <-p.over:
		return false
	}
}

// Counts is what the pool has done so far.
func (p *Pool[M]) Counts() (c Counts) {
	var got Counts
	if p.look(func() { got = p.m.Counts }) {
		c = got
	}
	return c
}

// List lists the models by name.
func (p *Pool[M]) List() []Item[M] {
	var out []Item[M]
	if !p.look(func() { out = p.items() }) {
		return nil
	}
	slices.SortFunc(out, func(a, b Item[M]) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (p *Pool[M]) items() []Item[M] {
	var out []Item[M]
	for _, w := range p.m.order {
		it := Item[M]{Name: w.name, Waiting: w.queue.Waiting(), Waits: w.waits()}
		if in := w.at; in != nil {
			it.Ready, it.Loading = in.phase == ready, in.phase == loading
			it.Users, it.Places, it.Bytes = in.used+in.visits, in.places, in.bytes
			if it.Ready {
				it.Model = in.loaded.(M)
			}
			if w.keep != nil && *w.keep >= 0 {
				it.Expires = in.idle.Add(*w.keep)
				if !in.idling() {
					it.Expires = p.o.Now().Add(*w.keep)
				}
			}
		}
		out = append(out, it)
	}
	return out
}
