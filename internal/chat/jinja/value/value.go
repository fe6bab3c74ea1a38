package value

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Kind tells the reasons of a failure apart.
type Kind string

// The kinds of failures, with Python's names where it has one.
const (
	KindSyntax    Kind = "syntax error"
	KindType      Kind = "type error"
	KindValue     Kind = "value error"
	KindUndefined Kind = "undefined"
	KindSecurity  Kind = "refused"
	KindRaised    Kind = "raised"
	KindLimit     Kind = "limit"
)

// Error is what is thrown when a computation fails. Line is 0 until the
// evaluator knows where in the template it happened.
type Error struct {
	Kind Kind
	Msg  string
	Line int
}

// Error returns the message with its kind in front.
func (e *Error) Error() string { return string(e.Kind) + ": " + e.Msg }

// Throw panics with an *Error; the evaluator recovers it.
func Throw(kind Kind, format string, args ...any) {
	panic(&Error{Kind: kind, Msg: fmt.Sprintf(format, args...)})
}

// Meter bounds the work that one rendering may do. It is charged by everything
// whose cost grows with the data, so that no small template can ask for an
// unbounded amount of time or memory.
type Meter struct {
	// Steps is the work left, in nodes evaluated and elements touched.
	Steps int
	// Bytes is the memory left that strings and lists may take in all.
	Bytes int
	// Depth is how many nested calls are left.
	Depth int
}

// Step charges n units of work.
func (m *Meter) Step(n int) {
	if m.Steps -= n; m.Steps < 0 || n < 0 {
		m.Steps = 0
		Throw(KindLimit, "template takes too many steps")
	}
}

// Alloc charges n bytes of memory, and the work of writing them.
func (m *Meter) Alloc(n int) {
	if n < 0 || n > m.Bytes {
		Throw(KindLimit, "template builds too much data")
	}
	m.Bytes -= n
	m.Step(n >> 6)
}

// Scan charges the work of reading n bytes.
func (m *Meter) Scan(n int) { m.Step(n >> 6) }

// Enter goes one level deeper; Leave comes back.
func (m *Meter) Enter() {
	if m.Depth--; m.Depth < 0 {
		Throw(KindLimit, "template nests too deeply")
	}
}

// Leave undoes one Enter.
func (m *Meter) Leave() { m.Depth++ }

// Markup is a string marked as safe HTML, as the filters safe and escape make
// it. It is a string, but adding a plain string to it escapes that one.
type Markup string

// BigInt is an integer beyond 64 bits, in decimal. It can be printed and
// passed on, not computed with.
type BigInt string

// List is a Python list, or a tuple.
type List struct {
	Items []any
	Tuple bool
	// Fields names the items of a named tuple.
	Fields []string
}

// NewList makes a list of the items.
func NewList(items ...any) *List { return &List{Items: items} }

// NewTuple makes a tuple of the items.
func NewTuple(items ...any) *List { return &List{Items: items, Tuple: true} }

// Undefined is the value of a name, attribute or item that does not exist.
// Most uses of it fail, with Hint saying what is missing.
type Undefined struct {
	Hint string
	// Kind is the failure when it is used; empty means KindUndefined.
	Kind Kind
}

// Fail throws the failure of using u.
func (u *Undefined) Fail() {
	kind := u.Kind
	if kind == "" {
		kind = KindUndefined
	}
	Throw(kind, "%s", u.Hint)
}

// Iter is a lazy sequence that can be read once, like a Python generator.
type Iter struct {
	// Name is what Python calls it when it is printed.
	Name string
	Next func() (any, bool)
}

// View is the live result of dict.keys, values or items.
type View struct {
	Of   *Map
	What string
}

// Range is Python's range.
type Range struct{ Start, Stop, Step int64 }

// Len is the number of integers in r.
func (r Range) Len() int {
	switch {
	case r.Step > 0 && r.Start < r.Stop:
		return int((r.Stop-r.Start-1)/r.Step) + 1
	case r.Step < 0 && r.Start > r.Stop:
		return int((r.Start-r.Stop-1)/-r.Step) + 1
	}
	return 0
}

