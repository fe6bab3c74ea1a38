package pool

import (
	"cmp"
	"slices"
	"time"

	"irori/internal/llm"
	"irori/internal/unit"
)

// room brings models into memory that somebody waits for, in the order in which
// they came to be missed, and gives up others where it must.
func (m *machine) room() {
	var missed []*model
	for _, w := range m.order {
		if w.at == nil && w.waits() > 0 {
			missed = append(missed, w)
		}
	}
	for _, in := range m.instances {
		in.draining = false
	}
	slices.SortStableFunc(missed, func(a, b *model) int { return a.gone.Compare(b.gone) })
	for _, w := range missed {
		if !w.measured {
			if !w.measuring {
				w.measuring = true
				m.do(effect{what: doMeasure, name: w.name})
			}
			continue
		}
		if w.budget > 0 && w.need > w.budget {
			w.measured = false
			m.refuseAll(w, doesNotFit(w))
			continue
		}
		if !m.makeRoom(w) {
			// Who comes later must not take what is being made free.
			return
		}
		w.at = &instance{of: w, began: m.now, bytes: w.need}
		m.instances = append(m.instances, w.at)
		m.do(effect{what: doLoad, name: w.name, in: w.at})
	}
}

// taken is what is in memory.
type taken struct {
	count int
	bytes int64
}

func (t *taken) add(in *instance, sign int) {
	t.count += sign
	t.bytes += int64(sign) * in.bytes
}

func (m *machine) fits(t taken, w *model) bool {
	return (m.unlimited || t.count < m.max) && (w.budget == 0 || t.bytes+w.need <= w.budget)
}

// makeRoom reports whether a model fits now. Where it does not, it gives up
// what may be given up, all of it or nothing: half of the room helps nobody.
func (m *machine) makeRoom(w *model) bool {
	var t taken
	for _, in := range m.instances {
		t.add(in, 1)
	}
	if m.fits(t, w) {
		return true
	}
	var able []*instance
	for _, in := range m.instances {
		switch in.phase {
		case leaving:
			t.add(in, -1)
		case ready:
			able = append(able, in)
		}
	}
	if m.fits(t, w) {
		return false // it will, in a moment
	}
	slices.SortStableFunc(able, byWorth)
	var chosen []*instance
	for _, in := range able {
		if m.fits(t, w) {
			break
		}
		t.add(in, -1)
		chosen = append(chosen, in)
	}
	if !m.fits(t, w) {
		return false // others are being loaded
	}
	all := true
	for _, in := range chosen {
		all = m.yields(in) && all
	}
	for _, in := range chosen {
		if all {
			m.Evictions++
			m.unload(in, 0)
		}
	}
	return false
}

// idling reports whether nobody uses an instance or waits for it.
func (in *instance) idling() bool { return in.used == 0 && in.visits == 0 && in.of.waits() == 0 }

