package method

import (
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"irori/internal/chat/jinja/value"
)

// TitleWords is the filter title: words begin after spaces, hyphens and
// opening brackets.
func TitleWords(s string) string {
	var b strings.Builder
	begin := true
	for _, r := range s {
		switch {
		case value.IsSpace(r) || strings.ContainsRune("-({[<", r):
			begin = true
			b.WriteRune(r)
			continue
		case begin:
			b.WriteString(Upper(string(r)))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		begin = false
	}
	return b.String()
}

var (
	htmlComment = regexp.MustCompile(`(?s)<!--.*?-->`)
	htmlTag     = regexp.MustCompile(`(?s)<.*?>`)
)

// StripTags drops HTML tags and comments, and joins white space.
func StripTags(s string) string {
	s = htmlComment.ReplaceAllString(s, "")
	s = htmlTag.ReplaceAllString(s, "")
	return html.UnescapeString(strings.Join(strings.FieldsFunc(s, value.IsSpace), " "))
}

// QuoteURL percent-encodes s; a slash stays outside query strings, where a
// space becomes a plus.
func QuoteURL(s string, query bool) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("_.-~", c) >= 0,
			c == '/' && !query:
			b.WriteByte(c)
		case c == ' ' && query:
			b.WriteByte('+')
		default:
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// ParseInt reads text as Python's int(s, base).
func ParseInt(s string, base int) (int64, bool) {
	s = strings.TrimFunc(s, value.IsSpace)
	if strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return 0, false
	}
	s = strings.ReplaceAll(s, "_", "")
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]
	if prefix != "" && len(s) > 2 && strings.EqualFold(s[:2], prefix) {
		s = s[2:]
	}
	if s == "" || s[0] == '-' || s[0] == '+' || base != 0 && (base < 2 || base > 36) {
		return 0, false
	}
	n, err := strconv.ParseInt(sign+s, base, 64)
	return n, err == nil
}

// ParseFloat reads text as Python's float(s).
func ParseFloat(s string) (float64, bool) {
	s = strings.ReplaceAll(strings.TrimFunc(s, value.IsSpace), "_", "")
	if strings.ContainsAny(s, "xXpP") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}

// Escaped is what formatting into Markup does to its text arguments.
func Escaped(v any) any {
	switch v := v.(type) {
	case string:
		return value.Markup(value.Escape(v))
	case *value.List:
		if !v.Tuple {
			return v
		}
		l := &value.List{Tuple: true}
		for _, x := range v.Items {
			if s, ok := x.(string); ok {
				x = value.Markup(value.Escape(s))
			}
			l.Items = append(l.Items, x)
		}
		return l
	}
	return v
}
