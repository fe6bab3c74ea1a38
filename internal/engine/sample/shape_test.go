package sample

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logs are the logits of probabilities.
func logs(p ...float64) []float32 {
	out := make([]float32, len(p))
	for i, x := range p {
		out[i] = float32(math.Log(x))
	}
	return out
}

func TestShapesOfTheDraw(t *testing.T) {
	for name, c := range map[string]struct {
		set    func(*Params)
		logits []float32
		want   []int32
	}{
		// Mean 1.5, deviation about 0.87: only the best lies within one.
		"top-n-sigma":            {func(p *Params) { p.TopNSigma = 0.9 }, []float32{2, 2.5, 1, 0.5}, []int32{0, 1}},
		"top-n-sigma and a ban":  {func(p *Params) { p.TopNSigma = 0.9; p.Bias = map[int32]float32{4: -1e9} }, []float32{2, 2.5, 1, 0.5, 9}, []int32{0, 1}},
		"xtc":                    {func(p *Params) { p.XTCProbability, p.XTCThreshold = 1, 0.2 }, logs(0.4, 0.3, 0.25, 0.05), []int32{2, 3}},
		"xtc with one likely":    {func(p *Params) { p.XTCProbability, p.XTCThreshold = 1, 0.35 }, logs(0.4, 0.3, 0.3), []int32{0, 1, 2}},
		"xtc off by threshold":   {func(p *Params) { p.XTCProbability, p.XTCThreshold = 1, 0.51 }, logs(0.4, 0.3, 0.3), []int32{0, 1, 2}},
		"dynamic from certainty": {func(p *Params) { p.Temperature, p.DynatempRange, p.DynatempExponent = 1, 1, 3 }, logs(0.9999, 0.0001), []int32{0}},
		"mirostat":               {func(p *Params) { p.Mirostat, p.MirostatTau, p.MirostatEta = 2, 0.7, 0 }, logs(0.5, 0.4, 0.1), []int32{0, 1}},
		"mirostat greedy":        {func(p *Params) { p.Mirostat, p.Temperature = 2, 0 }, logs(0.5, 0.4, 0.1), []int32{0}},
	} {
		t.Run(name, func(t *testing.T) {
			p := plain()
			c.set(&p)
			got := draws(New(p, piece), c.logits, 2000)
			var ids []int32
			for id := range got {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			if d := cmp.Diff(c.want, ids); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestXTCActsAsOftenAsAsked(t *testing.T) {
	p := plain()
	p.XTCProbability, p.XTCThreshold = 0.25, 0.1
	got := draws(New(p, piece), logs(0.8, 0.2), 8000)
	// Without XTC 0.2 of the draws give the second; a quarter are XTC's.
	if share := float64(got[1]) / 8000; math.Abs(share-0.4) > 0.03 {
		t.Errorf("the less likely token came in %.3f of the draws, want 0.4", share)
	}
}

func TestDynamicTemperatureFollowsTheEntropy(t *testing.T) {
	p := plain()
	p.Temperature, p.DynatempRange, p.DynatempExponent = 1, 0.5, 1
	s := New(p, piece)
	flat := []Candidate{{Logit: 1}, {Logit: 1}}
	if got := s.temperature(flat); math.Abs(got-1.5) > 1e-9 {
		t.Errorf("at full entropy %v, want 1.5", got)
	}
	sure := []Candidate{{Logit: 50}, {Logit: 0}}
	if got := s.temperature(sure); math.Abs(got-0.5) > 1e-6 {
		t.Errorf("at no entropy %v, want 0.5", got)
	}
}

// TestMirostatReachesItsSurprise checks the control loop: the mean surprise of
// what is drawn comes to tau.
func TestMirostatReachesItsSurprise(t *testing.T) {
	p := plain()
	p.Mirostat, p.MirostatTau, p.MirostatEta = 2, 3, 0.1
	logits := make([]float32, 1000)
	for i := range logits {
		logits[i] = float32(-1.1 * math.Log(float64(i+1)))
	}
	lse := LogSumExp(logits)
	s := New(p, piece)
	sum := 0.0
	const n = 5000
	for range n {
		sum -= (float64(logits[s.Sample(slices.Clone(logits), nil)]) - lse) / math.Ln2
	}
	// The surprise counted here is of the whole distribution, not of the
	// truncated one that Mirostat steers by, so it lies above.
	if mean := sum / n; mean < 2.8 || mean > 4.5 {
		t.Errorf("the mean surprise is %.2f bits, want about 3", mean)
	}
}

// deadEnd allows nothing.
type deadEnd struct{}

func (deadEnd) Allows(int32) bool { return false }
func (deadEnd) Mask(logits []float32) {
	for i := range logits {
		logits[i] = float32(math.Inf(-1))
	}
}
func (deadEnd) Accept(int32) {}

func TestADeadEndDrawsNothing(t *testing.T) {
	for _, temperature := range []float64{0, 1} {
		p := plain()
		p.Temperature = temperature
		if got := New(p, piece).Sample([]float32{1, 2, 3}, deadEnd{}); got != None {
			t.Errorf("at temperature %v token %d was drawn where none is allowed", temperature, got)
		}
	}
}
