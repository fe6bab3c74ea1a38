package power

import (
	"context"
	"sort"
	"sync/atomic"
	"time"

	"irori/internal/unit"
)

const (
	// defaultInterval is 20 Hz.
	defaultInterval = 50 * time.Millisecond
	// defaultKeep is the longest request whose power is known, with a margin.
	defaultKeep = 30 * time.Minute
	// stateInterval is how often temperature and clocks are asked for.
	stateInterval = time.Second
	// missedFrom is how many intervals a stretch of failed readings may last to
	// count as seen.
	missedFrom = 4
	// maxPower is more than any machine that Irori runs on takes. A counter
	// that seems to exceed it was reset, not wrapped.
	maxPower = 20_000.0
)

// SamplerOptions says how a Sampler polls.
type SamplerOptions struct {
	// Interval between readings; 0 is 50 ms.
	Interval time.Duration
	// Keep is how long samples are kept; 0 is half an hour.
	Keep time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Sampler polls one Meter. Run is the only writer; Window may be called from
// anywhere and never waits for it.
type Sampler struct {
	meter    Meter
	interval time.Duration
	keep     time.Duration
	now      func() time.Time
	epoch    time.Time
	snap     atomic.Pointer[snapshot]
	state    atomic.Pointer[State]
	reads    atomic.Int64
	poke     chan chan struct{}
	stopped  chan struct{}
	// after is told of each sample, on the writer's goroutine.
	after func()

	// The writer's own.
	buf     []sample
	dropped bool
	// failed is set while readings fail.
	failed  bool
	last    Reading
	pace    pace
	ceiling float64
	// asked is when the state was last read.
	asked time.Time
}

// sample is a point of the history. Energy counts from the first sample and
// only ever grows.
type sample struct {
	at     time.Duration
	joules float64
	// moved is when the source last told something new.
	moved time.Duration
	// gap is set where the energy since the sample before is unknown.
	gap bool
	// missed is set where readings between failed, so that it is not known when
	// the energy was taken.
	missed bool
	// reset is set where the counter went down, jump where it went up by more
	// than can be.
	reset, jump bool
}

// snapshot is immutable: the writer appends behind what it shows and never
// changes what it shows.
type snapshot struct {
	samples []sample
	dropped bool
	err     error
	// patience is how long the source may stand still, usual how long it does.
	patience, usual time.Duration
}

// NewSampler makes a sampler that has not read yet.
func NewSampler(m Meter, o SamplerOptions) *Sampler {
	s := &Sampler{
		meter: m, interval: o.Interval, keep: o.Keep, now: o.Now,
		poke: make(chan chan struct{}), stopped: make(chan struct{}),
	}
	if s.interval <= 0 {
		s.interval = defaultInterval
	}
	if s.keep <= 0 {
		s.keep = defaultKeep
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.epoch = s.now()
	s.pace.class = m.Class()
	s.ceiling = float64(Ceiling(ScopeOf(m)))
	s.snap.Store(&snapshot{patience: outOfTheRange})
	return s
}

// Meter returns what is polled.
func (s *Sampler) Meter() Meter { return s.meter }

// Reads is how often the meter was read.
func (s *Sampler) Reads() int64 { return s.reads.Load() }

// State is how the device was in the last second; nil where its meter does not
// tell.
func (s *Sampler) State() *State { return s.state.Load() }

// Err is why the last reading failed, nil when it did not.
func (s *Sampler) Err() error { return s.snap.Load().err }

// Run polls until ctx ends. It must be called once.
func (s *Sampler) Run(ctx context.Context) {
	defer close(s.stopped)
	t := time.NewTicker(s.interval)
	defer t.Stop()
	s.sample()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.sample()
		case done := <-s.poke:
			s.sample()
			close(done)
		}
	}
}

// Take reads once, for those who do not Run.
func (s *Sampler) Take() { s.sample() }

// Poll takes a sample now, so that a window up to now has its edge. It gives
// up after wait: a driver that hangs must not hold up an answer.
func (s *Sampler) Poll(wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	done := make(chan struct{})
	select {
	case s.poke <- done:
	case <-s.stopped:
		return
	case <-t.C:
		return
	}
	select {
	case <-done:
	case <-t.C:
	}
}

// sample reads the meter and publishes a new snapshot.
func (s *Sampler) sample() {
	s.reads.Add(1)
	r, err := s.meter.Read()
	s.watch()
	if err != nil {
		s.failed = true
		old := s.snap.Load()
		s.snap.Store(&snapshot{samples: old.samples, dropped: old.dropped, err: err, patience: old.patience, usual: old.usual})
		return
	}
	if r.At.IsZero() {
		r.At = s.now()
	}
	next := sample{at: r.At.Sub(s.epoch)}
	next.moved = next.at
	if n := len(s.buf); n > 0 {
		prev := s.buf[n-1]
		if next.at <= prev.at {
			return
		}
		next.missed = s.failed && next.at-prev.at > missedFrom*s.interval
		s.follow(&next, prev, r)
	}
	s.failed = false
	s.last = r
	s.push(next)
	s.snap.Store(&snapshot{samples: s.buf, dropped: s.dropped, patience: s.pace.patience(), usual: s.pace.slow})
	if s.after != nil {
		s.after()
	}
}

