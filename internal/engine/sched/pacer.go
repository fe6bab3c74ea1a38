package sched

import "time"

// Pacer sizes prefill chunks so that a step stays short while others stream.
// It learns what a prefill token and a decode step cost on this machine.
type Pacer struct {
	// Target is how long a step may take while another sequence is decoding.
	Target time.Duration
	// Alone is how long a step may take when none is.
	Alone time.Duration
	// Max bounds a chunk.
	Max int

	perToken float64
	decode   float64
}

// minChunk is the smallest chunk worth a step of its own.
const minChunk = 16

// Chunk is how many prefill tokens the next step may hold.
func (p *Pacer) Chunk(decoding bool) int {
	budget := p.Alone
	if decoding {
		budget = p.Target
	}
	if p.perToken == 0 {
		// Nothing measured yet: a chunk that even a slow machine computes
		// in a moment.
		return min(p.Max, 64)
	}
	left := budget.Seconds()
	if decoding {
		left -= p.decode
	}
	n := int(left/p.perToken) / minChunk * minChunk
	return min(max(n, minChunk), p.Max)
}

// Observe tells the pacer how long a step took.
func (p *Pacer) Observe(prefill, decode int, took time.Duration) {
	s := took.Seconds()
	if prefill == 0 {
		if decode > 0 {
			p.decode = blend(p.decode, s)
		}
		return
	}
	if prefill < minChunk {
		return
	}
	if decode > 0 {
		s = max(s-p.decode, s/4)
	}
	p.perToken = blend(p.perToken, s/float64(prefill))
}

// blend follows a rise at once and a fall slowly: the cost of a prefill token
// grows with the context, and a gap too long is worse than a chunk too small.
func blend(old, now float64) float64 {
	switch {
	case old == 0:
		return now
	case now > old:
		return old + (now-old)*0.5
	}
	return old + (now-old)*0.2
}
