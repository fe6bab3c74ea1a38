package shield

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/route/privacy/span"
)

// look is the editor that changes nothing and remembers what it saw.
type look struct {
	ctx   context.Context
	terms Terms
	// found is what was found in each text, sorted; pieces are values within
	// the strings of a JSON text that only the whole of it shows.
	found  map[string][]privacy.Span
	pieces map[string][]value
	// met are the classes found, by what becomes of them.
	met map[privacy.Treatment]map[privacy.Class]bool
	// ids are those that say something.
	ids map[string]bool
	// stuck says that something found cannot be masked.
	stuck  bool
	failed error
}

// value is a text that is private.
type value struct {
	class privacy.Class
	text  string
}

func newLook(ctx context.Context, t Terms) *look {
	return &look{ctx: ctx, terms: t, found: map[string][]privacy.Span{}, pieces: map[string][]value{}, ids: map[string]bool{}, met: map[privacy.Treatment]map[privacy.Class]bool{}}
}

// classes are those with a treatment, sorted.
func (l *look) classes(t privacy.Treatment) []privacy.Class {
	return slices.Sorted(maps.Keys(l.met[t]))
}

// treat is what becomes of a class.
func (l *look) treat(c privacy.Class) privacy.Treatment {
	t := l.terms.Shield.o.Policy.Decide([]privacy.Span{{Class: c}}, nil).Treatment
	if l.terms.Level == privacy.LevelRedact {
		t = privacy.Stricter(t, privacy.Redact)
	}
	return t
}

// see scans a text once. Only spans that may not leave as they are come back.
func (l *look) see(text string) []privacy.Span {
	if l.failed != nil || text == "" {
		return nil
	}
	if spans, ok := l.found[text]; ok {
		return spans
	}
	if l.failed = l.ctx.Err(); l.failed != nil {
		return nil
	}
	spans, err := l.terms.finder().Scan(text)
	if err != nil {
		l.failed = err
		return nil
	}
	var out []privacy.Span
	for _, s := range spans {
		if l.meet(s.Class) {
			out = append(out, s)
		}
	}
	l.found[text] = out
	hidden, err := privacy.Hidden(l.terms.finder().Scan, text, spans)
	if err != nil {
		l.failed = err
		return nil
	}
	for _, s := range hidden {
		// Behind escapes nothing can be masked, so it does not leave.
		l.stuck = l.meet(s.Class) || l.stuck
	}
	return out
}

// meet notes a class, and reports whether it may not leave as it is.
func (l *look) meet(c privacy.Class) bool {
	t := l.treat(c)
	if t == privacy.Any {
		return false
	}
	if l.met[t] == nil {
		l.met[t] = map[privacy.Class]bool{}
	}
	l.met[t][c] = true
	return true
}

// take looks at a text.
func (l *look) take(k kind, s string) string {
	switch k {
	case inJSON:
		l.json(s)
	case fixed:
		l.stuck = len(l.see(s)) > 0 || l.stuck
	case id:
		l.id(s)
	case sealed:
		l.sealed(s)
	case served:
		l.served(s)
	default:
		l.see(s)
	}
	return s
}

// id is a name that a program made: that it looks random says nothing.
func (l *look) id(s string) {
	for _, x := range l.says(s) {
		if l.meet(x.Class) {
			l.ids[s] = true
		}
	}
}

// says are the spans of a text that a program made, but for those that only look
// random.
func (l *look) says(s string) []privacy.Span {
	if s == "" || l.failed != nil {
		return nil
	}
	spans, err := l.terms.finder().Scan(s)
	if err != nil {
		l.failed = err
		return nil
	}
	hidden, err := privacy.Hidden(l.terms.finder().Scan, s, spans)
	if err != nil {
		l.failed = err
		return nil
	}
	return slices.Concat(chosen(s, spans), chosen(privacy.Unescaped(s), hidden))
}

// sealed is a text that a provider made and nobody else can read. What does not
// look so, or is a text that was only written otherwise, is read as one that has
// to mean the same elsewhere.
func (l *look) sealed(s string) {
	inside, ok := opened(s)
	if !ok {
		l.take(fixed, s)
		return
	}
	for _, x := range l.says(s) {
		l.stuck = l.meet(x.Class) || l.stuck
	}
	if inside != "" {
		l.take(fixed, inside)
	}
}

