package sample

import (
	"math"
	"slices"
)

// topNSigma bans the tokens whose logit lies more than n standard deviations
// below the best one (Tang et al. 2024, arXiv:2411.07641).
func topNSigma(logits []float32, n float64) {
	sum, squares, count := 0.0, 0.0, 0.0
	for _, v := range logits {
		// Banned tokens say nothing about the model's spread.
		if x := float64(v); x > -1e8 {
			sum, squares, count = sum+x, squares+x*x, count+1
		}
	}
	if count == 0 {
		return
	}
	mean := sum / count
	low := float64(logits[Argmax(logits)]) - n*math.Sqrt(max(squares/count-mean*mean, 0))
	for i, v := range logits {
		if float64(v) < low {
			logits[i] = float32(math.Inf(-1))
		}
	}
}

// xtc now and then leaves out all likely candidates but the least likely of
// them ("exclude top choices").
func (s *Sampler) xtc(c []Candidate) []Candidate {
	if s.p.XTCProbability <= 0 || s.p.XTCThreshold > 0.5 || len(c) < 2 || s.rng.Float64() > s.p.XTCProbability {
		return c
	}
	sortDescending(c)
	softmax(c, 1)
	n := 0
	for n < len(c) && c[n].p >= s.p.XTCThreshold {
		n++
	}
	return c[max(n-1, 0):]
}

// temperature is the fixed one, or where it has a range the place in the range
// that the candidates' entropy names.
func (s *Sampler) temperature(c []Candidate) float64 {
	t, r := s.p.Temperature, s.p.DynatempRange
	if r <= 0 || len(c) < 2 {
		return max(t, 1e-6)
	}
	softmax(c, 1)
	h := 0.0
	for _, x := range c {
		if x.p > 0 {
			h -= x.p * math.Log(x.p)
		}
	}
	low := max(0, t-r)
	return max(low+(t+r-low)*math.Pow(h/math.Log(float64(len(c))), s.p.DynatempExponent), 1e-6)
}

// mirostat draws among the candidates whose surprise is below mu, and moves mu
// so that the surprise drawn comes near tau (Basu et al. 2021,
// arXiv:2007.14966, its second algorithm).
func (s *Sampler) mirostat(logits []float32) int32 {
	c := s.within(logits)
	if len(c) == 0 {
		return Argmax(logits)
	}
	t, likeliest := s.temperature(c), 0.0
	softmax(c, t)
	for _, x := range c {
		likeliest = max(likeliest, x.p)
	}
	mu := max(s.mu, -math.Log2(likeliest))
	c = slices.DeleteFunc(c, func(x Candidate) bool { return -math.Log2(x.p) > mu })
	softmax(c, t)
	x := s.pick(c)
	s.mu -= s.p.MirostatEta * (-math.Log2(x.p) - s.p.MirostatTau)
	return x.ID
}
