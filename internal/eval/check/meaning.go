package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"irori/internal/eval/follow"
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/score"
)

// numbers asks for numbers by their values, however they are written.
func numbers(a *args, _ text) (held, error) {
	raw, ok := a.take("all")
	var list []json.RawMessage
	if !ok || json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return nil, errors.New("all is not a list of numbers")
	}
	var want []score.Figure
	for _, r := range list {
		text := string(r)
		_ = json.Unmarshal(r, &text) // a number stays as it is written
		f := score.Figures(text, true)
		if len(f) != 1 {
			return nil, fmt.Errorf("all: %.40s is not a number", r)
		}
		want = append(want, f[0])
	}
	return func(s string) bool {
		got := score.Figures(s, true)
		for _, w := range want {
			if !slices.ContainsFunc(got, func(g score.Figure) bool { return g.Value.Cmp(w.Value) == 0 }) {
				return false
			}
		}
		return true
	}, nil
}

// noNewNumbers refuses numbers that the source does not have, other than those
// that number points of a list.
func noNewNumbers(_ *args, t text) (held, error) {
	if t.source == "" {
		return nil, errors.New("there is no source")
	}
	have := score.Figures(t.source, true)
	return func(s string) bool {
		for _, g := range score.Figures(unnumbered(s), false) {
			if !slices.ContainsFunc(have, func(h score.Figure) bool { return g.Value.Cmp(h.Value) == 0 }) {
				return false
			}
		}
		return true
	}, nil
}

// unnumbered takes the marks of lists off.
func unnumbered(s string) string {
	lines := rule.Lines(s)
	for i, l := range lines {
		if at := bullet.FindStringSubmatchIndex(l); at != nil {
			lines[i] = l[at[3]:]
		}
	}
	out := ""
	for _, l := range lines {
		out += l + "\n"
	}
	return out
}

// similar asks for likeness to one of some references: the F-score of the
// runs of one to six characters (chrF, recall twice as heavy).
func similar(a *args, _ text) (held, error) {
	refs, err := a.texts("to")
	if err != nil || refs == nil {
		return nil, cmpErr(err, "to is missing")
	}
	least, err := a.number("least", 0, 1)
	if err != nil || least == nil {
		return nil, cmpErr(err, "least is missing")
	}
	return func(s string) bool {
		return slices.ContainsFunc(refs, func(r string) bool { return Likeness(s, r) >= *least })
	}, nil
}

// longestRun and weight are those of chrF as it is published.
const (
	longestRun = 6
	weight     = 2.0
)

// Likeness is how much of a reference's runs of characters a text has and the
// other way round, from 0 to 1: chrF with one to six characters, beta 2.
// Blanks, widths and case do not count.
func Likeness(s, reference string) float64 {
	a, b := bare(s), bare(reference)
	precision, recall, n := 0.0, 0.0, 0
	for k := 1; k <= longestRun; k++ {
		x, y := runs(a, k), runs(b, k)
		if len(a) < k || len(b) < k {
			break
		}
		same := 0
		for g, c := range x {
			same += min(c, y[g])
		}
		precision += float64(same) / float64(len(a)-k+1)
		recall += float64(same) / float64(len(b)-k+1)
		n++
	}
	if n == 0 || precision+recall == 0 {
		return 0
	}
	precision, recall = precision/float64(n), recall/float64(n)
	return (1 + weight*weight) * precision * recall / (weight*weight*precision + recall)
}

func bare(s string) []rune {
	var out []rune
	for _, r := range folded(s, false) {
		if r != ' ' {
			out = append(out, r)
		}
	}
	return out
}

func runs(s []rune, k int) map[string]int {
	out := map[string]int{}
	for i := 0; i+k <= len(s); i++ {
		out[string(s[i:i+k])]++
	}
	return out
}

// mark asks that the answer is right by one of the comparisons of score.
func mark(a *args, _ text) (held, error) {
	name, err := a.text("mark")
	if err != nil {
		return nil, err
	}
	gold, _ := a.take("gold")
	if _, err := score.Mark(name, score.Item{Gold: gold}); err != nil {
		return nil, err
	}
	return func(s string) bool {
		r, err := score.Mark(name, score.Item{Gold: gold, Output: &s})
		return err == nil && r.State == score.Right
	}, nil
}

// following asks for the kinds of package follow, strictly.
func following(a *args, _ text) (held, error) {
	ids, err := a.texts("instruction_id_list")
	if err != nil {
		return nil, err
	}
	var kwargs []rule.Args
	if raw, ok := a.take("kwargs"); ok {
		if err := json.Unmarshal(raw, &kwargs); err != nil {
			return nil, errors.New("kwargs is not a list of objects")
		}
	}
	sheet, err := follow.New(ids, kwargs)
	if err != nil {
		return nil, err
	}
	return func(s string) bool { return !slices.Contains(sheet.Mark(s).Strict, false) }, nil
}

// anyOf asks that one of some checks is kept, none that none of them is.
func anyOf(a *args, t text) (held, error) {
	s, err := a.nested(t)
	if err != nil {
		return nil, err
	}
	return func(answer string) bool { return slices.Contains(s.Mark(answer), true) }, nil
}

func none(a *args, t text) (held, error) {
	s, err := a.nested(t)
	if err != nil {
		return nil, err
	}
	return func(answer string) bool { return !slices.Contains(s.Mark(answer), true) }, nil
}

func (a *args) nested(t text) (*Sheet, error) {
	raw, ok := a.take("of")
	var of []json.RawMessage
	if !ok || json.Unmarshal(raw, &of) != nil || len(of) == 0 {
		return nil, errors.New("of is not a list of checks")
	}
	return list(of, t, a.at, a.left)
}
