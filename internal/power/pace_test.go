package power

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"irori/internal/unit"
)

// source is a device that shows what it took in steps of its own.
type source struct {
	at          time.Time
	class       Class
	scope       Scope
	wrap        float64
	true, shown float64
	watts       float64
	// every is how often it shows, next when; frozen stops it.
	every  time.Duration
	next   time.Time
	jitter func() float64
	frozen bool
	said   float64
}

func (s *source) Name() string   { return "source" }
func (s *source) Class() Class   { return s.class }
func (s *source) Scope() Scope   { return s.scope }
func (s *source) now() time.Time { return s.at }

func (s *source) Read() (Reading, error) {
	r := Reading{At: s.at, Energy: unit.Joules(s.shown), Wrap: unit.Joules(s.wrap)}
	if s.class == ClassIntegrated {
		// Power that is added up grows also where the device is stuck.
		r.Energy, r.Still = unit.Joules(s.true), s.said == s.shown
		s.said = s.shown
	}
	return r, nil
}

// pass lets time go by in steps of the sampler's interval.
func (s *source) pass(x *Sampler, d time.Duration) {
	for range int(d / defaultInterval) {
		s.at = s.at.Add(defaultInterval)
		s.true += s.watts * defaultInterval.Seconds()
		if !s.frozen && !s.at.Before(s.next) {
			s.shown = s.true
			for s.wrap > 0 && s.shown >= s.wrap {
				s.true -= s.wrap
				s.shown = s.true
			}
			step := float64(s.every)
			if s.jitter != nil {
				step *= s.jitter()
			}
			s.next = s.at.Add(time.Duration(step))
		}
		x.Take()
	}
}

func newSource(class Class, every time.Duration) (*source, *Sampler) {
	s := &source{at: time.Unix(1_700_000_000, 0), class: class, watts: 60, every: every}
	x := NewSampler(s, SamplerOptions{Now: s.now})
	close(x.stopped)
	x.Take()
	return s, x
}

// Every source has its own pace: what is slow is not frozen, and what stops in
// the middle of a window is.
func TestASourceThatStopsIsFrozen(t *testing.T) {
	for name, c := range map[string]struct {
		class Class
		every time.Duration
		wrap  float64
		works time.Duration
		// stops is how long it takes to be sure.
		stops time.Duration
	}{
		"RAPL moves every millisecond":  {ClassCounter, time.Millisecond, 0, 5 * time.Second, 700 * time.Millisecond},
		"RAPL goes round":               {ClassCounter, time.Millisecond, 100, 5 * time.Second, 700 * time.Millisecond},
		"NVML moves every 20 ms":        {ClassCounter, 20 * time.Millisecond, 0, 5 * time.Second, 700 * time.Millisecond},
		"NVML moves every 100 ms":       {ClassCounter, 100 * time.Millisecond, 0, 5 * time.Second, time.Second},
		"a chip's counter every second": {ClassCounter, time.Second, 0, 20 * time.Second, 7 * time.Second},
		"a battery every ten seconds":   {ClassCounter, 10 * time.Second, 0, 2 * time.Minute, 70 * time.Second},
		"a chip's power every 100 ms":   {ClassIntegrated, 100 * time.Millisecond, 0, 10 * time.Second, 6 * time.Second},
		"a chip's power every second":   {ClassIntegrated, time.Second, 0, 30 * time.Second, 20 * time.Second},
		"a battery's power in 10 s":     {ClassIntegrated, 10 * time.Second, 0, 4 * time.Minute, 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s, x := newSource(c.class, c.every)
			s.wrap = c.wrap
			begin := s.at
			s.pass(x, c.works)
			if w := x.Window(begin, s.at); w.Frozen != 0 || x.Judge(w, nil, true) != "" {
				t.Fatalf("%+v: %s", w, x.Judge(w, nil, true))
			}
			s.frozen = true
			stopped := s.at
			s.pass(x, c.stops)
			w := x.Window(stopped.Add(-c.stops), s.at)
			if why := x.Judge(w, nil, true); !strings.Contains(why, "source stood still for") || !strings.Contains(why, "it is frozen") {
				t.Errorf("%q: %+v, patience %s", why, w, x.snap.Load().patience)
			}
			if why := x.Judge(w, nil, false); (why == "") != (c.class == ClassIntegrated) {
				t.Errorf("without work: %q", why)
			}
			// What was seen before stays what it was.
			if w := x.Window(begin, stopped.Add(-2*c.every)); w.Frozen != 0 {
				t.Errorf("before: %+v", w)
			}
			// A short window that lies in the time is frozen too.
			if w := x.Window(s.at.Add(-100*time.Millisecond), s.at); w.Frozen != 100*time.Millisecond {
				t.Errorf("at the end: %+v", w)
			}
			// It goes on, and a window after that is believed.
			s.frozen = false
			s.pass(x, 3*c.every+time.Second)
			if w := x.Window(stopped.Add(-c.stops), stopped.Add(c.stops)); x.Judge(w, nil, true) == "" {
				t.Errorf("what stopped is forgiven: %+v", w)
			}
			again := s.at
			s.pass(x, c.works)
			if w := x.Window(again, s.at); w.Frozen != 0 {
				t.Errorf("afterwards: %+v", w)
			}
		})
	}
}

