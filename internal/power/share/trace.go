package share

import (
	"fmt"
	"math"
	"slices"
)

// Point is one line of a trace: power in watts, or a counter's joules.
type Point struct{ Second, Value float64 }

// Trace is energy over time, in pieces between neighbouring points.
type Trace struct {
	// points are in order, no two at one time.
	points []Point
	// counter says that values are joules of a cumulative counter.
	counter bool
	// absurd marks the pairs of neighbours between which more was taken than can
	// be.
	absurd []bool
	// frozen marks the pairs in which a counter stood still for longer than it
	// ever should.
	frozen []bool
	// longest is the longest time between two points in which the trace still
	// knows what was taken when.
	longest float64
}

// A trace that reads often and then not for ten times as long has a hole: what
// was taken in it is a guess, and no request's. Few points have no habit.
const (
	holeTimes = 10
	habitFrom = 20
)

// mostWatts is what no recorded machine takes, be it a row of racks.
const mostWatts = 1e6

// absurdities finds what cannot be. A counter that moves seldom tells at once
// what was taken since it last moved.
func absurdities(points []Point, counter bool) []bool {
	out := make([]bool, len(points)-1)
	moved := points[0].Second
	for i := range out {
		a, b := points[i], points[i+1]
		switch {
		case !counter:
			out[i] = max(a.Value, b.Value) > mostWatts
		case b.Value > a.Value:
			out[i] = b.Value-a.Value > mostWatts*(b.Second-moved)
			moved = b.Second
		}
	}
	return out
}

// seen reports whether the trace knows what was taken between the neighbours i
// and i+1.
func (t *Trace) seen(i int) bool {
	return !t.frozen[i] && t.points[i+1].Second-t.points[i].Second <= t.longest
}

// A counter moves for as long as its device takes anything at all: one that
// stands still for four times its slow steps is frozen, and so is one that
// never moves. The rule is that of package power for readings of now.
const (
	paceMoves = 5
	paceSlow  = 0.95
	paceTimes = 4
	paceLeast = 0.25
	neverFrom = 0.5
)

// standstills finds where a counter is frozen.
func standstills(points []Point, counter bool) []bool {
	out := make([]bool, len(points)-1)
	if !counter {
		return out
	}
	// stretch is from a move, or the first point, to the next, or the last.
	type stretch struct{ from, to int }
	var all []stretch
	var gaps []float64
	from := 0
	for i := 1; i < len(points); i++ {
		if points[i].Value == points[i-1].Value {
			continue
		}
		if all = append(all, stretch{from, i}); from > 0 {
			gaps = append(gaps, points[i].Second-points[from].Second)
		}
		from = i
	}
	longest := math.Inf(1)
	switch {
	case from == 0:
		longest = neverFrom
	case len(gaps) >= paceMoves:
		slices.Sort(gaps)
		longest = max(paceLeast, paceTimes*gaps[int(paceSlow*float64(len(gaps)-1))])
	}
	if from < len(points)-1 {
		all = append(all, stretch{from, len(points) - 1})
	}
	for _, x := range all {
		// One step between two points is a hole, if anything, and no standstill.
		if x.to-x.from < 2 && points[x.to].Value != points[x.from].Value || points[x.to].Second-points[x.from].Second <= longest {
			continue
		}
		for i := x.from; i < x.to; i++ {
			out[i] = true
		}
	}
	return out
}

// patience is the longest time between two points that is no hole.
func patience(points []Point) float64 {
	if len(points) < habitFrom {
		return math.Inf(1)
	}
	gaps := make([]float64, len(points)-1)
	for i := range gaps {
		gaps[i] = points[i+1].Second - points[i].Second
	}
	slices.Sort(gaps)
	return holeTimes * gaps[len(gaps)/2]
}

// FromPower makes a trace of power in watts: between two points it changes
// evenly. Points out of order are sorted; at one time the last one counts.
func FromPower(points []Point) (*Trace, error) {
	for _, p := range points {
		if p.Value < 0 {
			return nil, fmt.Errorf("at %g s the power is %g W: it cannot be below nought", p.Second, p.Value)
		}
	}
	return newTrace(points, false)
}

// FromCounter makes a trace of a cumulative counter in joules: between two
// points it grows evenly. Where it goes down it was reset, and what was taken
// between is unknown.
func FromCounter(points []Point) (*Trace, error) { return newTrace(points, true) }

func newTrace(points []Point, counter bool) (*Trace, error) {
	kept := make([]Point, 0, len(points))
	for _, p := range points {
		if math.IsNaN(p.Second) || math.IsInf(p.Second, 0) || math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			return nil, fmt.Errorf("%g at %g s is no figure", p.Value, p.Second)
		}
		kept = append(kept, p)
	}
	slices.SortStableFunc(kept, func(a, b Point) int {
		switch {
		case a.Second < b.Second:
			return -1
		case a.Second > b.Second:
			return 1
		}
		return 0
	})
	last := 0
	for i := range kept {
		if i > 0 && kept[i].Second == kept[last].Second {
			kept[last] = kept[i]
			continue
		}
		if i > 0 {
			last++
		}
		kept[last] = kept[i]
	}
	if len(kept) > 0 {
		kept = kept[:last+1]
	}
	if len(kept) < 2 {
		return nil, fmt.Errorf("a trace needs two points in time; there are %d", len(kept))
	}
	return &Trace{points: kept, counter: counter, absurd: absurdities(kept, counter), frozen: standstills(kept, counter), longest: patience(kept)}, nil
}

// Span is the time that the trace covers, in seconds.
func (t *Trace) Span() (begin, end float64) {
	return t.points[0].Second, t.points[len(t.points)-1].Second
}

// piece is the energy between two moments within one pair of neighbours i and
// i+1; ok is false where it is unknown.
func (t *Trace) piece(i int, from, to float64) (joules float64, ok bool) {
	a, b := t.points[i], t.points[i+1]
	span := b.Second - a.Second
	if t.absurd[i] {
		return 0, false
	}
	if t.counter {
		if b.Value < a.Value {
			return 0, false
		}
		return (b.Value - a.Value) * ((to - from) / span), true
	}
	slope := (b.Value - a.Value) / span
	middle := a.Value + slope*((from+to)/2-a.Second)
	return middle * (to - from), true
}
