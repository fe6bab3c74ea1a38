package jinja

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"irori/internal/chat/jinja/syntax"
	"irori/internal/chat/jinja/value"
)

// Map is an ordered dictionary, the form in which variables are given.
type Map = value.Map

// List is a list or tuple.
type List = value.List

// NewMap makes an empty Map.
func NewMap() *Map { return value.NewMap() }

// NewList makes a List of the items.
func NewList(items ...any) *List { return value.NewList(items...) }

// DecodeJSON reads JSON into values with the order of keys kept.
func DecodeJSON(raw []byte) (any, error) { return value.DecodeJSON(raw) }

// EncodeJSON writes a value as Python's json.dumps does by default, with text
// kept as it is.
func EncodeJSON(v any) (s string, err error) {
	defer func() { err = recovered(recover(), "json", 0, err) }()
	m := &value.Meter{Steps: 1 << 26, Bytes: 1 << 28, Depth: 1000}
	return value.JSON(m, v, value.PlainJSON()), nil
}

// Limits bound what parsing and one rendering may cost. A zero field takes
// its default.
type Limits struct {
	// Source is the length of the template in bytes.
	Source int
	// Steps is the work: nodes evaluated, elements touched.
	Steps int
	// Bytes is what all strings and lists built on the way may take together.
	Bytes int
	// Output is the length of the result in bytes.
	Output int
	// Depth is how deep calls and expressions nest.
	Depth int
}

func (l Limits) withDefaults() Limits {
	def := func(n *int, d int) {
		if *n <= 0 {
			*n = d
		}
	}
	def(&l.Source, 1<<20)
	def(&l.Steps, 10_000_000)
	def(&l.Bytes, 1<<29)
	def(&l.Output, 1<<26)
	def(&l.Depth, 1500)
	return l
}

// Error says what went wrong in a template, and where.
type Error struct {
	// Name is the template's name, Line the line of the failure.
	Name string
	Line int
	// Kind is one of the Kind constants of package value.
	Kind value.Kind
	Msg  string
}

// Error returns name, line and reason.
func (e *Error) Error() string {
	return fmt.Sprintf("template %s line %d: %s: %s", e.Name, e.Line, e.Kind, e.Msg)
}

// Raised returns the message of raise_exception when the template itself
// refused its input.
func Raised(err error) (string, bool) {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == value.KindRaised {
		return e.Msg, true
	}
	return "", false
}

// recovered turns what recover returned into an error. A panic that is not
// one of ours would be a defect here; a hostile template must not turn it into
// a crash of the process, so it becomes an error too.
func recovered(r any, name string, line int, err error) error {
	switch r := r.(type) {
	case nil:
		return err
	case *value.Error:
		if r.Line > 0 {
			line = r.Line
		}
		return &Error{Name: name, Line: line, Kind: r.Kind, Msg: r.Msg}
	default:
		return &Error{Name: name, Line: line, Kind: "internal error", Msg: fmt.Sprint(r)}
	}
}

// Template is a parsed template, safe for concurrent rendering.
type Template struct {
	name   string
	body   []syntax.Node
	limits Limits
}

// Parse reads a template; name is used in messages.
func Parse(name, src string, limits Limits) (t *Template, err error) {
	limits = limits.withDefaults()
	if len(src) > limits.Source {
		return nil, &Error{Name: name, Kind: value.KindLimit, Msg: "template is too long"}
	}
	defer func() {
		if err = recovered(recover(), name, 0, err); err != nil {
			t = nil
		}
	}()
	body := syntax.Parse(src, syntax.Options{
		MaxDepth: 300, MaxTokens: limits.Source,
		HasFilter: func(n string) bool { return filterFor(n) != nil },
		HasTest:   func(n string) bool { return testFor(n) != nil },
	})
	return &Template{name: name, body: body, limits: limits}, nil
}

// Env is the world that a rendering may see.
type Env struct {
	// Now is the clock of strftime_now; nil means the system's.
	Now func() time.Time
}

// Render evaluates the template with the variables.
func (t *Template) Render(vars *Map, env Env) (out string, err error) {
	if env.Now == nil {
		env.Now = time.Now
	}
	if vars == nil {
		vars = NewMap()
	}
	ev := &evaluator{
		m:       &value.Meter{Steps: t.limits.Steps, Bytes: t.limits.Bytes, Depth: t.limits.Depth},
		scope:   &scope{vars: map[string]any{}},
		context: vars,
		env:     env,
		out:     &strings.Builder{},
		room:    t.limits.Output,
	}
	defer func() {
		if err = recovered(recover(), t.name, ev.line, err); err != nil {
			out = ""
		}
	}()
	ev.body(t.body)
	return ev.out.String(), nil
}
