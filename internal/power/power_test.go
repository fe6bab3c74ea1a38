package power

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"irori/internal/unit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a meter and a clock under the test's hand.
type bench struct {
	at     time.Time
	joules float64
	wrap   float64
	err    error
}

func newBench() *bench { return &bench{at: time.Unix(1_700_000_000, 0)} }

func (b *bench) Name() string   { return "bench" }
func (b *bench) Class() Class   { return ClassCounter }
func (b *bench) now() time.Time { return b.at }

func (b *bench) Read() (Reading, error) {
	j := b.joules
	if b.wrap > 0 {
		j = math.Mod(j, b.wrap)
	}
	return Reading{At: b.at, Energy: unit.Joules(j), Wrap: unit.Joules(b.wrap)}, b.err
}

// run lets time pass at a power and reads at its end.
func (b *bench) run(s *Sampler, d time.Duration, watts float64) {
	b.at = b.at.Add(d)
	b.joules += watts * d.Seconds()
	s.sample()
}

// still is a sampler that the test samples by hand.
func still(b *bench) *Sampler {
	s := NewSampler(b, SamplerOptions{Now: b.now})
	close(s.stopped)
	s.sample()
	return s
}

func near(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, got, want float64,
) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

func TestWindowInterpolatesItsEdges(t *testing.T) {
	b := newBench()
	begin := b.at
	s := still(b)
	b.run(s, time.Second, 10)
	b.run(s, time.Second, 30)
	w := s.Window(begin.Add(500*time.Millisecond), begin.Add(1500*time.Millisecond))
	near(t, "joules", float64(w.Joules), 5+15)
	near(t, "coverage", w.Coverage(), 1)
	w = s.Window(begin.Add(-time.Second), begin.Add(3*time.Second))
	near(t, "joules", float64(w.Joules), 40)
	near(t, "coverage", w.Coverage(), 0.5)
}

func TestCountersThatWrapResetAndFail(t *testing.T) {
	b := newBench()
	b.wrap, b.joules = 100, 95
	begin := b.at
	s := still(b)
	b.run(s, time.Second, 10)
	near(t, "over a wrap", float64(s.Window(begin, b.at).Joules), 10)

	// A reset looks like a wrap of a register that is large.
	b.wrap, b.joules = 0, 1000
	s = still(b)
	begin = b.at
	b.joules = 0
	b.run(s, time.Second, 10)
	b.run(s, time.Second, 10)
	w := s.Window(begin, b.at)
	near(t, "after a reset", float64(w.Joules), 10)
	near(t, "coverage after a reset", w.Coverage(), 0.5)
	b.wrap, b.joules = 262_143, 0
	b.run(s, time.Second, 10)
	if w := s.Window(b.at.Add(-time.Second), b.at); w.Joules != 0 || w.Coverage() != 0 {
		t.Errorf("a reset is taken for a wrap: %+v", w)
	}

	// A failed reading leaves a hole that the counter itself bridges.
	begin = b.at
	b.err = errors.New("gone")
	b.run(s, time.Second, 10)
	if s.Err() == nil {
		t.Error("the error is hidden")
	}
	b.err = nil
	b.run(s, time.Second, 20)
	w = s.Window(begin, b.at)
	near(t, "over a failure", float64(w.Joules), 30)
	near(t, "coverage over a failure", w.Coverage(), 0)
	if w.LargestGap != 2*time.Second || s.Err() != nil {
		t.Errorf("%+v %v", w, s.Err())
	}
}

func TestSnapshotsStayAsTheyWere(t *testing.T) {
	b := newBench()
	s := NewSampler(b, SamplerOptions{Now: b.now, Keep: 5 * time.Second})
	s.sample()
	begin := b.at
	var old *snapshot
	for i := range 1000 {
		b.run(s, 100*time.Millisecond, 10)
		if i == 20 {
			old = s.snap.Load()
		}
	}
	if got := old.window(begin.Sub(s.epoch), begin.Add(time.Second).Sub(s.epoch)); math.Abs(float64(got.Joules)-10) > 1e-9 {
		t.Errorf("an old snapshot changed: %+v", got)
	}
	if n := len(s.snap.Load().samples); n > 200 {
		t.Errorf("%d samples are kept of 50", n)
	}
	if w := s.Window(begin, b.at); !w.Truncated || w.Coverage() >= 1 {
		t.Errorf("a lost beginning is hidden: %+v", w)
	}
	near(t, "the last five seconds", float64(s.Window(b.at.Add(-5*time.Second), b.at).Joules), 50)
}

func TestRunPollsAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		s := NewSampler(ticking{b}, SamplerOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		go s.Run(ctx)
		begin := time.Now()
		time.Sleep(1050 * time.Millisecond)
		s.Poll(time.Second)
		w := s.Window(begin, time.Now())
		near(t, "joules", float64(w.Joules), 10.5)
		near(t, "coverage", w.Coverage(), 1)
		cancel()
		synctest.Wait()
		s.Poll(time.Second)
	})
}

// ticking takes 10 W by the real clock.
type ticking struct{ *bench }

func (c ticking) Read() (Reading, error) {
	return Reading{Energy: unit.Joules(10 * time.Since(time.Unix(946684800, 0)).Seconds())}, nil
}

// TestLaw drives an attribution with steps of several workers that overlap,
// come late, and belong to requests that have not begun or have ended.
func TestLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench()
		s := still(b)
		src := Source{Sampler: s}
		if rapid.Bool().Draw(t, "idle known") {
			w := unit.Watts(rapid.Float64Range(0, 80).Draw(t, "idle"))
			src.idle = &Idle{Watts: w}
		}
		model := DefaultCoreModel()
		a := NewAttribution(AttributionOptions{Sources: []Source{src}, Model: &model, Now: b.now})
		begin := b.at
		var ended, endedIdle float64
		ids := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2:
				d := time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond
				b.run(s, d, rapid.Float64Range(0, 300).Draw(t, "watts"))
			case 3:
				a.Begin(ids.Draw(t, "begin"))
			case 4:
				id := ids.Draw(t, "end")
				r := a.requests[id]
				a.End(id)
				if r != nil {
					ended += r.joules
					endedIdle += r.idle
				}
			case 5:
				a.Total()
			default:
				back := time.Duration(rapid.IntRange(-200, 4000).Draw(t, "back")) * time.Millisecond
				st := Step{
					Worker: ids.Draw(t, "worker"), Start: b.at.Add(-back),
					Duration: time.Duration(rapid.IntRange(0, 2500).Draw(t, "d")) * time.Millisecond,
					CPU:      time.Duration(rapid.IntRange(0, 2500).Draw(t, "cpu")) * time.Millisecond,
				}
				for range rapid.IntRange(0, 3).Draw(t, "works") {
					st.Works = append(st.Works, Work{
						Request: ids.Draw(t, "r"), Prefill: rapid.IntRange(0, 50).Draw(t, "p"),
						Decode: rapid.IntRange(0, 2).Draw(t, "t"),
					})
				}
				a.Step(st)
			}
		}
		b.run(s, 10*time.Second, 5)
		tot := a.Total()
		near(t, "attributed + idle + unattributed", float64(tot.Attributed+tot.Idle+tot.Unattributed), float64(tot.Measured))
		near(t, "measured", float64(tot.Measured), float64(s.Window(begin, a.cursor).Joules))
		idle := endedIdle
		for _, r := range a.requests {
			ended += r.joules
			idle += r.idle
		}
		near(t, "the requests' joules", ended, float64(tot.Attributed))
		if idle > float64(tot.Idle)*(1+1e-9) || tot.Unattributed < 0 {
			t.Errorf("idle of requests %g of %g, unattributed %g", idle, float64(tot.Idle), float64(tot.Unattributed))
		}
		if tot.Modelled != 0 {
			t.Errorf("modelled joules beside measured ones: %+v", tot)
		}
	})
}

func works(w ...Work) []Work { return w }

