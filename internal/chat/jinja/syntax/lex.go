package syntax

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"irori/internal/chat/jinja/value"
)

type tokenKind uint8

const (
	tokText tokenKind = iota
	tokVarBegin
	tokVarEnd
	tokBlockBegin
	tokBlockEnd
	tokName
	tokString
	tokInt
	tokFloat
	tokOp
	tokEOF
)

type token struct {
	kind tokenKind
	text string
	line int
}

// String describes a token in a message.
func (t token) String() string {
	switch t.kind {
	case tokText:
		return "text"
	case tokVarEnd:
		return "'}}'"
	case tokBlockEnd:
		return "'%}'"
	case tokEOF:
		return "end of template"
	}
	return fmt.Sprintf("%q", t.text)
}

func fail(line int, format string, args ...any) {
	panic(&value.Error{Kind: value.KindSyntax, Msg: fmt.Sprintf(format, args...), Line: line})
}

type lexer struct {
	src  string
	pos  int
	line int
	toks []token
	// lineStart says that what was read last ended a line.
	lineStart bool
	maxTokens int
}

// lex splits a template into tokens. White space control is done here.
func lex(src string, maxTokens int) []token {
	src = strings.ReplaceAll(src, "\r\n", "\n")
	src = strings.ReplaceAll(src, "\r", "\n")
	src = strings.TrimSuffix(src, "\n")
	l := &lexer{src: src, line: 1, lineStart: true, maxTokens: maxTokens}
	for l.pos < len(l.src) {
		l.next()
	}
	l.add(tokEOF, "")
	return l.toks
}

func (l *lexer) add(kind tokenKind, text string) {
	if len(l.toks) >= l.maxTokens {
		panic(&value.Error{Kind: value.KindLimit, Msg: "template is too long", Line: l.line})
	}
	l.toks = append(l.toks, token{kind, text, l.line})
}

// take moves past the next n bytes.
func (l *lexer) take(n int) string {
	s := l.src[l.pos : l.pos+n]
	l.pos += n
	l.line += strings.Count(s, "\n")
	if s != "" {
		l.lineStart = s[len(s)-1] == '\n'
	}
	return s
}

var rawBegin = regexp.MustCompile(`^\{%[-+]?[\s\v]*raw[\s\v]*(-%\}|%\})`)

// next reads text up to a tag, and the tag.
func (l *lexer) next() {
	rest := l.src[l.pos:]
	i := tagStart(rest)
	if i < 0 {
		l.add(tokText, rest)
		l.take(len(rest))
		return
	}
	sign := byte(0)
	if i+2 < len(rest) && (rest[i+2] == '-' || rest[i+2] == '+') {
		sign = rest[i+2]
	}
	l.text(rest[:i], sign, rest[i+1] != '{')
	rest = rest[i:]
	width := 2
	if sign != 0 {
		width = 3
	}
	switch {
	case rest[1] == '#':
		l.comment(width)
	case rest[1] == '%' && rawBegin.MatchString(rest):
		l.raw(rawBegin.FindString(rest))
	case rest[1] == '%':
		l.add(tokBlockBegin, "")
		l.take(width)
		l.tag("%}", tokBlockEnd)
	default:
		l.add(tokVarBegin, "")
		l.take(width)
		l.tag("}}", tokVarEnd)
	}
}

func tagStart(s string) int {
	for i := 0; ; i++ {
		j := strings.IndexByte(s[i:], '{')
		if j < 0 || i+j+1 >= len(s) {
			return -1
		}
		i += j
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
	}
}

// text emits the text in front of a tag, cut as the tag's sign says: a minus
// strips all white space, a block tag alone on its line its indentation.
func (l *lexer) text(s string, sign byte, block bool) {
	keep := s
	if sign == '-' {
		keep = strings.TrimRightFunc(s, value.IsSpace)
	} else if sign != '+' && block {
		at := strings.LastIndexByte(s, '\n') + 1
		if (at > 0 || l.lineStart) && strings.TrimFunc(s[at:], value.IsSpace) == "" {
			keep = s[:at]
		}
	}
	if keep != "" {
		l.add(tokText, keep)
	}
	l.take(len(s))
}

func (l *lexer) comment(width int) {
	l.take(width)
	i := strings.Index(l.src[l.pos:], "#}")
	if i < 0 {
		fail(l.line, "missing end of comment tag")
	}
	minus := i > 0 && l.src[l.pos+i-1] == '-'
	plus := i > 0 && l.src[l.pos+i-1] == '+'
	l.take(i + 2)
	l.afterBlock(minus, plus)
}

