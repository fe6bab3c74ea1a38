package load

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"irori/internal/eval/sample"
)

func TestArrivals(t *testing.T) {
	at := Arrivals(5, 2000*time.Second, 1)
	if n := float64(len(at)); math.Abs(n-10000) > 400 {
		t.Errorf("%v arrivals, 10000 are meant", n)
	}
	// Gaps of a Poisson process vary as much as they are long.
	var sum, squares, last float64
	for _, d := range at {
		g := d.Seconds() - last
		last = d.Seconds()
		sum, squares = sum+g, squares+g*g
	}
	n := float64(len(at))
	mean := sum / n
	if cv := math.Sqrt(squares/n-mean*mean) / mean; math.Abs(cv-1) > .05 {
		t.Errorf("gaps vary by %.2f", cv)
	}
	again, other := Arrivals(5, time.Minute, 1), Arrivals(5, time.Minute, 2)
	if again[0] != at[0] || other[0] == at[0] {
		t.Error("the seed does not decide")
	}
}

// Nobody waits for answers, however slow they are.
func TestOpenLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		var now, most int
		at := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second}
		late := Run(t.Context(), at, func(ctx context.Context, i int) {
			if got := time.Since(began); got != at[i] {
				t.Errorf("call %d after %s", i, got)
			}
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Minute)
			mu.Lock()
			now--
			mu.Unlock()
		})
		if most != 4 || late != 0 || time.Since(began) != 63*time.Second {
			t.Errorf("%d at once, %s late, %s", most, late, time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, cancel)
		n := 0
		Run(ctx, []time.Duration{time.Second, 2 * time.Second}, func(context.Context, int) { n++ })
		if n != 1 {
			t.Errorf("%d calls after an interrupt", n)
		}
	})
}

func TestFigures(t *testing.T) {
	f := func(v float64) *float64 { return &v }
	n := func(v int) *int { return &v }
	samples := []sample.Sample{
		{Start: 1, InFlight: 1, State: sample.Right, Latency: sample.Latency{TTFT: f(.5), Total: f(2), ITLP95: f(.05)}, Tokens: sample.Tokens{Output: n(10)}, Energy: &sample.Energy{Method: "measured", Full: 20}},
		{Start: 2, InFlight: 2, State: sample.Wrong, Latency: sample.Latency{TTFT: f(3), Total: f(4), ITLP95: f(.05)}, Tokens: sample.Tokens{Output: n(20)}, Energy: &sample.Energy{Method: "measured", Full: 10}},
		{Start: 3, InFlight: 2, State: sample.Wrong, Latency: sample.Latency{TTFT: f(.1), Total: f(1), ITLP95: f(.2)}, Tokens: sample.Tokens{Output: n(5)}},
		{Start: 4, InFlight: 2, State: sample.Wrong, Latency: sample.Latency{TTFT: f(.1), Total: f(7)}, Tokens: sample.Tokens{Output: n(1)}},
		{Start: 5, InFlight: 3, State: sample.Failed},
	}
	got := Of(.5, 10*time.Second, samples, Limits{TTFT: 2 * time.Second, ITL: 100 * time.Millisecond})
	if got.Good != 2 || got.Goodput != .2 || got.Failed != 1 || got.Asked != 5 || got.Offered != .5 || got.InFlight != 3 {
		t.Errorf("%+v", got)
	}
	if *got.JPerToken != 1 || got.Measured != 2 || *got.TokensPerS != 3.6 || math.Abs(*got.TTFTP50-.3) > 1e-12 {
		t.Errorf("%v %v %v %v", *got.JPerToken, got.Measured, *got.TokensPerS, *got.TTFTP50)
	}
	if all := Of(.5, 10*time.Second, samples, Limits{}); all.Good != 4 {
		t.Errorf("without limits %d are good", all.Good)
	}
	if none := Of(1, time.Second, nil, Limits{}); none.JPerToken != nil || none.TTFTP50 != nil || none.TokensPerS != nil {
		t.Errorf("of nothing something is known: %+v", none)
	}
}
