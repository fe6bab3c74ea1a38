// Package crew decides how many threads compute.
//
// It knows what steps took, not what they computed or who else runs.
package crew

import "time"

// Crew decides how many threads compute. The library's threads wait for each
// other by spinning, hundreds of times a token: when another program takes
// one of their cores, each wait lasts as long as that program's turn, and a
// token takes a hundred times longer. Fewer threads are far faster then.
//
// Threads that spin use their cores all the time, so what they did not get is
// what others took. The crew shrinks to what is left, and tries its full size
// again after a while.
type Crew struct {
	full, now int
	// wall, cpu and steps are of the window under way; sequences is how many
	// decoded in each of its steps, -1 where those differ.
	wall, cpu time.Duration
	steps     int
	sequences int
	// strikes counts the disturbed windows in a row.
	strikes int
	// best is the shortest mean step of an undisturbed window at full size,
	// by sequences.
	best map[int]time.Duration
	// until is when the full size is tried again, and rest how long the
	// crew stays small the next time.
	until time.Time
	rest  time.Duration
}

const (
	// window is how much time is judged at once: clocks of processor
	// time may be as coarse as 16 ms.
	window = 60 * time.Millisecond
	// taken is how much of one core others must have taken.
	taken = 0.3
	// slow is how much longer than the best a mean step must be, where
	// the best is known: on a device that computes by itself the threads
	// rest, and that is no disturbance.
	slow = 1.3
	// strikesOut is how many windows in a row must be disturbed, and
	// stalledAt how long a single one must be to be enough: a core that was
	// away for a moment costs less than a second with fewer threads.
	strikesOut  = 3
	stalledAt   = 4 * window
	firstRest   = 500 * time.Millisecond
	longestRest = 30 * time.Second
)

// New makes a crew of so many threads, all of which compute at first.
func New(threads int) *Crew {
	return &Crew{full: threads, now: threads, best: map[int]time.Duration{}, rest: firstRest}
}

// Step is what the crew sees of one: how many sequences decoded, or -1 for a
// step with prefill, its time, and the processor time of all threads.
type Step struct {
	Sequences int
	Wall, CPU time.Duration
}

// Observe takes a step that ended at a time and returns how many threads the
// next one should have.
func (c *Crew) Observe(s Step, at time.Time) int {
	if c.now < c.full && at.After(c.until) {
		c.now = c.full
		c.clear()
		return c.now
	}
	if c.now < 2 {
		return c.now
	}
	if c.steps == 0 {
		c.sequences = s.Sequences
	} else if c.sequences != s.Sequences {
		c.sequences = -1
	}
	c.wall, c.cpu, c.steps = c.wall+s.Wall, c.cpu+s.CPU, c.steps+1
	if c.wall < window {
		return c.now
	}
	got := float64(c.cpu) / float64(c.wall)
	mean := c.wall / time.Duration(c.steps)
	disturbed := float64(c.now)-got > taken
	if c.sequences > 0 && c.now == c.full {
		best, known := c.best[c.sequences]
		switch {
		case !disturbed && (!known || mean < best):
			c.best[c.sequences] = mean
		case disturbed && known && float64(mean) < slow*float64(best):
			disturbed = false
		}
	}
	stalled := c.wall >= stalledAt
	c.clear()
	if disturbed {
		if c.strikes++; c.strikes < strikesOut && !stalled {
			return c.now
		}
	}
	c.strikes = 0
	if !disturbed {
		if c.now == c.full && at.After(c.until.Add(c.rest)) {
			c.rest = firstRest
		}
		return c.now
	}
	if c.now == c.full {
		c.until = at.Add(c.rest)
		c.rest = min(c.rest*2, longestRest)
	}
	c.now = max(min(int(got+taken), c.now-1), 1)
	return c.now
}

// Now is how many threads the next step should have.
func (c *Crew) Now() int { return c.now }

func (c *Crew) clear() { c.wall, c.cpu, c.steps = 0, 0, 0 }