// afterBlock drops what follows a block tag: all white space after a minus,
// else one newline unless there was a plus.
func (l *lexer) afterBlock(minus, plus bool) {
	rest := l.src[l.pos:]
	switch {
	case minus:
		l.take(len(rest) - len(strings.TrimLeftFunc(rest, value.IsSpace)))
	case !plus && strings.HasPrefix(rest, "\n"):
		l.take(1)
	}
}

var rawEnd = regexp.MustCompile(`\{%([-+]?)[\s\v]*endraw[\s\v]*([-+]?)%\}`)

func (l *lexer) raw(begin string) {
	l.take(len(begin))
	if strings.HasSuffix(begin, "-%}") {
		l.afterBlock(true, false)
	}
	rest := l.src[l.pos:]
	m := rawEnd.FindStringSubmatchIndex(rest)
	if m == nil {
		fail(l.line, "missing end of raw directive")
	}
	sign := byte(0)
	if m[2] < m[3] {
		sign = rest[m[2]]
	}
	l.text(rest[:m[0]], sign, true)
	l.take(m[1] - m[0])
	end := rest[m[4]:m[5]]
	l.afterBlock(end == "-", end == "+")
}

var (
	floatToken = regexp.MustCompile(`^(\d+_)*\d+((\.(\d+_)*\d+)?[eE][+\-]?(\d+_)*\d+|\.(\d+_)*\d+)`)
	intToken   = regexp.MustCompile(`^(0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[\da-fA-F])+|[1-9](_?\d)*|0(_?0)*)`)
)

// operators, longest first.
var operators = []string{
	"//", "**", "==", "!=", ">=", "<=",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

// tag reads the tokens of a tag up to its end.
func (l *lexer) tag(end string, kind tokenKind) {
	var open []byte
	first := l.line
	for {
		rest := l.src[l.pos:]
		trimmed := strings.TrimLeftFunc(rest, value.IsSpace)
		if len(open) == 0 && l.tagEnd(rest, end, kind) {
			return
		}
		if len(trimmed) < len(rest) {
			l.take(len(rest) - len(trimmed))
			continue
		}
		if rest == "" {
			fail(first, "tag is never closed")
		}
		if l.word(rest) {
			continue
		}
		open = l.operator(rest, open)
	}
}

func (l *lexer) tagEnd(rest, end string, kind tokenKind) bool {
	sign := byte(0)
	if rest != "" && (rest[0] == '-' || rest[0] == '+' && kind == tokBlockEnd) {
		sign = rest[0]
		rest = rest[1:]
	}
	if !strings.HasPrefix(rest, end) {
		return false
	}
	l.add(kind, "")
	n := 2
	if sign != 0 {
		n = 3
	}
	l.take(n)
	if kind == tokBlockEnd || sign == '-' {
		l.afterBlock(sign == '-', sign == '+')
	}
	return true
}

// word reads a number, name or string.
func (l *lexer) word(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r >= '0' && r <= '9':
		afterDot := l.pos > 0 && l.src[l.pos-1] == '.'
		if f := floatToken.FindString(rest); f != "" && !afterDot {
			l.add(tokFloat, f)
			l.take(len(f))
			return true
		}
		n := intToken.FindString(rest)
		l.add(tokInt, n)
		l.take(len(n))
	case r == '_' || unicode.IsLetter(r):
		n := strings.IndexFunc(rest, func(r rune) bool {
			return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
		})
		if n < 0 {
			n = len(rest)
		}
		l.add(tokName, rest[:n])
		l.take(n)
	case r == '\'' || r == '"':
		n := stringEnd(rest)
		if n < 0 {
			fail(l.line, "string is never closed")
		}
		l.add(tokString, unescape(rest[1:n-1], l.line))
		l.take(n)
	default:
		return false
	}
	return true
}

func stringEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return -1
}

func (l *lexer) operator(rest string, open []byte) []byte {
	for _, op := range operators {
		if !strings.HasPrefix(rest, op) {
			continue
		}
		switch op {
		case "(", "[", "{":
			open = append(open, op[0])
		case ")", "]", "}":
			pairs := map[byte]byte{')': '(', ']': '[', '}': '{'}
			if len(open) == 0 || open[len(open)-1] != pairs[op[0]] {
				fail(l.line, "unexpected '%s'", op)
			}
			open = open[:len(open)-1]
		}
		l.add(tokOp, op)
		l.take(len(op))
		return open
	}
	r, _ := utf8.DecodeRuneInString(rest)
	fail(l.line, "unexpected character %q", r)
	return nil
}
