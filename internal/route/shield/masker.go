package shield

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/route/privacy/mask"
	"irori/internal/route/privacy/span"
)

// masker is the editor that puts tokens in place of what look found. A value
// found in one text is masked in all of them.
type masker struct {
	l      *look
	conv   *mask.Conversation
	known  map[string]privacy.Class
	all    *regexp.Regexp
	names  map[string]string
	failed error
}

// shortest is the length from which a value is looked for where no detector saw
// it: shorter ones are parts of other words. In scripts without spaces three
// characters say as much.
const (
	shortest    = 4
	shortestHan = 3
)

func newMasker(l *look) *masker {
	m := &masker{l: l, conv: mask.New(), known: map[string]privacy.Class{}, names: map[string]string{}}
	for text, spans := range l.found {
		var rs []rune
		for _, s := range spans {
			if rs == nil {
				rs = []rune(text)
			}
			v := string(rs[s.Start:min(s.End, len(rs))])
			if n := s.End - s.Start; n >= shortest || n >= shortestHan && span.Han(rs[s.Start]) {
				m.known[v] = s.Class
			}
		}
	}
	m.all = anyOf(m.known)
	return m
}

// anyOf finds values, the longest first.
func anyOf(values map[string]privacy.Class) *regexp.Regexp {
	if len(values) == 0 {
		return nil
	}
	var list []string
	for v := range values {
		list = append(list, regexp.QuoteMeta(v))
	}
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	// A value too odd for an expression is masked where it was found.
	p, _ := regexp.Compile(strings.Join(list, "|"))
	return p
}

// spans are those of a text: what was found, and what was found elsewhere.
func (m *masker) spans(text string, all *regexp.Regexp, known map[string]privacy.Class) []privacy.Span {
	out := slices.Clone(m.l.found[text])
	if all == nil {
		return out
	}
	last, at := 0, 0
	for _, x := range all.FindAllStringIndex(text, -1) {
		if within(text, x[0]) || within(text, x[1]) {
			continue
		}
		at += utf8.RuneCountInString(text[last:x[0]])
		last = x[0]
		v := text[x[0]:x[1]]
		out = append(out, privacy.Span{Class: known[v], Start: at, End: at + utf8.RuneCountInString(v)})
	}
	return span.Resolve(out)
}

// within reports whether a place lies inside of a word, in scripts that have
// spaces.
func within(s string, i int) bool {
	a, _ := utf8.DecodeLastRuneInString(s[:i])
	b, _ := utf8.DecodeRuneInString(s[i:])
	in := func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsDigit(r)) && r < 0x2e80 }
	return i > 0 && i < len(s) && in(a) && in(b)
}

// take masks a text.
func (m *masker) take(k kind, s string) string {
	switch k {
	case inJSON:
		return m.json(s)
	case fixed, sealed, served:
		return s // look has refused what would have to be masked
	case id:
		return m.id(s)
	case called:
		if m.text(s) != s {
			return ""
		}
		return s
	}
	return m.text(s)
}

func (m *masker) text(s string) string {
	if s == "" {
		return s
	}
	return m.conv.Redact(s, m.spans(s, m.all, m.known))
}

func (m *masker) json(s string) string {
	if s == "" {
		return s
	}
	if _, ok := m.l.pieces[s]; !ok {
		return m.text(s) // it is no JSON
	}
	own := map[string]privacy.Class{}
	for _, p := range m.l.pieces[s] {
		own[p.text] = p.class
	}
	some := anyOf(own)
	out, err := m.conv.RedactJSON(s, func(x string) ([]privacy.Span, error) {
		return span.Resolve(append(m.spans(x, m.all, m.known), m.spans(x, some, own)...)), nil
	})
	if err != nil {
		m.failed = err
	}
	return out
}

// id is another in place of one that says something, the same for all of a
// request. Nobody asks for it back.
func (m *masker) id(s string) string {
	if !m.l.ids[s] && m.text(s) == s {
		return s
	}
	if _, ok := m.names[s]; !ok {
		m.names[s] = "masked_" + strconv.Itoa(len(m.names)+1)
	}
	return m.names[s]
}

func (m *masker) joined([]string)    {}
func (m *masker) relay(*llm.Request) {}