func TestSharesFollowTheLearnedCost(t *testing.T) {
	b := newBench()
	s := still(b)
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Now: b.now})
	a.Begin("p")
	a.Begin("d")
	step := func(d time.Duration, w ...Work) {
		start := b.at
		b.run(s, d, 10)
		a.Step(Step{Worker: "w", Start: start, Duration: d, Works: w})
	}
	step(time.Second, Work{Request: "p", Prefill: 100}) // 10 ms a token
	step(100*time.Millisecond, Work{Request: "d", Decode: 1})
	step(200*time.Millisecond, Work{Request: "p", Prefill: 10}, Work{Request: "d", Decode: 1})
	p, d := a.End("p"), a.End("d")
	near(t, "p", float64(p.Joules), 10+1)
	near(t, "d", float64(d.Joules), 1+1)
	if p.Method != Measured || p.Coverage != 1 || !strings.Contains(p.Basis, "bench (counter)") {
		t.Errorf("%+v", p)
	}
	if again := a.End("p"); again != (Measurement{}) {
		t.Errorf("energy is given twice: %+v", again)
	}
}

// Idle power is what a quiet stretch took, and then the low bound is without
// it; the figure itself stays what the device took.
func TestIdlePowerIsMeasured(t *testing.T) {
	b := newBench()
	s := still(b)
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Now: b.now})
	work := func() Measurement {
		a.Begin("r")
		start := b.at
		b.run(s, 2*time.Second, 50)
		a.Step(Step{Worker: "w", Start: start, Duration: 2 * time.Second, Works: works(Work{"r", 0, 4})})
		return a.End("r")
	}
	if m := work(); float64(m.Joules) != 100 || m.Low != m.Joules || m.Idle != 0 || strings.Contains(m.Basis, "quiet") {
		t.Errorf("before: %+v", m)
	}
	// Four of ten seconds are not quiet: a model is loaded.
	for i := range 16 {
		watts := 10.0
		if i > 11 {
			watts = 90
		}
		for range 10 {
			b.run(s, 100*time.Millisecond, watts)
		}
	}
	m := work()
	near(t, "the figure", float64(m.Joules), 100)
	near(t, "without idle", float64(m.Low), 80)
	near(t, "idle", float64(m.Idle), 20)
	if !strings.Contains(m.Basis, "10.0 W, between 10.0 W and 90.0 W, measured in the last quiet seconds") {
		t.Error(m.Basis)
	}
	tot := a.Total()
	near(t, "law", float64(tot.Attributed+tot.Idle+tot.Unattributed), float64(tot.Measured))
}

// An open request, or one that ended just now, keeps idle power from being
// measured.
func TestIdlePowerIsNotMeasuredUnderWork(t *testing.T) {
	b := newBench()
	s := still(b)
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Now: b.now})
	wait := func(d time.Duration) {
		for range d / (100 * time.Millisecond) {
			b.run(s, 100*time.Millisecond, 10)
		}
	}
	a.Begin("slow")
	wait(30 * time.Second)
	a.End("slow")
	wait(9 * time.Second)
	if a.sources[0].idle != nil {
		t.Error("work is taken for rest")
	}
	wait(6 * time.Second)
	if a.sources[0].idle == nil {
		t.Error("rest is not measured")
	}
}

// What no meter counts is told beside the figure and not added to it.
func TestTheProcessorApart(t *testing.T) {
	b := newBench()
	s := still(b)
	model := CoreModel{Low: 2, High: 6}
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Apart: &model, Now: b.now})
	if m, basis := a.Basis(); m != Measured || !strings.Contains(basis, "not in it: the processor") {
		t.Error(m, basis)
	}
	a.Begin("r")
	start := b.at
	b.run(s, time.Second, 50)
	a.Step(Step{Worker: "w", Start: start, Duration: time.Second, CPU: time.Second, Works: works(Work{"r", 0, 4})})
	m := a.End("r")
	near(t, "the figure", float64(m.Joules), 50)
	if m.Method != Measured || !strings.Contains(m.Basis, "not in it: the processor, modelled at 4.00 J (2.00 J to 6.00 J)") {
		t.Error(m.Method, m.Basis)
	}
	// Without the meter the processor alone would be the lesser part.
	a.Begin("lost")
	a.Step(Step{Worker: "w", Start: b.at, Duration: time.Second, CPU: time.Second, Works: works(Work{"lost", 0, 4})})
	b.at = b.at.Add(time.Second)
	if m := a.End("lost"); m != (Measurement{}) {
		t.Errorf("%+v", m)
	}
}

