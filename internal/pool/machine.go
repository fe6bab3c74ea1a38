package pool

import (
	"slices"
	"time"

	"irori/internal/pool/fair"
)

// rules are what a machine decides by.
type rules struct {
	max               int
	wait, turn        time.Duration
	length            int
	tenure, lingering time.Duration
	unlimited         bool
}

// phase is how far an instance is.
type phase uint8

const (
	loading phase = iota
	ready
	leaving
)

// instance is a model in memory, or on its way into it or out of it.
type instance struct {
	of    *model
	phase phase
	// loaded is carried for the shell.
	loaded Loaded
	// places bounds what is in service at once, 0 does not; used counts it,
	// and visits what uses the model beside it.
	places, used, visits int
	bytes                int64
	// began is when its load did, which took so long; since when it answers,
	// idle since when it was last used.
	began, since, idle time.Time
	took               time.Duration
	// draining says that it takes nothing new: another's turn has come.
	draining bool
	tell     []chan<- bool
}

// model is a name with what waits for it.
type model struct {
	name     string
	queue    fair.Queue[*ticket]
	visitors []*ticket
	at       *instance
	// gone is since when somebody waits for a model that is not in memory.
	gone time.Time
	// need and budget were measured for the load to come.
	need, budget        int64
	measured, measuring bool
	// service is what a request took lately; 0 where none has ended.
	service time.Duration
	// keep is how long it stays after its last use, nil where nobody said.
	keep *time.Duration
}

func (m *model) waits() int { return m.queue.Len() + len(m.visitors) }

// ticket is one that wants a model.
type ticket struct {
	key      string
	priority int
	// visit says that it needs the model in memory and no place.
	visit bool
	since time.Time
	of    *model
	item  *fair.Item[*ticket]
	at    *instance
	began time.Time
	got   chan verdict
}

// verdict is what a ticket gets.
type verdict struct {
	loaded Loaded
	waited time.Duration
	err    error
}

// happening is what an event is.
type happening uint8

const (
	asked happening = iota
	left
	done
	measured
	loaded
	failed
	unloaded
	died
	giveUp
	keep
	closing
	passed
)

// event is what a machine is told. Which fields count follows from its kind.
type event struct {
	what         happening
	name         string
	ticket       *ticket
	in           *instance
	loaded       Loaded
	places       int
	need, budget int64
	err          error
	grace        time.Duration
	idle         *time.Duration
	tell         chan<- bool
}

// deed is what an effect is.
type deed uint8

const (
	doGrant deed = iota
	doRefuse
	doMeasure
	doLoad
	doUnload
	doTell
	doWake
)

// effect is what a machine wants done.
type effect struct {
	what   deed
	ticket *ticket
	in     *instance
	name   string
	err    error
	grace  time.Duration
	tell   chan<- bool
	ok     bool
	at     time.Time
}

// machine decides. It does nothing itself: it has no goroutine, no clock and no
// lock, and what is to be done comes out of decide.
type machine struct {
	rules
	now       time.Time
	models    map[string]*model
	order     []*model
	instances []*instance
	// wake is when something is due, armed what the shell knows of it.
	wake, armed time.Time
	closed      bool
	tell        []chan<- bool
	out         []effect
	Counts
}

func newMachine(r rules) *machine { return &machine{rules: r, models: map[string]*model{}} }

// decide takes what has happened and returns what is to be done; the slice is
// good until the next call.
func (m *machine) decide(now time.Time, e event) []effect {
	m.now = now
	clear(m.out)
	m.out = m.out[:0]
	m.take(e)
	m.settle()
	if e.what == asked {
		m.trim(e.ticket.of)
	}
	m.forget()
	if m.wake != m.armed {
		m.armed = m.wake
		m.do(effect{what: doWake, at: m.wake})
	}
	return m.out
}

func (m *machine) do(f effect) { m.out = append(m.out, f) }

// take brings an event into the state.
func (m *machine) take(e event) {
	switch e.what {
	case asked:
		m.ask(e.name, e.ticket)
	case left:
		m.leave(e.ticket)
	case done:
		m.done(e.ticket)
	case measured:
		w := m.models[e.name]
		w.need, w.budget, w.measured, w.measuring = e.need, e.budget, true, false
	case loaded:
		m.loaded(e)
	case failed:
		e.in.of.at = nil
		e.in.of.measured = false
		m.drop(e.in)
		m.refuseAll(e.in.of, e.err)
	case unloaded:
		m.drop(e.in)
		for _, t := range e.in.tell {
			m.do(effect{what: doTell, tell: t, ok: true})
		}
	case died:
		m.unload(e.in, 0)
	case giveUp:
		w := m.models[e.name]
		if w == nil || w.at == nil || w.at.phase != ready {
			m.do(effect{what: doTell, tell: e.tell})
			return
		}
		w.at.tell = append(w.at.tell, e.tell)
		m.unload(w.at, e.grace)
	case keep:
		if w := m.models[e.name]; w != nil {
			w.keep = e.idle
		}
	case closing:
		m.close(e)
	case passed:
		// settle looks what is due.
		m.armed = time.Time{}
	}
}

