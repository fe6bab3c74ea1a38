package pair

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"irori/internal/power"
	"irori/internal/unit"
)

// bench is a device whose counter moves in steps.
type bench struct {
	at             time.Time
	watts          float64
	true, shown    float64
	update         time.Duration
	next           time.Time
	frozen         bool
	powerErr, cErr error
}

func newBench() *bench { return &bench{at: time.Unix(1000, 0), update: 100 * time.Millisecond} }

func (b *bench) options() Options {
	return Options{
		Name: "gpu", Scope: power.ScopeGPU, Now: func() time.Time { return b.at },
		Power:   func() (unit.Watts, time.Time, error) { return unit.Watts(b.watts), time.Time{}, b.powerErr },
		Counter: func() (unit.Joules, error) { return unit.Joules(b.shown), b.cErr },
	}
}

func (b *bench) pass(d time.Duration) {
	for range d / time.Millisecond {
		b.at = b.at.Add(time.Millisecond)
		b.true += b.watts / 1000
		if !b.at.Before(b.next) && !b.frozen {
			b.shown, b.next = b.true, b.at.Add(b.update)
		}
	}
}

func read(t *testing.T, m power.Meter) power.Reading {
	t.Helper()
	r, err := m.Read()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPowerIsAddedUp(t *testing.T) {
	b := newBench()
	o := b.options()
	o.Counter = nil
	m := New(o)
	begin := read(t, m)
	// 100, 200, 200 W at 10, 11 and 12 s are 350 J.
	for i, w := range []float64{100, 200, 200} {
		if i > 0 {
			b.at = b.at.Add(time.Second)
		}
		b.watts = w
		begin = read(t, m)
	}
	if math.Abs(float64(begin.Energy)-350) > 1e-9 || m.Class() != power.ClassIntegrated || power.ScopeOf(m) != power.ScopeGPU {
		t.Errorf("%+v", begin)
	}
	b.at = b.at.Add(time.Minute)
	if r := read(t, m); !r.Broken || r.Energy != begin.Energy {
		t.Errorf("a hole is filled: %+v", r)
	}
	b.watts = -1
	if _, err := m.Read(); err == nil {
		t.Error("negative power passes")
	}
	b.watts = math.NaN()
	if _, err := m.Read(); err == nil {
		t.Error("NaN passes")
	}
}

// A window shorter than one update reads what power tells, and the counter
// decides over longer ones.
func TestShortWindowsAreBridged(t *testing.T) {
	b := newBench()
	b.watts = 300
	m := New(b.options())
	last := read(t, m).Energy
	for range 100 {
		b.pass(20 * time.Millisecond)
		r := read(t, m)
		if d := float64(r.Energy - last); d < 0 || d > 12 {
			t.Fatalf("20 ms at 300 W: %g J", d)
		}
		last = r.Energy
	}
	if math.Abs(float64(last)-600) > 30 || m.Class() != power.ClassCounter {
		t.Errorf("2 s at 300 W: %g J", float64(last))
	}
	// Power that tells double is held back by the counter.
	b = newBench()
	b.watts = 100
	o := b.options()
	o.Power = func() (unit.Watts, time.Time, error) { return 200, time.Time{}, nil }
	m = New(o)
	for range 200 {
		b.pass(50 * time.Millisecond)
		last = read(t, m).Energy
	}
	if math.Abs(float64(last)-1000) > 25 {
		t.Errorf("10 s at 100 W: %g J", float64(last))
	}
}

// A counter that stands still or counts something else is dropped.
func TestACounterThatDisagreesIsDropped(t *testing.T) {
	for name, c := range map[string]struct {
		scale float64
		class power.Class
	}{"agrees": {1, power.ClassCounter}, "half, as seen on idle cards": {0.57, power.ClassCounter}, "frozen": {0, power.ClassIntegrated}, "a hundredth": {0.01, power.ClassIntegrated}, "a hundred times": {100, power.ClassIntegrated}} {
		b := newBench()
		b.watts = 65
		o := b.options()
		o.Counter = func() (unit.Joules, error) { return unit.Joules(5198685762.204 + c.scale*b.shown), nil }
		m := New(o)
		var broken int
		for range 200 {
			b.pass(50 * time.Millisecond)
			if read(t, m).Broken {
				broken++
			}
		}
		before := read(t, m).Energy
		b.pass(time.Second)
		got := float64(read(t, m).Energy - before)
		want := 65 * c.scale
		if c.class == power.ClassIntegrated {
			want = 65
		}
		if m.Class() != c.class || math.Abs(got-want) > 8 || (broken == 1) != (c.class == power.ClassIntegrated) {
			t.Errorf("%s: %s, %g J in a second, broken %d times", name, m.Class(), got, broken)
		}
		if (c.class == power.ClassIntegrated) != strings.Contains(m.Name(), "disagrees") {
			t.Error(m.Name())
		}
	}
}

func TestResetsAndFailures(t *testing.T) {
	b := newBench()
	b.watts = 50
	m := New(b.options())
	read(t, m)
	b.pass(time.Second)
	before := read(t, m)
	b.shown, b.true = 0, 0 // the driver was loaded again
	r := read(t, m)
	if !r.Broken || r.Energy < before.Energy {
		t.Errorf("%+v", r)
	}
	b.pass(time.Second)
	if r = read(t, m); r.Broken {
		t.Error("still broken")
	}
	// Power may fail; the counter goes on.
	b.powerErr = errors.New("not supported")
	b.pass(time.Second)
	after := read(t, m)
	if d := float64(after.Energy - r.Energy); math.Abs(d-50) > 6 {
		t.Errorf("%g J", d)
	}
	b.cErr = errors.New("lost")
	if _, err := m.Read(); err == nil {
		t.Error("a lost counter reads")
	}
}

func TestACounterAlone(t *testing.T) {
	b := newBench()
	o := b.options()
	o.Power, o.Wrap = nil, 100
	m := New(o)
	b.shown = 42
	r := read(t, m)
	if r.Energy != 42 || r.Wrap != 100 || m.Class() != power.ClassCounter || r.At != b.at {
		t.Errorf("%+v", r)
	}
}

// A counter that freezes after it was compared, as in rocm_smi_lib 180: power
// stands in for it for a moment only, and the sampler sees that it stands.
func TestACounterThatFreezesLater(t *testing.T) {
	b := newBench()
	b.watts = 100
	s := power.NewSampler(New(b.options()), power.SamplerOptions{Now: func() time.Time { return b.at }})
	begin := b.at
	for i := range 400 {
		b.frozen = i >= 200
		b.pass(50 * time.Millisecond)
		s.Take()
		if w := s.Window(begin, b.at); i < 200 && s.Judge(w, nil, true) != "" {
			t.Fatal(s.Judge(w, nil, true))
		}
	}
	if why := s.Judge(s.Window(begin, b.at), nil, true); !strings.Contains(why, "it is frozen") {
		t.Errorf("%q", why)
	}
}

// Power that is told anew and is the same stands still.
func TestPowerThatStandsStill(t *testing.T) {
	b := newBench()
	b.watts = 100
	o := b.options()
	o.Counter = nil
	m := New(o)
	for i, want := range []bool{false, true, true, false} {
		if i == 3 {
			b.watts = 101
		}
		if r, err := m.Read(); err != nil || r.Still != want {
			t.Errorf("%d: %+v, %v", i, r, err)
		}
		b.at = b.at.Add(time.Second)
	}
}
