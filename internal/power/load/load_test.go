package load

import (
	"math"
	"math/rand/v2"
	"testing"

	"irori/internal/unit"
)

// trace is synthetic: a device that idles at a part of its power and rises
// with its load along a bent line, with noise. No such trace was recorded.
func trace(r Rating, idle, top, bend, noise float64) []Window {
	rnd := rand.New(rand.NewPCG(1, 2))
	var out []Window
	for i := range 600 {
		u := 0.0
		switch i / 100 % 3 {
		case 1:
			u = rnd.Float64()
		case 2:
			u = 1
		}
		w := float64(r.Watts) * (idle + (top-idle)*math.Pow(u, bend)) * (1 + noise*rnd.NormFloat64())
		out = append(out, Window{u, unit.Watts(max(0.1, w))})
	}
	return out
}

// On synthetic traces of unlike devices the interval holds the truth.
func TestTheIntervalHoldsTheTruth(t *testing.T) {
	for _, c := range []struct {
		device                 string
		idle, top, bend, noise float64
	}{
		{"NVIDIA H100 80GB HBM3", 0.10, 0.95, 0.7, 0.03},
		{"NVIDIA H100 80GB HBM3", 0.17, 0.45, 1, 0.05}, // bound by memory
		{"NVIDIA GeForce RTX 4090", 0.04, 0.85, 0.8, 0.05},
		{"NVIDIA A100-SXM4-40GB", 0.13, 1.0, 1, 0.01},
		{"AMD EPYC 9654 96-Core Processor", 0.25, 1.0, 0.6, 0.03},
		{"AMD Ryzen 9 7950X 16-Core Processor", 0.15, 1.3, 0.5, 0.03},
		{"Intel(R) Core(TM) Ultra 7 155H", 0.05, 2.2, 0.7, 0.05},
	} {
		r, ok := Known(c.device)
		if !ok {
			t.Fatal(c.device)
		}
		v, ok := r.Validate(c.device, trace(r, c.idle, c.top, c.bend, c.noise))
		if !ok || v.Covered < Goal || !v.Enough || v.Windows != 600 {
			t.Errorf("%+v", v)
		}
	}
}

// A rating that is another device's shows.
func TestAWrongRatingShows(t *testing.T) {
	small, _ := Known("Intel(R) Core(TM) i5-12400")
	big, _ := Known("NVIDIA H100 80GB HBM3")
	if v, _ := small.Validate("x", trace(big, 0.1, 0.9, 1, 0.05)); v.Enough {
		t.Errorf("%+v", v)
	}
	if v, _ := big.Validate("x", trace(small, 0.1, 0.9, 1, 0.05)); v.Enough {
		t.Errorf("%+v", v)
	}
	if _, ok := big.Validate("x", []Window{{0.5, 0}}); ok {
		t.Error("nothing was measured, and it is compared")
	}
}

func TestIntervals(t *testing.T) {
	for _, r := range rated {
		if r.Source == "" || r.Watts <= 0 {
			t.Errorf("%s has no source", r.name)
		}
		var before, above unit.Watts
		for u := 0.0; u <= 1; u += 0.05 {
			low, high := r.Interval(u)
			if !(low > 0 && low < high) || low < before || high < above {
				t.Errorf("%s at %.2f: %v to %v", r.name, u, low, high)
			}
			before, above = low, high
		}
		m, ok := r.Thread()
		if ok != (r.Kind == Processor) || ok && !(m.Low > 0 && m.Low < m.High) {
			t.Errorf("%s: %+v", r.name, m)
		}
	}
	if _, ok := Known("Intel(R) Xeon(R) Processor"); ok {
		t.Error("a name that says nothing is known")
	}
}
