// Package splice changes single members of a JSON object and leaves every other
// byte as it is written.
//
// It checks nothing: the text must be one JSON object that was read before. Of
// any other it makes some text, and never ends the program.
package splice

import (
	"bytes"
	"encoding/json"
	"strings"
)

// members calls yield with the members of the object in b, in order.
func members(b []byte, yield func(name []byte, from, to int) bool) (end int) {
	i := space(b, 0)
	if i >= len(b) || b[i] != '{' {
		return -1
	}
	i++
	for {
		i = space(b, i)
		if i >= len(b) || b[i] == '}' {
			return i
		}
		if b[i] == ',' {
			i++
			continue
		}
		at := i
		i = skip(b, i)
		name := b[at:i]
		if i = space(b, i); i >= len(b) || b[i] != ':' {
			return -1
		}
		from := space(b, i+1)
		if i = skip(b, from); i <= from {
			return -1
		}
		if !yield(name, from, i) {
			return -1
		}
	}
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skip returns where the value that begins at i ends.
func skip(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	switch b[i] {
	case '"':
		return Quoted(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				i = Quoted(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return i
	}
	for i < len(b) && !bytes.ContainsRune([]byte(",}] \n\t\r"), rune(b[i])) {
		i++
	}
	return i
}

// Each calls yield with the members of the object in b, names in their quotes
// as they are written.
func Each(b []byte, yield func(name, value []byte)) {
	members(b, func(name []byte, from, to int) bool {
		yield(name, b[from:to])
		return true
	})
}

// Items calls yield with the values of the list in b.
func Items(b []byte, yield func(value []byte)) {
	i := space(b, 0)
	if i >= len(b) || b[i] != '[' {
		return
	}
	for i++; ; {
		i = space(b, i)
		if i >= len(b) || b[i] == ']' {
			return
		}
		if b[i] == ',' {
			i++
			continue
		}
		from := i
		if i = skip(b, i); i <= from {
			return
		}
		yield(b[from:i])
	}
}

// Value returns where the value that begins at i ends.
func Value(b []byte, i int) int { return skip(b, i) }

// Quoted returns where the string that begins at i ends.
func Quoted(b []byte, i int) int {
	for from := i + 1; i+1 < len(b); {
		n := bytes.IndexByte(b[i+1:], '"')
		if n < 0 {
			break
		}
		i += 1 + n
		// Backslashes before it are pairs, or the last one is the quote's.
		slashes := 0
		for j := i - 1; j >= from && b[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
	return len(b)
}

// Get is the value of a member, the last one where there are several.
func Get(b []byte, name string) (value []byte) {
	members(b, func(n []byte, from, to int) bool {
		if named(n, name) {
			value = b[from:to]
		}
		return true
	})
	return value
}

// named reports whether a member's name, as it is written, is one that some
// reader takes for name: with escapes, or in another case.
func named(written []byte, name string) bool {
	if len(written) < len(name)+2 {
		return false
	}
	if bytes.EqualFold(written[1:len(written)-1], []byte(name)) {
		return true
	}
	if bytes.IndexByte(written, '\\') < 0 {
		return false
	}
	plain := string(written[1 : len(written)-1])
	if strings.ContainsRune(plain, '\\') && json.Unmarshal(written, &plain) != nil {
		return false
	}
	return strings.EqualFold(plain, name)
}

// Set gives a member a value, in each place where it stands, else at the end.
// A name in another case is the same one: some servers read it so, and would
// do what nobody here has allowed.
func Set(b []byte, name string, value []byte) []byte {
	out := make([]byte, 0, len(b)+len(name)+len(value)+8)
	done, found, some := 0, false, false
	end := members(b, func(n []byte, from, to int) bool {
		some = true
		if named(n, name) {
			out = append(append(out, b[done:from]...), value...)
			done, found = to, true
		}
		return true
	})
	if found || end < 0 {
		return append(out, b[done:]...)
	}
	out = append(out, b[:end]...)
	if some {
		out = append(out, ',')
	}
	out = append(append(append(out, '"'), name...), '"', ':')
	return append(append(out, value...), b[end:]...)
}