// byWorth orders instances by what is given up first: what nobody uses before
// what somebody does, what was to stay after what was not, then the one that
// was not used for longest.
func byWorth(a, b *instance) int {
	rank := func(in *instance) int {
		switch {
		case !in.idling():
			return 2
		case in.of.keep != nil:
			return 1
		}
		return 0
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	if !a.idling() {
		return a.since.Compare(b.since)
	}
	return a.idle.Compare(b.idle)
}

// yields reports whether an instance may be given up now for one that others
// wait for, and has it take nothing new where its time is over.
//
// Loading costs time in which nothing is answered. So a model that came into
// memory stays for some time, in which all that is asked of it is answered
// together; without anything to do it goes earlier, once it has been idle for
// as long as loading it took: then waiting has cost no more than a needless
// change would have.
func (m *machine) yields(in *instance) bool {
	over := in.since.Add(m.stay(in))
	if !m.now.Before(over) {
		in.draining = !in.idling()
		return in.used == 0 && in.visits == 0
	}
	if in.idling() {
		if early := in.idle.Add(min(in.took, m.lingering)); early.Before(over) {
			over = early
		}
		if !m.now.Before(over) {
			return true
		}
	}
	m.due(over)
	return false
}

// stay is how long an instance has its memory for itself: so long that loading
// takes a fifth of the time at most, and those who wait are not turned away.
func (m *machine) stay(in *instance) time.Duration {
	s := max(m.tenure, 4*in.took)
	if m.wait > 0 {
		s = min(s, m.wait/2)
	}
	return s
}

// retire gives up what stayed for as long as was said.
func (m *machine) retire() {
	for _, in := range m.instances {
		k := in.of.keep
		if in.phase != ready || k == nil || *k < 0 || !in.idling() {
			continue
		}
		if over := in.idle.Add(*k); m.now.Before(over) {
			m.due(over)
		} else {
			m.unload(in, 0)
		}
	}
}

// expire refuses who has waited for too long. A model that is being loaded
// keeps nobody from waiting for it.
func (m *machine) expire() {
	for _, w := range m.order {
		bound := m.turn
		if w.at == nil {
			bound = m.wait
		}
		if w.waits() == 0 || bound <= 0 || w.at != nil && w.at.phase == loading {
			continue
		}
		var late []*ticket
		look := func(t *ticket) {
			from := t.since
			if w.at == nil && w.gone.After(from) {
				from = w.gone
			}
			if over := from.Add(bound); m.now.Before(over) {
				m.due(over)
			} else {
				late = append(late, t)
			}
		}
		for it := range w.queue.All() {
			look(it)
		}
		for _, t := range w.visitors {
			look(t)
		}
		for _, t := range late {
			m.leave(t)
			m.refuse(t, m.busy(w))
		}
	}
}

// trim refuses what is too much in a queue.
func (m *machine) trim(w *model) {
	for w.queue.Len() > m.length {
		m.refuse(w.queue.Surplus().Value, m.full(w))
	}
	for len(w.visitors) > m.length {
		t := w.visitors[len(w.visitors)-1]
		m.leave(t)
		m.refuse(t, m.full(w))
	}
}

func (m *machine) refuse(t *ticket, err error) {
	m.do(effect{what: doRefuse, ticket: t, err: err})
}

func (m *machine) refuseAll(w *model, err error) {
	var all []*ticket
	for t := range w.queue.All() {
		all = append(all, t)
	}
	for _, t := range append(all, w.visitors...) {
		m.leave(t)
		m.refuse(t, err)
	}
}

func shuttingDown() error { return llm.Errorf(llm.CodeUnavailable, "the server is shutting down") }

func doesNotFit(w *model) error {
	return llm.Errorf(llm.CodeDoesNotFit, "%s needs %s of memory, and %s may be used", w.name, unit.Bytes(w.need), unit.Bytes(w.budget)).
		WithHint("take a smaller quantization, or set engine.memory, or kv_memory of this model, in the config")
}

// full is the answer to who finds no place in the queue.
func (m *machine) full(w *model) error {
	m.Refused++
	e := llm.Errorf(llm.CodeOverloaded, "%d requests wait for %s already", m.length, w.name).WithHint("try again later, or raise queue_length in the config")
	e.RetryAfter = m.ahead(w)
	return e
}

// busy is the answer to who has waited for too long.
func (m *machine) busy(w *model) error {
	m.Refused++
	if w.at != nil {
		e := llm.Errorf(llm.CodeOverloaded, "the wait for %s is over: %d requests are ahead, and %d in service", w.name, w.queue.Len(), w.at.used).
			WithHint("try again later, or raise queue_wait in the config")
		e.RetryAfter = m.ahead(w)
		return e
	}
	e := llm.Errorf(llm.CodeOverloaded, "all %d places for models are in use", m.max).WithHint("raise engine.max_loaded in the config")
	var t taken
	for _, in := range m.instances {
		t.add(in, 1)
	}
	if m.unlimited || t.count < m.max {
		e = llm.Errorf(llm.CodeOverloaded, "%s needs %s of memory, and models that are in use have %s of %s", w.name, unit.Bytes(w.need), unit.Bytes(t.bytes), unit.Bytes(w.budget)).
			WithHint("irori ps shows them; engine.memory in the config is what they may have")
	}
	e.RetryAfter = 5 * time.Second
	return e
}

// ahead is how long the queue of a model takes as it stands, by what requests
// took lately.
func (m *machine) ahead(w *model) time.Duration {
	places := 1
	if w.at != nil {
		places = max(1, w.at.places)
	}
	wait := w.usual() * time.Duration(w.queue.Len()+1) / time.Duration(places)
	return min(max(wait.Round(time.Second), time.Second), 10*time.Minute)
}
