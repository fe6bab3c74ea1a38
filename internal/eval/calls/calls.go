package calls

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"irori/internal/eval/score"
)

// Call is a call that an answer made; the arguments are the text of an object.
type Call struct {
	Name      string
	Arguments string
}

// Want is what calls are right.
type Want struct{ ways []way }

// way is one of the right answers: calls in any order, or in this one.
type way struct {
	calls   []wanted
	ordered bool
}

type wanted struct {
	name        string
	must, may   map[string]matcher
	anyArgument bool
}

// matcher says whether an argument is right.
type matcher func(v any) bool

// New reads the gold answer: a list of calls, empty where none is right, or an
// object with any, a list of such lists, and ordered. A call has name,
// arguments, and optional, arguments that may be left out; without arguments
// any will do.
func New(gold json.RawMessage) (*Want, error) {
	t := bytes.TrimSpace(gold)
	if len(t) == 0 || string(t) == "null" {
		return nil, errors.New("gold is missing; write [] where no call is right")
	}
	var all struct {
		Any     []json.RawMessage `json:"any"`
		Ordered bool              `json:"ordered"`
		Calls   json.RawMessage   `json:"calls"`
	}
	switch {
	case t[0] == '[':
		all.Any = []json.RawMessage{t}
	case t[0] != '{':
		return nil, errors.New("gold is neither a list of calls nor an object with any or calls")
	default:
		if err := strictly(t, &all); err != nil {
			return nil, err
		}
		if all.Calls != nil {
			all.Any = append(all.Any, all.Calls)
		}
	}
	if len(all.Any) == 0 {
		return nil, errors.New("gold is neither a list of calls nor an object with any or calls")
	}
	w := &Want{}
	for _, raw := range all.Any {
		one, err := read(raw)
		if err != nil {
			return nil, err
		}
		one.ordered = all.Ordered
		w.ways = append(w.ways, one)
	}
	return w, nil
}