// watch asks for the device's state now and then.
func (s *Sampler) watch() {
	w, ok := s.meter.(Watched)
	if !ok {
		return
	}
	now := s.now()
	if !s.asked.IsZero() && now.Sub(s.asked) < stateInterval-s.interval/2 {
		return
	}
	s.asked = now
	st := w.State()
	s.state.Store(&st)
}

// follow says what happened since the sample before.
func (s *Sampler) follow(next *sample, prev sample, r Reading) {
	next.joules = prev.joules
	d := float64(r.Energy - s.last.Energy)
	if d < 0 && r.Wrap > 0 {
		d += float64(r.Wrap)
	}
	class := s.meter.Class()
	if class != s.pace.class {
		// A counter that was dropped for its power: what it did is no measure.
		s.pace = pace{class: class}
	}
	// What a counter tells at once it took since it last moved; and it may have
	// been late then.
	since := next.at - prev.at
	if class != ClassIntegrated {
		since = next.at - prev.moved + s.pace.stale()
	}
	switch {
	case r.Broken:
		next.gap = true
		return
	case !(d >= 0):
		next.gap, next.reset = true, true
		return
	case d > s.ceiling*max(since, s.interval).Seconds():
		next.gap = true
		// So much more than it says after going down, a register that wraps was
		// reset.
		next.jump = r.Energy >= s.last.Energy
		next.reset = !next.jump
		return
	}
	next.joules += d
	if r.Still || class != ClassIntegrated && d == 0 {
		next.moved = prev.moved
	} else if !prev.gap {
		s.pace.learn(next.at - prev.moved)
	}
}

// push appends a sample. Snapshots share the array behind buf, so old samples
// are dropped only by moving the rest to a new array.
func (s *Sampler) push(next sample) {
	if len(s.buf) == cap(s.buf) {
		first := sort.Search(len(s.buf), func(i int) bool { return s.buf[i].at >= next.at-s.keep })
		s.dropped = s.dropped || first > 0
		kept := s.buf[first:]
		s.buf = append(make([]sample, 0, max(64, 2*len(kept))), kept...)
	}
	s.buf = append(s.buf, next)
}

// Window is what a meter saw between two moments.
type Window struct {
	// Joules is the energy of the covered part.
	Joules unit.Joules
	// Duration is asked for; of Covered the energy is known, and of Seen also
	// when it was taken: readings did not fail for long.
	Duration, Covered, Seen time.Duration
	// LargestGap is the longest time between two samples in the window.
	LargestGap time.Duration
	// Gaps is how many stretches between two samples are not known.
	Gaps int
	// Resets is how often the counter went back, Jumps how often it went up by
	// more than can be.
	Resets, Jumps int
	// Frozen is how long the source stood still in it, where that is much
	// longer than it does else, and FrozenJoules what it told for that time,
	// which is not to be believed.
	Frozen       time.Duration
	FrozenJoules unit.Joules
	// Truncated is set where the window begins before the history that is
	// kept.
	Truncated bool
	// Between is the time from the source's last move before the window to its
	// first after it, where both are known and nothing between is not: what it
	// told in it, BetweenJoules, has no error of the source's steps.
	Between       time.Duration
	BetweenJoules unit.Joules
}

// Coverage is the part of the window that was seen, from 0 to 1.
func (w Window) Coverage() float64 {
	if w.Duration <= 0 {
		return 1
	}
	return float64(w.Seen) / float64(w.Duration)
}

// Window returns the energy between begin and end. Between two samples energy
// is taken to grow evenly.
func (s *Sampler) Window(begin, end time.Time) Window {
	return s.snap.Load().window(begin.Sub(s.epoch), end.Sub(s.epoch))
}

func (p *snapshot) window(b, e time.Duration) Window {
	w := Window{Duration: max(0, e-b)}
	if len(p.samples) == 0 || e <= b {
		return w
	}
	w.Truncated = p.dropped && b < p.samples[0].at
	i := sort.Search(len(p.samples), func(i int) bool { return p.samples[i].at > b })
	i = max(i, 1)
	if p.patience < outOfTheRange && i < len(p.samples) {
		w.Frozen, w.FrozenJoules = p.frozen(i, b, e)
		w.Between, w.BetweenJoules = p.between(i, e)
	}
	for ; i < len(p.samples); i++ {
		from, to := p.samples[i-1], p.samples[i]
		if from.at >= e {
			break
		}
		w.LargestGap = max(w.LargestGap, to.at-from.at)
		if to.reset {
			w.Resets++
		}
		if to.jump {
			w.Jumps++
		}
		if to.gap {
			w.Gaps++
			continue
		}
		part := min(to.at, e) - max(from.at, b)
		w.Covered += part
		if !to.missed {
			w.Seen += part
		}
		w.Joules += unit.Joules((to.joules - from.joules) * (float64(part) / float64(to.at-from.at)))
	}
	return w
}

// latest is the time of the last sample, false where there is none.
func (s *Sampler) latest() (time.Time, bool) {
	p := s.snap.Load()
	if len(p.samples) == 0 {
		return time.Time{}, false
	}
	return s.epoch.Add(p.samples[len(p.samples)-1].at), true
}
