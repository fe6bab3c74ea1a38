package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sheet is what one answer has to keep, all of it.
type Sheet struct {
	kinds  []string
	checks []held
}

// held is a check: whether an answer keeps it.
type held func(answer string) bool

// text is what a task gives besides an answer.
type text struct{ source string }

// maker reads the arguments of one check.
type maker func(a *args, t text) (held, error)

// kinds are all that can be asked for.
func kinds() map[string]maker {
	return map[string]maker{
		"contains": contains, "excludes": excludes, "matches": matches, "equals": equals, "order": order, "starts": starts, "ends": ends,
		"length": length, "shorter": shorter, "language": language, "json": object, "numbers": numbers, "no_new_numbers": noNewNumbers,
		"copies": copies, "similar": similar, "mark": mark, "follow": following, "any": anyOf, "not": none,
	}
}

// Kinds are the names of the kinds.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds())) }

// maxChecks bounds a sheet, those within others included.
const maxChecks = 100

// New reads checks: a list of them, or an object with all, the list, and
// source, the text that the answer is about. Each is an object with its kind
// and the arguments of that. An error names the check and the argument.
func New(raw json.RawMessage) (*Sheet, error) {
	var sheet struct {
		Source *string           `json:"source"`
		All    []json.RawMessage `json:"all"`
	}
	if t := bytes.TrimSpace(raw); len(t) > 0 && t[0] == '[' {
		if err := json.Unmarshal(raw, &sheet.All); err != nil {
			return nil, fmt.Errorf("checks: %w", err)
		}
	} else if err := strictly(raw, &sheet); err != nil {
		return nil, fmt.Errorf("checks: %w", err)
	}
	if len(sheet.All) == 0 {
		return nil, errors.New("checks: there are none")
	}
	var t text
	if sheet.Source != nil {
		t.source = *sheet.Source
	}
	left := maxChecks
	return list(sheet.All, t, "checks", &left)
}

func strictly(raw json.RawMessage, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func list(raw []json.RawMessage, t text, at string, left *int) (*Sheet, error) {
	s := &Sheet{}
	for i, r := range raw {
		here := fmt.Sprintf("%s[%d]", at, i)
		if *left--; *left < 0 {
			return nil, fmt.Errorf("%s: there are more than %d checks", here, maxChecks)
		}
		a := args{at: here, left: left}
		if err := json.Unmarshal(r, &a.of); err != nil || a.of == nil {
			return nil, fmt.Errorf("%s is not an object with a kind", here)
		}
		kind, err := a.text("kind")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", here, err)
		}
		m := kinds()[kind]
		if m == nil {
			return nil, fmt.Errorf("%s: no kind %q is known; there are %s", here, kind, strings.Join(Kinds(), ", "))
		}
		c, err := m(&a, t)
		if err == nil {
			err = a.unused()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", here, kind, err)
		}
		s.kinds, s.checks = append(s.kinds, kind), append(s.checks, c)
	}
	return s, nil
}

// Mark says for each check whether the answer keeps it. An empty answer keeps
// none.
func (s *Sheet) Mark(answer string) []bool {
	out := make([]bool, len(s.checks))
	for i, c := range s.checks {
		out[i] = strings.TrimSpace(answer) != "" && c(answer)
	}
	return out
}

// Failed are the kinds of the checks that an answer did not keep.
func (s *Sheet) Failed(kept []bool) []string {
	var out []string
	for i, k := range kept {
		if !k {
			out = append(out, s.kinds[i])
		}
	}
	return out
}

// args are the arguments of a check; what nobody asked for is an error.
type args struct {
	of   map[string]json.RawMessage
	at   string
	left *int
}

func (a *args) take(name string) (json.RawMessage, bool) {
	v, ok := a.of[name]
	ok = ok && string(v) != "null"
	delete(a.of, name)
	return v, ok
}

func (a *args) unused() error {
	if names := slices.Sorted(maps.Keys(a.of)); len(names) > 0 {
		return fmt.Errorf("%s is not known", names[0])
	}
	return nil
}

func (a *args) text(name string) (string, error) {
	raw, ok := a.take(name)
	if !ok {
		return "", fmt.Errorf("%s is missing", name)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil || s == "" {
		return "", fmt.Errorf("%s is not a text", name)
	}
	return s, nil
}

// texts is a text or a list of them, nil where there is none.
func (a *args) texts(name string) ([]string, error) {
	raw, ok := a.take(name)
	if !ok {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}, nil
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil || len(many) == 0 || slices.Contains(many, "") {
		return nil, fmt.Errorf("%s is not a list of texts", name)
	}
	return many, nil
}

func (a *args) truth(name string) (bool, error) {
	raw, ok := a.take(name)
	if !ok {
		return false, nil
	}
	var b bool
	if json.Unmarshal(raw, &b) != nil {
		return false, fmt.Errorf("%s is neither true nor false", name)
	}
	return b, nil
}

// number is a number within bounds, nil where there is none.
func (a *args) number(name string, low, high float64) (*float64, error) {
	raw, ok := a.take(name)
	if !ok {
		return nil, nil
	}
	var f float64
	if json.Unmarshal(raw, &f) != nil || f < low || f > high {
		return nil, fmt.Errorf("%s is not a number from %g to %g", name, low, high)
	}
	return &f, nil
}

// span reads least and most, one of them at least.
func (a *args) span() (func(n int) bool, error) {
	least, err := a.number("least", 0, 1e9)
	if err != nil {
		return nil, err
	}
	most, err := a.number("most", 0, 1e9)
	if err != nil {
		return nil, err
	}
	if least == nil && most == nil {
		return nil, errors.New("least and most are missing")
	}
	if least != nil && most != nil && *least > *most {
		return nil, fmt.Errorf("least is %g and most %g", *least, *most)
	}
	return func(n int) bool {
		return (least == nil || float64(n) >= *least) && (most == nil || float64(n) <= *most)
	}, nil
}
