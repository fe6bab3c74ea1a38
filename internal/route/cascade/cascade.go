// Package cascade holds a local answer back until it was judged, and gives it
// out or fails with escalated, so that another may answer in its place.
//
// It knows neither how an answer is judged nor who answers instead. What was
// given out is never taken back.
package cascade

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"irori/internal/llm"
)

// Judge looks at one answer as it comes.
type Judge interface {
	Add(llm.Event)
	// Verdict judges what came so far; whole says that it is complete.
	Verdict(ctx context.Context, whole bool) Verdict
}

// Verdict is what becomes of an answer.
type Verdict struct {
	// Escalate says that it is not given out, Reason why, for people.
	Escalate bool
	Reason   string
	// Doubt is the score that decided, nil where there is none.
	Doubt *float64
	// Flaw is what was plainly wrong with it, in one word, "" where nothing was.
	Flaw string
	// Whole says that the whole answer was judged.
	Whole bool
}

// Options say how answers are held back.
type Options struct {
	// Judge makes a judge for one request's answer.
	Judge func(*llm.Request) Judge
	// Hold is how many pieces of a stream are held back; 0 holds all of it. An
	// answer that is not streamed, or calls tools, is judged whole.
	Hold int
	// Top is how many alternatives of each token the judge wants to see, 0
	// where it wants no log-probabilities.
	Top int
	// Name and Model are those of the attempt that a refused answer leaves.
	Name, Model string
	// Judged, where set, is told of the verdict.
	Judged func(Verdict)
}

// Backend judges the answers of another.
type Backend struct {
	llm.Backend
	o    Options
	held atomic.Int64
}

// New makes a Backend over another.
func New(b llm.Backend, o Options) *Backend { return &Backend{Backend: b, o: o} }

// Held is how long answers were held back.
func (b *Backend) Held() time.Duration { return time.Duration(b.held.Load()) }

// Generate answers as the backend below does, once the answer was judged.
// Several choices are let through: none of them stands for the others.
func (b *Backend) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	if req.Choices() > 1 {
		return b.Backend.Generate(ctx, req)
	}
	return func(yield func(llm.Event, error) bool) {
		h := &holding{b: b, ctx: ctx, yield: yield, judge: b.o.Judge(req), began: time.Now(), strip: !req.Logprobs}
		asked := *req
		// What passes as it was written cannot be read.
		asked.Relay = nil
		if b.o.Top > 0 {
			asked.Logprobs, asked.TopLogprobs = true, max(req.TopLogprobs, b.o.Top)
			h.top = req.TopLogprobs
		}
		h.hold = 0
		if req.Stream && b.o.Hold > 0 {
			h.hold = b.o.Hold
		}
		work, cancel := context.WithCancel(ctx)
		defer cancel()
		h.cancel = cancel
		for e, err := range b.Backend.Generate(work, &asked) {
			if !h.take(e, err) {
				break
			}
		}
		h.end()
	}
}

// holding is one answer that is held back.
type holding struct {
	b   *Backend
	ctx context.Context
	// cancel ends the work once it is refused; what it took is still told.
	cancel  func()
	refused *Verdict
	yield   func(llm.Event, error) bool
	judge   Judge
	began   time.Time
	// first is when the first piece came.
	first time.Time
	held  []llm.Event
	hold  int
	// pieces counts what came, visible what of it is no thinking; calls says that a tool is
	// called, which is judged whole.
	pieces  int
	visible int
	calls   bool
	open    bool
	strip   bool
	top     int
	usage   *llm.Usage
	stopped bool
}

// take takes the next event; false ends the generation.
func (h *holding) take(e llm.Event, err error) bool {
	if h.refused != nil {
		if err == nil && e.Usage != nil {
			h.usage = e.Usage
		}
		return err == nil
	}
	if err != nil {
		// What fails is not judged: who stands in is the same.
		h.stopped = true
		h.yield(llm.Event{}, err)
		return false
	}
	if h.open {
		return h.give(e)
	}
	if e.Usage != nil {
		h.usage = e.Usage
	}
	h.judge.Add(e)
	switch e.Type {
	case llm.EventStart, llm.EventAttempt:
		if e.Type == llm.EventAttempt {
			return h.give(e)
		}
	case llm.EventText, llm.EventReasoning, llm.EventToolCall:
		if h.first.IsZero() {
			h.first = time.Now()
		}
		h.pieces++
		if e.Type == llm.EventText {
			h.visible++ // what is thought says little of the answer
		}
		h.calls = h.calls || e.Type == llm.EventToolCall
	}
	h.held = append(h.held, e)
	if h.hold == 0 || h.visible < h.hold || h.calls {
		return true
	}
	return h.decide(false)
}

// decide judges what is held, and gives it out or stops.
func (h *holding) decide(whole bool) bool {
	v := h.judge.Verdict(h.ctx, whole)
	v.Whole = whole
	if !h.first.IsZero() {
		h.b.held.Add(int64(time.Since(h.first)))
	}
	if h.b.o.Judged != nil {
		h.b.o.Judged(v)
	}
	if v.Escalate {
		h.refused = &v
		h.cancel()
		return true
	}
	h.open = true
	for _, e := range h.held {
		if !h.give(e) {
			return false
		}
	}
	h.held = nil
	return true
}

// end judges an answer that is whole, and tells of one that was refused.
func (h *holding) end() {
	if !h.open && !h.stopped && h.refused == nil {
		h.decide(true)
	}
	if h.refused == nil {
		return
	}
	if h.usage == nil || h.usage.OutputTokens == nil {
		h.usage = &llm.Usage{OutputTokens: &h.pieces, Source: llm.UsageCounted}
	}
	a := &llm.Attempt{Backend: h.b.o.Name, Model: h.b.o.Model, Code: llm.CodeEscalated, Took: time.Since(h.began), Usage: h.usage}
	if h.yield(llm.Event{Type: llm.EventAttempt, Attempt: a}, nil) {
		h.yield(llm.Event{}, llm.Errorf(llm.CodeEscalated, "%s", h.refused.Reason))
	}
}

// give hands an event on, without what the client did not ask for.
func (h *holding) give(e llm.Event) bool {
	if h.strip {
		e.Logprobs = nil
	} else {
		for i := range e.Logprobs {
			e.Logprobs[i].Top = e.Logprobs[i].Top[:min(h.top, len(e.Logprobs[i].Top))]
		}
	}
	if !h.yield(e, nil) {
		h.stopped = true
		return false
	}
	return true
}