// Whatever its pace, a source that is only slow, and up to twice as slow at
// times, is never called frozen; one that stops is, in bounded time.
func TestPaceIsLearned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		class := rapid.SampledFrom([]Class{ClassCounter, ClassIntegrated}).Draw(t, "class")
		every := time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond
		s, x := newSource(class, every)
		s.jitter = func() float64 { return rapid.Float64Range(0.5, 2).Draw(t, "jitter") }
		begin := s.at
		s.pass(x, max(2*time.Second, 24*every))
		if w := x.Window(begin, s.at); w.Frozen != 0 || x.Judge(w, nil, true) != "" {
			t.Fatalf("%s: %+v", every, w)
		}
		s.frozen = true
		stopped := s.at
		longest := 2*every + 2*defaultInterval
		if class == ClassCounter {
			s.pass(x, 5*longest)
		} else {
			s.pass(x, max(6*time.Second, 13*longest))
		}
		if w := x.Window(stopped, s.at); x.Judge(w, nil, true) == "" {
			t.Fatalf("%s: %+v, patience %s", every, w, x.snap.Load().patience)
		}
	})
}

// A source that once takes some times as long as it does is late, not frozen.
func TestASourceThatIsLateOnce(t *testing.T) {
	for class, late := range map[Class]time.Duration{ClassCounter: 2900 * time.Millisecond, ClassIntegrated: 8500 * time.Millisecond} {
		s, x := newSource(class, time.Second)
		s.pass(x, 30*time.Second)
		begin := s.at
		s.frozen = true
		s.pass(x, late)
		s.frozen = false
		s.pass(x, 500*time.Millisecond)
		if w := x.Window(begin, s.at); w.Frozen != 0 || x.Judge(w, nil, true) != "" {
			t.Errorf("%s: %+v, %s", class, w, x.Judge(w, nil, true))
		}
	}
}

// A source that has become slower for good has a new pace.
func TestAPaceThatChanges(t *testing.T) {
	s, x := newSource(ClassCounter, 100*time.Millisecond)
	s.pass(x, 5*time.Second)
	s.every = 2 * time.Second
	s.pass(x, 20*time.Second)
	begin := s.at
	s.pass(x, 20*time.Second)
	if w := x.Window(begin, s.at); w.Frozen != 0 {
		t.Errorf("%+v, patience %s", w, x.snap.Load().patience)
	}
}

// Power that has never changed is no habit, and a device that rests takes 0 W
// for long.
func TestSteadyPowerIsNotFrozen(t *testing.T) {
	s, x := newSource(ClassIntegrated, time.Second)
	s.shown, s.said, s.frozen = 42, 42, true
	begin := s.at
	s.pass(x, time.Minute)
	if w := x.Window(begin, s.at); x.Judge(w, nil, true) != "" {
		t.Error(x.Judge(w, nil, true))
	}
}

