package power

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The prompt and the output are told apart by what their tokens cost, also in
// steps that have both, and the power of the device is no request's share.
func TestPhasesAndPower(t *testing.T) {
	b := newBench()
	s := still(b)
	idle := Idle{Watts: 4}
	a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s, idle: &idle}}, Now: b.now})
	a.Begin("p")
	a.Begin("d")
	step := func(d time.Duration, watts float64, w ...Work) {
		start := b.at
		b.run(s, d, watts)
		a.Step(Step{Worker: "w", Start: start, Duration: d, Works: w})
	}
	step(time.Second, 20, Work{Request: "p", Prefill: 100})           // 10 ms a token
	step(100*time.Millisecond, 10, Work{Request: "d", Decode: 1})     // 100 ms
	step(200*time.Millisecond, 10, Work{"p", 10, 1}, Work{"d", 0, 2}) // 0.1 + 0.1 and 0.2
	p, d := a.End("p"), a.End("d")
	near(t, "p", float64(p.Joules), 20+1)
	near(t, "p's prompt", float64(p.Prefill), 20+0.5)
	near(t, "p's output", float64(p.Decode), 0.5)
	near(t, "p without idle", float64(p.Active()), 21-4-0.4)
	near(t, "d's prompt", float64(d.Prefill), 0)
	near(t, "d's output", float64(d.Decode), 1+1)
	near(t, "power while p ran", float64(p.Power.Mean), 23/1.3)
	near(t, "power while d ran", float64(d.Power.Mean), 10)
	if p.Power.Low != p.Power.Mean || p.Power.High != p.Power.Mean {
		t.Errorf("%+v", p.Power)
	}
}

// Without a meter power is what all workers did meanwhile, not the request.
func TestModelledPhasesAndPower(t *testing.T) {
	model := CoreModel{Low: 2, High: 6}
	at := time.Unix(1000, 0)
	a := NewAttribution(AttributionOptions{Model: &model})
	step := func(worker string, from, d float64, cpu float64, w ...Work) {
		second := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
		a.Step(Step{Worker: worker, Start: at.Add(second(from)), Duration: second(d), CPU: second(cpu), Works: w})
	}
	a.Begin("a")
	a.Begin("b")
	step("w", 0, 1, 2, Work{"a", 3, 0}, Work{"b", 1, 0})
	step("v", 0.5, 2, 4, Work{"b", 0, 4})
	step("w", 1, 1, 2, Work{"a", 0, 1})
	step("w", 2, 1, 2, Work{"b", 0, 1})
	m := a.End("a") // from 0 to 2: 2 + 2 seconds of w, 3/4 of v's 4
	near(t, "a", float64(m.Joules), 4*(1.5+2))
	near(t, "active", float64(m.Active()), float64(m.Joules))
	near(t, "prompt", float64(m.Prefill), 4*1.5)
	near(t, "output", float64(m.Decode), 4*2)
	near(t, "power", float64(m.Power.Mean), 4*7/2.0)
	near(t, "low", float64(m.Power.Low), 2*7/2.0)
	near(t, "high", float64(m.Power.High), 6*7/2.0)
	if len(a.load.steps) != 4 {
		t.Errorf("%d steps are kept for b", len(a.load.steps))
	}
	m = a.End("b")
	near(t, "power", float64(m.Power.Mean), 4*10/3.0)
	if len(a.load.steps) != 0 {
		t.Errorf("%d steps are kept for nobody", len(a.load.steps))
	}
}

// No more threads are busy than there are: a little more is the clocks' doing,
// and of much more nothing is known.
func TestModelledPowerIsBounded(t *testing.T) {
	model := CoreModel{Low: 2, High: 12}
	at := time.Unix(1000, 0)
	for cpu, want := range map[time.Duration]float64{15: 10.5, 25: 14, 135: 0} {
		a := NewAttribution(AttributionOptions{Model: &model, Threads: 2})
		a.Begin("a")
		a.Step(Step{Worker: "w", Start: at, Duration: 10 * time.Millisecond, CPU: cpu * time.Millisecond, Works: []Work{{"a", 0, 1}}})
		m := a.End("a")
		if want == 0 {
			if m.Power != nil || m.Joules == 0 {
				t.Errorf("%+v", m)
			}
			continue
		}
		near(t, "power", float64(m.Power.Mean), want)
		near(t, "high", float64(m.Power.High), want*12/7)
	}
}

// A batch takes its energy once and shows its power to each: more company
// makes a request's joules less, never the watts.
func TestBatchingDoesNotInflate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		watts := rapid.Float64Range(1, 500).Draw(t, "watts")
		b := newBench()
		s := still(b)
		a := NewAttribution(AttributionOptions{Sources: []Source{{Sampler: s}}, Now: b.now})
		var w []Work
		for i := range n {
			a.Begin(fmt.Sprint(i))
			w = append(w, Work{fmt.Sprint(i), 0, 1})
		}
		for range 5 {
			start := b.at
			b.run(s, 100*time.Millisecond, watts)
			a.Step(Step{Worker: "w", Start: start, Duration: 100 * time.Millisecond, Works: w})
		}
		for i := range n {
			m := a.End(fmt.Sprint(i))
			near(t, "joules", float64(m.Joules), watts*0.5/float64(n))
			near(t, "both parts", float64(m.Prefill+m.Decode), float64(m.Joules))
			near(t, "power", float64(m.Power.Mean), watts)
		}
	})
}

// What open requests need is bounded, and what was dropped is not guessed.
func TestLoadIsBounded(t *testing.T) {
	var l load
	at := time.Unix(1000, 0)
	for i := range 2 * maxLoad {
		l.add(Step{Start: at.Add(time.Duration(i) * time.Millisecond), Duration: time.Millisecond, CPU: time.Millisecond})
	}
	end := at.Add(2 * maxLoad * time.Millisecond)
	if len(l.steps) > maxLoad {
		t.Errorf("%d steps", len(l.steps))
	}
	if _, ok := l.mean(at, end); ok {
		t.Error("what was dropped is guessed")
	}
	if cores, ok := l.mean(end.Add(-time.Second), end); !ok || cores < 0.999 || cores > 1.001 {
		t.Error(cores, ok)
	}
}
