package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"irori/internal/chat/jinja"
	"irori/internal/chat/jinja/syntax"
	"irori/internal/eval/task/rows"
	"irori/internal/tree"
	"irori/internal/tree/form"
)

// bounds are those of one rendering: questions are short.
var bounds = jinja.Limits{Source: 64 << 10, Steps: 200_000, Bytes: 4 << 20, Output: 1 << 20, Depth: 200}

// words turn an item into text: a field, a template, or the same for all.
type words struct {
	key string
	at  *tree.Node
	// One of these says how.
	field string
	text  *jinja.Template
	value *jinja.Template // the same as JSON, where the template is one expression
	same  json.RawMessage
	// needs are the fields that the template cannot do without.
	needs []string
}

var (
	identifier = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)
	expression = regexp.MustCompile(`(?s)^\s*\{\{-?(.*?)-?\}\}\s*$`)
)

// wordsOf reads a key that names a field or holds a template.
func wordsOf(f *form.Form, key string) *words {
	n := f.Get(key)
	if n == nil {
		return nil
	}
	w := &words{key: f.At + key, at: n}
	switch n.Kind {
	case tree.List, tree.Whole, tree.Decimal, tree.Truth:
		raw, err := n.JSON()
		if err != nil {
			f.Blame(n, "key %s%s: %v", f.At, key, err)
		}
		w.same = raw
		return w
	case tree.Keys:
		f.Must(n, key, "a field's name, a template or a list")
		return nil
	}
	if identifier.MatchString(n.Text) {
		w.field = n.Text
		return w
	}
	if !strings.Contains(n.Text, "{{") && !strings.Contains(n.Text, "{%") {
		f.Blame(n, "key %s%s is neither a field's name nor a template with {{ }}: %s", f.At, key, form.Described(n))
		return nil
	}
	t, err := jinja.Parse(w.key, n.Text, bounds)
	if err != nil {
		f.Near(n, n.Line+lineOf(err), "key %s: %s", w.key, reason(err))
		return nil
	}
	w.text, w.needs = t, needs(n.Text)
	if m := expression.FindStringSubmatch(n.Text); m != nil && !strings.Contains(m[1], "{{") && !strings.Contains(m[1], "}}") {
		// What cannot be parsed in brackets is none: text it is then.
		w.value, _ = jinja.Parse(w.key, "{{ ("+m[1]+") | tojson }}", bounds)
	}
	return w
}

// lineOf is how far below its key a template's fault is. Templates of one line
// begin where their key is.
func lineOf(err error) int {
	if e, ok := errors.AsType[*jinja.Error](err); ok && e.Line > 1 {
		return e.Line
	}
	return 0
}

func reason(err error) string {
	if e, ok := errors.AsType[*jinja.Error](err); ok {
		return e.Msg
	}
	return err.Error()
}

// missing is an item without a field.
type missing struct{ field, key string }

func (m *missing) Error() string { return fmt.Sprintf("field %s is missing (%s)", m.field, m.key) }

func (w *words) check(r rows.Row) error {
	if w.field != "" && !r.Has(w.field) {
		return &missing{w.field, w.key}
	}
	for _, n := range w.needs {
		if _, ok := r.Fields[n]; !ok {
			return &missing{n, w.key}
		}
	}
	return nil
}

// raw is the value for an item: of a field as it stands, of a template that is
// one expression what it is, of others the text.
func (w *words) raw(r rows.Row) (json.RawMessage, error) {
	if err := w.check(r); err != nil {
		return nil, err
	}
	switch {
	case w.same != nil:
		return w.same, nil
	case w.field != "":
		return r.Fields[w.field], nil
	case w.value != nil:
		s, err := w.render(w.value, r)
		if err != nil || !json.Valid([]byte(s)) {
			break // text can be made of more than JSON can
		}
		return json.RawMessage(s), nil
	}
	s, err := w.render(w.text, r)
	if err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// string is the value as text.
func (w *words) string(r rows.Row) (string, error) {
	if w.text != nil {
		if err := w.check(r); err != nil {
			return "", err
		}
		return w.render(w.text, r)
	}
	raw, err := w.raw(r)
	if err != nil {
		return "", err
	}
	return plainText(raw), nil
}

// plainText is a JSON text without its quotes, other values as they are written.
func plainText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// list is the value as texts.
func (w *words) list(r rows.Row) ([]string, error) {
	raw, err := w.raw(r)
	if err != nil {
		return nil, err
	}
	var values []json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		// A list that was printed as JSON is a list too.
		if json.Unmarshal([]byte(plainText(raw)), &values) != nil {
			return nil, fmt.Errorf("%s gives no list: %.60s", w.key, raw)
		}
	}
	var out []string
	for _, v := range values {
		out = append(out, plainText(v))
	}
	return out, nil
}

func (w *words) render(t *jinja.Template, r rows.Row) (string, error) {
	v, err := jinja.DecodeJSON(r.Raw)
	if err != nil {
		return "", err
	}
	vars, ok := v.(*jinja.Map)
	if !ok {
		return "", errors.New("is not a JSON object")
	}
	// A clock in a template would make other questions each day.
	s, err := t.Render(vars, jinja.Env{Now: func() time.Time { return time.Unix(0, 0).UTC() }})
	if err != nil {
		return "", fmt.Errorf("%s: %s", w.key, reason(err))
	}
	return s, nil
}

// needs lists the variables that a template uses and neither sets itself nor
// asks about first.
func needs(src string) []string {
	u := &usage{}
	func() {
		// The template was parsed once; this parse does not fail.
		defer func() { _ = recover() }()
		for _, n := range syntax.Parse(src, syntax.Options{
			MaxDepth: 300, MaxTokens: bounds.Source,
			HasFilter: func(string) bool { return true }, HasTest: func(string) bool { return true },
		}) {
			u.walk(reflect.ValueOf(n))
		}
	}()
	var out []string
	for _, n := range u.used {
		if !slices.Contains(u.own, n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// usage collects names.
type usage struct{ used, own []string }

// global are the names that every template has.
var global = []string{"range", "namespace", "dict", "lipsum", "cycler", "joiner", "raise_exception", "strftime_now", "loop", "self", "caller", "varargs", "kwargs", "true", "false", "none", "True", "False", "None"}

func (u *usage) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		u.node(v.Interface())
		u.walk(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			u.walk(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			u.walk(v.Index(i))
		}
	}
}

func (u *usage) node(n any) {
	switch n := n.(type) {
	case *syntax.Name:
		if !slices.Contains(global, n.Name) {
			u.used = append(u.used, n.Name)
		}
	case *syntax.For:
		u.targets(n.Target)
	case *syntax.Set:
		u.targets(n.Target)
	case *syntax.Scope:
		for _, t := range n.Targets {
			u.targets(t)
		}
	case *syntax.Macro:
		u.own = append(append(u.own, n.Name), n.Params...)
	case *syntax.Test:
		if n.Name == "defined" || n.Name == "undefined" || n.Name == "none" {
			u.targets(n.X)
		}
	case *syntax.Filter:
		if n.Name == "default" || n.Name == "d" {
			u.targets(n.X)
		}
	}
}

func (u *usage) targets(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Name:
		u.own = append(u.own, n.Name)
	case *syntax.Sequence:
		for _, x := range n.Items {
			u.targets(x)
		}
	}
}
