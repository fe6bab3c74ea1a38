package shield

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"irori/internal/llm"
	"irori/internal/route/privacy"
)

// Reading is what was found in the texts of one request, for all who look at
// them by the same settings: each text is scanned once. It is safe for
// concurrent use.
type Reading struct {
	of    *Shield
	mu    sync.Mutex
	found map[string][]privacy.Span
}

// Reading begins to read a request.
func (s *Shield) Reading() *Reading { return &Reading{of: s, found: map[string][]privacy.Span{}} }

// Scan returns the private spans of a text. A detector that falls over has
// failed, and what failed is not remembered: who asks next looks himself.
func (r *Reading) Scan(text string) (spans []privacy.Span, err error) {
	r.mu.Lock()
	spans, known := r.found[text]
	r.mu.Unlock()
	if known {
		return slices.Clone(spans), nil
	}
	defer func() {
		if p := recover(); p != nil {
			spans, err = nil, fmt.Errorf("a detector fell over (%T)", p) // what it says may hold the text
		}
	}()
	if r.of.o.Finder == nil {
		return nil, fmt.Errorf("nothing reads it")
	}
	if spans, err = r.of.o.Finder.Scan(text); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[text] = slices.Clone(spans)
	return spans, nil
}

// Decide says what may become of requests by a level: it is what a shield of the
// same settings does with them where they leave, each whole. What it would refuse
// or could not read stays here.
func (r *Reading) Decide(ctx context.Context, l privacy.Level, reqs []*llm.Request) privacy.Decision {
	g := &guarded{terms: Terms{Shield: r.of, Level: l, Read: r}, note: &Note{}}
	for _, req := range reqs {
		if _, _, err := g.request(ctx, req); err != nil {
			return g.note.decision(true)
		}
	}
	return g.note.decision(false)
}

// unnamed is in a note of what stays here for no class: nobody can read it.
const unnamed privacy.Class = "request"

// decision is what was done, or what would be. What stays here without a class
// could not be read.
func (n *Note) decision(stays bool) privacy.Decision {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case stays && !n.unread && len(n.refused) > 0 && !n.refused[unnamed]:
		return privacy.Decision{Treatment: privacy.LocalOnly, Classes: slices.Sorted(maps.Keys(n.refused))}
	case stays:
		return privacy.Decision{Treatment: privacy.LocalOnly, Failed: true, Unread: n.unread}
	case len(n.masked) > 0:
		return privacy.Decision{Treatment: privacy.Redact, Classes: slices.Sorted(maps.Keys(n.masked))}
	}
	return privacy.Decision{Treatment: privacy.Any}
}

// finder finds what is private by the terms: in what was read already, where
// that was read by the same shield.
func (t Terms) finder() Finder {
	if t.Read != nil && t.Read.of == t.Shield {
		return t.Read
	}
	return t.Shield.o.Finder
}