func TestWithoutAMeterEnergyIsAnInterval(t *testing.T) {
	model, err := NewCoreModel(2, 6)
	if err != nil {
		t.Fatal(err)
	}
	a := NewAttribution(AttributionOptions{Model: &model})
	a.Begin("a")
	a.Begin("b")
	now := time.Now()
	a.Step(Step{Start: now, Duration: time.Second, CPU: 2 * time.Second, Works: works(Work{"a", 0, 3}, Work{"b", 0, 1})})
	a.Step(Step{Start: now, Duration: time.Second, CPU: time.Second, Works: works(Work{"gone", 5, 0})})
	m := a.End("a")
	near(t, "a", float64(m.Joules), 1.5*4)
	near(t, "low", float64(m.Low), 3)
	near(t, "high", float64(m.High), 9)
	if m.Method != Modelled || !strings.Contains(m.Basis, "2–6 W") {
		t.Errorf("%+v", m)
	}
	tot := a.Total()
	near(t, "modelled", float64(tot.Modelled), 12)
	near(t, "nobody's", float64(tot.ModelledUnattributed), 4)
	if tot.Measured != 0 {
		t.Errorf("%+v", tot)
	}
	a.Begin("idle")
	for _, id := range []string{"idle", "unknown"} {
		if m := a.End(id); m != (Measurement{}) {
			t.Errorf("energy is known of nothing: %+v", m)
		}
	}
	if _, err := NewCoreModel(5, 1); err == nil {
		t.Error("an empty interval passes")
	}
	if _, err := NewCoreModel(unit.Watts(math.NaN()), 1); err == nil {
		t.Error("NaN passes")
	}
}

func TestAMeterThatGoesAwayIsSaid(t *testing.T) {
	b := newBench()
	s := still(b)
	model := DefaultCoreModel()
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Model: &model, Now: b.now})
	a.Begin("a")
	start := b.at
	b.run(s, time.Second, 10)
	b.err = errors.New("lost")
	b.run(s, 9*time.Second, 10)
	a.Step(Step{Start: start, Duration: 10 * time.Second, CPU: 10 * time.Second, Works: works(Work{"a", 0, 1})})
	m := a.End("a")
	if m.Method != Modelled || float64(m.Joules) != 70 || math.Abs(m.Coverage-0.1) > 1e-9 {
		t.Errorf("%+v", m)
	}
}

func TestManySteps(t *testing.T) {
	b := newBench()
	s := still(b)
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Now: b.now})
	a.Begin("long")
	for i := range 5000 {
		start := b.at
		b.run(s, 20*time.Millisecond, 50)
		a.Step(Step{Start: start, Duration: 20 * time.Millisecond, Works: works(Work{"long", 0, 1}, Work{fmt.Sprint(i), 0, 1})})
	}
	if len(a.pending) > 2*maxPending {
		t.Errorf("%d steps pile up", len(a.pending))
	}
	m := a.End("long")
	near(t, "long", float64(m.Joules), 2500)
	near(t, "coverage", m.Coverage, 1)
}

// Work in whose time readings failed is not seen, though the counter bridges
// it; one reading that fails is no loss.
func TestReadingsThatFailWithinWork(t *testing.T) {
	for fails, want := range map[int]struct {
		method   Method
		coverage float64
	}{0: {Measured, 1}, 1: {Measured, 1}, 8: {Modelled, 1 - 9*0.05}} {
		b := newBench()
		s := still(b)
		model := DefaultCoreModel()
		a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Model: &model, Now: b.now})
		a.Begin("r")
		start := b.at
		for i := range 20 {
			b.err = nil
			if i >= 5 && i < 5+fails {
				b.err = errors.New("gone")
			}
			b.run(s, defaultInterval, 100)
		}
		a.Step(Step{Worker: "w", Start: start, Duration: time.Second, CPU: time.Second, Works: works(Work{"r", 0, 4})})
		m := a.End("r")
		if m.Method != want.method || math.Abs(m.Coverage-want.coverage) > 1e-9 {
			t.Errorf("%d fail: %+v", fails, m)
		}
	}
}
