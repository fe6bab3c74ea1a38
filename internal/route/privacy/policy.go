package privacy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"irori/internal/route/privacy/span"
)

// Treatment is what becomes of a text.
type Treatment string

// The treatments, from the mildest to the strictest.
const (
	Any       Treatment = "any"        // it may go anywhere
	Redact    Treatment = "redact"     // it may leave with its spans masked
	LocalOnly Treatment = "local-only" // it does not leave this machine
)

var strictness = []Treatment{Any, Redact, LocalOnly}

// ParseTreatment reads a treatment.
func ParseTreatment(s string) (Treatment, error) {
	if t := Treatment(s); slices.Contains(strictness, t) {
		return t, nil
	}
	return "", fmt.Errorf("%q is no privacy class: any, redact or local-only", s)
}

// Stricter returns the stricter of two treatments. What is unknown counts as
// the strictest.
func Stricter(a, b Treatment) Treatment {
	i, j := slices.Index(strictness, a), slices.Index(strictness, b)
	if i < 0 || j < 0 {
		return LocalOnly
	}
	return strictness[max(i, j)]
}

// Policy says which class leads to which treatment.
type Policy struct {
	Classes map[Class]Treatment
	// Otherwise is for classes that are not named; empty is local-only.
	Otherwise Treatment
}

// DefaultPolicy keeps here what opens something or identifies a person by
// itself, and masks the rest.
func DefaultPolicy() Policy {
	p := Policy{Classes: map[Class]Treatment{}, Otherwise: LocalOnly}
	for _, c := range span.Classes {
		p.Classes[c] = Redact
	}
	for _, c := range []Class{span.Key, span.MyNumber, span.Card, span.Bank, span.Document} {
		p.Classes[c] = LocalOnly
	}
	return p
}

// treat is what becomes of a class.
func (p Policy) treat(c Class) Treatment {
	t, ok := p.Classes[c]
	if !ok {
		t = p.Otherwise
	}
	return Stricter(t, Any)
}

// strict is higher the stricter a class is treated.
func (p Policy) strict(c Class) int { return slices.Index(strictness, p.treat(c)) }

// Decision is what becomes of a text, and why. It never holds what was found.
type Decision struct {
	Treatment Treatment
	// Classes that led to it, sorted.
	Classes []Class
	// Failed says that it could not be read, and that this is why.
	Failed bool
	// Unread says that what reads it failed, or took too long: it may be found
	// out another time, unlike what cannot be read at all.
	Unread bool
}

// Decide takes what Scan returned. A failed detector is local-only.
func (p Policy) Decide(spans []Span, failed error) Decision {
	if failed != nil {
		return Decision{Treatment: LocalOnly, Failed: true, Unread: true}
	}
	d := Decision{Treatment: Any}
	led := map[Class]bool{}
	for _, s := range spans {
		t := p.treat(s.Class)
		if t == Any {
			continue
		}
		if Stricter(t, d.Treatment) != d.Treatment {
			clear(led)
			d.Treatment = t
		}
		if t == d.Treatment {
			led[s.Class] = true
		}
	}
	d.Classes = slices.Sorted(maps.Keys(led))
	return d
}

// Rule is a user's own: words, or a regular expression of Go, on the text as
// NFKC folds it. Words are found in any case.
type Rule struct {
	Class   Class    `json:"class"`
	Words   []string `json:"words,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
}

type rule struct {
	class   Class
	pattern *regexp.Regexp
	word    bool // it has to stand alone
}

var className = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

func compile(rules []Rule) ([]rule, error) {
	var out []rule
	for i, r := range rules {
		switch {
		case !className.MatchString(string(r.Class)):
			return nil, fmt.Errorf("rule %d: class %q: lower-case letters, digits, _ and - are wanted", i+1, r.Class)
		case r.Pattern == "" && len(r.Words) == 0:
			return nil, fmt.Errorf("rule %d (%s): neither words nor a pattern", i+1, r.Class)
		}
		if r.Pattern != "" {
			p, err := regexp.Compile(r.Pattern)
			if err != nil {
				return nil, fmt.Errorf("rule %d (%s): %w", i+1, r.Class, err)
			}
			if p.MatchString("") {
				return nil, fmt.Errorf("rule %d (%s): the pattern matches nothing at all, and so everything", i+1, r.Class)
			}
			out = append(out, rule{r.Class, p, false})
		}
		for _, w := range r.Words {
			w = span.Fold(w).S
			if strings.TrimSpace(w) == "" {
				return nil, fmt.Errorf("rule %d (%s): an empty word", i+1, r.Class)
			}
			out = append(out, rule{r.Class, regexp.MustCompile("(?i)" + regexp.QuoteMeta(w)), true})
		}
	}
	return out, nil
}

// match finds what rules want. A word of letters does not count inside of a
// longer one.
func match(t *span.Text, rules []rule) []span.Span {
	var out []span.Span
	for _, r := range rules {
		for _, m := range r.pattern.FindAllStringIndex(t.S, -1) {
			a, b := t.Rune(m[0]), t.Rune(m[1])
			if r.word && (joined(t.At(a-1), t.At(a)) || joined(t.At(b-1), t.At(b))) {
				continue
			}
			out = append(out, span.Span{Class: r.class, Start: a, End: b})
		}
	}
	return out
}

// joined reports whether two runes are of one word, in scripts that have
// spaces.
func joined(a, b rune) bool {
	in := func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsDigit(r)) && r < 0x2e80 }
	return in(a) && in(b)
}
