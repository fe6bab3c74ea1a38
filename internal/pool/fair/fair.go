// Package fair decides who of several that wait goes next, so that each gets
// its share of what is given out, however much the others ask for.
//
// It keeps start-time fair queueing: each key has a virtual time, which what
// it was given moves on, and the key that is furthest behind goes next. A key
// that asked for nothing saves nothing up: it begins where the others are. It
// knows no clock: what something took comes from its caller.
package fair

import (
	"iter"
	"slices"
)

// byShare is how often a turn goes by shares alone: without it, a busy key of
// a high priority would keep all others waiting for ever.
const byShare = 4

// Queue holds what waits. The zero value is empty. It is for one goroutine.
type Queue[T any] struct {
	flows map[string]*flow[T]
	// now is the virtual time: where the key stood that went last.
	now     float64
	turns   int
	arrived uint64
	waiting int
	serving int
}

// flow is what a key has in the queue.
type flow[T any] struct {
	key string
	// waiting is in the order of its own turns.
	waiting []*Item[T]
	serving int
	// stands is the key's virtual time.
	stands float64
}

// Item is one that waits, or that had its turn and is not done.
type Item[T any] struct {
	Value    T
	flow     *flow[T]
	priority int
	arrived  uint64
	charged  float64
}

// Push lets a value of a key wait.
func (q *Queue[T]) Push(key string, priority int, v T) *Item[T] {
	f := q.flows[key]
	if f == nil {
		if q.flows == nil {
			q.flows = map[string]*flow[T]{}
		}
		f = &flow[T]{key: key}
		q.flows[key] = f
	}
	if len(f.waiting) == 0 {
		f.stands = max(f.stands, q.now)
	}
	q.arrived++
	it := &Item[T]{Value: v, flow: f, priority: priority, arrived: q.arrived}
	i := len(f.waiting)
	for i > 0 && f.waiting[i-1].priority < priority {
		i--
	}
	f.waiting = slices.Insert(f.waiting, i, it)
	q.waiting++
	return it
}

// Len is how many wait.
func (q *Queue[T]) Len() int { return q.waiting }

// Remove takes one out that waits no longer.
func (q *Queue[T]) Remove(it *Item[T]) {
	if i := slices.Index(it.flow.waiting, it); i >= 0 {
		it.flow.waiting = slices.Delete(it.flow.waiting, i, i+1)
		q.waiting--
		q.tidy(it.flow)
	}
}

// Pop gives the next one its turn, nil where nobody waits. cost is what it is
// expected to take; Done puts right what that was wrong by.
func (q *Queue[T]) Pop(cost float64) *Item[T] {
	if q.waiting == 0 {
		return nil
	}
	q.turns++
	blind := q.turns%byShare == 0
	var best *flow[T]
	for _, f := range q.flows {
		if len(f.waiting) > 0 && (best == nil || f.before(best, blind)) {
			best = f
		}
	}
	it := best.waiting[0]
	best.waiting = slices.Delete(best.waiting, 0, 1)
	q.waiting--
	q.serving++
	best.serving++
	q.now = max(q.now, best.stands)
	best.stands += cost
	it.charged = cost
	return it
}

// before reports whether a key's turn comes before another's.
func (f *flow[T]) before(g *flow[T], blind bool) bool {
	a, b := f.waiting[0], g.waiting[0]
	switch {
	case !blind && a.priority != b.priority:
		return a.priority > b.priority
	case f.stands != g.stands:
		return f.stands < g.stands
	case f.serving != g.serving:
		return f.serving < g.serving
	}
	return a.arrived < b.arrived
}

// Done ends what had its turn: cost is what it took.
func (q *Queue[T]) Done(it *Item[T], cost float64) {
	q.serving--
	it.flow.serving--
	it.flow.stands += cost - it.charged
	q.tidy(it.flow)
}

// tidy forgets a key that has nothing here, and all that was where nobody is
// left to share with.
func (q *Queue[T]) tidy(f *flow[T]) {
	if q.waiting == 0 && q.serving == 0 {
		clear(q.flows)
		q.now = 0
		return
	}
	if len(f.waiting) == 0 && f.serving == 0 && f.stands <= q.now {
		delete(q.flows, f.key)
	}
}

// Surplus takes out the one to send away where too many wait: of the lowest
// priority, of the key with the most, the newest. So a key that fills the
// queue keeps nobody else out.
func (q *Queue[T]) Surplus() *Item[T] {
	var worst *flow[T]
	for _, f := range q.flows {
		if len(f.waiting) > 0 && (worst == nil || f.worse(worst)) {
			worst = f
		}
	}
	if worst == nil {
		return nil
	}
	it := worst.waiting[len(worst.waiting)-1]
	q.Remove(it)
	return it
}

func (f *flow[T]) worse(g *flow[T]) bool {
	a, b := f.waiting[len(f.waiting)-1], g.waiting[len(g.waiting)-1]
	switch {
	case a.priority != b.priority:
		return a.priority < b.priority
	case len(f.waiting) != len(g.waiting):
		return len(f.waiting) > len(g.waiting)
	}
	return a.arrived > b.arrived
}

// All are the values that wait, in no order. The queue must not change
// meanwhile.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, f := range q.flows {
			for _, it := range f.waiting {
				if !yield(it.Value) {
					return
				}
			}
		}
	}
}

// Waiting is how many of each key wait, nil where nobody does.
func (q *Queue[T]) Waiting() map[string]int {
	if q.waiting == 0 {
		return nil
	}
	out := map[string]int{}
	for _, f := range q.flows {
		if n := len(f.waiting); n > 0 {
			out[f.key] = n
		}
	}
	return out
}
