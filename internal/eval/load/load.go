// Package load asks questions at a rate that does not wait for answers, as many
// people do who know nothing of each other: what a closed loop hides, since it
// asks less where a server is slow, shows here.
//
// It knows no server: who asks is a function. Arrivals come from a seed.
package load

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"irori/internal/eval/sample"
)

// Arrivals are the moments of a Poisson process of so many a second, for so
// long, drawn by the seed.
func Arrivals(rate float64, d time.Duration, seed uint64) []time.Duration {
	r := rand.New(rand.NewPCG(seed, 0x6c6f6164))
	var out []time.Duration
	for at := r.ExpFloat64() / rate; at < d.Seconds(); at += r.ExpFloat64() / rate {
		out = append(out, time.Duration(at*float64(time.Second)))
	}
	return out
}

// Run calls ask at each moment, on a goroutine of its own, and returns when all
// calls have. It returns how late the latest call was made: a machine that
// cannot ask in time measures itself.
func Run(ctx context.Context, at []time.Duration, ask func(ctx context.Context, i int)) (late time.Duration) {
	began := time.Now()
	var calls sync.WaitGroup
	defer calls.Wait()
	t := time.NewTimer(0)
	defer t.Stop()
	<-t.C
	for i, d := range at {
		t.Reset(time.Until(began.Add(d)))
		select {
		case <-t.C:
		case <-ctx.Done():
			return late
		}
		late = max(late, time.Since(began)-d)
		calls.Go(func() { ask(ctx, i) })
	}
	return late
}

// Limits are what an answer must keep to be of use; 0 limits nothing.
type Limits struct {
	// TTFT bounds the time to the first token, ITL 95 of 100 gaps between two.
	TTFT, ITL time.Duration
}

// Figures are what a rate came to. What is not known is nil.
type Figures struct {
	Target string `json:"target,omitempty"`
	// Rate is what was asked for, Offered what the draw gave, a second.
	Rate    float64 `json:"rate_per_s"`
	Offered float64 `json:"offered_per_s"`
	Seconds float64 `json:"seconds"`
	Asked   int     `json:"asked"`
	Failed  int     `json:"failed"`
	// Good kept the limits; Goodput is these a second.
	Good    int     `json:"good"`
	Goodput float64 `json:"goodput_per_s"`
	// TokensPerS is output over the time from the first question to the last
	// answer.
	TokensPerS *float64 `json:"output_tokens_per_s,omitempty"`
	TTFTP50    *float64 `json:"ttft_p50_s,omitempty"`
	TTFTP95    *float64 `json:"ttft_p95_s,omitempty"`
	ITLP95     *float64 `json:"itl_p95_s,omitempty"`
	// JPerToken is energy over output tokens, of the Measured questions that
	// have both.
	JPerToken *float64 `json:"j_per_output_token,omitempty"`
	Measured  int      `json:"measured"`
	Method    string   `json:"energy_method,omitempty"`
	InFlight  int      `json:"in_flight_max"`
	LateS     float64  `json:"late_max_s"`
	// PowerLimitW is what the GPUs were held to.
	PowerLimitW *float64 `json:"power_limit_w,omitempty"`
}

// Of computes the figures of a rate from its samples.
func Of(rate float64, d time.Duration, samples []sample.Sample, l Limits) Figures {
	out := Figures{Rate: rate, Seconds: d.Seconds(), Asked: len(samples), Offered: float64(len(samples)) / d.Seconds()}
	var ttft, itl []float64
	var tokens, counted int
	var joules, first, last float64
	for i, s := range samples {
		out.InFlight = max(out.InFlight, s.InFlight)
		if i == 0 || s.Start < first {
			first = s.Start
		}
		if s.State == sample.Failed || s.State == sample.Skipped {
			out.Failed++
			continue
		}
		if t := s.Latency.Total; t != nil {
			last = max(last, s.Start+*t)
		}
		if s.Latency.TTFT != nil {
			ttft = append(ttft, *s.Latency.TTFT)
		}
		if s.Latency.ITLP95 != nil {
			itl = append(itl, *s.Latency.ITLP95)
		}
		if l.keeps(&s.Latency) {
			out.Good++
		}
		if s.Tokens.Output == nil {
			continue
		}
		tokens += *s.Tokens.Output
		if s.Energy != nil && (out.Method == "" || out.Method == s.Energy.Method) {
			out.Method, out.Measured = s.Energy.Method, out.Measured+1
			joules += s.Energy.Full
			counted += *s.Tokens.Output
		}
	}
	out.Goodput = float64(out.Good) / d.Seconds()
	out.TTFTP50, out.TTFTP95, out.ITLP95 = quantile(ttft, .5), quantile(ttft, .95), quantile(itl, .95)
	if last > first && tokens > 0 {
		v := float64(tokens) / (last - first)
		out.TokensPerS = &v
	}
	if counted > 0 {
		v := joules / float64(counted)
		out.JPerToken = &v
	}
	return out
}

// keeps reports whether an answer came in time. An answer of one token has no
// gaps; one without a first token kept nothing.
func (l Limits) keeps(x *sample.Latency) bool {
	if x.TTFT == nil {
		return false
	}
	return (l.TTFT == 0 || *x.TTFT <= l.TTFT.Seconds()) && (l.ITL == 0 || x.ITLP95 == nil || *x.ITLP95 <= l.ITL.Seconds())
}

func quantile(v []float64, q float64) *float64 {
	if len(v) == 0 {
		return nil
	}
	slices.Sort(v)
	at := q * float64(len(v)-1)
	i := int(at)
	out := v[i]
	if i+1 < len(v) {
		out += (at - float64(i)) * (v[i+1] - out)
	}
	return &out
}
