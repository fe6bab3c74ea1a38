package toolbox

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Input reads the text of a custom tool out of the arguments of the
// function that stands for it, while they come.
type Input struct {
	// at is how far the arguments are read; 0 means that the text has not
	// begun.
	at   int
	done bool
	out  strings.Builder
}

// More returns the further characters of the text that the arguments hold now.
func (r *Input) More(args string) string {
	if r.at == 0 {
		r.at = begins(args)
	}
	if r.at == 0 || r.done {
		return ""
	}
	before := r.out.Len()
	for r.at < len(args) {
		n := r.one(args[r.at:])
		if n == 0 {
			break
		}
		r.at += n
	}
	return r.out.String()[before:]
}

// begins is where the text begins: after {"input":", 0 where that has not come
// or never will.
func begins(args string) int {
	rest := strings.TrimLeft(args, " \t\r\n")
	for _, want := range []string{"{", `"` + field + `"`, ":", `"`} {
		rest = strings.TrimLeft(rest, " \t\r\n")
		var ok bool
		if rest, ok = strings.CutPrefix(rest, want); !ok {
			return 0
		}
	}
	return len(args) - len(rest)
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// one reads one character of a JSON string and returns how many bytes it took,
// 0 where it is not whole yet or the string is over.
func (r *Input) one(s string) int {
	switch {
	case s[0] == '"':
		r.done = true
		return 0
	case s[0] != '\\':
		if !utf8.FullRuneInString(s) {
			return 0
		}
		c, n := utf8.DecodeRuneInString(s)
		r.out.WriteRune(c)
		return n
	case len(s) < 2:
		return 0
	case s[1] != 'u':
		c, ok := escapes[s[1]]
		if !ok {
			c = s[1]
		}
		r.out.WriteByte(c)
		return 2
	}
	high, ok := hex4(s)
	if !ok {
		return 0
	}
	if !utf16.IsSurrogate(high) {
		r.out.WriteRune(high)
		return 6
	}
	if len(s) > 6 && s[6] != '\\' {
		r.out.WriteRune(utf8.RuneError)
		return 6
	}
	if len(s) < 12 {
		return 0
	}
	low, ok := hex4(s[6:])
	if c := utf16.DecodeRune(high, low); ok && c != utf8.RuneError {
		r.out.WriteRune(c)
		return 12
	}
	r.out.WriteRune(utf8.RuneError)
	return 6
}

// hex4 reads \uXXXX; a wrong digit counts as U+FFFD.
func hex4(s string) (rune, bool) {
	if len(s) < 6 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	if s[1] != 'u' || err != nil {
		return utf8.RuneError, true
	}
	return rune(n), true
}

// End returns what of the text was not given out yet, and the whole of it.
// Arguments that are no such object are the text themselves.
func (r *Input) End(args string) (rest, whole string) {
	if r.at > 0 {
		return r.More(args), r.out.String()
	}
	var o map[string]json.RawMessage
	var s string
	if json.Unmarshal([]byte(args), &o) == nil {
		if json.Unmarshal(o[field], &s) == nil {
			return s, s
		}
	}
	if json.Unmarshal([]byte(args), &s) == nil {
		return s, s
	}
	return args, args
}

// Arguments are the arguments of the function that stands for a custom tool.
func Arguments(text string) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a model reads it
	err := e.Encode(map[string]string{field: text})
	return strings.TrimRight(b.String(), "\n"), err
}