func strictly(raw json.RawMessage, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("gold: %s is of the wrong type: %s", t.Field, t.Value)
	}
	if err != nil {
		return errors.New("gold: " + strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// maxCalls bounds an answer: every order of its calls may be tried.
const maxCalls = 16

func read(raw json.RawMessage) (way, error) {
	var list []struct {
		Name      string                     `json:"name"`
		Arguments map[string]json.RawMessage `json:"arguments"`
		Optional  map[string]json.RawMessage `json:"optional"`
	}
	if err := strictly(raw, &list); err != nil {
		return way{}, err
	}
	if len(list) > maxCalls {
		return way{}, fmt.Errorf("gold has %d calls; %d are the most", len(list), maxCalls)
	}
	var out way
	for i, c := range list {
		if c.Name == "" {
			return out, fmt.Errorf("gold[%d]: name is missing", i)
		}
		w := wanted{name: c.Name, anyArgument: c.Arguments == nil && c.Optional == nil}
		var err error
		if w.must, err = matchers(c.Arguments); err == nil {
			w.may, err = matchers(c.Optional)
		}
		if err != nil {
			return out, fmt.Errorf("gold[%d].%s: %w", i, c.Name, err)
		}
		out.calls = append(out.calls, w)
	}
	return out, nil
}

func matchers(of map[string]json.RawMessage) (map[string]matcher, error) {
	out := map[string]matcher{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		m, err := matcherOf(of[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = m
	}
	return out, nil
}

// matcherOf reads a value, or one of the objects that stand for several: $any,
// a list of values; $matches, a regular expression; $anything.
func matcherOf(raw json.RawMessage) (matcher, error) {
	want, err := score.Value(raw)
	if err != nil {
		return nil, err
	}
	o, ok := want.(map[string]any)
	if !ok || len(o) != 1 {
		return func(v any) bool { return alike(v, want) }, nil
	}
	switch list, isList := o["$any"].([]any); {
	case isList:
		return func(v any) bool { return slices.ContainsFunc(list, func(w any) bool { return alike(v, w) }) }, nil
	case o["$anything"] == true:
		return func(any) bool { return true }, nil
	}
	if p, ok := o["$matches"].(string); ok {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		return func(v any) bool { return re.MatchString(word(v)) }, nil
	}
	for name := range o {
		if strings.HasPrefix(name, "$") {
			return nil, fmt.Errorf("%s is not known; there are $any, $matches and $anything", name)
		}
	}
	return func(v any) bool { return alike(v, want) }, nil
}

// word is a scalar as text.
func word(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// alike compares values as people do: 3 and "3" and "３" are one number, true
// and "true" one truth; case and widths do not count in texts, and a list of one
// is what is in it.
func alike(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			if w, ok := y[k]; !ok || !alike(v, w) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok {
			return len(x) == 1 && alike(x[0], b)
		}
		return slices.EqualFunc(x, y, alike)
	}
	if y, ok := b.([]any); ok {
		return len(y) == 1 && alike(a, y[0])
	}
	if _, ok := b.(map[string]any); ok {
		return false
	}
	if a == nil || b == nil {
		return a == b
	}
	s, t := plainly(a), plainly(b)
	if s == t {
		return true
	}
	n, err := score.Value(json.RawMessage(s))
	m, also := score.Value(json.RawMessage(t))
	_, one := n.(json.Number)
	_, two := m.(json.Number)
	return err == nil && also == nil && one && two && score.Same(n, m)
}

func plainly(v any) string { return strings.ToLower(score.Plain(word(v))) }

// Marked is what became of an answer's calls.
type Marked struct {
	Right bool
	// Readable says that all arguments were JSON objects.
	Readable bool
	// Made are the calls as they were read.
	Made []Made
	// Why says what was wrong, for people.
	Why string
}

// Made is a call as it was read.
type Made struct {
	Name      string `json:"name"`
	Arguments any    `json:"arguments"`
}

// Mark compares the calls of an answer.
func (w *Want) Mark(list []Call) Marked {
	m := Marked{Readable: true}
	for _, c := range list {
		args := strings.TrimSpace(c.Arguments)
		if args == "" || args == "null" {
			args = "{}"
		}
		v, err := score.Value(json.RawMessage(args))
		if _, ok := v.(map[string]any); !ok || err != nil {
			m.Readable, m.Why = false, "the arguments of "+c.Name+" are no JSON object"
			v = c.Arguments
		}
		m.Made = append(m.Made, Made{c.Name, v})
	}
	if !m.Readable || len(list) > maxCalls {
		return m
	}
	for _, way := range w.ways {
		why := way.keeps(m.Made)
		if why == "" {
			m.Right, m.Why = true, ""
			return m
		}
		if m.Why == "" {
			m.Why = why
		}
	}
	return m
}

// None reports whether only an answer without calls is right.
func (w *Want) None() bool {
	return !slices.ContainsFunc(w.ways, func(y way) bool { return len(y.calls) > 0 })
}

// keeps returns why calls are not those of a way, "" where they are.
func (y way) keeps(made []Made) string {
	if len(made) != len(y.calls) {
		return fmt.Sprintf("%d calls, not %d", len(made), len(y.calls))
	}
	if y.ordered {
		for i, c := range y.calls {
			if why := c.keeps(made[i]); why != "" {
				return why
			}
		}
		return ""
	}
	// Each call takes a wanted one that it keeps, moving others where needed.
	of := make([]int, len(y.calls)) // wanted → made, plus one
	why := ""
	var place func(i int, tried []bool) bool
	place = func(i int, tried []bool) bool {
		for j, c := range y.calls {
			if tried[j] {
				continue
			}
			if w := c.keeps(made[i]); w != "" {
				if made[i].Name == c.name || why == "" {
					why = w
				}
				continue
			}
			tried[j] = true
			if of[j] == 0 || place(of[j]-1, tried) {
				of[j] = i + 1
				return true
			}
		}
		return false
	}
	for i := range made {
		if !place(i, make([]bool, len(y.calls))) {
			if why == "" {
				why = "the same call twice"
			}
			return why
		}
	}
	return ""
}

func (c wanted) keeps(m Made) string {
	if m.Name != c.name {
		return fmt.Sprintf("%.60s is called, not %s", m.Name, c.name)
	}
	if c.anyArgument {
		return ""
	}
	args, _ := m.Arguments.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(c.must)) {
		v, ok := args[name]
		if !ok {
			return name + " is missing"
		}
		if !c.must[name](v) {
			return fmt.Sprintf("%s is %.60s", name, word(v))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if c.must[name] != nil {
			continue
		}
		is := c.may[name]
		// What is null or empty is as good as left out.
		if v := args[name]; v == nil || v == "" || is != nil && is(v) {
			continue
		}
		return fmt.Sprintf("%.60s is %.60s", name, word(args[name]))
	}
	return ""
}

// Written finds calls that an answer wrote out as JSON, and nothing else: one
// object with name and arguments (or parameters), or a list of them.
func Written(text string) []Call {
	text = strings.TrimSpace(score.Said(text))
	v, ok := score.Object(text)
	if !ok || !strings.ContainsAny(text[:1], "{[`<") {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []Call
	for _, x := range list {
		o, _ := x.(map[string]any)
		if f, ok := o["function"].(map[string]any); ok {
			o = f
		}
		name, _ := o["name"].(string)
		args, ok := o["arguments"]
		if !ok {
			args, ok = o["parameters"]
		}
		if name == "" || !ok {
			return nil
		}
		out = append(out, Call{name, word(args)})
	}
	return out
}
