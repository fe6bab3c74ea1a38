package privacy

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// rounds bounds how often escapes are read within what escapes wrote.
const rounds = 3

var escapes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:\\+u[0-9a-fA-F]{4})+`) })

// Unescaped reads what programs write in place of characters: JSON's \u0040, a
// link's %40 and HTML's &#64;, also within each other. A text without any comes
// back as it is.
func Unescaped(text string) string {
	for range rounds {
		was := text
		if strings.Contains(text, `\u`) {
			text = escapes().ReplaceAllStringFunc(text, unquoted)
		}
		if strings.Contains(text, "%") {
			text = percented(text)
		}
		if strings.Contains(text, "&") {
			text = html.UnescapeString(text)
		}
		if text == was {
			break
		}
	}
	return text
}

// unquoted is what a run of \uXXXX stands for, pairs of surrogates as one.
func unquoted(s string) string {
	var units []uint16
	for part := range strings.SplitSeq(s, "u") {
		if part = strings.TrimRight(part, `\`); len(part) == 4 {
			n, err := strconv.ParseUint(part, 16, 16)
			if err != nil {
				return s
			}
			units = append(units, uint16(n))
		}
	}
	return string(utf16.Decode(units))
}

var percents = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:%[0-9a-fA-F]{2})+`) })

// percented reads runs of %XX that are UTF-8.
func percented(s string) string {
	return percents().ReplaceAllStringFunc(s, func(run string) string {
		if out, err := url.PathUnescape(run); err == nil && utf8.ValidString(out) {
			return out
		}
		return run
	})
}

// Hidden are the spans that show only once escapes are read: of the text as
// Unescaped writes it, without the values that plain, the text's own spans, have.
// What is hidden so cannot be masked where it stands.
func Hidden(scan func(string) ([]Span, error), text string, plain []Span) ([]Span, error) {
	read := Unescaped(text)
	if read == text {
		return nil, nil
	}
	spans, err := scan(read)
	if err != nil || len(spans) == 0 {
		return nil, err
	}
	known, runes := map[string]bool{}, []rune(text)
	for _, s := range plain {
		known[string(runes[s.Start:s.End])] = true
	}
	var out []Span
	runes = []rune(read)
	for _, s := range spans {
		if !known[string(runes[s.Start:s.End])] {
			out = append(out, s)
		}
	}
	return out, nil
}
