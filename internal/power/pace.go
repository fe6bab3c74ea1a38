package power

import (
	"math"
	"time"

	"irori/internal/unit"
)

// Each source moves in steps of its own: a processor's counter in a
// millisecond, a card's in a tenth of a second, a battery or a plug in ten. A
// sampler learns from what a source shows how long it may stand still.
const (
	// paceFrom and paceSteps are the buckets that times between two moves are
	// counted in: four to a doubling, from a millisecond to ten hours.
	paceFrom    = time.Millisecond
	paceSteps   = 100
	paceDoubles = 4
	// paceKeeps is how many are counted before the old ones weigh half.
	paceKeeps = 4096

	// A counter moves for as long as its device takes anything at all: one that
	// stands still for four times its slow steps is frozen.
	counterMoves = 5
	counterTimes = 4
	counterLeast = 250 * time.Millisecond
	counterSlow  = 0.95
	powerMoves   = 10
	powerTimes   = 10
	powerLeast   = 5 * time.Second
	powerSlow    = 0.99
	staleAtFirst = time.Second
	// longestWait bounds how long the end of a request waits for a source that
	// stands still to move or be frozen, againAfter is the time between two
	// looks.
	longestWait = 700 * time.Millisecond
	againAfter  = 20 * time.Millisecond
	// lateHabit is how many times in a row a source must be later than its
	// patience for that to be its pace.
	lateHabit     = 3
	outOfTheRange = time.Duration(math.MaxInt64)
)

// pace is how often a source moves. Power that is told may be the same twice
// without being frozen, so that more is asked for before it is called so.
type pace struct {
	class  Class
	n      int
	counts [paceSteps]int
	// slow is the time between two moves that few exceed.
	slow time.Duration
	// late is how many of the last were longer than the patience.
	late int
}

// learn takes a time between two moves.
func (p *pace) learn(gap time.Duration) {
	if gap <= p.patience() {
		p.late = 0
	} else if p.late++; p.late < lateHabit {
		return // it was frozen, which is not to be forgiven
	}
	i := 0
	if gap > paceFrom {
		i = min(paceSteps-1, int(paceDoubles*math.Log2(float64(gap)/float64(paceFrom))))
	}
	p.counts[i]++
	if p.n++; p.n >= paceKeeps {
		p.n = 0
		for j := range p.counts {
			p.counts[j] /= 2
			p.n += p.counts[j]
		}
	}
	part := counterSlow
	if p.class == ClassIntegrated {
		part = powerSlow
	}
	above := float64(p.n) * (1 - part)
	at := paceSteps - 1
	for seen := 0.0; at > 0; at-- {
		if seen += float64(p.counts[at]); seen > above {
			break
		}
	}
	p.slow = time.Duration(float64(paceFrom) * math.Exp2(float64(at+1)/paceDoubles))
}

// patience is how long the source may stand still without being frozen. It is
// without end until enough moves were seen.
func (p *pace) patience() time.Duration {
	switch {
	case p.class == ClassIntegrated && p.n >= powerMoves:
		return max(powerLeast, powerTimes*p.slow)
	case p.class != ClassIntegrated && p.n >= counterMoves:
		return max(counterLeast, counterTimes*p.slow)
	}
	return outOfTheRange
}

// stale is how old what a counter tells may be.
func (p *pace) stale() time.Duration {
	if p.n < counterMoves {
		return max(staleAtFirst, p.slow)
	}
	return p.slow
}

// Ceiling is the most that a device of a scope can take, whatever it says of
// itself: twice and more of what the largest took in 2026. A meter that tells
// more is not believed.
func Ceiling(s Scope) unit.Watts {
	switch s {
	case ScopeCPU: // a package; the largest keep to 500 W
		return 1_500
	case ScopeDRAM:
		return 500
	case ScopeGPU: // a card; the largest keep to 1,400 W
		return 3_000
	case ScopeSoC: // processor and graphics together, as two GB200
		return 6_000
	}
	return maxPower
}

// frozen is how much of a window, whose first sample is i, falls into stretches
// of standing still that are longer than the source's patience, and what was
// told for them.
func (p *snapshot) frozen(i int, b, e time.Duration) (sum time.Duration, told unit.Joules) {
	for i < len(p.samples) && p.samples[i].moved < e {
		// A stretch lasts from the move of a source to the last that told the same.
		from, first := p.samples[i].moved, i
		for i < len(p.samples) && p.samples[i].moved == from {
			i++
		}
		last := p.samples[i-1]
		if last.at-from <= p.patience {
			continue
		}
		part := max(0, min(last.at, e)-max(from, b))
		sum += part
		if first == i-1 {
			first = max(0, first-1)
		}
		if x := p.samples[first]; last.at > x.at {
			told += unit.Joules((last.joules - x.joules) * float64(part) / float64(last.at-x.at))
		}
	}
	return sum, told
}

// between is the time from the move before a window, whose first sample is i,
// to the first move at its end or after it, and what was told in it; nothing
// where the source has not moved since or a part is not known.
func (p *snapshot) between(i int, e time.Duration) (time.Duration, unit.Joules) {
	from := p.samples[i-1]
	for ; i < len(p.samples); i++ {
		x := p.samples[i]
		if x.gap {
			return 0, 0
		}
		if x.at >= e && x.moved == x.at {
			return x.at - from.moved, unit.Joules(x.joules - from.joules)
		}
	}
	return 0, 0
}

// undecided reports whether the next readings may still tell that the source
// stood still at the end of a window, which is then not to be believed: it has
// not moved for longer than it mostly does, or for much of the window, and not
// yet for so long that it is frozen.
func (s *Sampler) undecided(begin, end time.Time) bool {
	p := s.snap.Load()
	if len(p.samples) == 0 || p.patience > longestWait || s.meter.Class() == ClassIntegrated {
		return false
	}
	b, e := begin.Sub(s.epoch), end.Sub(s.epoch)
	last := p.samples[len(p.samples)-1]
	if last.moved >= e || last.at-last.moved > p.patience {
		return false
	}
	still := e - max(last.moved, b)
	return e-last.moved > p.usual || float64(still) > (1-minCoverage)*float64(e-b)
}

// again waits a little and takes a sample; it is false where nobody does.
func (s *Sampler) again() bool {
	select {
	case <-s.stopped:
		return false
	case <-time.After(againAfter):
	}
	s.Poll(pollWait)
	return true
}
