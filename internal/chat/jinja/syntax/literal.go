package syntax

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"irori/internal/chat/jinja/value"
)

// simpleEscapes are the escapes of one letter; a backslash before a newline
// joins two lines.
var simpleEscapes = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v",
	'\\': "\\", '\'': "'", '"': `"`, '\n': "",
}

// unescape reads the inside of a string literal by Python's rules.
func unescape(s string, line int) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		if t, ok := simpleEscapes[c]; ok {
			b.WriteString(t)
			i += 2
			continue
		}
		digits, base := 0, 16
		switch {
		case c == 'x':
			digits = 2
		case c == 'u':
			digits = 4
		case c == 'U':
			digits = 8
		case c >= '0' && c <= '7':
			base = 8
		default: // an unknown escape stays as it is
			b.WriteByte('\\')
			i++
			continue
		}
		i += escapeCode(&b, s[i:], digits, base, line)
	}
	return b.String()
}

// escapeCode writes the character of a numeric escape at the start of s and
// returns the escape's length.
func escapeCode(b *strings.Builder, s string, digits, base, line int) int {
	start, end := 2, 2+digits
	if base == 8 {
		start, end = 1, 2
		for end < len(s) && end < 4 && s[end] >= '0' && s[end] <= '7' {
			end++
		}
	}
	if end > len(s) {
		fail(line, "truncated escape in a string")
	}
	n, err := strconv.ParseUint(s[start:end], base, 32)
	if err != nil || n > utf8.MaxRune {
		fail(line, "bad escape in a string")
	}
	b.WriteRune(rune(n))
	return end
}

func intLiteral(t token) any {
	s := strings.ToLower(strings.ReplaceAll(t.text, "_", ""))
	if s != "0" && strings.Trim(s, "0") == "" {
		s = "0"
	}
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		return value.BigInt(s)
	}
	return n
}

func floatLiteral(t token) any {
	f, _ := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64) // out of range is infinite, as in Python
	return f
}
