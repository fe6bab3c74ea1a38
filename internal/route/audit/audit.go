// Package audit reads audited answers: what a score said of each, and whether
// it was wrong.
//
// Answers of several models, templates, languages or decision points are not
// mixed: a promise holds for what it was calibrated on.
package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"irori/internal/lines"
	"irori/internal/llm"
	"irori/internal/route/calibrate"
	"irori/internal/route/outcome"
)

// maxLine bounds an answer.
const maxLine = 16 << 20

// apart are the members that answers must agree in, where they have them.
var apart = []string{"model", "w_model", "quantization", "w_quantization", "template", "scorer", "language", "point"}

// Where keeps the answers whose member has a value.
type Where map[string]string

// Read reads JSON Lines: field holds the doubt (higher means escalate), e is 1
// where the answer was wrong and 0 where it was right, or else w is how good it
// was; s is how good the strong model's was. An error names the file, the line
// and the member.
func Read(file string, r io.Reader, field string, where Where) ([]calibrate.Point, error) {
	points, _, err := ReadKinds(file, r, field, where)
	return points, err
}

// ReadKinds is Read, and says too what the answers agree in: the members model
// (or w_model), quantization (or w_quantization), template, scorer, language
// and point, empty where they do not say.
func ReadKinds(file string, r io.Reader, field string, where Where) (out []calibrate.Point, kind map[string]string, err error) {
	in := lines.New(lines.Unpacked(r), maxLine)
	kind = map[string]string{}
	other, left := map[string][]string{}, 0
	hint := fmt.Sprintf("a line is an object such as {%q: 0.3, \"e\": 0}", field)
	counts := func(name string) bool {
		_, ok := where[name]
		return ok || name == field || name == "e" || name == "w" || name == "s" || slices.Contains(apart, name)
	}
	for n, line := range in.All() {
		fail := func(format string, args ...any) *llm.Error {
			return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, n, fmt.Sprintf(format, args...)).WithHint("%s", hint)
		}
		if why := outcome.Damaged(line); why != "" {
			return nil, nil, fail("%s", why)
		}
		if twice := outcome.Twice(line, counts); twice != "" {
			return nil, nil, fail("%s is there twice", twice)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(line, &members); err != nil {
			return nil, nil, fail("%v", err)
		}
		if name := where.apart(members); name != "" {
			if v := text(members[name]); v != "" && len(other[name]) < mostShown && !slices.Contains(other[name], v) {
				other[name] = append(other[name], v)
			}
			left++
			continue
		}
		p, err := point(members, field)
		if err != nil {
			return nil, nil, fail("%v", err)
		}
		for _, m := range apart {
			v := text(members[m])
			if was, ok := kind[m]; ok && was != v {
				return nil, nil, fail("%s is %s here and %s before: what was calibrated on one says nothing of the other", m, shown(v), shown(was)).
					WithHint("choose one: --where %s=%s", m, v)
			}
			kind[m] = v
		}
		out = append(out, p)
	}
	if n, err := in.Err(); err != nil {
		return nil, nil, llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %v", file, n, err).WithHint("%s", hint)
	}
	if len(out) == 0 && left > 0 {
		return nil, nil, where.none(file, left, other)
	}
	return out, kind, nil
}

// mostShown is how many values of a member an error names.
const mostShown = 5

// none says that no answer is of what was asked for, and what they are of.
func (w Where) none(file string, answers int, other map[string][]string) error {
	var asked, have []string
	for _, name := range slices.Sorted(maps.Keys(w)) {
		asked = append(asked, name+"="+w[name])
		if len(other[name]) > 0 {
			have = append(have, name+" is "+strings.Join(other[name], ", "))
		}
	}
	there := ""
	if len(have) > 0 {
		there = ": " + strings.Join(have, "; ")
	}
	return llm.Errorf(llm.CodeInvalidRequest, "%s: none of %d answers has %s%s", file, answers, strings.Join(asked, " and "), there).
		WithHint("--where FIELD=VALUE keeps the answers whose member has the value")
}

// apart names a member that has not the value that is asked for, "" where all
// have it.
func (w Where) apart(members map[string]json.RawMessage) string {
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if text(members[name]) != w[name] {
			return name
		}
	}
	return ""
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if s = string(raw); s == "null" {
		return ""
	}
	return s
}

