// Package ids reads the ids of rows in JSON, and says in people's words what is
// wrong with a row.
//
// It does not know what else a row has, nor what its file is called.
package ids

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Book keeps the ids of a file's rows. Its zero value is empty.
type Book struct{ lines map[string]int }

// Check looks whether an id is one: a string or a number. The error follows
// what is wrong with it: "is missing".
func Check(id json.RawMessage) error {
	switch {
	case len(id) == 0 || string(id) == "null":
		return errors.New("is missing")
	case id[0] != '"' && id[0] != '-' && (id[0] < '0' || id[0] > '9'):
		return errors.New("is neither a string nor a number")
	}
	return nil
}

// Take keeps a row's id, and refuses what is no id or was there before.
func (b *Book) Take(id json.RawMessage, line int) error {
	if err := Check(id); err != nil {
		return err
	}
	key := string(id)
	if id[0] == '"' {
		// The same text may be escaped in many ways.
		key = `"` + Name(id)
	}
	if first, twice := b.lines[key]; twice {
		return fmt.Errorf("is %s, which line %d has already", id, first)
	}
	if b.lines == nil {
		b.lines = map[string]int{}
	}
	b.lines[key] = line
	return nil
}

// Name is an id as people see it: a text without its quotes, else what stands
// there.
func Name(id json.RawMessage) string {
	var s string
	if len(id) > 0 && id[0] == '"' && json.Unmarshal(id, &s) == nil {
		return s
	}
	return string(id)
}

// Plainly says what a decoder of a row said, without the names of our types:
// which member is wrong, empty for the row itself, and what it is.
func Plainly(err error) (member, what string) {
	t, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return "", "is no JSON: " + err.Error()
	}
	value, figure, _ := strings.Cut(t.Value, " ")
	switch {
	case value == "array":
		value = "a list"
	case value == "object":
		value = "an object"
	case value == "bool":
		value = "true or false"
	case figure != "":
		value = figure
	default:
		value = "a " + value
	}
	if t.Field == "" {
		return "", fmt.Sprintf("is %s, where an object is wanted", value)
	}
	return t.Field, fmt.Sprintf("is %s, which is of the wrong type", value)
}