// A counter that stops in the middle of a request makes it modelled.
func TestARequestWhoseCounterStops(t *testing.T) {
	for name, stops := range map[string]bool{"goes on": false, "stops": true} {
		t.Run(name, func(t *testing.T) {
			s := &source{at: time.Unix(1_700_000_000, 0), class: ClassCounter, watts: 60, every: 100 * time.Millisecond}
			x := NewSampler(s, SamplerOptions{Now: s.now})
			close(x.stopped)
			model := DefaultCoreModel()
			a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: x}}, Model: &model, Now: s.now})
			s.pass(x, 3*time.Second)
			a.Begin("r")
			for i := range 8 {
				s.frozen = stops && i >= 4
				start := s.at
				s.pass(x, 500*time.Millisecond)
				a.Step(Step{Worker: "w", Start: start, Duration: 500 * time.Millisecond, CPU: 500 * time.Millisecond, Works: works(Work{"r", 0, 4})})
			}
			m := a.End("r")
			if !stops {
				if m.Method != Measured {
					t.Errorf("%+v", m)
				}
				return
			}
			if want := "source stood still for 2.0 of 4.0 s"; m.Method != Modelled || !strings.Contains(m.Basis, want) || len(a.Faults()) != 1 {
				t.Errorf("%+v, %v", m, a.Faults())
			}
		})
	}
}

// Idle power is not learned from a counter that stands still.
func TestNoIdlePowerOfAFrozenCounter(t *testing.T) {
	s, x := newSource(ClassCounter, time.Millisecond)
	s.pass(x, 12*time.Second)
	if x.Median(s.at.Add(-10*time.Second), s.at) == nil {
		t.Error("none of one that moves")
	}
	s.frozen = true
	s.pass(x, 12*time.Second)
	if got := x.Median(s.at.Add(-10*time.Second), s.at); got != nil {
		t.Errorf("%+v", got)
	}
}

// What no device of its kind can take is not believed, also where it tells no
// limit; what a slow one took since it last moved is.
func TestCeilings(t *testing.T) {
	for name, c := range map[string]struct {
		scope Scope
		every time.Duration
		watts float64
		jump  float64
		why   string
	}{
		"a package at 400 W":            {ScopeCPU, time.Millisecond, 400, 0, ""},
		"a package that jumps":          {ScopeCPU, time.Millisecond, 100, 1000, "source rose 1 times by more than the 1.50 kW"},
		"memory that jumps":             {ScopeDRAM, time.Millisecond, 10, 100, "source rose 1 times by more than the 500 W"},
		"a card at 1400 W":              {ScopeGPU, 100 * time.Millisecond, 1400, 0, ""},
		"a card at 1400 W, every 5 s":   {ScopeGPU, 5 * time.Second, 1400, 0, ""},
		"a card that jumps":             {ScopeGPU, 100 * time.Millisecond, 300, 1000, "source rose 1 times by more than the 3.00 kW"},
		"a machine at 5 kW, every 10 s": {ScopeSystem, 10 * time.Second, 5000, 0, ""},
		"a machine that jumps":          {ScopeSystem, time.Second, 300, 1e9, "source rose 1 times by more than the 20.0 kW"},
		"what says nothing of itself":   {"", time.Millisecond, 300, 1e9, "source rose 1 times by more than the 20.0 kW"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &source{at: time.Unix(1_700_000_000, 0), class: ClassCounter, scope: c.scope, watts: c.watts, every: c.every}
			x := NewSampler(s, SamplerOptions{Now: s.now})
			close(x.stopped)
			x.Take()
			s.pass(x, 40*time.Second)
			begin := s.at
			s.true += c.jump
			s.pass(x, 20*time.Second)
			w := x.Window(begin, s.at)
			why := x.Judge(w, nil, true)
			if !strings.HasPrefix(why, c.why) || (why == "") != (c.why == "") {
				t.Errorf("%q: %+v", why, w)
			}
			if c.jump > 0 && float64(w.Joules) > 1.1*c.watts*20 {
				t.Errorf("%s are told", w.Joules)
			}
		})
	}
}
