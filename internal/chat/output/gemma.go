package output

import (
	"regexp"
	"strings"
)

// gemmaDialect is Gemma's: Python in a tool_code block, call:NAME{…} between
// markers, or bare JSON.
func gemmaDialect() dialect {
	call := func(end, quote string) func(*Parser) callReader {
		return func(*Parser) callReader {
			return &blockReader{end: end, parse: func(s string) (string, string, bool) { return parseBraceCall(s, quote) }}
		}
	}
	return dialect{
		think: map[string]string{"<think>": "</think>", "<|channel>thought": "<channel|>"},
		calls: map[string]func(*Parser) callReader{
			"<start_function_call>": call("<end_function_call>", "<escape>"),
			"<|tool_call>":          call("<tool_call|>", `<|"|>`),
			"```tool_code\n": func(*Parser) callReader {
				return &blockReader{end: "```", parse: parsePythonCall}
			},
		},
		drop: []string{"<end_of_turn>", "<turn|>"},
		bare: func(*Parser) callReader { return &objectReader{} },
	}
}

// blockReader reads a short block as a whole, because its arguments are not
// JSON and have to be written anew.
type blockReader struct {
	end   string
	parse func(s string) (name, args string, ok bool)
}

func (r *blockReader) read(p *Parser, final bool) status {
	body, rest, ok := strings.Cut(p.buf, r.end)
	if !ok && !final {
		return more
	}
	name, args, good := r.parse(strings.TrimSpace(body))
	if !good {
		return failed
	}
	p.buf = rest
	p.start(name, args)
	return done
}

var (
	callHead   = regexp.MustCompile(`^call:\s*([\w.\-]+)\s*\{`)
	pythonHead = regexp.MustCompile(`^([\w.]+)\(`)
	pythonKey  = regexp.MustCompile(`^\s*(\w+)\s*=`)
)

// parseBraceCall reads call:NAME{key:value,…}.
func parseBraceCall(s, quote string) (name, args string, ok bool) {
	m := callHead.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	l := &literal{s: s[len(m[0])-1:], quote: quote}
	args, ok = l.value(0)
	return m[1], args, ok && strings.TrimSpace(l.s) == ""
}

// parsePythonCall reads name(key=value, …), inside print() or not.
func parsePythonCall(s string) (name, args string, ok bool) {
	if strings.HasPrefix(s, "print(") && strings.HasSuffix(s, ")") {
		s = strings.TrimSpace(s[len("print(") : len(s)-1])
	}
	m := pythonHead.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	l := &literal{s: s[len(m[0]):]}
	var b strings.Builder
	b.WriteByte('{')
	for n := 0; ; n++ {
		l.space()
		if l.skip(")") {
			break
		}
		if n > 0 {
			if !l.skip(",") {
				return "", "", false
			}
			b.WriteString(", ")
		}
		key := pythonKey.FindStringSubmatch(l.s)
		if key == nil {
			return "", "", false
		}
		l.s = l.s[len(key[0]):]
		v, ok := l.value(0)
		if !ok {
			return "", "", false
		}
		b.WriteString(`"` + key[1] + `": ` + v)
	}
	return m[1], b.String() + "}", strings.TrimSpace(l.s) == ""
}

// literal reads Python or Gemma literals and writes them as JSON.
type literal struct {
	s string
	// quote is a marker that stands around strings, besides ' and ".
	quote string
}

func (l *literal) space() { l.s = strings.TrimLeft(l.s, " \t\r\n") }

func (l *literal) skip(t string) bool {
	l.space()
	rest, ok := strings.CutPrefix(l.s, t)
	l.s = rest
	return ok
}

func (l *literal) value(depth int) (string, bool) {
	l.space()
	switch {
	case depth > maxNesting || l.s == "":
		return "", false
	case l.s[0] == '{':
		return l.list(depth, "{", "}")
	case l.s[0] == '[':
		return l.list(depth, "[", "]")
	}
	return l.scalar()
}

func (l *literal) list(depth int, open, end string) (string, bool) {
	l.skip(open)
	var b strings.Builder
	b.WriteString(open)
	for n := 0; !l.skip(end); n++ {
		if n > 0 {
			if !l.skip(",") {
				return "", false
			}
			if l.skip(end) {
				break
			}
			b.WriteString(", ")
		}
		if open == "{" {
			k, ok := l.key()
			if !ok || !l.skip(":") {
				return "", false
			}
			b.WriteString(k + ": ")
		}
		v, ok := l.value(depth + 1)
		if !ok {
			return "", false
		}
		b.WriteString(v)
	}
	return b.String() + end, true
}

// key reads a key: a quoted string or a bare word.
func (l *literal) key() (string, bool) {
	l.space()
	if s, ok := l.quoted(); ok {
		return s, true
	}
	n := strings.IndexAny(l.s, ":,}")
	if n <= 0 {
		return "", false
	}
	k := strings.TrimSpace(l.s[:n])
	l.s = l.s[n:]
	return `"` + escapeJSON(k) + `"`, true
}

func (l *literal) scalar() (string, bool) {
	if s, ok := l.quoted(); ok {
		return s, true
	}
	n := strings.IndexAny(l.s, ",]})")
	if n < 0 {
		n = len(l.s)
	}
	w := strings.TrimSpace(l.s[:n])
	l.s = l.s[n:]
	return literalJSON(w), w != ""
}

// quoted reads a string in any of the known quotes.
func (l *literal) quoted() (string, bool) {
	if rest, ok := strings.CutPrefix(l.s, l.quote); ok && l.quote != "" {
		text, after, ok := strings.Cut(rest, l.quote)
		if !ok {
			return "", false
		}
		l.s = after
		return `"` + escapeJSON(text) + `"`, true
	}
	if l.s == "" || l.s[0] != '"' && l.s[0] != '\'' {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(l.s); i++ {
		switch c := l.s[i]; {
		case c == l.s[0]:
			l.s = l.s[i+1:]
			return `"` + escapeJSON(b.String()) + `"`, true
		case c == '\\' && i+1 < len(l.s):
			i++
			b.WriteString(unescaped(l.s[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

func unescaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case '\\', '\'', '"':
		return string(c)
	}
	return `\` + string([]byte{c})
}
