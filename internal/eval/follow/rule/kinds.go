package rule

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

var (
	brackets = regexp.MustCompile(`\[.*?\]`)
	divider  = regexp.MustCompile(Blank + `?\*\*\*` + Blank + `?`)
)

// Placeholders asks for a number of [places] to fill in.
func Placeholders(a Args) (Check, error) {
	n, err := a.Int("num_placeholders")
	return func(s string) bool { return len(brackets.FindAllStringIndex(s, -1)) >= n }, err
}

// Paragraphs asks for exactly so many, divided by three asterisks. Dividers
// at the ends are let through, an empty paragraph between two is not.
func Paragraphs(a Args) (Check, error) {
	want, err := a.Int("num_paragraphs")
	return func(s string) bool {
		parts := divider.Split(s, -1)
		n := len(parts)
		for i, p := range parts {
			if Strip(p) != "" {
				continue
			}
			if i != 0 && i != len(parts)-1 {
				return false
			}
			n--
		}
		return n == want
	}, err
}

// TwoAnswers asks for two different answers, divided by six asterisks.
func TwoAnswers(Args) (Check, error) {
	return func(s string) bool {
		parts := strings.Split(s, "******")
		var full []string
		for i, p := range parts {
			if p = Strip(p); p != "" {
				full = append(full, p)
			} else if i != 0 && i != len(parts)-1 {
				return false
			}
		}
		return len(full) == 2 && full[0] != full[1]
	}, nil
}

// OneOf asks for one of some sentences somewhere in the answer.
func OneOf(options ...string) Maker {
	return func(Args) (Check, error) {
		return func(s string) bool {
			for _, o := range options {
				if strings.Contains(s, o) {
					return true
				}
			}
			return false
		}, nil
	}
}

// JSON asks that the whole answer is a JSON value, in a fence or without.
func JSON(Args) (Check, error) {
	return func(s string) bool {
		s = Strip(s)
		for _, fence := range []string{"```json", "```Json", "```JSON", "```"} {
			s = strings.TrimPrefix(s, fence)
		}
		s = Strip(strings.TrimSuffix(s, "```"))
		return json.Valid([]byte(s)) || json.Valid([]byte(plainNumbers(s)))
	}, nil
}

// plainNumbers writes 0 for NaN and Infinity outside strings: no JSON, but the
// reader of the published checkers takes them.
func plainNumbers(s string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\' && i+1 < len(s):
			b.WriteByte(s[i])
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && strings.HasPrefix(s[i:], "NaN"):
			b.WriteByte('0')
			i += len("NaN") - 1
			continue
		case !quoted && strings.HasPrefix(s[i:], "Infinity"):
			b.WriteByte('0')
			i += len("Infinity") - 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Nth is the part that kinds about the beginning of a paragraph share: the
// answer in paragraphs by empty lines.
type Nth struct{ Paragraphs, Nth int }

// NthOf reads which paragraph of how many is meant.
func NthOf(a Args) (Nth, error) {
	var n Nth
	var err error
	if n.Paragraphs, err = a.Int("num_paragraphs"); err != nil {
		return n, err
	}
	if n.Nth, err = a.Int("nth_paragraph"); err == nil && n.Nth < 1 {
		err = fmt.Errorf("nth_paragraph is %d", n.Nth)
	}
	return n, err
}

// Find returns the paragraph, if there are as many as asked for. Empty ones do
// not count, and yet take a place: three newlines in a row move the rest on.
func (n Nth) Find(s string) (string, bool) {
	parts := strings.Split(s, "\n\n")
	count := len(parts)
	for _, p := range parts {
		if Strip(p) == "" {
			count--
		}
	}
	if n.Nth > count || count != n.Paragraphs {
		return "", false
	}
	p := Strip(parts[n.Nth-1])
	return p, p != ""
}

// Marker asks for a postscript. P.P.S and P.S. may have spaces inside; any
// other marker is looked for by pattern, in any case.
func Marker(a Args, pattern func(marker string) string) (Check, error) {
	m, err := a.Text("postscript_marker")
	if err != nil {
		return nil, err
	}
	p := pattern(Strip(m))
	switch Strip(m) {
	case "P.P.S":
		p = `p\.` + Blank + `?p\.` + Blank + `?s`
	case "P.S.":
		p = `p\.` + Blank + `?s\.`
	}
	re, err := regexp.Compile(`(?i)` + p)
	if err != nil {
		return nil, fmt.Errorf("postscript_marker is %q, which cannot be searched for", m)
	}
	return re.MatchString, nil
}

// Title asks for a title between two marks, which may be doubled.
func Title(open, end, pattern string) Maker {
	re := regexp.MustCompile(pattern)
	return func(Args) (Check, error) {
		return func(s string) bool {
			for _, t := range re.FindAllString(s, -1) {
				if Strip(strings.TrimRight(strings.TrimLeft(t, open), end)) != "" {
					return true
				}
			}
			return false
		}, nil
	}
}

// Wrapped asks that the answer stands between two characters.
func Wrapped(open, end string) Maker {
	return func(Args) (Check, error) {
		return func(s string) bool {
			s = Strip(s)
			return len(s) >= len(open)+len(end) && strings.HasPrefix(s, open) && strings.HasSuffix(s, end)
		}, nil
	}
}

// Without asks that a text does not occur.
func Without(t string) Maker {
	return func(Args) (Check, error) {
		return func(s string) bool { return !strings.Contains(s, t) }, nil
	}
}

// Sections asks for so many beginnings of sections, or more; pattern finds them
// by the mark that the argument of a name gives.
func Sections(a Args, pattern func(name, mark string) (*regexp.Regexp, error)) (Check, error) {
	const name = "section_spliter"
	n, err := a.Int("num_sections")
	if err != nil {
		return nil, err
	}
	mark, err := a.Text(name)
	if err != nil {
		return nil, err
	}
	re, err := pattern(name, Strip(mark))
	if err != nil {
		return nil, err
	}
	return func(s string) bool { return len(re.FindAllStringIndex(s, -1)) >= n }, nil
}

// Highlights asks for so many highlighted parts, or more, with something else
// than signs in them; what each pattern finds is added up.
func Highlights(signs string, patterns ...*regexp.Regexp) Maker {
	return func(a Args) (Check, error) {
		n, err := a.Int("num_highlights")
		return func(s string) bool {
			count := 0
			for _, re := range patterns {
				for _, h := range re.FindAllString(s, -1) {
					if Strip(strings.Trim(h, signs)) != "" {
						count++
					}
				}
			}
			return count >= n
		}, err
	}
}
