package power

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"irori/internal/unit"
)

// Idle is the power that a device takes without work.
type Idle struct {
	// Watts is the median of seconds. The true median lies between Low and
	// High in at least 95 of 100 cases, whatever the distribution: of ten
	// seconds these are the second lowest and the second highest.
	Watts, Low, High unit.Watts
}

// Median is the median second of a stretch with its interval; nil where there
// are fewer than ten seconds, or one of them is not known. Of a stretch
// without work it is the idle power.
func (s *Sampler) Median(begin, end time.Time) *Idle {
	var watts []float64
	for at := begin; at.Before(end); at = at.Add(time.Second) {
		w := s.Window(at, at.Add(time.Second))
		// Power may be the same for long without work.
		if w.Coverage() < minCoverage || w.Frozen > 0 && s.meter.Class() == ClassCounter {
			return nil
		}
		watts = append(watts, float64(w.Joules)/w.Covered.Seconds())
	}
	return medianOf(watts)
}

// medianOf finds the median and the order statistics around it that hold the
// true one in at least 95 of 100 cases: the binomial distribution puts them
// 0.98 times the root of n to either side.
func medianOf(watts []float64) *Idle {
	n := len(watts)
	if n < quietSeconds {
		return nil
	}
	slices.Sort(watts)
	low := max(0, int(math.Floor(float64(n-1)/2-0.98*math.Sqrt(float64(n)))))
	return &Idle{
		Watts: unit.Watts((watts[(n-1)/2] + watts[n/2]) / 2),
		Low:   unit.Watts(watts[low]), High: unit.Watts(watts[n-1-low]),
	}
}

const (
	// A window must be this long for its mean, or have that many of the source's
	// steps: counters move in steps.
	judgedFrom      = time.Second
	judgedFrozen    = 500 * time.Millisecond
	judgedSteps     = 2
	leastOfIdle     = 0.8
	mostOfTheLimit  = 1.1
	busyCores       = 0.25
	faultFrozen     = "%s did not move in %.1f s: it is frozen"
	faultStill      = "%s stood still for %s of %s s, though it moved at least every %s before: it is frozen"
	faultUnmoved    = "%s did not move in the %.2f s of work"
	faultBackwards  = "%s went back %d times"
	faultJumped     = "%s rose %d times by more than the %s that a device of its kind can take: that cannot be"
	faultUnderIdle  = "%s tells %s under work and %s without: that cannot be"
	faultOverLimit  = "%s tells %s, and its device keeps to %s: that cannot be"
	faultUnreadable = "%s cannot be read: %v"
)

// Judge says in words why a window cannot be as a meter tells it; empty is that
// nothing speaks against it. Busy says that work kept the device busy: else
// power may be the same for long. Idle may be nil.
func (s *Sampler) Judge(w Window, idle *Idle, busy bool) string {
	name := s.meter.Name()
	if err := s.Err(); err != nil && w.Coverage() < minCoverage {
		return fmt.Sprintf(faultUnreadable, name, err)
	}
	if w.Resets > 0 {
		return fmt.Sprintf(faultBackwards, name, w.Resets)
	}
	if w.Jumps > 0 {
		return fmt.Sprintf(faultJumped, name, w.Jumps, Ceiling(ScopeOf(s.meter)))
	}
	if w.Covered >= judgedFrozen && w.Joules == 0 {
		return fmt.Sprintf(faultFrozen, name, w.Covered.Seconds())
	}
	if float64(w.Frozen) > (1-minCoverage)*float64(w.Duration) && (busy || s.meter.Class() == ClassCounter) {
		return s.Stood(w)
	}
	if s.meter.Class() != ClassIntegrated && w.Covered > 0 && w.Joules == 0 {
		// No device takes nothing: the time is shorter than the source's steps, or
		// it began to stand still.
		return s.unmoved(w)
	}
	if why := s.underIdle(w, idle); why != "" {
		return why
	}
	if w.Covered < judgedFrom {
		return ""
	}
	mean := unit.Watts(float64(w.Joules) / w.Covered.Seconds())
	if idle != nil && float64(mean) < leastOfIdle*float64(idle.Low) {
		return fmt.Sprintf(faultUnderIdle, name, mean, idle.Watts)
	}
	if st := s.State(); st != nil && st.Limit != nil && *st.Limit > 0 && float64(mean) > mostOfTheLimit*float64(*st.Limit) {
		return fmt.Sprintf(faultOverLimit, name, mean, *st.Limit)
	}
	return ""
}

// unmoved says in words that a counter told nothing of a window.
func (s *Sampler) unmoved(w Window) string {
	text := fmt.Sprintf(faultUnmoved, s.meter.Name(), w.Covered.Seconds())
	if usual := s.snap.Load().usual; usual > 0 {
		text += fmt.Sprintf(", and moves every %s at the most", usual.Round(time.Millisecond))
	}
	return text + ": what was taken in it is not known"
}

// underIdle judges a window that is too short for its mean: a counter that
// moves in steps tells the mean from move to move, and roughly that of a
// window of several steps.
func (s *Sampler) underIdle(w Window, idle *Idle) string {
	if idle == nil || s.meter.Class() == ClassIntegrated || w.Covered <= 0 || w.Covered >= judgedFrom {
		return ""
	}
	least := leastOfIdle * float64(idle.Low)
	if mean := float64(w.BetweenJoules) / w.Between.Seconds(); w.Between > 0 && mean < least {
		return fmt.Sprintf(faultUnderIdle, s.meter.Name(), unit.Watts(mean), idle.Watts)
	}
	usual := s.snap.Load().usual
	if mean := float64(w.Joules) / w.Covered.Seconds(); usual > 0 && w.Covered >= judgedSteps*usual && mean < least {
		return fmt.Sprintf(faultUnderIdle, s.meter.Name(), unit.Watts(mean), idle.Watts)
	}
	return ""
}

// Stood says in words how long a source stood still in a window.
func (s *Sampler) Stood(w Window) string {
	usual := s.snap.Load().usual
	return fmt.Sprintf(faultStill, s.meter.Name(), seconds(w.Frozen), seconds(w.Duration), usual.Round(time.Millisecond))
}

// seconds keeps the digits that short times need.
func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.2f", d.Seconds())
	}
	return fmt.Sprintf("%.1f", d.Seconds())
}

// judge says what speaks against the meters in a request's time, and keeps it
// for Basis. The caller holds mu.
func (a *Attribution) judge(r *request) string {
	var all []string
	for i := range a.sources {
		s := &a.sources[i]
		w := s.Sampler.Window(r.since, r.until)
		// Where the worker mostly waited, the device may well have rested.
		idle := s.idle
		cores, ok := a.load.mean(r.since, r.until)
		busy := ok && cores >= busyCores
		if !busy {
			idle = nil
		}
		s.fault = s.Sampler.Judge(w, idle, busy || r.alike)
		if s.fault != "" {
			all = append(all, s.fault)
		}
	}
	return strings.Join(all, "; ")
}

// Faults are what speaks against meters since the last request.
func (a *Attribution) Faults() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, s := range a.sources {
		if s.fault != "" {
			out = append(out, s.fault)
		}
	}
	return out
}
