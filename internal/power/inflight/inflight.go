// Package inflight makes steps of requests that another program on this
// machine computes, of which no more is seen than when they run and what comes
// back: each stretch of time goes to those in flight by the tokens that came.
//
// It knows no server and no sensor. The law of package power holds for its
// steps as for those of workers.
package inflight

import (
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/power"
)

// Options say what a Tally works with.
type Options struct {
	// Take gets the steps, as power.Attribution.Step does.
	Take func(power.Step)
	// CPU is the processor time that a program has used so far, false where
	// it is not known; nil is never.
	CPU func(engine string) (time.Duration, bool)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Tally counts what comes back of requests in flight. It is safe for
// concurrent use.
type Tally struct {
	o Options

	mu      sync.Mutex
	engines map[string]*engine
	where   map[string]*engine
}

// engine is one program with its requests in flight.
type engine struct {
	name    string
	since   time.Time
	cpu     time.Duration
	knowCPU bool
	flights map[string]*flight
}

type flight struct {
	pieces atomic.Int64
	// told is what of them stands in a step already.
	told int64
}

// New makes a tally.
func New(o Options) *Tally {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Tally{o: o, engines: map[string]*engine{}, where: map[string]*engine{}}
}

// Begin puts a request in flight. What comes of it is added to the counter.
func (t *Tally) Begin(id, name string) *atomic.Int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.engines[name]
	if e == nil {
		e = &engine{name: name, flights: map[string]*flight{}}
		t.engines[name] = e
	}
	// Who was there before has the time until now to itself.
	t.step(e)
	f := &flight{}
	e.flights[id] = f
	t.where[id] = e
	return &f.pieces
}

// End tells the rest of a request, and forgets it.
func (t *Tally) End(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.where[id]
	if e == nil {
		return
	}
	// Its end settles the time until now: the others' part must be known.
	for _, x := range t.engines {
		t.step(x)
	}
	delete(e.flights, id)
	delete(t.where, id)
	if len(e.flights) == 0 {
		delete(t.engines, e.name)
	}
}

// Flush tells what happened since the last time; it must be called a few times
// a second, since time is settled without what is not told.
func (t *Tally) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.engines {
		t.step(e)
	}
}

// step makes a step of the time since the last. The caller holds mu.
func (t *Tally) step(e *engine) {
	now := t.o.Now()
	from, before, known := e.since, e.cpu, e.knowCPU
	e.since = now
	if t.o.CPU != nil {
		e.cpu, e.knowCPU = t.o.CPU(e.name)
	}
	if len(e.flights) == 0 || from.IsZero() || !now.After(from) {
		return
	}
	s := power.Step{Worker: "beside " + e.name, Start: from, Duration: now.Sub(from), Alike: true}
	if known && e.knowCPU && e.cpu > before {
		s.CPU = e.cpu - before
	}
	var came, speakers int64
	for _, f := range e.flights {
		if n := f.pieces.Load() - f.told; n > 0 {
			came += n
			speakers++
		}
	}
	// Who has not said anything yet is read: it counts as one of those who
	// speak. Where nobody speaks, all count alike.
	silent := 1
	if speakers > 0 {
		silent = max(1, int(came/speakers))
	}
	for id, f := range e.flights {
		n := f.pieces.Load()
		w := power.Work{Request: id}
		switch {
		case n == 0:
			w.Prefill = silent
		case came == 0:
			w.Decode = 1
		default:
			w.Decode = int(n - f.told)
		}
		f.told = n
		s.Works = append(s.Works, w)
	}
	t.o.Take(s)
}
