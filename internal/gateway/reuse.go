package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"irori/internal/llm"
	"irori/internal/reuse"
	"irori/internal/store/body"
)

// again is what a flight knows of answers that were given before.
type again struct {
	// fresh says that the client wants no earlier answer, alone that its own
	// is not to be given to others.
	fresh, alone bool
	hit          *reuse.Hit
	look         *reuse.Look
	taker        *body.Taker
}

// cacheControl reads what a client wants of earlier answers.
func cacheControl(h http.Header) (a again) {
	for _, d := range strings.Split(h.Get("Cache-Control"), ",") {
		switch strings.ToLower(strings.TrimSpace(d)) {
		case "no-cache":
			a.fresh = true
		case "no-store":
			a.fresh, a.alone = true, true
		}
	}
	return a
}

// Look looks whether the request was answered before; Generate then gives
// that answer. Headers are complete after it.
func (f *Flight) Look(ctx context.Context, reqs []*llm.Request) {
	c := f.g.o.Reuse
	if c == nil || len(reqs) != 1 || f.again.alone {
		return
	}
	r := *reqs[0]
	r.ID, r.Model = f.ID, f.Lease.Model
	if r.Relay != nil && r.Relay.Dialect != f.Lease.Dialect {
		r.Relay = nil // its words go nowhere
	}
	scope := strings.Join([]string{f.rec.Key, f.rec.Backend, f.rec.Model, f.rec.Quantization, f.Lease.Privacy}, "\x00")
	f.again.hit, f.again.look = c.Find(ctx, scope, &r)
	if h := f.again.hit; h != nil && f.again.fresh {
		// The newer answer takes its place.
		f.again.hit = nil
		return
	}
	if h := f.again.hit; h != nil {
		f.rec.Backend, f.rec.Engine, f.rec.Route = "cache", "", "local"
		f.rec.DecisionReason = "cache: the answer to " + h.ID
		if h.Alike > 0 {
			f.rec.DecisionReason = fmt.Sprintf("cache: the answer to %s, which is alike (%.3f)", h.ID, h.Alike)
		}
	}
	if f.again.look != nil {
		f.again.taker = (&body.Body{}).Take()
	}
}

// replay gives an earlier answer.
func (f *Flight) replay(emit func(llm.Event) error) error {
	for _, e := range f.again.hit.Events() {
		if e.Usage != nil {
			// For the client; nothing was computed for the ledger to count.
			f.usage = e.Usage
		} else {
			f.Observe(e)
		}
		if f.body != nil {
			f.body.Event(e)
		}
		if err := emit(e); err != nil {
			return llm.Wrap(llm.CodeCancelled, err, "the client went away")
		}
	}
	return nil
}

// remember keeps an answer that has ended well.
func (f *Flight) remember() {
	a := &f.again
	if a.look == nil {
		return
	}
	answers := a.taker.Body().Answers
	for _, x := range answers {
		if x.Finish == "" {
			return
		}
	}
	if len(answers) > 0 {
		f.g.o.Reuse.Keep(a.look, answers, f.usage)
	}
}
