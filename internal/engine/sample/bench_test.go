package sample

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkSample draws from a vocabulary of SmolLM2's size with the default
// parameters.
func BenchmarkSample(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	logits := make([]float32, 49152)
	for i := range logits {
		logits[i] = float32(r.NormFloat64() * 3)
	}
	for _, c := range []struct {
		name string
		set  func(*Params)
	}{
		{"default", func(*Params) {}},
		{"greedy", func(p *Params) { p.Temperature = 0 }},
		{"no-top-k", func(p *Params) { p.TopK = 0 }},
		{"penalties", func(p *Params) { p.RepeatPenalty, p.Presence = 1.1, 0.1 }},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := Defaults()
			c.set(&p)
			s := New(p, func(int32) string { return "" })
			for b.Loop() {
				s.Accept(s.Sample(logits, nil))
			}
		})
	}
}
