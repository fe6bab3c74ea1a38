package task

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"irori/internal/eval/task/tree"
	"irori/internal/llm"
)

// hint is what a person can type about a file that is not right.
const hint = "irori help measure"

// wrong is an error at a line of a file.
func wrong(file string, line int, format string, args ...any) error {
	return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, line, fmt.Sprintf(format, args...)).WithHint(hint)
}

// form reads the keys of a mapping; the first fault stays.
type form struct {
	file string
	// at is the path of the mapping, with a dot behind it.
	at  string
	n   *tree.Node
	err error
}

func (f *form) fail(line int, format string, args ...any) {
	if f.err == nil {
		f.err = wrong(f.file, line, format, args...)
	}
}

// known refuses keys that are not in a list, and those that lm-eval has and
// that mean nothing here, with the reason.
func (f *form) known(keys []string, refused map[string]string) {
	if f.n.Kind != tree.Keys {
		what := "a task"
		if f.at != "" {
			what = "key " + strings.TrimSuffix(f.at, ".")
		}
		f.fail(f.n.Line, "%s must be %s, not %s", what, tree.Keys, described(f.n))
		return
	}
	for _, p := range f.n.Pairs {
		switch why := refused[p.Key]; {
		case slices.Contains(keys, p.Key):
		case why != "":
			f.fail(p.Line, "key %s%s cannot be used here: %s", f.at, p.Key, why)
		default:
			f.fail(p.Line, "key %s%s is not known%s", f.at, p.Key, meant(p.Key, keys))
		}
	}
}

// meant suggests the nearest of some words, if one is near.
func meant(word string, of []string) string {
	best, least := "", 1+len([]rune(word))/3
	for _, w := range of {
		if d := distance(strings.ToLower(word), w); d <= least && (best == "" || d < least) {
			best, least = w, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance counts the letters to change, add, remove or swap between two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			d := rows[i-1][j-1]
			if x[i-1] != y[j-1] {
				d++
			}
			d = min(d, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(x)][len(y)]
}

// get returns a key's value; nothing is as good as no key.
func (f *form) get(key string) *tree.Node {
	if f.n.Kind != tree.Keys {
		return nil
	}
	n := f.n.Get(key)
	if n == nil || n.Kind == tree.Nothing {
		return nil
	}
	if strings.HasPrefix(n.Tag, "!function") {
		f.fail(n.Line, "key %s%s is a function of Python, which cannot be run here", f.at, key)
		return nil
	}
	return n
}

func (f *form) must(n *tree.Node, key, want string) {
	f.fail(n.Line, "key %s%s must be %s, not %s", f.at, key, want, described(n))
}

// described shows a value in an error.
func described(n *tree.Node) string {
	switch n.Kind {
	case tree.List, tree.Keys, tree.Nothing:
		return string(n.Kind)
	}
	if r := []rune(n.Text); len(r) > 40 {
		return strconv.Quote(string(r[:40]) + "…")
	}
	return strconv.Quote(n.Text)
}

func (f *form) text(key string) string {
	n := f.get(key)
	if n == nil {
		return ""
	}
	if n.Kind != tree.Text {
		f.must(n, key, "a text")
	}
	return n.Text
}

// word is a text, or a number that stands for one, like a version.
func (f *form) word(key string) string {
	n := f.get(key)
	if n == nil {
		return ""
	}
	if n.Kind == tree.List || n.Kind == tree.Keys {
		f.must(n, key, "a text")
	}
	return n.Text
}

// oneOf is a text of a list.
func oneOf[S ~string](f *form, key string, of ...S) S {
	n := f.get(key)
	if n == nil {
		return ""
	}
	if n.Kind == tree.Text && slices.Contains(of, S(n.Text)) {
		return S(n.Text)
	}
	var words []string
	for _, w := range of {
		words = append(words, string(w))
	}
	f.must(n, key, strings.Join(words, ", ")+" or left out")
	return ""
}

// whole is a whole number within bounds, or what holds where there is none.
func (f *form) whole(key string, low, high, without int) int {
	n := f.get(key)
	if n == nil {
		return without
	}
	v, err := strconv.Atoi(n.Text)
	if n.Kind != tree.Whole || err != nil || v < low || v > high {
		f.must(n, key, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return v
}

func (f *form) decimal(key string, low, high float64) *float64 {
	n := f.get(key)
	if n == nil {
		return nil
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), 64)
	if n.Kind != tree.Whole && n.Kind != tree.Decimal || err != nil || math.IsNaN(v) || v < low || v > high {
		f.must(n, key, fmt.Sprintf("a number from %g to %g", low, high))
		return nil
	}
	return &v
}

func (f *form) truth(key string, without bool) bool {
	n := f.get(key)
	if n == nil {
		return without
	}
	if n.Kind != tree.Truth {
		f.must(n, key, "true or false")
	}
	return n.Text == "true"
}

// texts is a text or a list of texts.
func (f *form) texts(key string) []string {
	n := f.get(key)
	if n == nil {
		return nil
	}
	if n.Kind == tree.Text {
		return []string{n.Text}
	}
	if n.Kind != tree.List {
		f.must(n, key, "a text or a list of texts")
		return nil
	}
	var out []string
	for _, v := range n.Items {
		if v.Kind == tree.List || v.Kind == tree.Keys || v.Kind == tree.Nothing {
			f.must(v, key, "a list of texts")
			return nil
		}
		out = append(out, v.Text)
	}
	return out
}

// below is a mapping under a key, nil where there is none.
func (f *form) below(key string) *form {
	n := f.get(key)
	if n == nil {
		return nil
	}
	if n.Kind != tree.Keys {
		f.must(n, key, "keys with values")
		return nil
	}
	return &form{file: f.file, at: f.at + key + ".", n: n}
}

// take keeps the fault of a mapping below.
func (f *form) take(below *form) {
	if f.err == nil && below != nil {
		f.err = below.err
	}
}
