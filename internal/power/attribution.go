package power

import (
	"slices"
	"sync"
	"time"

	"irori/internal/unit"
)

// Step is what one step of a worker did.
type Step struct {
	// Worker names who did it: what a token costs is learned per worker.
	Worker   string
	Start    time.Time
	Duration time.Duration
	// CPU is the processor time that the step took.
	CPU   time.Duration
	Works []Work
	// Alike says that nothing can be learned of what its tokens cost: they
	// count alike, as those of other programs do.
	Alike bool
}

// Work is one request's part in a step, in tokens.
type Work struct {
	Request         string
	Prefill, Decode int
}

// Source is a meter that takes part in an attribution.
type Source struct {
	Sampler *Sampler
	// idle is the power that the device takes without work; nil until it was
	// measured. See Attribution.measureIdle.
	idle *Idle
	// rested is when it was.
	rested time.Time
	// fault is why its last figure was not believed, empty where it was.
	fault string
}

// AttributionOptions says what energy is known by.
type AttributionOptions struct {
	// Sources must not overlap: their energies are added. None means that
	// energy is modelled. Their samplers must not be running yet.
	Sources []Source
	// Model is what to assume where nothing is measured; nil leaves energy
	// unknown then.
	Model *CoreModel
	// Apart models the processor where Sources do not count it: the basis
	// tells the result, and it is not added to what they measure.
	Apart *CoreModel
	// Threads is how many the machine has, so that no more of them are modelled
	// as busy; 0 is not known.
	Threads int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Totals are counters since the start. Attributed + Idle + Unattributed =
// Measured. Modelled joules stand beside them, in the middle of the interval.
type Totals struct {
	Measured, Attributed, Idle, Unattributed unit.Joules
	Modelled, ModelledUnattributed           unit.Joules
}

const (
	// pollWait bounds what the end of a request waits for a meter.
	pollWait = 50 * time.Millisecond
	// grace is how long the report of a step may take before the time it
	// covers is settled without it.
	grace = 2 * time.Second
	// maxPending bounds the steps that wait to be settled.
	maxPending = 256
	// quietSeconds is how long nothing must have happened for idle power to be
	// measured, after settleDown: caches are written back and clocks fall for
	// a while after work.
	quietSeconds = 10
	settleDown   = 2 * time.Second
	// minCoverage is how much of a request's work the meters must have seen
	// for its energy to count as measured.
	minCoverage = 0.9
)

// Attribution shares out energy among requests. It is safe for concurrent
// use.
//
// Time is settled once: the energy of a moment goes to the steps that were
// known to cover it when it was settled, at the end of a request or some
// seconds later. What a step that is reported after that did in the settled
// time, and work of requests that had not begun or have ended, is
// unattributed.
type Attribution struct {
	sources []Source
	model   *CoreModel
	apart   *CoreModel
	threads float64
	now     func() time.Time

	mu       sync.Mutex
	requests map[string]*request
	pending  []*pendingStep
	// cursor is the time up to which energy has been settled, busy the last
	// moment at which a request was open or a step ran.
	cursor, busy time.Time
	costs        map[string]*cost
	totals       Totals
	// load is what all workers did since the oldest open request's first step.
	load load
}

// request is what is known of an open request.
type request struct {
	joules, idle float64
	// prefill is the part of both that its prompt took.
	prefill float64
	// busy is the time of its steps, covered the part that the meters saw.
	busy, covered time.Duration
	// cpu is its share of processor time in seconds, cpuPrefill the prompt's.
	cpu, cpuPrefill float64
	// since and until are the edges of its first and its last step.
	since, until time.Time
	ended        bool
	// alike says that another program computed it.
	alike bool
}

// pendingStep is a step whose time is not settled to its end.
type pendingStep struct {
	start, end time.Time
	// rate is its processor time per second, to weigh steps of several
	// workers that run at the same time.
	rate   float64
	shares []share
}

// share is a request's part of a step; a nil request is nobody's.
type share struct {
	req  *request
	part float64
	// prefill is the part of part that the prompt took.
	prefill float64
}

// NewAttribution starts to account from now on. It must be made before its
// samplers run.
func NewAttribution(o AttributionOptions) *Attribution {
	a := &Attribution{
		sources: slices.Clone(o.Sources), model: o.Model, apart: o.Apart, threads: float64(o.Threads), now: o.Now,
		requests: map[string]*request{}, costs: map[string]*cost{},
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.cursor = a.now()
	a.busy = a.cursor
	for _, s := range a.sources {
		s.Sampler.after = a.tick
	}
	return a
}

// Begin opens an account for a request.
func (a *Attribution) Begin(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.requests[id] == nil {
		a.requests[id] = &request{}
	}
}

// Step takes what a worker did. It does not block on meters.
func (a *Attribution) Step(s Step) {
	a.mu.Lock()
	defer a.mu.Unlock()
	shares := a.sharesOf(s)
	p := &pendingStep{start: s.Start, end: s.Start.Add(max(0, s.Duration)), shares: shares}
	for _, sh := range shares {
		if sh.req == nil || sh.part == 0 {
			continue
		}
		// What was settled without this step is lost to its requests, and
		// the time counts as not covered.
		sh.req.busy += s.Duration
		sh.req.alike = s.Alike
		if sh.req.since.IsZero() || p.start.Before(sh.req.since) {
			sh.req.since = p.start
		}
		if p.end.After(sh.req.until) {
			sh.req.until = p.end
		}
	}
	a.addModelled(s, shares)
	if len(a.sources) == 0 {
		return
	}
	if p.end.After(a.busy) {
		a.busy = p.end
	}
	if s.Duration > 0 {
		p.rate = s.CPU.Seconds() / s.Duration.Seconds()
	}
	if p.end.After(a.cursor) && p.end.After(p.start) {
		a.pending = append(a.pending, p)
	}
	if len(a.pending) >= maxPending {
		a.settle(a.settleable())
		// Meters that stand still must not let steps pile up.
		if len(a.pending) >= 2*maxPending {
			a.settle(a.pending[len(a.pending)/2].end)
		}
	}
}

// End closes the account and returns what the request took. The zero
// Measurement means that it is not known.
func (a *Attribution) End(id string) Measurement {
	a.mu.Lock()
	r := a.requests[id]
	late := r != nil && a.needsSample(r.until)
	a.mu.Unlock()
	if r == nil {
		return Measurement{}
	}
	if late {
		for _, s := range a.sources {
			s.Sampler.Poll(pollWait)
		}
	}
	a.await(r)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle(a.sampled(r.until))
	a.busy = a.now()
	r.ended = true
	delete(a.requests, id)
	m := a.measurement(r)
	a.load.forget(a.requests)
	return m
}

// await lets meters that stand still at the end of a request move again, or
// stand still for so long that they are frozen.
func (a *Attribution) await(r *request) {
	a.mu.Lock()
	since, until := r.since, r.until
	a.mu.Unlock()
	if until.IsZero() {
		return
	}
	enough := a.now().Add(longestWait)
	for _, s := range a.sources {
		for s.Sampler.undecided(since, until) && a.now().Before(enough) && s.Sampler.again() {
		}
	}
}

// needsSample tells whether a meter has not been read since t. The caller
// holds mu.
func (a *Attribution) needsSample(t time.Time) bool {
	if t.IsZero() {
		return false
	}
	for _, s := range a.sources {
		if at, ok := s.Sampler.latest(); !ok || at.Before(t) {
			return true
		}
	}
	return false
}

// Total returns the counters, settled up to a few seconds ago.
func (a *Attribution) Total() Totals {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle(a.settleable())
	return a.totals
}

// Basis says in words how energy is known here, for people.
func (a *Attribution) Basis() (Method, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case len(a.sources) > 0 && a.apart != nil:
		return Measured, a.measuredBasis() + "; not in it: the processor, which has no counter here and is modelled beside it"
	case len(a.sources) > 0:
		return Measured, a.measuredBasis()
	case a.model != nil:
		return Modelled, a.model.basis()
	}
	return "", ""
}

// tick settles now and then, before the samplers forget. It is called on a
// sampler's goroutine.
func (a *Attribution) tick() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if to := a.settleable(); to.Sub(a.cursor) > grace {
		a.settle(to)
		a.measureIdle()
	}
}

// measureIdle takes the power of a stretch without requests as idle power: the
// median of its seconds, so that a model that is loaded or a job of the system
// does not count. It is measured anew in each such stretch. The caller holds
// mu.
func (a *Attribution) measureIdle() {
	end := a.sampled(a.now())
	begin := end.Add(-quietSeconds * time.Second)
	if len(a.requests) > 0 || len(a.pending) > 0 || begin.Sub(a.busy) < settleDown {
		return
	}
	for i := range a.sources {
		if idle := a.sources[i].Sampler.Median(begin, end); idle != nil {
			a.sources[i].idle, a.sources[i].rested = idle, end
		}
	}
}

// Resting is the power of all sources without work, and when the oldest part of
// it was measured; ok is false where that of one is not known.
func (a *Attribution) Resting() (watts float64, at time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, s := range a.sources {
		if s.idle == nil {
			return 0, time.Time{}, false
		}
		watts += float64(s.idle.Watts)
		if i == 0 || s.rested.Before(at) {
			at = s.rested
		}
	}
	return watts, at, len(a.sources) > 0
}