func shown(v string) string {
	if v == "" {
		return "missing"
	}
	return fmt.Sprintf("%q", v)
}

// point reads one answer's figures.
func point(members map[string]json.RawMessage, field string) (p calibrate.Point, err error) {
	var is bool
	if raw := members[field]; string(raw) != "null" && json.Unmarshal(raw, &is) == nil {
		// Labels may be said so; a doubt of two values would order nothing.
		return p, fmt.Errorf("%s must be a number, not %s", field, raw)
	}
	doubt, err := number(members, field)
	if err != nil {
		return p, err
	}
	if doubt == nil {
		var have []string
		for name, raw := range members {
			var v float64
			if json.Unmarshal(raw, &v) == nil {
				have = append(have, name)
			}
		}
		return p, fmt.Errorf("there is no %s; numbers here are in %s", field, orNothing(have))
	}
	p.Doubt = *doubt
	if raw := string(members["e"]); raw == "true" || raw == "false" {
		return p, fmt.Errorf("e must be 0 or 1, not %s", raw)
	}
	e, err := share(members, "e")
	if err != nil {
		return p, err
	}
	if e != nil && *e != 0 && *e != 1 {
		return p, fmt.Errorf("e must be 0, right, or 1, wrong, not %g; w may be between", *e)
	}
	w, err := share(members, "w")
	switch {
	case err != nil:
		return p, err
	case e != nil && w != nil && (*e == 1) == (*w >= .5):
		return p, fmt.Errorf("e is %g and w is %g: the one says that the answer was %s, the other not", *e, *w, map[bool]string{true: "wrong", false: "right"}[*e == 1])
	case e != nil:
		p.Error = *e
	case w != nil:
		p.Error = 1 - *w
	default:
		return p, fmt.Errorf("neither e, whether the answer was wrong, nor w, how good it was, is there")
	}
	p.Strong, err = share(members, "s")
	return p, err
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no member"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func number(members map[string]json.RawMessage, name string) (*float64, error) {
	raw, ok := members[name]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var v float64
	var b bool
	if json.Unmarshal(raw, &b) == nil {
		if b {
			v = 1
		}
		return &v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return nil, fmt.Errorf("%s must be a number, not %.40s", name, raw)
	}
	return &v, nil
}

func share(members map[string]json.RawMessage, name string) (*float64, error) {
	v, err := number(members, name)
	if err == nil && v != nil && !(*v >= 0 && *v <= 1) {
		err = fmt.Errorf("%s must be from 0 to 1, not %g", name, *v)
	}
	return v, err
}

// Told is a bound as it is told to others. A threshold is there only with a
// promise.
type Told struct {
	Promised  bool     `json:"promised"`
	Threshold *float64 `json:"threshold"`
	Accepted  int      `json:"accepted"`
	Errors    int      `json:"errors"`
	Need      int      `json:"need_labels"`
	Far       bool     `json:"out_of_reach,omitempty"`
	N         int      `json:"n"`
	Alpha     float64  `json:"alpha"`
	Delta     float64  `json:"delta"`
	Method    string   `json:"method"`
	// Contradicted says that the answers a promise was held against are wrong
	// too often for it: it is one no longer.
	Contradicted bool `json:"contradicted,omitempty"`
}

// Tell says a bound.
func Tell(b calibrate.Bound) Told {
	t := Told{
		Promised: b.Promised, Accepted: b.Accepted, Errors: b.Errors, Need: b.Need, Far: b.Far, N: b.N, Alpha: b.Alpha, Delta: b.Delta,
		Method: "learn-then-test",
	}
	if b.Promised {
		t.Threshold = &b.Threshold
	}
	return t
}

// TellWith says what a bound that was found before makes of other answers, and
// whether these contradict it: by an exact binomial test that does so of a true
// promise with a probability of at most Delta.
func TellWith(b calibrate.Bound, points []calibrate.Point) Told {
	contradicted := b.Against(points)
	b.Promised = b.Promised && !contradicted
	t := Tell(b)
	t.Contradicted = contradicted
	return t
}
