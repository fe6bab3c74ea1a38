package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A schema comes with a request and may refer to itself in a ring, or double
// with every step, so what reads it counts its steps: libraries that are at
// hand overflow the stack of the process on the one, and never end on the
// other. Keywords that are not known restrict nothing here.
const (
	mostSteps = 50_000
	mostDepth = 200
)

// errSteps says that it cannot be told whether a value fits.
var errSteps = errors.New("the schema takes too long")

type validator struct {
	root  any
	steps int
}

// misfit is why a value does not fit.
type misfit struct{ at, why string }

func (m misfit) Error() string {
	if m.at == "" {
		return m.why
	}
	return m.at + ": " + m.why
}

// against says how a value misses a schema; one that cannot be read misses
// nothing.
func against(raw json.RawMessage, v any) string {
	if len(raw) == 0 || len(raw) > mostSchema {
		return ""
	}
	var schema any
	if json.Unmarshal(raw, &schema) != nil {
		return ""
	}
	val := &validator{root: schema}
	var m misfit
	if err := val.fits(schema, v, "", 0); errors.As(err, &m) {
		return short(m.Error())
	}
	return ""
}

// fits returns a misfit, or errSteps.
func (val *validator) fits(schema, v any, at string, depth int) error {
	if val.steps++; val.steps > mostSteps || depth > mostDepth {
		return errSteps
	}
	if b, ok := schema.(bool); ok && !b {
		return misfit{at, "nothing may stand there"}
	}
	s, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	if ref, ok := s["$ref"].(string); ok {
		target, ok := val.resolve(ref)
		if ok {
			if err := val.fits(target, v, at, depth+1); err != nil {
				return err
			}
		}
	}
	for _, part := range []func(map[string]any, any, string, int) error{val.kind, val.object, val.array, val.combined} {
		if err := part(s, v, at, depth); err != nil {
			return err
		}
	}
	return nil
}

// resolve finds what a reference within the schema points at.
func (val *validator) resolve(ref string) (any, bool) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	at := val.root
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if part == "" {
			continue
		}
		m, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]; !ok {
			return nil, false
		}
	}
	return at, true
}

// kind checks what a value is by itself.
func (val *validator) kind(s map[string]any, v any, at string, _ int) error {
	if t, ok := s["type"]; ok {
		if names := strings.Join(list(t), " or "); names != "" && !isOne(list(t), v) {
			return misfit{at, fmt.Sprintf("%s is wanted, not %s", names, typeOf(v))}
		}
	}
	if c, ok := s["const"]; ok && !reflect.DeepEqual(c, v) {
		return misfit{at, "another value is wanted"}
	}
	if options, ok := s["enum"].([]any); ok {
		val.steps += len(options)
		found := false
		for _, o := range options {
			found = found || reflect.DeepEqual(o, v)
		}
		if !found {
			return misfit{at, "it is none of the values that are allowed"}
		}
	}
	switch x := v.(type) {
	case string:
		n := utf8.RuneCountInString(x)
		if low, ok := s["minLength"].(float64); ok && float64(n) < low {
			return misfit{at, "it is too short"}
		}
		if high, ok := s["maxLength"].(float64); ok && float64(n) > high {
			return misfit{at, "it is too long"}
		}
		if p, ok := s["pattern"].(string); ok {
			val.steps += 20 + len(x)/100
			if re, err := regexp.Compile(p); err == nil && !re.MatchString(x) {
				return misfit{at, "it does not have the pattern"}
			}
		}
	case float64:
		return bounds(s, x, at)
	}
	return nil
}

func bounds(s map[string]any, x float64, at string) error {
	if low, ok := s["minimum"].(float64); ok && x < low {
		return misfit{at, "it is too small"}
	}
	if low, ok := s["exclusiveMinimum"].(float64); ok && x <= low {
		return misfit{at, "it is too small"}
	}
	if high, ok := s["maximum"].(float64); ok && x > high {
		return misfit{at, "it is too great"}
	}
	if high, ok := s["exclusiveMaximum"].(float64); ok && x >= high {
		return misfit{at, "it is too great"}
	}
	if step, ok := s["multipleOf"].(float64); ok && step > 0 {
		if q := x / step; math.Abs(q-math.Round(q)) > 1e-9*math.Max(1, math.Abs(q)) {
			return misfit{at, "it is no multiple of the step"}
		}
	}
	return nil
}

