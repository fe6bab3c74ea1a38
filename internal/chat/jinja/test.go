package jinja

import (
	"strings"
	"unicode"

	"irori/internal/chat/jinja/value"
)

// testFunc answers "v is NAME".
type testFunc func(ev *evaluator, v any, a *value.Args) bool

func (ev *evaluator) test(name string, v any, a *value.Args) bool {
	t := testFor(name)
	if t == nil {
		value.Throw(value.KindType, "no test named '%s'", name)
	}
	return t(ev, v, a)
}

// comparisons maps the names of tests that compare to their operators.
var comparisons = map[string]string{
	"==": "==", "eq": "==", "equalto": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", "lessthan": "<",
	"<=": "<=", "le": "<=", ">": ">", "gt": ">", "greaterthan": ">", ">=": ">=", "ge": ">=", "in": "in",
}

// testFor returns the test of that name, or nil.
func testFor(name string) testFunc {
	if op, ok := comparisons[name]; ok {
		return func(ev *evaluator, v any, a *value.Args) bool {
			return compareOp(ev.m, op, v, a.Bind(name, "other")[0])
		}
	}
	switch name {
	case "divisibleby":
		return func(ev *evaluator, v any, a *value.Args) bool {
			n := a.Bind(name, "num")[0]
			return value.Equal(ev.m, value.Binary(ev.m, "%", v, n), int64(0))
		}
	case "sameas":
		return func(_ *evaluator, v any, a *value.Args) bool { return v == a.Bind(name, "other")[0] }
	case "even", "odd":
		want := int64(0)
		if name == "odd" {
			want = 1
		}
		return func(ev *evaluator, v any, a *value.Args) bool {
			a.Bind(name)
			return value.Equal(ev.m, value.Binary(ev.m, "%", v, int64(2)), want)
		}
	case "filter":
		return func(_ *evaluator, v any, _ *value.Args) bool { return filterFor(value.Text(v)) != nil }
	case "test":
		return func(_ *evaluator, v any, _ *value.Args) bool { return testFor(value.Text(v)) != nil }
	case "lower", "upper":
		return func(ev *evaluator, v any, _ *value.Args) bool { return isCase(value.Str(ev.m, v), name == "upper") }
	}
	is := typeTest(name)
	if is == nil {
		return nil
	}
	return func(_ *evaluator, v any, a *value.Args) bool {
		a.Bind(name)
		return is(v)
	}
}

func isCase(s string, upper bool) bool {
	want, other := unicode.IsLower, unicode.IsUpper
	if upper {
		want, other = unicode.IsUpper, unicode.IsLower
	}
	return strings.IndexFunc(s, want) >= 0 && strings.IndexFunc(s, other) < 0
}

// typeTest returns the tests that look only at the kind of value.
func typeTest(name string) func(v any) bool {
	switch name {
	case "defined":
		return func(v any) bool { return !is[*value.Undefined](v) }
	case "undefined":
		return is[*value.Undefined]
	case "none":
		return func(v any) bool { return v == nil }
	case "boolean":
		return is[bool]
	case "true":
		return func(v any) bool { return v == true }
	case "false":
		return func(v any) bool { return v == false }
	case "integer":
		return func(v any) bool { return is[int64](v) || is[value.BigInt](v) }
	case "float":
		return is[float64]
	case "number":
		return func(v any) bool { return is[int64](v) || is[float64](v) || is[bool](v) || is[value.BigInt](v) }
	case "string":
		return func(v any) bool { return is[string](v) || is[value.Markup](v) }
	case "mapping":
		return is[*Map]
	case "sequence":
		return func(v any) bool {
			switch v.(type) {
			case string, value.Markup, *List, *Map, value.Range, *value.Undefined:
				return true
			}
			return false
		}
	case "iterable":
		return func(v any) bool {
			return is[*loopState](v) || value.IterOf(&value.Meter{}, v) != nil
		}
	case "callable":
		return func(v any) bool { return is[value.Callable](v) || is[*value.Undefined](v) }
	case "escaped":
		return is[value.Markup]
	}
	return nil
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}
