package power

import (
	"slices"
	"time"

	"irori/internal/unit"
)

// learning is how fast a cost follows new steps.
const learning = 0.1

// cost is what a token takes, in seconds of a step, learned from steps of one
// kind only; 0 is not known yet.
type cost struct{ prefill, decode float64 }

// learn takes a step that has only prefill or only decode.
func (c *cost) learn(prefill, decode int, d time.Duration) {
	follow := func(known *float64, tokens int) {
		if v := d.Seconds() / float64(tokens); *known == 0 {
			*known = v
		} else {
			*known += learning * (v - *known)
		}
	}
	switch {
	case d <= 0:
	case prefill > 0 && decode == 0:
		follow(&c.prefill, prefill)
	case decode > 0 && prefill == 0:
		follow(&c.decode, decode)
	}
}

// weight is the cost of a work. Until both kinds are known, tokens count
// alike.
func (c *cost) weight(w Work) float64 {
	prefill, decode := float64(max(0, w.Prefill)), float64(max(0, w.Decode))
	if c.prefill == 0 || c.decode == 0 {
		return prefill + decode
	}
	return prefill*c.prefill + decode*c.decode
}

// sharesOf divides a step among its works. The parts add up to 1; a step
// without tokens is nobody's.
func (a *Attribution) sharesOf(s Step) []share {
	c := a.costs[s.Worker]
	if c == nil {
		c = &cost{}
		a.costs[s.Worker] = c
	}
	prefill, decode := 0, 0
	for _, w := range s.Works {
		prefill += max(0, w.Prefill)
		decode += max(0, w.Decode)
	}
	if !s.Alike {
		c.learn(prefill, decode, s.Duration)
	}
	var sum float64
	for _, w := range s.Works {
		sum += c.weight(w)
	}
	if sum <= 0 {
		return []share{{part: 1}}
	}
	shares := make([]share, 0, len(s.Works))
	for _, w := range s.Works {
		sh := share{req: a.requests[w.Request], part: c.weight(w) / sum}
		if sh.part > 0 {
			sh.prefill = c.weight(Work{Prefill: w.Prefill}) / c.weight(w)
		}
		shares = append(shares, sh)
	}
	return shares
}

// addModelled shares out the processor time. It is kept for every request,
// also where meters are there, since these can fail later.
func (a *Attribution) addModelled(s Step, shares []share) {
	cpu := max(0, s.CPU.Seconds())
	if len(a.requests) > 0 {
		a.load.add(s)
	}
	for _, sh := range shares {
		if sh.req != nil {
			sh.req.cpu += cpu * sh.part
			sh.req.cpuPrefill += cpu * sh.part * sh.prefill
		}
		if a.model == nil || len(a.sources) > 0 {
			continue
		}
		joules := unit.Joules(cpu * sh.part * a.model.mid())
		a.totals.Modelled += joules
		if sh.req == nil {
			a.totals.ModelledUnattributed += joules
		}
	}
}

// settleable is the time up to which all steps should have been reported and
// all meters that still answer been read. The caller holds mu.
func (a *Attribution) settleable() time.Time { return a.sampled(a.now().Add(-grace)) }

// sampled is the part of the time up to a moment that all meters have seen
// that still answer: what they will yet tell of must not be settled. The
// caller holds mu.
func (a *Attribution) sampled(to time.Time) time.Time {
	now := a.now()
	for _, s := range a.sources {
		if at, ok := s.Sampler.latest(); ok && at.Before(to) && now.Sub(at) < 2*grace {
			to = at
		}
	}
	return to
}

// settle accounts for the energy from the cursor up to a moment. The caller
// holds mu.
func (a *Attribution) settle(to time.Time) {
	if len(a.sources) == 0 || !to.After(a.cursor) {
		return
	}
	// Between two neighbouring edges the set of running steps is constant.
	edges := []time.Time{a.cursor, to}
	for _, p := range a.pending {
		for _, t := range []time.Time{p.start, p.end} {
			if t.After(a.cursor) && t.Before(to) {
				edges = append(edges, t)
			}
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	for i := 1; i < len(edges); i++ {
		if edges[i].After(edges[i-1]) {
			a.settleSlice(edges[i-1], edges[i])
		}
	}
	a.cursor = to
	a.pending = slices.DeleteFunc(a.pending, func(p *pendingStep) bool { return !p.end.After(to) })
}

// settleSlice gives the energy of a slice of time to the steps that run in
// all of it.
func (a *Attribution) settleSlice(begin, end time.Time) {
	var active, idle float64
	covered := end.Sub(begin)
	for _, s := range a.sources {
		w := s.Sampler.Window(begin, end)
		all := float64(w.Joules)
		rest := 0.0
		if s.idle != nil {
			rest = min(all, max(0, float64(s.idle.Watts.Over(w.Covered))))
		}
		idle += rest
		active += all - rest
		covered = min(covered, w.Seen)
	}
	a.totals.Measured += unit.Joules(active + idle)
	a.totals.Idle += unit.Joules(idle)

	running, sum := a.running(begin, end)
	if len(running) == 0 {
		a.totals.Unattributed += unit.Joules(active)
		return
	}
	for _, p := range running {
		weight := 1 / float64(len(running))
		if sum > 0 {
			weight = p.rate / sum
		}
		for _, sh := range p.shares {
			part := active * weight * sh.part
			if sh.req == nil || sh.req.ended {
				a.totals.Unattributed += unit.Joules(part)
				continue
			}
			a.totals.Attributed += unit.Joules(part)
			sh.req.joules += part
			sh.req.idle += idle * weight * sh.part
			sh.req.prefill += (active + idle) * weight * sh.part * sh.prefill
			if sh.part > 0 {
				sh.req.covered += covered
			}
		}
	}
}

// running returns the steps of a slice and the sum of their rates, which is 0
// where one of them is unknown: then they count alike.
func (a *Attribution) running(begin, end time.Time) ([]*pendingStep, float64) {
	var out []*pendingStep
	sum, known := 0.0, true
	for _, p := range a.pending {
		if p.start.After(begin) || p.end.Before(end) {
			continue
		}
		out = append(out, p)
		sum += p.rate
		known = known && p.rate > 0
	}
	if !known {
		sum = 0
	}
	return out, sum
}
