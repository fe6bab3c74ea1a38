package share

import (
	"fmt"
	"math"
	"slices"
)

// Request is one request of a recorded run. Tokens are what it made; they are
// taken to have come evenly.
type Request struct {
	ID         string
	Start, End float64
	Tokens     float64
}

// MinCoverage is the part of a request's time that the trace must know: below
// it a figure is absent, not small.
const MinCoverage = 0.95

// Part is what one request took.
type Part struct {
	ID string
	// Joules are Active and the share of idle energy while it was in flight;
	// both are nil where Coverage is below MinCoverage.
	Joules, Active *float64
	// Coverage is the part of its time that the trace knows.
	Coverage float64
}

// Result is a trace shared out. Measured = the sum of all Joules + Idle +
// Unattributed; what is known of requests without a figure is unattributed.
type Result struct {
	Parts                        []Part
	Measured, Idle, Unattributed float64
}

// account is what is known of a request so far.
type account struct {
	rate            float64
	active, idle    float64
	covered, wanted float64
}

// Divide shares a trace among requests; idle is the power in watts that the
// machine takes without work. Requests keep their order.
func Divide(t *Trace, requests []Request, idle float64) (*Result, error) {
	if idle < 0 || math.IsNaN(idle) || math.IsInf(idle, 0) {
		return nil, fmt.Errorf("idle power is %g W: it must be a number from 0", idle)
	}
	accounts := make([]account, len(requests))
	begin, end := t.Span()
	cuts := make([]float64, 0, len(t.points)+2*len(requests))
	for _, p := range t.points {
		cuts = append(cuts, p.Second)
	}
	for i, r := range requests {
		if !(r.End >= r.Start) || math.IsInf(r.Start, 0) || math.IsInf(r.End, 0) {
			return nil, fmt.Errorf("request %q ends at %g s and begins at %g s", r.ID, r.End, r.Start)
		}
		if !(r.Tokens >= 0) || math.IsInf(r.Tokens, 0) {
			return nil, fmt.Errorf("request %q has %g tokens", r.ID, r.Tokens)
		}
		accounts[i].wanted = r.End - r.Start
		if r.End > r.Start {
			accounts[i].rate = r.Tokens / (r.End - r.Start)
		}
		for _, at := range []float64{r.Start, r.End} {
			if at > begin && at < end {
				cuts = append(cuts, at)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	d := &divider{trace: t, requests: requests, accounts: accounts, idle: idle, starts: byStart(requests)}
	for i := 1; i < len(cuts); i++ {
		d.slice(cuts[i-1], cuts[i])
	}
	return d.result(), nil
}

// byStart lists the requests in the order of their beginnings.
func byStart(requests []Request) []int {
	order := make([]int, len(requests))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case requests[a].Start < requests[b].Start:
			return -1
		case requests[a].Start > requests[b].Start:
			return 1
		}
		return 0
	})
	return order
}

// divider goes through a trace slice by slice.
type divider struct {
	trace    *Trace
	requests []Request
	accounts []account
	idle     float64
	// starts are requests by their beginnings, next the first that has not
	// begun, running those in flight; at is the pair of points of the slice.
	starts  []int
	next    int
	running []int
	at      int
	total   Result
}

// slice shares out what was taken between two moments, in which nobody begins
// or ends.
func (d *divider) slice(from, to float64) {
	for d.trace.points[d.at+1].Second <= from {
		d.at++
	}
	for d.next < len(d.starts) && d.requests[d.starts[d.next]].Start <= from {
		d.running = append(d.running, d.starts[d.next])
		d.next++
	}
	d.running = slices.DeleteFunc(d.running, func(i int) bool { return d.requests[i].End <= from })
	joules, ok := d.trace.piece(d.at, from, to)
	if !ok {
		return
	}
	d.total.Measured += joules
	idle := min(joules, d.idle*(to-from))
	active := joules - idle
	if len(d.running) == 0 {
		d.total.Idle += idle
		d.total.Unattributed += active
		return
	}
	var sum float64
	for _, i := range d.running {
		sum += d.accounts[i].rate
	}
	for _, i := range d.running {
		a := &d.accounts[i]
		part := 1 / float64(len(d.running)) // nobody made a token
		if sum > 0 {
			part = a.rate / sum
		}
		a.active += active * part
		a.idle += idle * part
		if d.trace.seen(d.at) {
			a.covered += to - from
		}
	}
}

func (d *divider) result() *Result {
	r := d.total
	for i, q := range d.requests {
		a := d.accounts[i]
		p := Part{ID: q.ID}
		if a.wanted > 0 {
			p.Coverage = min(1, a.covered/a.wanted)
		}
		if p.Coverage >= MinCoverage {
			joules, active := a.active+a.idle, a.active
			p.Joules, p.Active = &joules, &active
		} else {
			// What is known of it belongs to somebody, and not to those who
			// have a figure.
			r.Unattributed += a.active + a.idle
		}
		r.Parts = append(r.Parts, p)
	}
	return &r
}
