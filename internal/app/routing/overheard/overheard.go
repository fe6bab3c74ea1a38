// Package overheard listens to answers beside who asked for them, and to those that an
// audit asks for.
//
// It changes nothing of an answer, and compares nothing: see route/shadow.
package overheard

import (
	"context"
	"iter"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/shadow"
	"irori/internal/store/body"
	"irori/internal/store/routed"
)

// Audited is a target that answers for an audit, as a backend.
type Audited struct {
	Ask    func(context.Context, string, *llm.Request, func(llm.Event)) (shadow.Answer, routed.Use, error)
	Target string
}

// Generate yields an answer when all of it is there.
func (a Audited) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		var all []llm.Event
		_, _, err := a.Ask(ctx, a.Target, req, func(e llm.Event) { all = append(all, e) })
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(llm.Event{}, err)
		}
	}
}

// hearing is a backend whose answer is listened to, for an audit.
type hearing struct {
	llm.Backend
	said *body.Taker
}

// Generate answers as the backend below does.
func (h *hearing) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	asked := *req
	if asked.Relay != nil {
		relay := *asked.Relay
		relay.Read = true
		asked.Relay = &relay
	}
	return func(yield func(llm.Event, error) bool) {
		for e, err := range h.Backend.Generate(ctx, &asked) {
			if err == nil && e.Type == llm.EventRaw {
				for _, x := range e.Read {
					h.said.Event(x)
				}
			} else if err == nil {
				h.said.Event(e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Sides are the answers of either side of a route, by its name.
type Sides map[string]*body.Taker

// Listen lets the answer of a lease be heard.
func (s *Sides) Listen(l *gateway.Lease, side string) {
	t := (&body.Body{}).Take()
	if *s == nil {
		*s = Sides{}
	}
	(*s)[side] = t
	l.Backend = &hearing{l.Backend, t}
}

// Answer is what a side said, nil where that is not one whole answer.
func (s Sides) Answer(side string) *shadow.Answer {
	if s[side] == nil {
		return nil
	}
	all := s[side].Body().Answers
	if len(all) != 1 || all[0].Finish == "" {
		return nil
	}
	a := &shadow.Answer{}
	a.Text = all[0].Text
	for _, c := range all[0].Calls {
		a.Calls = append(a.Calls, llm.ToolCall{ID: c.ID, Name: c.Name, Arguments: c.Arguments})
	}
	return a
}
