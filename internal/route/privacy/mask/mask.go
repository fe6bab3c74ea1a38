package mask

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"irori/internal/route/privacy/span"
)

// literal is the label of a text that only looks like a token: it is masked as
// any value is, so that it comes back as it was.
const literal = "TEXT"

// Conversation keeps which token stands for which value, the same for all of a
// conversation. It is safe for concurrent use.
type Conversation struct {
	mu     sync.Mutex
	tokens map[string]string // label and value to token
	values map[string]string // NAME_1 to value
	counts map[string]int
}

// New begins a conversation.
func New() *Conversation {
	return &Conversation{tokens: map[string]string{}, values: map[string]string{}, counts: map[string]int{}}
}

// label is a class in a token: letters alone, so that the number stands apart.
func label(c span.Class) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(string(c)) {
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_") && r == '_':
			b.WriteByte('_')
		}
		if b.Len() == maxLabel {
			break
		}
	}
	if s := strings.Trim(b.String(), "_"); s != "" {
		return s
	}
	return "VALUE"
}

func (c *Conversation) token(label, value string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.tokens[label+"\x00"+value]; ok {
		return t
	}
	c.counts[label]++
	name := label + "_" + strconv.Itoa(c.counts[label])
	c.values[name] = value
	t := "[[" + name + "]]"
	c.tokens[label+"\x00"+value] = t
	return t
}

func (c *Conversation) value(name string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.values[name]
	return v, ok
}

// Redact puts a token in place of each span; spans are in code points, sorted,
// and do not overlap.
func (c *Conversation) Redact(text string, spans []span.Span) string {
	var out []byte
	at, code := 0, 0
	offset := func(to int) int {
		b := at
		for ; code < to && b < len(text); code++ {
			_, n := utf8.DecodeRuneInString(text[b:])
			b += n
		}
		return b
	}
	for _, s := range spans {
		if s.Start < code || s.End <= s.Start {
			continue
		}
		b := offset(s.Start)
		out = c.plain(out, text[at:b])
		at = b
		b = offset(s.End)
		if at < b {
			out = c.put(out, label(s.Class), text[at:b])
		}
		at = b
	}
	return string(c.plain(out, text[at:]))
}

// plain writes what stays, and masks in it what looks like a token.
func (c *Conversation) plain(out []byte, s string) []byte {
	for i := 0; i < len(s); {
		n, _, state := read(s[i:], true)
		if state == whole {
			out = c.put(out, literal, s[i:i+n])
			i += n
			continue
		}
		out = append(out, s[i])
		i++
	}
	return out
}

// put writes a value's token. Backslashes before it would be read as part of
// it, so they are masked too.
func (c *Conversation) put(out []byte, label, value string) []byte {
	n := len(out) - len(bytes.TrimRight(out, `\`))
	if n > 0 {
		slashes := string(out[len(out)-n:])
		out = append(out[:len(out)-n], c.token(literal, slashes)...)
	}
	return append(out, c.token(label, value)...)
}

// RedactJSON masks the strings of a JSON text, names of members too. find tells
// the spans of one of them; its error ends it all.
func (c *Conversation) RedactJSON(text string, find func(string) ([]span.Span, error)) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '"' {
			out.WriteByte(text[i])
			i++
			continue
		}
		j := i + 1
		for j < len(text) && text[j] != '"' {
			if text[j] == '\\' {
				j++
			}
			j++
		}
		j = min(j+1, len(text))
		raw := text[i:j]
		i = j
		var s string
		if err := json.Unmarshal([]byte(raw), &s); err != nil {
			return "", err
		}
		spans, err := find(s)
		if err != nil {
			return "", err
		}
		masked := c.Redact(s, spans)
		if masked == s {
			out.WriteString(raw)
			continue
		}
		out.WriteString(`"` + escaped(masked) + `"`)
	}
	return out.String(), nil
}

// escaped is a text as it stands inside of a JSON string.
func escaped(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return ""
	}
	q := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return string(q[1 : len(q)-1])
}

// Restore puts the values back into a whole text.
func (c *Conversation) Restore(text string) string {
	s := c.Stream(false)
	return s.Write(text) + s.End()
}

// RestoreJSON puts the values back inside the strings of a JSON text, such as a
// tool's arguments.
func (c *Conversation) RestoreJSON(text string) string {
	s := c.Stream(true)
	return s.Write(text) + s.End()
}

// Stream restores a text that comes in pieces.
type Stream struct {
	of     *Conversation
	inJSON bool
	held   string
}

// Stream begins an answer; inJSON says that it is a JSON text, in whose strings
// values have to be escaped.
func (c *Conversation) Stream(inJSON bool) *Stream { return &Stream{of: c, inJSON: inJSON} }

// Write takes the next piece and returns what can be said for sure. At most the
// length of a token is held back.
func (s *Stream) Write(piece string) string {
	s.held += piece
	return s.say(false)
}

// End returns what was held back.
func (s *Stream) End() string { return s.say(true) }

func (s *Stream) say(last bool) string {
	var out strings.Builder
	i := 0
	for i < len(s.held) {
		n, name, state := read(s.held[i:], last)
		if state == part {
			break
		}
		if state == whole {
			if v, ok := s.of.value(name); ok {
				if s.inJSON {
					v = escaped(v)
				}
				out.WriteString(v)
				i += n
				continue
			}
		}
		out.WriteByte(s.held[i])
		i++
	}
	s.held = s.held[i:]
	return out.String()
}
