package run

import (
	"context"
	"time"

	"irori/internal/eval/sample"
	"irori/internal/llm"
)

// Warmer asks a target questions that do not count until its speed has settled.
// An answer that fails is passed over, since a run outlives such answers too;
// Failures in a row, or none within Patience, end it.
type Warmer struct {
	Asker Asker
	// Job makes the question of a number, each another.
	Job func(n int) *Job
	// Most bounds the questions, For the time.
	Most     int
	For      time.Duration
	Failures int
	Patience time.Duration
	// Asking is told before each question, Heard of each answer.
	Asking func(n int)
	Heard  func(*Answer)
}

// Warm fills in what it came to. The last failure that was passed over is
// returned apart from the error that ends a run.
func (w *Warmer) Warm(ctx context.Context, out *sample.WarmUp) (failed, err error) {
	steady, began := NewSteady(), time.Now()
	answered, row := began, 0
	// Until one has answered, only failures and patience end it: a run of a
	// server that answers nothing would tell nothing.
	goes := func(n int) bool {
		return out.Requests == 0 || n < w.Most && time.Since(began) < w.For && !out.Steady
	}
	for n := 0; goes(n); n++ {
		w.Asking(n)
		a, err := w.Asker.Ask(ctx, w.Job(n))
		if err != nil {
			again, after := passing(err)
			if ctx.Err() != nil || Hopeless(err) && !again {
				return failed, err
			}
			failed = err
			out.Failed++
			if row++; row >= w.Failures {
				return failed, llm.Wrap(llm.CodeOf(err), err, "%d warm-up questions in a row failed", row)
			}
			if !again {
				after = 0
			} else {
				after = max(after, pause)
			}
			if time.Since(answered)+after > w.Patience {
				return failed, llm.Wrap(llm.CodeOf(err), err, "no answer within %s", w.Patience)
			}
			select {
			case <-ctx.Done():
				return failed, ctx.Err()
			case <-time.After(after):
			}
			continue
		}
		answered, row = time.Now(), 0
		if out.Requests++; out.Requests == 1 {
			out.FirstTTFT = a.Latency.TTFT
		}
		w.Heard(a)
		if a.Tokens.Output == nil || *a.Tokens.Output < 2 || a.Latency.TTFT == nil || *a.Latency.Total <= *a.Latency.TTFT {
			continue
		}
		out.Steady = steady.Add(float64(*a.Tokens.Output-1) / (*a.Latency.Total - *a.Latency.TTFT))
	}
	if mean, cv, ok := steady.Last(); ok {
		out.TokensPerS, out.CV = &mean, &cv
	}
	return failed, nil
}
