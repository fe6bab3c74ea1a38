package inflight

import (
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"irori/internal/power"
	"irori/internal/unit"
)

// bench is a clock and a meter under the test's hand.
type bench struct {
	at     time.Time
	joules float64
}

func (b *bench) Name() string       { return "bench" }
func (b *bench) Class() power.Class { return power.ClassCounter }
func (b *bench) Read() (power.Reading, error) {
	return power.Reading{At: b.at, Energy: unit.Joules(b.joules)}, nil
}

type rig struct {
	*bench
	s *power.Sampler
	a *power.Attribution
	t *Tally
}

func newRig() *rig {
	b := &bench{at: time.Unix(1000, 0)}
	now := func() time.Time { return b.at }
	s := power.NewSampler(b, power.SamplerOptions{Now: now})
	a := power.NewAttribution(power.AttributionOptions{Sources: []power.Source{{Sampler: s}}, Now: now})
	r := &rig{b, s, a, New(Options{Take: a.Step, Now: now})}
	s.Take()
	return r
}

func (r *rig) pass(d time.Duration, watts float64) {
	r.at = r.at.Add(d)
	r.joules += watts * d.Seconds()
	r.s.Take()
}

func (r *rig) begin(id string) *atomic.Int64 {
	r.a.Begin(id)
	return r.t.Begin(id, "vllm")
}

func (r *rig) end(id string) power.Measurement {
	r.t.End(id)
	return r.a.End(id)
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

// Joules follow what comes back; the power is the device's.
func TestTokensInFlight(t *testing.T) {
	r := newRig()
	a := r.begin("a")
	r.pass(time.Second, 100) // a is read, alone
	b := r.begin("b")
	a.Add(30)
	r.pass(time.Second, 100) // a speaks, b is read: it counts as one who speaks
	r.t.Flush()
	a.Add(30)
	b.Add(10)
	r.pass(time.Second, 100) // 30 and 10
	r.t.Flush()
	r.pass(time.Second, 100) // nobody speaks
	ma := r.end("a")
	r.pass(time.Second, 100) // b is alone
	mb := r.end("b")
	near(t, "a", float64(ma.Joules), 100+50+75+50)
	near(t, "b", float64(mb.Joules), 50+25+50+100)
	near(t, "a's prompt", float64(ma.Prefill), 100)
	near(t, "b's prompt", float64(mb.Prefill), 50)
	near(t, "power", float64(ma.Power.Mean), 100)
	near(t, "power", float64(mb.Power.Mean), 100)
	if ma.Method != power.Measured || len(r.t.engines) != 0 || len(r.t.where) != 0 {
		t.Errorf("%+v %v", ma, r.t)
	}
}

// The law holds for any overlap: what requests have, what is idle and what is
// nobody's is what was measured.
func TestConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig()
		open := map[string]*atomic.Int64{}
		var given float64
		for i := range rapid.IntRange(1, 60).Draw(t, "n") {
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				id := fmt.Sprint(i)
				r.a.Begin(id)
				open[id] = r.t.Begin(id, rapid.SampledFrom([]string{"x", "y"}).Draw(t, "engine"))
			case 1:
				for id := range open {
					given += float64(r.end(id).Joules)
					delete(open, id)
					break
				}
			case 2:
				r.t.Flush()
			default:
				for _, p := range open {
					p.Add(int64(rapid.IntRange(0, 40).Draw(t, "pieces")))
				}
				r.pass(time.Duration(rapid.IntRange(1, 400).Draw(t, "ms"))*time.Millisecond, rapid.Float64Range(1, 400).Draw(t, "watts"))
			}
		}
		for id := range open {
			given += float64(r.end(id).Joules)
		}
		r.pass(5*time.Second, 10)
		tot := r.a.Total()
		near(t, "law", float64(tot.Attributed+tot.Idle+tot.Unattributed), float64(tot.Measured))
		near(t, "given", given, float64(tot.Attributed))
	})
}

func TestProcessorTime(t *testing.T) {
	at, cpu := time.Unix(1000, 0), 5*time.Second
	var steps []power.Step
	tally := New(Options{
		Take: func(s power.Step) { steps = append(steps, s) }, Now: func() time.Time { return at },
		CPU: func(string) (time.Duration, bool) { return cpu, true },
	})
	tally.Begin("a", "x")
	at, cpu = at.Add(time.Second), cpu+3*time.Second
	tally.Flush()
	// The program was started anew.
	at, cpu = at.Add(time.Second), time.Second
	tally.End("a")
	tally.End("a")
	if len(steps) != 2 || steps[0].CPU != 3*time.Second || steps[1].CPU != 0 || !steps[0].Alike {
		t.Errorf("%+v", steps)
	}
}
