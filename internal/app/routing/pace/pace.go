// Package pace learns how fast targets begin, and how long their answers are.
package pace

import (
	"sync"
	"time"

	"irori/internal/store"
)

// Pace is how fast and how long targets have answered lately. It is safe for concurrent use.
type Pace struct {
	mu sync.Mutex
	of map[string]*speed
}

type speed struct {
	first, output float64
	// nFirst and nOutput count what the means are of, up to a bound.
	nFirst, nOutput int
	// seen is when it began last, tried when somebody was let through to see
	// whether that is still so.
	seen, tried time.Time
}

// memory is of how many answers a mean is, about; enough is from how many on it
// is believed.
const (
	memory = 30
	enough = 3
	// old is how long ago somebody must have seen it begin: who is passed over is
	// asked by nobody, so what was measured would hold for ever.
	old = time.Minute
)

// Saw learns from the record of an answer, at a time. After a while in which
// nobody saw the target, this counts in place of what was known.
func (p *Pace) Saw(name string, rec *store.Record, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[string]*speed{}
	}
	s := p.of[name]
	if s == nil {
		s = &speed{}
		p.of[name] = s
	}
	mean := func(m *float64, n *int, v float64) {
		*n = min(*n+1, memory)
		*m += (v - *m) / float64(*n)
	}
	if rec.TTFTSeconds != nil && len(rec.Attempts) == 0 {
		if s.nFirst >= enough && now.Sub(s.seen) >= old {
			s.first, s.nFirst = *rec.TTFTSeconds, enough-1
		}
		mean(&s.first, &s.nFirst, *rec.TTFTSeconds)
		s.seen = now
	}
	if rec.OutputTokens != nil {
		mean(&s.output, &s.nOutput, float64(*rec.OutputTokens))
	}
}

// First is the expected time to the first token, nil where too little is known, or
// where nobody saw it or tried for a while.
func (p *Pace) First(name string, now time.Time) *time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.of[name]; s != nil && s.nFirst >= enough && (now.Sub(s.seen) < old || now.Sub(s.tried) < old) {
		d := time.Duration(s.first * float64(time.Second))
		return &d
	}
	return nil
}

// Try tells that a target is asked: until it answers, others do not try too.
func (p *Pace) Try(name string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.of[name]; s != nil && now.Sub(s.seen) >= old {
		s.tried = now
	}
}

// Output is the expected length of an answer, nil where too little is known.
func (p *Pace) Output(name string) *int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.of[name]; s != nil && s.nOutput >= enough {
		n := int(s.output + .5)
		return &n
	}
	return nil
}