// served is the name of a model, which cannot be masked. That one of ASCII
// without spaces looks like a person's says nothing: many are called so.
func (l *look) served(s string) {
	plain := !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII })
	for _, x := range l.says(s) {
		if x.Class != span.Name || !plain {
			l.stuck = l.meet(x.Class) || l.stuck
		}
	}
}

// joined looks for what begins in one text and ends in the next.
func (l *look) joined(texts []string) {
	if len(texts) < 2 {
		return
	}
	whole := ""
	for _, t := range texts {
		whole += t
	}
	spans := slices.Clone(l.see(whole))
	places, at := make([]int, len(texts)), 0
	for i, t := range texts {
		places[i] = at
		for _, own := range l.see(t) {
			// Where a text tells of it by itself, what it is glued to is another
			// matter.
			spans = slices.DeleteFunc(spans, func(s privacy.Span) bool { return s.Start < at+own.End && s.End > at+own.Start })
		}
		at += utf8.RuneCountInString(t)
	}
	for i, t := range texts {
		own, n := slices.Clone(l.see(t)), utf8.RuneCountInString(t)
		for _, s := range spans {
			if a, b := max(s.Start-places[i], 0), min(s.End-places[i], n); a < b {
				own = append(own, privacy.Span{Class: s.Class, Start: a, End: b})
			}
		}
		l.found[t] = span.Resolve(own)
	}
}

// json looks at a JSON text as a whole, where the name of a member tells what
// its value is, and at each of its strings.
func (l *look) json(s string) {
	if s == "" {
		return
	}
	strs, ok := literals(s)
	if !ok {
		l.see(s)
		return
	}
	for _, x := range strs {
		l.see(x.text)
	}
	if _, known := l.pieces[s]; known {
		return
	}
	l.pieces[s] = nil
	for _, x := range l.see(s) {
		covered := 0
		for _, lit := range strs {
			a, b := max(x.Start, lit.from+1), min(x.End, lit.to-1)
			if a >= b {
				continue
			}
			covered++
			// An escape that is cut is no piece; the whole string is then.
			piece, ok := unquoted(string([]rune(s)[a:b]))
			if !ok {
				piece = lit.text
			}
			l.pieces[s] = append(l.pieces[s], value{x.Class, piece})
		}
		// A number cannot be masked and be one.
		l.stuck = l.stuck || covered == 0
	}
}

// literal is a string of a JSON text, its quotes in code points.
type literal struct {
	from, to int
	text     string
}

// literals are the strings of a JSON text, names of members too; ok is false
// where it is none.
func literals(s string) (out []literal, ok bool) {
	if !json.Valid([]byte(s)) {
		return nil, false
	}
	at := 0
	for i := 0; i < len(s); {
		if s[i] != '"' {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
			at++
			continue
		}
		j := i + 1
		for s[j] != '"' {
			if s[j] == '\\' {
				j++
			}
			j++
		}
		j++
		n := utf8.RuneCountInString(s[i:j])
		text, _ := unquoted(s[i+1 : j-1])
		out = append(out, literal{at, at + n, text})
		at += n
		i = j
	}
	return out, true
}

func unquoted(s string) (string, bool) {
	var out string
	err := json.Unmarshal([]byte(`"`+s+`"`), &out)
	return out, err == nil
}

// relay looks at what only the client's own words hold.
func (l *look) relay(req *llm.Request) {
	seen := map[string]bool{}
	for _, m := range req.Messages {
		for _, t := range m.Thoughts {
			seen[t.Signature], seen[t.Redacted] = true, true // read as such
		}
	}
	for text := range l.found {
		seen[text] = true
	}
	r := req.Relay
	for _, m := range members(r.Body) {
		switch {
		case seen[m.value] || pictured(req, m.value):
		case m.name == "model":
			l.served(m.value)
		case identifies(m.name):
			l.id(m.value)
		case seals(m.name):
			l.sealed(m.value)
		default:
			l.see(m.value)
			if m.name != "" {
				l.see(m.name + ": " + m.value)
			}
		}
	}
	for name, values := range r.Header {
		for _, v := range values {
			l.see(name + ": " + v)
		}
	}
	l.see(r.Query)
}
