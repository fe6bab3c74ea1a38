package topic

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"irori/internal/lines"
	"irori/internal/llm"
)

// maxLine bounds a line of a file.
const maxLine = 32 << 20

// Asked is a line of a file: a request, and its group where one was given.
type Asked struct {
	// ID is the line's, as it was written, nil where it has none.
	ID   json.RawMessage
	Text string
	Gold string
}

// Read reads lines of JSON objects. The request stands in the member field; its
// group in the member gold, unless that is empty.
func Read(file string, r io.Reader, field, gold string) ([]Asked, error) {
	in := lines.New(r, maxLine)
	var out []Asked
	for n, b := range in.All() {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(b, &members); err != nil {
			return nil, malformed(file, n, "", "it is no JSON object")
		}
		a := Asked{ID: members["id"]}
		if string(a.ID) == "null" {
			a.ID = nil
		}
		if err := text(members, field, &a.Text); err != nil {
			return nil, malformed(file, n, field, "%v", err)
		}
		if gold != "" {
			var name string
			if err := text(members, gold, &name); err != nil {
				return nil, malformed(file, n, gold, "%v", err)
			}
			var ok bool
			if a.Gold, ok = Find(name); !ok {
				return nil, malformed(file, n, gold, "%q is no group", name)
			}
		}
		out = append(out, a)
	}
	if n, err := in.Err(); err != nil {
		return nil, malformed(file, n, "", "%v", err)
	}
	return out, nil
}

func text(members map[string]json.RawMessage, name string, into *string) error {
	raw := members[name]
	switch {
	case len(raw) == 0:
		return errors.New("is missing")
	case raw[0] != '"' || json.Unmarshal(raw, into) != nil:
		return errors.New("is not a string")
	}
	return nil
}

// Find returns the id of a group by its id, its code or one of its names, as
// people write them: "Computer/math", "15-0000".
func Find(name string) (id string, ok bool) {
	name = plainName(name)
	for _, g := range groups {
		if name == plainName(g.ID) || name == plainName(g.En) || name == plainName(g.Ja) || g.SOC != "" && name == plainName(g.SOC) {
			return g.ID, true
		}
	}
	return "", false
}

// plainName is a name without what people write differently.
func plainName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var b strings.Builder
	for _, w := range words {
		if w != "and" {
			b.WriteString(w)
		}
	}
	return b.String()
}

// malformed is an error at a line of a file.
func malformed(file string, line int, member, format string, args ...any) error {
	at := fmt.Sprintf("%s:%d", file, line)
	if member != "" {
		at += ": " + member
	}
	return llm.Errorf(llm.CodeInvalidRequest, "%s: %s", at, fmt.Sprintf(format, args...)).WithHint("irori help measure")
}
