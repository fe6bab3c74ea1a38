// Package pair makes a power.Meter of what a device tells: power that is added
// up over time, or a counter together with power, each of which makes good
// what the other lacks.
//
// It knows no device: sensors give it functions that read.
package pair

import (
	"fmt"
	"sync/atomic"
	"time"

	"irori/internal/power"
	"irori/internal/unit"
)

// Power tells how many watts a device takes, and when that was so; zero is
// now. A time that does not move says that there is nothing new.
type Power func() (unit.Watts, time.Time, error)

// defaultHole is how far apart two figures of power may be for the energy
// between them to be known.
const defaultHole = 2 * time.Second

// Options say what a meter is.
type Options struct {
	Name  string
	Scope power.Scope
	// Power may be nil for a meter with a counter.
	Power Power
	// Counter is cumulative energy; nil is a device that has none.
	Counter func() (unit.Joules, error)
	// Wrap is where the counter starts over; 0 is never.
	Wrap unit.Joules
	// State may be nil.
	State func() power.State
	// Hole is how long power may be unknown; 0 is two seconds.
	Hole time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// New makes the meter.
func New(o Options) power.Meter {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Hole <= 0 {
		o.Hole = defaultHole
	}
	in := &integrated{o: o}
	switch {
	case o.Counter == nil:
		return in
	case o.Power == nil:
		return &counted{o: o}
	}
	return &paired{integrated: in}
}

// integrated adds up power: a straight line between two figures.
type integrated struct {
	o      Options
	last   time.Time
	watts  unit.Watts
	joules float64
}

// Name implements power.Meter.
func (p *integrated) Name() string { return p.o.Name }

// Class implements power.Meter.
func (p *integrated) Class() power.Class { return power.ClassIntegrated }

// Scope implements power.Scoped.
func (p *integrated) Scope() power.Scope { return p.o.Scope }

// State implements power.Watched.
func (p *integrated) State() power.State {
	if p.o.State == nil {
		return power.State{}
	}
	return p.o.State()
}

// Read implements power.Meter.
func (p *integrated) Read() (power.Reading, error) {
	watts, at, err := p.o.Power()
	if err != nil {
		return power.Reading{}, err
	}
	if !(watts >= 0) {
		return power.Reading{}, fmt.Errorf("%s tells %g W", p.o.Name, float64(watts))
	}
	if at.IsZero() {
		at = p.o.Now()
	}
	r := power.Reading{At: at}
	switch dt := at.Sub(p.last); {
	case p.last.IsZero():
	case dt > p.o.Hole:
		r.Broken = true
	default:
		p.joules += float64(p.watts+watts) / 2 * max(0, dt.Seconds())
	}
	r.Still = !p.last.IsZero() && watts == p.watts
	p.last, p.watts = at, watts
	r.Energy = unit.Joules(p.joules)
	return r, nil
}

// counted is a counter alone.
type counted struct{ o Options }

// Name implements power.Meter.
func (c *counted) Name() string { return c.o.Name }

// Class implements power.Meter.
func (c *counted) Class() power.Class { return power.ClassCounter }

// Scope implements power.Scoped.
func (c *counted) Scope() power.Scope { return c.o.Scope }

// State implements power.Watched.
func (c *counted) State() power.State {
	if c.o.State == nil {
		return power.State{}
	}
	return c.o.State()
}

// Read implements power.Meter.
func (c *counted) Read() (power.Reading, error) {
	e, err := c.o.Counter()
	return power.Reading{At: c.o.Now(), Energy: e, Wrap: c.o.Wrap}, err
}

const (
	// The counter is compared with the power that was added up once both
	// have had this long and this much.
	checkAfter  = 5 * time.Second
	checkJoules = 10.0
	// Outside of these the counter is not used: it stands still, or counts
	// something else.
	ratioLow, ratioHigh = 0.1, 10
	// maxBridge is how long power stands in for a counter that has not moved.
	maxBridge = 500 * time.Millisecond
)

// paired is a counter, and between its updates power: counters of GPUs move
// ten times a second, and a short window would read nothing. What was bridged
// is not counted again: the counter decides over anything longer. At first the
// two are compared; where they disagree widely, power alone counts.
type paired struct {
	*integrated
	dropped atomic.Bool

	begun, checked bool
	// raw is the counter as it was read, total what it moved, out what this
	// meter said.
	raw, total, out float64
	// since is where the comparison began, with what total was then.
	since     time.Time
	sinceSum  float64
	sinceFlow float64
	// moved is when the counter last moved, flow what power added up to then.
	moved time.Time
	flow  float64
}

// Class implements power.Meter.
func (p *paired) Class() power.Class {
	if p.dropped.Load() {
		return power.ClassIntegrated
	}
	return power.ClassCounter
}

// Name implements power.Meter.
func (p *paired) Name() string {
	if p.dropped.Load() {
		return p.o.Name + ", whose counter disagrees with its power"
	}
	return p.o.Name
}

// Read implements power.Meter.
func (p *paired) Read() (power.Reading, error) {
	r, noPower := p.integrated.Read()
	if p.dropped.Load() {
		return r, noPower
	}
	e, err := p.o.Counter()
	if err != nil {
		return power.Reading{}, err
	}
	if noPower != nil {
		r = power.Reading{At: p.o.Now()}
	}
	now, c := r.At, float64(e)
	if !p.begun {
		p.begun = true
		p.raw = c
		p.compareFrom(now)
		return power.Reading{At: now}, nil
	}
	step := c - p.raw
	if step < 0 && p.o.Wrap > 0 {
		step += float64(p.o.Wrap)
	}
	p.raw = c
	if step < 0 {
		// It was reset, and what it took meanwhile is not known.
		p.compareFrom(now)
		return power.Reading{At: now, Energy: unit.Joules(p.out), Broken: true}, nil
	}
	p.total += step
	if step > 0 {
		p.moved, p.flow = now, p.joules
	}
	if noPower == nil && p.disagree(now) {
		p.dropped.Store(true)
		r.Broken = true
		return r, nil
	}
	now, ahead := r.At, 0.0
	if noPower == nil && now.Sub(p.moved) <= maxBridge {
		ahead = p.joules - p.flow
	}
	p.out = max(p.out, p.total+ahead)
	return power.Reading{At: now, Energy: unit.Joules(p.out)}, nil
}

// compareFrom begins to compare anew.
func (p *paired) compareFrom(now time.Time) {
	p.since, p.sinceSum, p.sinceFlow = now, p.total, p.joules
	p.moved, p.flow = now, p.joules
}

// disagree compares the counter with power once there is enough of both.
func (p *paired) disagree(now time.Time) bool {
	flow := p.joules - p.sinceFlow
	if p.checked || now.Sub(p.since) < checkAfter || flow < checkJoules {
		return false
	}
	p.checked = true
	ratio := (p.total - p.sinceSum) / flow
	return !(ratio >= ratioLow && ratio <= ratioHigh)
}
