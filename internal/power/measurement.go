package power

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"irori/internal/unit"
)

// Method says where a Measurement comes from. It is empty where energy is
// unknown.
type Method string

// The methods.
const (
	Measured Method = "measured"
	Modelled Method = "modelled"
)

// Measurement is the energy of one request.
type Measurement struct {
	// Joules is the request's share of the energy while it was worked on.
	// Idle is the part of it that the machine would have taken anyway, where
	// idle power was measured.
	Joules, Idle unit.Joules
	// Low and High bound Joules: for a measured one, without and with the
	// idle share; for a modelled one, the model's interval.
	Low, High unit.Joules
	Method    Method
	// Prefill and Decode are the parts of Joules that the prompt and the
	// output took.
	Prefill, Decode unit.Joules
	// Power is what the whole device took on average from the request's first
	// step to its last, whoever else was in it: sharing a batch does not make
	// it less. It is nil where too little of that time was seen.
	Power *Power
	// Basis says in words what was measured or assumed.
	Basis string
	// Coverage is the part of the work's time that the meters saw.
	Coverage float64
}

// Power is a mean power with its bounds, which are the value itself where it
// was measured.
type Power struct{ Mean, Low, High unit.Watts }

// Active is the energy without the idle share. A modelled figure has none.
func (m Measurement) Active() unit.Joules { return m.Joules - m.Idle }

func (a *Attribution) measurement(r *request) Measurement {
	if r.busy <= 0 {
		return Measurement{}
	}
	coverage := min(1, float64(r.covered)/float64(r.busy))
	doubts := a.judge(r)
	if len(a.sources) > 0 && coverage >= minCoverage && doubts == "" {
		return Measurement{
			Joules: unit.Joules(r.joules + r.idle), Idle: unit.Joules(r.idle),
			Low: unit.Joules(r.joules), High: unit.Joules(r.joules + r.idle),
			Prefill: unit.Joules(r.prefill), Decode: unit.Joules(max(0, r.joules+r.idle-r.prefill)), Power: a.devicePower(r),
			Method: Measured, Basis: a.basisOf(r) + a.apartOf(r), Coverage: coverage,
		}
	}
	if a.model == nil || r.cpu <= 0 {
		return Measurement{}
	}
	m := Measurement{
		Joules: unit.Joules(r.cpu * a.model.mid()),
		Low:    unit.Joules(r.cpu * float64(a.model.Low)), High: unit.Joules(r.cpu * float64(a.model.High)),
		Prefill: unit.Joules(r.cpuPrefill * a.model.mid()), Decode: unit.Joules(max(0, r.cpu-r.cpuPrefill) * a.model.mid()),
		Power: a.modelledPower(r), Method: Modelled, Basis: a.model.basis(),
	}
	if len(a.sources) > 0 {
		m.Basis += "; " + cmp.Or(doubts, "the sensors saw too little of the work")
		m.Coverage = coverage
	}
	return m
}

// apartOf tells what is modelled beside the meters.
func (a *Attribution) apartOf(r *request) string {
	if a.apart == nil {
		return ""
	}
	return fmt.Sprintf("; not in it: the processor, modelled at %s (%s to %s)",
		unit.Joules(r.cpu*a.apart.mid()), unit.Joules(r.cpu*float64(a.apart.Low)), unit.Joules(r.cpu*float64(a.apart.High)))
}

// basisOf says how a request came to its share.
func (a *Attribution) basisOf(r *request) string {
	text := a.measuredBasis()
	if r.alike {
		text = strings.Replace(text, sharedByStep, "shared by tokens in flight", 1)
	}
	return text
}

const sharedByStep = "shared by tokens within each step"

func (a *Attribution) measuredBasis() string {
	var parts []string
	var idle Idle
	known := true
	for _, s := range a.sources {
		m := s.Sampler.Meter()
		parts = append(parts, m.Name()+" ("+string(m.Class())+")")
		if known = known && s.idle != nil; known {
			idle.Watts += s.idle.Watts
			idle.Low += s.idle.Low
			idle.High += s.idle.High
		}
	}
	text := strings.Join(parts, " + ") + ", " + sharedByStep + ", idle power included"
	if known {
		text += fmt.Sprintf(" (%s, between %s and %s, measured in the last quiet seconds; energy_low_j is without it)", idle.Watts, idle.Low, idle.High)
	}
	return text
}

// devicePower is the mean power of all meters over a request's time.
func (a *Attribution) devicePower(r *request) *Power {
	var watts float64
	for _, s := range a.sources {
		w := s.Sampler.Window(r.since, r.until)
		if w.Covered <= 0 || w.Coverage() < minCoverage {
			return nil
		}
		watts += float64(w.Joules) / w.Covered.Seconds()
	}
	p := unit.Watts(watts)
	return &Power{Mean: p, Low: p, High: p}
}

// modelledPower is the modelled power of all that the workers did in a
// request's time.
func (a *Attribution) modelledPower(r *request) *Power {
	cores, ok := a.load.mean(r.since, r.until)
	if ok && a.threads > 0 {
		// A step's processor time begins where the step before ended, so a short
		// one may tell more than its threads can have taken. Far more says that
		// the time is too short for the clocks.
		cores, ok = min(cores, a.threads), cores <= 2*a.threads
	}
	if !ok {
		return nil
	}
	return &Power{
		Mean: unit.Watts(cores * a.model.mid()),
		Low:  unit.Watts(cores * float64(a.model.Low)), High: unit.Watts(cores * float64(a.model.High)),
	}
}

// maxLoad bounds the steps that are kept for the requests that are open.
const maxLoad = 1 << 16

// load is the processor time of steps, whoever they were for.
type load struct {
	steps []loaded
	// lost is set while a step is missing that an open request may need.
	lost time.Time
}

type loaded struct {
	start, end time.Time
	cpu        float64
}

func (l *load) add(s Step) {
	if s.Duration <= 0 {
		return
	}
	if len(l.steps) >= maxLoad {
		half := len(l.steps) / 2
		for _, x := range l.steps[:half] {
			if x.end.After(l.lost) {
				l.lost = x.end
			}
		}
		l.steps = append(l.steps[:0], l.steps[half:]...)
	}
	l.steps = append(l.steps, loaded{s.Start, s.Start.Add(s.Duration), max(0, s.CPU.Seconds())})
}

// mean is how many processor threads were busy on average between two moments.
func (l *load) mean(from, to time.Time) (cores float64, ok bool) {
	if !to.After(from) || l.lost.After(from) {
		return 0, false
	}
	var cpu float64
	for _, x := range l.steps {
		b, e := x.start, x.end
		if b.Before(from) {
			b = from
		}
		if e.After(to) {
			e = to
		}
		if e.After(b) {
			cpu += x.cpu * (e.Sub(b).Seconds() / x.end.Sub(x.start).Seconds())
		}
	}
	return cpu / to.Sub(from).Seconds(), true
}

// forget drops the steps before the first of what is still open.
func (l *load) forget(open map[string]*request) {
	var from time.Time
	for _, r := range open {
		if !r.since.IsZero() && (from.IsZero() || r.since.Before(from)) {
			from = r.since
		}
	}
	if from.IsZero() {
		l.steps = l.steps[:0]
		return
	}
	n := 0
	for n < len(l.steps) && !l.steps[n].end.After(from) {
		n++
	}
	// Moving the rest each time would cost more than it frees.
	if n > len(l.steps)/2 {
		l.steps = append(l.steps[:0], l.steps[n:]...)
	}
}
