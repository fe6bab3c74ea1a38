package power

import (
	"errors"
	"strings"
	"testing"
	"time"

	"irori/internal/unit"
)

// limited is a bench whose device keeps to a limit.
type limited struct {
	*bench
	limit unit.Watts
	asked int
}

func (l *limited) State() State { l.asked++; return State{Limit: &l.limit} }

// What cannot be is not a figure: it is modelled, and the basis says why.
func TestTheImpossibleIsNotAFigure(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(b *limited, s *Sampler)
		want string
	}{
		"plausible": {func(b *limited, s *Sampler) { b.run(s, 2*time.Second, 90) }, ""},
		"frozen":    {func(b *limited, s *Sampler) { b.run(s, 2*time.Second, 0) }, "bench did not move in 2.0 s: it is frozen"},
		"backwards": {func(b *limited, s *Sampler) {
			b.run(s, 2*time.Second, 90)
			b.joules = 0
			b.run(s, 10*time.Millisecond, 90)
		}, "bench went back 1 times"},
		"less than idle": {func(b *limited, s *Sampler) { b.run(s, 2*time.Second, 20) }, "bench tells 20.0 W under work and 40.0 W without: that cannot be"},
		"over its limit": {func(b *limited, s *Sampler) { b.run(s, 2*time.Second, 120) }, "bench tells 120 W, and its device keeps to 100 W: that cannot be"},
		"gone": {func(b *limited, s *Sampler) {
			b.err = errors.New("lost")
			b.run(s, 2*time.Second, 90)
		}, "bench cannot be read: lost"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &limited{bench: newBench(), limit: 100}
			b.joules = 1000
			s := NewSampler(b, SamplerOptions{Now: b.now})
			close(s.stopped)
			s.sample()
			model := DefaultCoreModel()
			a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s, idle: &Idle{40, 38, 42}}}, Model: &model, Now: b.now})
			a.Begin("r")
			start := b.at
			c.run(b, s)
			d := b.at.Sub(start)
			a.Step(Step{Worker: "w", Start: start, Duration: d, CPU: d, Works: works(Work{"r", 0, 4})})
			m := a.End("r")
			want := Measured
			if c.want != "" {
				want = Modelled
			}
			faults := strings.Join(a.Faults(), "; ")
			if m.Method != want || !strings.Contains(m.Basis, c.want) || faults != c.want {
				t.Errorf("%s, %q, %q", m.Method, m.Basis, faults)
			}
			if c.want != "" && !strings.Contains(m.Basis, "watts") && !strings.Contains(m.Basis, "W per busy core") {
				t.Error(m.Basis)
			}
		})
	}
}

// A worker that waits may well let its device rest.
func TestRestingIsNotImpossible(t *testing.T) {
	b := newBench()
	s := still(b)
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s, idle: &Idle{40, 38, 42}}}, Now: b.now})
	a.Begin("r")
	start := b.at
	b.run(s, 2*time.Second, 20)
	a.Step(Step{Worker: "w", Start: start, Duration: 2 * time.Second, CPU: 100 * time.Millisecond, Works: works(Work{"r", 0, 4})})
	if m := a.End("r"); m.Method != Measured {
		t.Errorf("%+v", m)
	}
}

func TestIdleHasAnInterval(t *testing.T) {
	got := *medianOf([]float64{9, 1, 8, 2, 7, 3, 6, 4, 5, 100})
	if want := (Idle{5.5, 2, 9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Temperature and clocks are asked for once a second, energy at 20 Hz.
func TestTheStateIsReadOnceASecond(t *testing.T) {
	b := &limited{bench: newBench(), limit: 100}
	s := NewSampler(b, SamplerOptions{Now: b.now})
	for range 100 {
		b.run(s, 50*time.Millisecond, 10)
	}
	if b.asked != 5 || s.Reads() != 100 || s.State() == nil {
		t.Errorf("asked %d times in %d readings", b.asked, s.Reads())
	}
}
