package lexicon

import (
	"strings"
	"unicode"
)

// Set are words with spaces between them.
func Set(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}

// Sections splits a list at its lines "= NAME".
func Sections(text string) map[string]string {
	out, name := map[string]string{}, ""
	for line := range strings.SplitSeq(text, "\n") {
		if n, ok := strings.CutPrefix(line, "= "); ok {
			name = n
			continue
		}
		out[name] += line + "\n"
	}
	return out
}

// Titled begins a word with a capital, and goes on without.
func Titled(s string) string {
	if capitalised(s) {
		return s
	}
	rs := []rune(strings.ToLower(s))
	if len(rs) > 0 {
		rs[0] = unicode.ToUpper(rs[0])
	}
	return string(rs)
}

// capitalised reports whether a word of ASCII is as titled writes it.
func capitalised(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 || i == 0 && c >= 'a' && c <= 'z' || i > 0 && c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}