func (m *machine) ask(name string, t *ticket) {
	w := m.models[name]
	if w == nil {
		w = &model{name: name}
		m.models[name] = w
		m.order = append(m.order, w)
	}
	t.of, t.since = w, m.now
	if m.closed {
		m.refuse(t, shuttingDown())
		return
	}
	if w.at == nil && w.waits() == 0 {
		w.gone = m.now
	}
	if t.visit {
		w.visitors = append(w.visitors, t)
		return
	}
	t.item = w.queue.Push(t.key, t.priority, t)
}

// leave takes out one that wants nothing any more; what it was given meanwhile
// comes back.
func (m *machine) leave(t *ticket) {
	switch {
	case t.at != nil:
		m.done(t)
	case t.visit:
		t.of.visitors = slices.DeleteFunc(t.of.visitors, func(x *ticket) bool { return x == t })
	case t.item != nil:
		t.of.queue.Remove(t.item)
	}
}

func (m *machine) done(t *ticket) {
	in := t.at
	in.idle = m.now
	if t.visit {
		in.visits--
		return
	}
	in.used--
	took := m.now.Sub(t.began)
	t.of.queue.Done(t.item, took.Seconds())
	if t.of.service == 0 {
		t.of.service = took
	} else {
		t.of.service += (took - t.of.service) / 8
	}
}

func (m *machine) loaded(e event) {
	in := e.in
	in.phase, in.loaded, in.places = ready, e.loaded, e.places
	in.since, in.idle, in.took = m.now, m.now, m.now.Sub(in.began)
	if e.need > 0 {
		in.bytes = e.need
	}
	in.of.measured = false
	m.Loads++
	if m.closed {
		m.unload(in, 0)
	}
}

// unload gives an instance up: it is given to nobody any more.
func (m *machine) unload(in *instance, grace time.Duration) {
	if in.phase == leaving {
		return
	}
	in.phase = leaving
	w := in.of
	w.at, w.keep, w.gone = nil, nil, m.now
	m.do(effect{what: doUnload, in: in, grace: grace})
}

func (m *machine) drop(in *instance) {
	m.instances = slices.DeleteFunc(m.instances, func(x *instance) bool { return x == in })
}

func (m *machine) close(e event) {
	m.closed = true
	m.tell = append(m.tell, e.tell)
	for _, w := range m.order {
		m.refuseAll(w, shuttingDown())
	}
	for _, in := range m.instances {
		if in.phase == ready {
			m.unload(in, e.grace)
		}
	}
}

// settle does all that is possible now, and notes when more will be.
func (m *machine) settle() {
	m.wake = time.Time{}
	if m.closed {
		if !slices.ContainsFunc(m.instances, func(in *instance) bool { return in.phase != loading }) {
			for _, t := range m.tell {
				m.do(effect{what: doTell, tell: t, ok: true})
			}
			m.tell = nil
		}
		return
	}
	m.expire()
	m.room()
	for _, w := range m.order {
		m.grant(w)
	}
	m.retire()
}

// over reports whether nothing will ever happen again.
func (m *machine) over() bool {
	return m.closed && len(m.instances) == 0 && len(m.tell) == 0 && !slices.ContainsFunc(m.order, func(w *model) bool { return w.measuring })
}

// due notes that something is to be looked at then.
func (m *machine) due(t time.Time) {
	if m.wake.IsZero() || t.Before(m.wake) {
		m.wake = t
	}
}

// grant gives places to who waits for them.
func (m *machine) grant(w *model) {
	in := w.at
	if in == nil || in.phase != ready {
		return
	}
	for _, t := range w.visitors {
		in.visits++
		m.give(t, in)
	}
	w.visitors = nil
	for !in.draining && (in.places == 0 || in.used < in.places) {
		it := w.queue.Pop(w.usual().Seconds())
		if it == nil {
			return
		}
		in.used++
		m.give(it.Value, in)
	}
}

func (m *machine) give(t *ticket, in *instance) {
	t.at, t.began = in, m.now
	m.do(effect{what: doGrant, ticket: t, in: in})
}

// usual is what a request takes, a second where nothing is known.
func (w *model) usual() time.Duration {
	if w.service == 0 {
		return time.Second
	}
	return w.service
}

// forget drops names that nobody waits for and that are not in memory.
func (m *machine) forget() {
	m.order = slices.DeleteFunc(m.order, func(w *model) bool {
		gone := w.at == nil && w.waits() == 0 && !w.measuring
		if gone {
			delete(m.models, w.name)
		}
		return gone
	})
}
