package engine

import (
	"sync"
	"time"

	"irori/internal/worker"
)

// stepClock times steps without gaps: while work goes on, a step begins where
// the last one ended, so that what happens between two decodes is charged.
type stepClock struct {
	start time.Time
	last  time.Time
}

// rest marks that the loop goes idle: the next step begins when it wakes.
func (c *stepClock) rest() { c.last = time.Time{} }

func (c *stepClock) begin(s *worker.Step) {
	if len(s.Works) > 0 {
		return
	}
	c.start = c.last
	if c.start.IsZero() {
		c.start = time.Now()
	}
}

func (c *stepClock) end(s *worker.Step) {
	c.last = time.Now()
	s.Start, s.Nanos = c.start.UnixNano(), int64(c.last.Sub(c.start))
	s.CPU = cpuSince()
}

// cpuMark is the processor time already reported; the loop and the embedder
// both report, each second once.
var cpuMark struct {
	sync.Mutex
	at time.Duration
}

// cpuSince returns the processor time of this process since the last call.
func cpuSince() int64 {
	cpuMark.Lock()
	defer cpuMark.Unlock()
	now := processCPU()
	d := now - cpuMark.at
	cpuMark.at = now
	return int64(d)
}
