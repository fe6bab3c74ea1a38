package shield

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/llm"
	"irori/internal/route/privacy"
)

// Finder finds what is private in a text; see privacy.Scanner. It must not
// keep texts.
type Finder interface {
	Scan(text string) ([]privacy.Span, error)
}

// Options make a Shield.
type Options struct {
	Finder Finder
	Policy privacy.Policy
	// Images is privacy.Any where pictures may leave unread.
	Images privacy.Treatment
	// Patience bounds how long a request is read; 0 is ten seconds.
	Patience time.Duration
}

// Shield reads requests before they leave. It is safe for concurrent use.
type Shield struct{ o Options }

// New makes a Shield.
func New(o Options) *Shield {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	return &Shield{o}
}

// Of makes the Shield that settings describe.
func Of(s privacy.Settings) (*Shield, error) {
	scanner, err := s.Scanner()
	if err != nil {
		return nil, err
	}
	images := privacy.LocalOnly
	if s.Images == string(privacy.Any) {
		images = privacy.Any
	}
	return New(Options{Finder: scanner, Policy: s.Policy(), Images: images}), nil
}

// Warm reads what the first text would wait for: lists and weights, some tenths of
// a second of a core.
func (s *Shield) Warm() {
	_, _ = s.o.Finder.Scan("Jane Doe 田中") // what fails here fails where it counts, too
}

// Terms are what holds for a request: who reads it, and how strict that is. The
// zero value lets everything pass.
type Terms struct {
	Shield *Shield
	Level  privacy.Level
	// Read is what was found in the request before, nil where nobody looked.
	Read *Reading
	// Firm says that what would be masked is refused.
	Firm bool
	// Routed says that a route gave them, and not the settings.
	Routed bool
}

// Stricter are terms with a level that is no milder than another.
func (t Terms) Stricter(l privacy.Level) Terms {
	t.Level = privacy.StricterLevel(t.Level, l)
	return t
}

type termsOf struct{}

// With is ctx for leases of a request that a route sends somewhere: its terms
// hold in place of the server's own.
func With(ctx context.Context, t Terms) context.Context {
	t.Routed = true
	return context.WithValue(ctx, termsOf{}, t)
}

// From are the terms of With.
func From(ctx context.Context) (t Terms, ok bool) {
	t, ok = ctx.Value(termsOf{}).(Terms)
	return t, ok
}

// Hidden stands in records for the name of a model that holds something
// private.
const Hidden = "(private)"

// GuardModel is Guard for requests that name a model in their client's words.
// kept is what records may have of it: where something private is in it that is
// Hidden, and all requests are refused, whatever model they name.
func (t Terms) GuardModel(name, model string, b llm.Backend) (guarded llm.Backend, note *Note, kept string) {
	if t.Level == "" || t.Level == privacy.LevelAny || !t.holds(model) {
		guarded, note = t.Guard(name, b)
		return guarded, note, model
	}
	guarded, note = t.guard(name, model, b)
	return guarded, note, Hidden
}

// holds reports whether something private is in the name of a model, or nobody
// can tell.
func (t Terms) holds(model string) (private bool) {
	if t.Shield == nil || t.Shield.o.Finder == nil {
		return true
	}
	defer func() {
		if recover() != nil {
			private = true // what it says may hold the name
		}
	}()
	l := newLook(context.Background(), t)
	l.served(model)
	return l.failed != nil || len(l.met) > 0
}

// Guard stands before a backend for one request or several that belong
// together. name is what errors call the backend. Where the terms let
// everything pass, the backend itself comes back, and no note.
func (t Terms) Guard(name string, b llm.Backend) (llm.Backend, *Note) { return t.guard(name, "", b) }

func (t Terms) guard(name, model string, b llm.Backend) (llm.Backend, *Note) {
	if t.Level == "" || t.Level == privacy.LevelAny {
		return b, nil
	}
	g := &guarded{of: b, name: name, terms: t, note: &Note{}, model: model}
	prompt, _ := b.(llm.PromptCounter)
	tokens, _ := b.(llm.TokenCounter)
	switch {
	case prompt != nil && tokens != nil:
		return struct {
			*guarded
			promptCounter
			tokenCounter
		}{g, promptCounter{g, prompt}, tokenCounter{g, tokens}}, g.note
	case prompt != nil:
		return struct {
			*guarded
			promptCounter
		}{g, promptCounter{g, prompt}}, g.note
	case tokens != nil:
		return struct {
			*guarded
			tokenCounter
		}{g, tokenCounter{g, tokens}}, g.note
	}
	return g, g.note
}

// Note is what was done to requests, for a record and a header. It names
// classes, never what was found.
type Note struct {
	mu              sync.Mutex
	masked, refused map[privacy.Class]bool
	unread          bool
}

// String is the note, as "masked: email,name"; empty where nothing was done.
func (n *Note) String() string {
	if n == nil {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.unread:
		return "private: it could not be read"
	case len(n.refused) > 0:
		return "private: " + list(n.refused)
	case len(n.masked) > 0:
		return "masked: " + list(n.masked)
	}
	return ""
}

func (n *Note) add(to *map[privacy.Class]bool, classes []privacy.Class) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if *to == nil {
		*to = map[privacy.Class]bool{}
	}
	for _, c := range classes {
		(*to)[c] = true
	}
}

func list(classes map[privacy.Class]bool) string {
	var out []string
	for c := range classes {
		out = append(out, string(c))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}
