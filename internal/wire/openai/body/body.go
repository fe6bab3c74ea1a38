// Package body reads JSON that clients send. What does not fit is an error
// that names the place in the body, what stands there and what should, in
// JSON's words.
//
// It knows no dialect and no field.
package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/text"
)

// Decode reads the one JSON value of a body into v.
func Decode(body []byte, v any) error {
	if why := text.NotUTF8(body); why != "" {
		// Read on, the model would see a replacement character that nobody sent.
		return llm.Errorf(llm.CodeInvalidRequest, "the body is %s", why)
	}
	// Some editors and shells put a mark in front of UTF-8.
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if json.Unmarshal(body, v) == nil {
		return nil
	}
	// Something is wrong with it, which is told where it stands.
	dec := json.NewDecoder(bytes.NewReader(body))
	err := dec.Decode(v)
	if err == nil {
		if _, err := dec.Token(); err != io.EOF {
			return llm.Errorf(llm.CodeInvalidRequest, "the body holds more than one JSON value")
		}
		return nil
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return llm.Errorf(llm.CodeInvalidRequest, "the body is not JSON: %v at byte %d", e, e.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return llm.Errorf(llm.CodeInvalidRequest, "the body is not JSON: it is empty or cut short")
	}
	return explain(body, v, "", err)
}

// Read reads a part of a body; at is its place there, like messages[0].
func Read(raw json.RawMessage, v any, at string) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return explain(raw, v, at, err)
	}
	return nil
}

// explain turns err, which reading raw into v gave, into one that names the
// place, what stands there and what should. It reads raw once more, which
// only a refused request has to wait for.
func explain(raw []byte, v any, at string, err error) error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if derr := dec.Decode(&tree); derr == nil {
		if e := misfit(tree, reflect.TypeOf(v).Elem(), at); e != nil {
			return e
		}
	}
	// Nothing is wrong with what counts: a field stands twice, and the one that
	// does not count is of a wrong type.
	return Invalid(Top(at), "%s cannot be read: a field stands twice, once with a value of a wrong type", place(at))
}

// place says where something stands, in words for the body itself.
func place(at string) string {
	if at == "" {
		return "the body"
	}
	return at
}

// Top is the field of the body that a place lies in: what param names.
func Top(at string) string {
	if i := strings.IndexAny(at, ".["); i >= 0 {
		return at[:i]
	}
	return at
}

// Misfit is the error of a value that is not what it should be.
func Misfit(at, want string, got any) error {
	return Invalid(Top(at), "%s must be %s, not %s", place(at), want, describe(got))
}

// Wrong is Misfit for a value that was not read yet.
func Wrong(at, want string, raw json.RawMessage) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return Invalid(Top(at), "%s must be %s", place(at), want)
	}
	return Misfit(at, want, v)
}

// maxShown bounds how much of a wrong value is shown.
const maxShown = 40

// describe says what a JSON value is.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return "the number " + Short(v.String())
	case string:
		return "the string " + strconv.Quote(Short(v))
	case []any:
		return "a list"
	}
	return "an object"
}

// Short cuts a text that is shown in an error.
func Short(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}

// Shaped is a type that reads several forms of JSON itself: Misfit says where
// a value is none of them.
type Shaped interface{ Misfit(v any, at string) error }

// misfit finds the first place where a JSON value does not fit a Go type, by
// the rules of encoding/json.
func misfit(v any, t reflect.Type, at string) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[json.RawMessage]() {
		return nil
	}
	if s, ok := reflect.New(t).Interface().(Shaped); ok {
		return s.Misfit(v, at)
	}
	if v == nil {
		return nil // null leaves a field as it is
	}
	switch t.Kind() {
	case reflect.Struct:
		return misfitObject(v, t, at)
	case reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			return Misfit(at, "an object", v)
		}
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if err := misfit(m[k], t.Elem(), at+"."+k); err != nil {
				return err
			}
		}
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return Misfit(at, "a list", v)
		}
		for i, x := range list {
			if err := misfit(x, t.Elem(), fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case reflect.String:
		if _, ok := v.(string); !ok {
			return Misfit(at, "a string", v)
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			return Misfit(at, "true or false", v)
		}
	default:
		return misfitNumber(v, t, at)
	}
	return nil
}

func misfitObject(v any, t reflect.Type, at string) error {
	m, ok := v.(map[string]any)
	if !ok {
		if at == "" {
			return llm.Errorf(llm.CodeInvalidRequest, "the body must be a JSON object, not %s", describe(v))
		}
		return Misfit(at, "an object", v)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			// The fields of an embedded struct are the outer one's own.
			if err := misfitObject(v, f.Type, at); err != nil {
				return err
			}
			continue
		}
		name := f.Tag.Get("json")
		for k, x := range m {
			if !strings.EqualFold(k, name) {
				continue
			}
			if err := misfit(x, f.Type, strings.TrimPrefix(at+"."+name, ".")); err != nil {
				return err
			}
		}
	}
	return nil
}

func misfitNumber(v any, t reflect.Type, at string) error {
	whole := t.Kind() != reflect.Float32 && t.Kind() != reflect.Float64
	want := "a number"
	if whole {
		want = "a whole number"
	}
	n, ok := v.(json.Number)
	if !ok {
		return Misfit(at, want, v)
	}
	if whole {
		if _, err := strconv.ParseInt(n.String(), 10, t.Bits()); errors.Is(err, strconv.ErrRange) {
			return Invalid(Top(at), "%s is too large a number: %s", place(at), Short(n.String()))
		} else if err != nil {
			return Misfit(at, want, v)
		}
		return nil
	}
	if _, err := strconv.ParseFloat(n.String(), t.Bits()); err != nil {
		return Invalid(Top(at), "%s is too large a number: %s", place(at), Short(n.String()))
	}
	return nil
}

// Absent reports whether a part was left out, or sent as null.
func Absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// Invalid is an error about a field of the body.
func Invalid(field, format string, args ...any) error {
	return llm.Errorf(llm.CodeInvalidRequest, format, args...).WithParam(field)
}
