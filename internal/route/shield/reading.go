package shield

import (
	"fmt"
	"slices"
	"sync"

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

// Decide says what may become of texts together. What shows only behind escapes
// cannot be masked, so it stays here.
func (r *Reading) Decide(texts []string) privacy.Decision {
	var spans, hidden []privacy.Span
	var failed error
	for _, s := range texts {
		found, err := r.Scan(s)
		if err != nil {
			failed = err
		}
		behind, err := privacy.Hidden(r.Scan, s, found)
		if err != nil {
			failed = err
		}
		hidden = append(hidden, behind...)
		spans = slices.Concat(spans, found, behind)
	}
	d := r.of.o.Policy.Decide(spans, failed)
	if d.Treatment == privacy.Redact && r.of.o.Policy.Decide(hidden, nil).Treatment == privacy.Redact {
		d.Treatment = privacy.LocalOnly
	}
	return d
}

// finder finds what is private by the terms: in what was read already, where
// that was read by the same shield.
func (t Terms) finder() Finder {
	if t.Read != nil && t.Read.of == t.Shield {
		return t.Read
	}
	return t.Shield.o.Finder
}
