package privacy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"irori/internal/route/privacy/account"
	"irori/internal/route/privacy/number"
	"irori/internal/route/privacy/place"
	"irori/internal/route/privacy/secret"
	"irori/internal/route/privacy/sheet"
	"irori/internal/route/privacy/span"
	"irori/internal/route/privacy/tagger"
)

// Class is that of package span.
type Class = span.Class

// Span is that of package span.
type Span = span.Span

// Detector finds spans in a folded text, in its runes.
type Detector struct {
	Name string
	Find func(*span.Text) []span.Span
}

// builtin are the detectors that every scanner has.
func builtin() []Detector {
	return []Detector{
		{"secrets", secret.Find},
		{"numbers", number.Find},
		{"japanese addresses", place.Japanese},
		{"english addresses", place.English},
		{"japanese names", tagger.Japanese},
		{"english names", tagger.English},
		{"names of accounts", account.Names},
		{"names in tables", sheet.Names},
	}
}

// Scanner finds what is private in texts. It is safe for concurrent use.
type Scanner struct {
	detectors []Detector
	only      map[Class]bool
	policy    Policy
}

// Options choose what a scanner looks for.
type Options struct {
	// Rules are added to the detectors.
	Rules []Rule
	// Only keeps spans of these classes; empty keeps all.
	Only []Class
	// Extra are further detectors.
	Extra []Detector
	// Policy says which of two spans that overlap is the stricter one; without
	// classes it is the default policy.
	Policy Policy
}

// New makes a scanner. An error names the rule that cannot be kept.
func New(o Options) (*Scanner, error) {
	s := &Scanner{detectors: append(builtin(), o.Extra...), policy: o.Policy}
	if s.policy.Classes == nil {
		s.policy = DefaultPolicy()
	}
	rules, err := compile(o.Rules)
	if err != nil {
		return nil, err
	}
	if len(rules) > 0 {
		s.detectors = append(s.detectors, Detector{"rules", func(t *span.Text) []span.Span { return match(t, rules) }})
	}
	if len(o.Only) > 0 {
		s.only = map[Class]bool{}
		for _, c := range o.Only {
			s.only[c] = true
		}
	}
	return s, nil
}

// Scan returns the private spans of a text in code points, sorted, none
// overlapping: where several found the same, the one with the strictest
// treatment stands, and of the others what sticks out. With an error, a detector failed: the text must be treated as
// private, whatever spans there are. The error does not hold the text.
func (s *Scanner) Scan(text string) ([]Span, error) {
	var out []Span
	t, err := folded(text)
	if err != nil {
		return nil, err
	}
	for _, d := range s.detectors {
		found, failed := run(d, t)
		if failed != nil {
			err = cmp.Or(err, failed)
			continue
		}
		for _, f := range found {
			if s.only != nil && !s.only[f.Class] {
				continue
			}
			if f.Start < 0 || f.End > t.Len() || f.Start >= f.End {
				err = cmp.Or(err, error(&failure{d.Name, "a span outside of the text"}))
				continue
			}
			out = append(out, t.Original(f))
		}
	}
	out = span.ResolveBy(out, s.policy.strict)
	return slices.Clip(out), err
}

// failure is a detector that failed. It says nothing of the text.
type failure struct{ detector, how string }

// Error names the detector.
func (f *failure) Error() string {
	return fmt.Sprintf("the detector of %s failed (%s): the text counts as private", f.detector, f.how)
}

// run keeps a detector's panic from passing as "nothing found". What it says
// may hold the text, so only its type is told.
func run(d Detector, t *span.Text) (out []Span, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, &failure{d.Name, fmt.Sprintf("%T", p)}
		}
	}()
	return d.Find(t), nil
}

func folded(text string) (t *span.Text, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &failure{"characters", fmt.Sprintf("%T", p)}
		}
	}()
	return span.Fold(text), nil
}

// Mark writes a text for people: where something was found, its class stands.
func Mark(text string, spans []Span) string {
	rs := []rune(text)
	var out strings.Builder
	at := 0
	for _, s := range spans {
		out.WriteString(string(rs[at:s.Start]))
		out.WriteString("[" + string(s.Class) + "]")
		at = s.End
	}
	out.WriteString(string(rs[at:]))
	return out.String()
}

// ParseClasses reads classes with commas between them.
func ParseClasses(s string) ([]Class, error) {
	var out []Class
	for name := range strings.SplitSeq(s, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case slices.Contains(span.Classes, Class(name)):
			out = append(out, Class(name))
		default:
			var all []string
			for _, c := range span.Classes {
				all = append(all, string(c))
			}
			return nil, fmt.Errorf("%q is no class; there are %s", name, strings.Join(all, ", "))
		}
	}
	return out, nil
}