// Object is anything with attributes of its own: a namespace, a loop, a macro.
type Object interface {
	// Attr returns the attribute of that name.
	Attr(name string) (any, bool)
	// String is how the object prints.
	String() string
}

// Callable is anything that can be called.
type Callable interface {
	Call(a *Args) any
}

// Func is a named Go function as a Callable.
type Func struct {
	Name string
	Fn   func(a *Args) any
}

// Call runs the function.
func (f *Func) Call(a *Args) any { return f.Fn(a) }

// AsString returns the text of a string or Markup.
func AsString(v any) (string, bool) {
	switch s := v.(type) {
	case string:
		return s, true
	case Markup:
		return string(s), true
	}
	return "", false
}

// TypeName is Python's name for the type of v.
func TypeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, BigInt:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case Markup:
		return "Markup"
	case *List:
		if v.Tuple {
			return "tuple"
		}
		return "list"
	case *Map:
		return "dict"
	case *Undefined:
		return "Undefined"
	case *Iter:
		return "generator"
	case *View:
		return "dict_" + v.What
	case Range:
		return "range"
	}
	return "object"
}

// Truth is Python's bool(v).
func Truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case *Undefined:
		return false
	}
	if n, ok := length(v); ok {
		return n > 0
	}
	return true
}

// Sized is an Object that has a length and can be iterated.
type Sized interface {
	Len() int
}

func length(v any) (int, bool) {
	switch v := v.(type) {
	case string:
		return utf8.RuneCountInString(v), true
	case Markup:
		return utf8.RuneCountInString(string(v)), true
	case *List:
		return len(v.Items), true
	case *Map:
		return v.Len(), true
	case *View:
		return v.Of.Len(), true
	case Sized: // Range, loop
		return v.Len(), true
	case *Undefined:
		return 0, true
	}
	return 0, false
}

// Len is Python's len(v).
func Len(m *Meter, v any) int {
	if s, ok := AsString(v); ok {
		m.Scan(len(s))
	}
	n, ok := length(v)
	if !ok {
		Throw(KindType, "object of type '%s' has no len()", TypeName(v))
	}
	return n
}

// IterOf returns a function that yields the elements of v, or nil when v
// cannot be iterated.
func IterOf(m *Meter, v any) func() (any, bool) {
	switch v := v.(type) {
	case *Iter:
		return v.Next
	case *List:
		return each(m, len(v.Items), func(i int) any { return v.Items[i] })
	case *Map:
		return each(m, v.Len(), func(i int) any { return v.keys[i] })
	case *View:
		return each(m, v.Of.Len(), v.at)
	case Range:
		return each(m, v.Len(), func(i int) any { return v.Start + int64(i)*v.Step })
	case *Undefined:
		return func() (any, bool) { return nil, false }
	case string, Markup:
		s, _ := AsString(v)
		return func() (any, bool) {
			if s == "" {
				return nil, false
			}
			m.Step(1)
			_, n := utf8.DecodeRuneInString(s)
			c := s[:n]
			s = s[n:]
			return c, true
		}
	}
	return nil
}

func each(m *Meter, n int, at func(int) any) func() (any, bool) {
	i := 0
	return func() (any, bool) {
		if i >= n {
			return nil, false
		}
		m.Step(1)
		i++
		return at(i - 1), true
	}
}

func (v *View) at(i int) any {
	switch v.What {
	case "keys":
		return v.Of.keys[i]
	case "values":
		return v.Of.vals[i]
	}
	return NewTuple(v.Of.keys[i], v.Of.vals[i])
}

// Collect reads all elements of v; it throws when v cannot be iterated.
func Collect(m *Meter, v any) []any {
	next := IterOf(m, v)
	if next == nil {
		Throw(KindType, "'%s' object is not iterable", TypeName(v))
	}
	var out []any
	for {
		x, ok := next()
		if !ok {
			return out
		}
		m.Alloc(16)
		out = append(out, x)
	}
}

// IsSpace is Python's str.isspace for one character: Unicode white space and
// the four ASCII separators.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
