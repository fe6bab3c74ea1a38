package power

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"irori/internal/unit"
)

// stopping is a counter that grows all the time, but for the stretches in which
// it stands still: what is taken then it never tells.
type stopping struct {
	began time.Time
	watts float64
	// from and to are when it stands still, in time since it began.
	from, to time.Duration
	every    time.Duration
}

func (s *stopping) Name() string { return "source" }
func (s *stopping) Class() Class { return ClassCounter }

func (s *stopping) Read() (Reading, error) {
	at := time.Since(s.began).Truncate(s.every)
	if at > s.from {
		at = max(s.from, at-(s.to-s.from))
	}
	return Reading{Energy: unit.Joules(s.watts * at.Seconds())}, nil
}

// A counter that stands still as short work begins, or within it, makes no
// figure: neither nought nor less than the device takes without work.
func TestShortWorkWhileACounterStandsStill(t *testing.T) {
	const begin = 15 * time.Second
	for name, c := range map[string]struct {
		from, to, work, every time.Duration
		measured              bool
		why                   string
	}{
		"moves":                     {0, 0, 100 * time.Millisecond, time.Millisecond, true, ""},
		"moves in steps":            {0, 0, 300 * time.Millisecond, 20 * time.Millisecond, true, ""},
		"steps longer than work":    {0, 0, 20 * time.Millisecond, 100 * time.Millisecond, false, "source did not move in the 0.02 s of work, and moves every"},
		"stops before":              {begin - 100*time.Millisecond, time.Hour, 50 * time.Millisecond, time.Millisecond, false, "source stood still for 0.05 of 0.05 s"},
		"stops as it begins":        {begin, time.Hour, 150 * time.Millisecond, time.Millisecond, false, "source stood still for 0.15 of 0.15 s"},
		"stops within":              {begin + 120*time.Millisecond, time.Hour, 240 * time.Millisecond, time.Millisecond, false, "source stood still for 0."},
		"stops within and goes on":  {begin + 20*time.Millisecond, begin + 130*time.Millisecond, 150 * time.Millisecond, time.Millisecond, false, "source tells"},
		"stops around and goes on":  {begin - 10*time.Millisecond, begin + 110*time.Millisecond, 100 * time.Millisecond, time.Millisecond, false, "source did not move in the 0.10 s of work"},
		"stops in a second and on":  {begin + 200*time.Millisecond, begin + 900*time.Millisecond, 950 * time.Millisecond, time.Millisecond, false, "source stood still for 0."},
		"stood still a time before": {begin - 3*time.Second, begin - 2*time.Second, 100 * time.Millisecond, time.Millisecond, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stopping{began: time.Now(), watts: 220, from: c.from, to: c.to, every: c.every}
				x := NewSampler(s, SamplerOptions{})
				model := DefaultCoreModel()
				a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: x, idle: &Idle{220, 219, 221}}}, Model: &model})
				ctx, stop := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { x.Run(ctx) })
				defer running.Wait()
				defer stop()
				time.Sleep(begin)
				a.Begin("r")
				start := time.Now()
				time.Sleep(c.work)
				a.Step(Step{Worker: "w", Start: start, Duration: c.work, CPU: c.work, Works: works(Work{"r", 0, 4})})
				ended := time.Now()
				m := a.End("r")
				if took := time.Since(ended); took > longestWait+pollWait {
					t.Errorf("the end takes %s", took)
				}
				if (m.Method == Measured) != c.measured || !strings.Contains(m.Basis, c.why) {
					t.Errorf("%+v", m)
				}
				if c.measured && m.Joules < unit.Joules(0.8*220*c.work.Seconds()) {
					t.Errorf("%s in %s", m.Joules, c.work)
				}
			})
		})
	}
}
