package ollama

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"irori/internal/llm"
	"irori/internal/text"
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
		return llm.Errorf(llm.CodeInvalidRequest, "missing request body")
	}
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		// It reads as an object without fields, which means something here.
		return invalid("", "the body must be an object, not null")
	}
	return read(data, v, "")
}

// read reads a part of a body; at is its place: messages[0].content.
func read(raw []byte, v any, at string) error {
	err := json.Unmarshal(raw, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := wanted(e.Type)
		if strings.HasPrefix(e.Value, "number ") && want == "a number" {
			want = "a smaller number"
		}
		// The fields that two endpoints share lie in a struct of their own.
		field := strings.TrimPrefix(e.Field, "common.")
		return wrong(strings.Trim(at+"."+field, "."), want, e.Value)
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
	return invalid(at, "%s must be %s, not %s", place(at), want, short(found))
}

// kindOf says what a JSON value is by its first byte.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return "string"
	case '[':
		return "list"
	case '{':
		return "object"
	case 't', 'f':
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
	return llm.Errorf(llm.CodeInvalidRequest, format, args...).WithParam(top(at))
}

// unsupported is the error of something that cannot be kept.
func unsupported(at, format string, args ...any) *llm.Error {
	return llm.Errorf(llm.CodeUnsupported, format, args...).WithParam(top(at))
}

// top is the field of the body that a place lies in.
func top(at string) string {
	if i := strings.IndexAny(at, ".["); i >= 0 {
		return at[:i]
	}
	return at
}

// absent reports whether a part was left out, or sent as null.
func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// asks reports whether a part was sent with something in it.
func asks(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", `""`, "[]", "{}", "false", "0":
		return false
	}
	return true
}

// short cuts a text that is shown in an error.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// marshal writes JSON without escaping HTML: text is shown as it is.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
