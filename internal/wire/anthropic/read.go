package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"irori/internal/llm"
	"irori/internal/text"
	"irori/internal/wire/anthropic/shape"
)

// decode reads a whole body.
func decode(data []byte, v any) error {
	if why := text.NotUTF8(data); why != "" {
		// Read on, the model would see a replacement character that nobody sent.
		return llm.Errorf(llm.CodeInvalidRequest, "the body is %s", why)
	}
	// Some editors and shells put a mark in front of UTF-8.
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return llm.Errorf(llm.CodeInvalidRequest, "the body is empty")
	}
	return read(data, v, "")
}

// read reads a part of a body; at is its place, as Anthropic writes places:
// messages.0.content.
func read(raw []byte, v any, at string) error {
	err := json.Unmarshal(raw, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := wanted(e.Type)
		if want == "a number" && strings.HasPrefix(e.Value, "number ") {
			want = "a smaller number"
		}
		return wrong(strings.Trim(at+"."+e.Field, "."), want, e.Value)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return llm.Errorf(llm.CodeInvalidRequest, "the body is not JSON: %v at byte %d", e, e.Offset)
	}
	return llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be read", place(at))
}

// wanted says what a Go type takes, in JSON's words.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// wrong is the error of a value that is not what it should be.
func wrong(at, want, found string) error {
	switch found {
	case "array", "list":
		found = "a list"
	case "object":
		found = "an object"
	case "string", "number", "bool":
		found = "a " + found
	default:
		found = "the " + found // the number 1.5
	}
	return invalid(at, "%s must be %s, not %s", place(at), want, shape.Short(found))
}

// kindOf says what a JSON value is by its first byte.
func kindOf(raw json.RawMessage) string {
	switch {
	case raw[0] == '"':
		return "string"
	case raw[0] == '[':
		return "list"
	case raw[0] == '{':
		return "object"
	case raw[0] == 't', raw[0] == 'f':
		return "bool"
	}
	return "number"
}

func place(at string) string {
	if at == "" {
		return "the body"
	}
	return at
}

// invalid is an error about a place in the body.
func invalid(at, format string, args ...any) *llm.Error {
	top, _, _ := strings.Cut(at, ".")
	return llm.Errorf(llm.CodeInvalidRequest, format, args...).WithParam(top)
}
