package sample

import "math"

// LogSumExp is the natural logarithm of the sum of the exponentials.
func LogSumExp(logits []float32) float64 {
	top := float64(logits[Argmax(logits)])
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

// Logprob is a token with its natural log-probability.
type Logprob struct {
	ID int32
	P  float64
}

// Top returns the n likeliest tokens, likeliest first, given the LogSumExp of
// the logits.
func Top(logits []float32, n int, lse float64) []Logprob {
	c := best(nil, logits, min(n, len(logits)))
	out := make([]Logprob, len(c))
	for i, x := range c {
		out[i] = Logprob{ID: x.ID, P: float64(x.Logit) - lse}
	}
	return out
}
