package outcome

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"irori/internal/splice"
)

// Damaged says why a line is no JSON object, "" where it is one.
func Damaged(line []byte) string {
	var v json.RawMessage
	err := json.Unmarshal(line, &v)
	switch {
	case !utf8.Valid(line):
		return "it is not written in UTF-8"
	case err != nil && line[0] == '[':
		return "an object is wanted, not an array over several lines"
	case err != nil:
		return "no JSON object: " + strings.TrimPrefix(err.Error(), "json: ")
	case line[0] == '{':
		return ""
	}
	kind := map[byte]string{'[': "array", '"': "string", 'n': "null", 't': "true", 'f': "false"}[line[0]]
	if kind == "" {
		kind = "number"
	}
	return "an object is wanted, not " + kind
}

// Twice names the first of some members that an object has twice, "" where it
// has none: which of the two counts nobody can say.
func Twice(object []byte, of func(name string) bool) (name string) {
	seen := map[string]bool{}
	splice.Each(object, func(raw, _ []byte) {
		n := unquoted(raw)
		if seen[n] && name == "" {
			name = n
		}
		if of(n) {
			seen[n] = true
		}
	})
	return name
}

func unquoted(raw []byte) string {
	var n string
	// It was read before: a name is a string.
	_ = json.Unmarshal(raw, &n)
	return n
}

// members are the names that a record's members have, cores those of core.
var (
	members = sync.OnceValue(func() []string { return tags(reflect.TypeFor[Record]()) })
	cores   = sync.OnceValue(func() []string { return tags(reflect.TypeFor[core]()) })
)

func tags(t reflect.Type) (out []string) {
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "-" {
			out = append(out, name)
		}
	}
	return out
}

// own is a line without members whose names differ from a record's in case
// alone: others call other things so, and the decoder would take them.
func own(line []byte, need Need) (kept []byte, why string) {
	known := cores()
	if need == Logged {
		known = members()
	}
	if n := Twice(line, func(n string) bool { return slices.Contains(known, n) }); n != "" {
		return nil, n + " is there twice"
	}
	other := false
	var b strings.Builder
	splice.Each(line, func(raw, value []byte) {
		n := unquoted(raw)
		if !slices.Contains(members(), n) && slices.ContainsFunc(members(), func(m string) bool { return strings.EqualFold(m, n) }) {
			other = true
			return
		}
		// Groups may be numbers: they are names like others.
		if n == "g" && (value[0] == '-' || value[0] >= '0' && value[0] <= '9') {
			other, value = true, []byte(`"`+string(value)+`"`)
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", raw, value)
	})
	if !other {
		return line, ""
	}
	return []byte("{" + b.String() + "}"), ""
}
