package engine

import "time"

// crew decides how many threads compute. The library's threads wait for each
// other by spinning, hundreds of times a token: when another program takes
// one of their cores, each wait lasts as long as that program's turn, and a
// token takes a hundred times longer. One thread less is far faster then, so
// the crew shrinks when steps get that slow, and tries its full size again
// after a while.
type crew struct {
	full, now int
	// best is the fastest decode step seen at full size, by sequences.
	best map[int]time.Duration
	slow int
	// until is when the full size is tried again, and rest how long the
	// crew stays small the next time.
	until time.Time
	rest  time.Duration
}

const (
	// crewSlow is how many times slower than the best a step must be to
	// count as disturbed, and crewStrikes how many such steps in a row
	// shrink the crew.
	crewSlow    = 5
	crewStrikes = 3
	// crewStalled is how many times slower a single step may be before it
	// shrinks the crew at once.
	crewStalled = 25
	crewRest    = time.Second
	crewMost    = 30 * time.Second
)

func newCrew(threads int) *crew {
	return &crew{full: threads, now: threads, best: map[int]time.Duration{}, rest: crewRest}
}

// observe takes the time of a step of pure decoding and returns how many
// threads the next one should have.
func (c *crew) observe(sequences int, took time.Duration, at time.Time) int {
	if c.full < 2 {
		return c.now
	}
	if c.now < c.full {
		if at.After(c.until) {
			c.now, c.slow = c.full, 0
		}
		return c.now
	}
	best, ok := c.best[sequences]
	if !ok || took < best {
		c.best[sequences] = took
		best = took
	}
	if took < crewSlow*best {
		if c.slow = 0; c.rest > crewRest && at.After(c.until.Add(c.rest)) {
			c.rest = crewRest
		}
		return c.now
	}
	if c.slow++; c.slow < crewStrikes && took < crewStalled*best {
		return c.now
	}
	c.now, c.slow = c.full-1, 0
	c.until = at.Add(c.rest)
	c.rest = min(c.rest*2, crewMost)
	return c.now
}