func (val *validator) object(s map[string]any, v any, at string, depth int) error {
	o, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	for _, name := range list(s["required"]) {
		if _, ok := o[name]; !ok {
			return misfit{at, fmt.Sprintf("%.60q is missing", name)}
		}
	}
	if low, ok := s["minProperties"].(float64); ok && float64(len(o)) < low {
		return misfit{at, "it has too few members"}
	}
	if high, ok := s["maxProperties"].(float64); ok && float64(len(o)) > high {
		return misfit{at, "it has too many members"}
	}
	known, _ := s["properties"].(map[string]any)
	patterns, patterned := s["patternProperties"].(map[string]any)
	for name, member := range o {
		where := strings.TrimPrefix(at+"."+name, ".")
		sub, ok := known[name]
		matched := ok
		if ok {
			if err := val.fits(sub, member, where, depth+1); err != nil {
				return err
			}
		}
		for p, sub := range patterns {
			val.steps += 20
			re, err := regexp.Compile(p)
			if err != nil {
				matched = true
				continue
			}
			if re.MatchString(name) {
				matched = true
				if err := val.fits(sub, member, where, depth+1); err != nil {
					return err
				}
			}
		}
		rest, restricted := s["additionalProperties"]
		if matched || !restricted {
			continue
		}
		if b, ok := rest.(bool); ok && !b {
			// A reference beside it may bring members of its own.
			if _, ok := s["$ref"]; !ok || known != nil || patterned {
				return misfit{at, fmt.Sprintf("%.60q is not allowed", name)}
			}
			continue
		}
		if err := val.fits(rest, member, where, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (val *validator) array(s map[string]any, v any, at string, depth int) error {
	a, ok := v.([]any)
	if !ok {
		return nil
	}
	if low, ok := s["minItems"].(float64); ok && float64(len(a)) < low {
		return misfit{at, "it has too few items"}
	}
	if high, ok := s["maxItems"].(float64); ok && float64(len(a)) > high {
		return misfit{at, "it has too many items"}
	}
	first, _ := s["prefixItems"].([]any)
	for i, item := range a {
		sub, some := s["items"]
		if i < len(first) {
			sub, some = first[i], true
		}
		if !some {
			break
		}
		if _, tuple := sub.([]any); tuple {
			break
		}
		if err := val.fits(sub, item, fmt.Sprintf("%s[%d]", at, i), depth+1); err != nil {
			return err
		}
	}
	if unique, _ := s["uniqueItems"].(bool); unique {
		for i := range a {
			for j := range i {
				if val.steps++; val.steps > mostSteps {
					return errSteps
				}
				if reflect.DeepEqual(a[i], a[j]) {
					return misfit{at, "an item stands there twice"}
				}
			}
		}
	}
	return nil
}

func (val *validator) combined(s map[string]any, v any, at string, depth int) error {
	all, _ := s["allOf"].([]any)
	for _, sub := range all {
		if err := val.fits(sub, v, at, depth+1); err != nil {
			return err
		}
	}
	// That several of oneOf fit is not held against an answer: an option may be
	// told apart by a keyword that is not known here.
	for _, key := range []string{"anyOf", "oneOf"} {
		options, ok := s[key].([]any)
		if !ok || len(options) == 0 {
			continue
		}
		var last error
		for _, sub := range options {
			if last = val.fits(sub, v, at, depth+1); last == nil {
				break
			}
			if errors.Is(last, errSteps) {
				return last
			}
		}
		if last != nil {
			return misfit{at, "it fits none of the options; of the last, " + last.Error()}
		}
	}
	return nil
}

// list reads one word or several.
func list(v any) []string {
	switch x := v.(type) {
	case string:
		return []string{x}
	case []any:
		var out []string
		for _, e := range x {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func isOne(types []string, v any) bool {
	got := typeOf(v)
	for _, t := range types {
		if t == got || t == "number" && got == "integer" {
			return true
		}
	}
	return false
}

func typeOf(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		if x == math.Trunc(x) {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
