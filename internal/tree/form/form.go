package form

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/tree"
)

// Form reads the keys of a mapping; the first fault stays.
type Form struct {
	// File names the file in errors, What what the whole of it is.
	File, What string
	// At is the path of the mapping, with a dot behind it.
	At   string
	Node *tree.Node
	// Hint is what a person can type about a file that is not right.
	Hint string
	// Err is the first fault.
	Err error
}

// Wrong is an error at a line of a file.
func Wrong(file string, line int, hint, format string, args ...any) error {
	return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, line, fmt.Sprintf(format, args...)).WithHint("%s", hint)
}

// Fail notes a fault at a line, if there was none.
func (f *Form) Fail(line int, format string, args ...any) {
	if f.Err == nil {
		f.Err = Wrong(f.File, line, f.Hint, format, args...)
	}
}

// Blame notes a fault at a value, which may stand in another file.
func (f *Form) Blame(at *tree.Node, format string, args ...any) {
	f.Near(at, at.Line, format, args...)
}

// Near notes a fault at a line of a value.
func (f *Form) Near(at *tree.Node, line int, format string, args ...any) {
	if f.Err == nil {
		f.Err = Wrong(cmp.Or(at.File, f.File), line, f.Hint, format, args...)
	}
}

// Known refuses keys that are not in a list, and those of refused with the
// reason.
func (f *Form) Known(keys []string, refused map[string]string) {
	if f.Node.Kind != tree.Keys {
		what := f.What
		if f.At != "" {
			what = "key " + strings.TrimSuffix(f.At, ".")
		}
		f.Blame(f.Node, "%s must be %s, not %s", what, tree.Keys, Described(f.Node))
		return
	}
	for _, p := range f.Node.Pairs {
		switch why := refused[p.Key]; {
		case slices.Contains(keys, p.Key):
		case why != "":
			f.Near(p.Value, p.Line, "key %s%s cannot be used here: %s", f.At, p.Key, why)
		default:
			f.Near(p.Value, p.Line, "key %s%s is not known%s", f.At, p.Key, meant(p.Key, keys))
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

// Get returns a key's value; nothing is as good as no key.
func (f *Form) Get(key string) *tree.Node {
	if f.Node.Kind != tree.Keys {
		return nil
	}
	n := f.Node.Get(key)
	if n == nil || n.Kind == tree.Nothing {
		return nil
	}
	if strings.HasPrefix(n.Tag, "!function") {
		f.Blame(n, "key %s%s is a function of Python, which cannot be run here", f.At, key)
		return nil
	}
	return n
}

// Must notes that a value is not what a key wants.
func (f *Form) Must(n *tree.Node, key, want string) {
	f.Blame(n, "key %s%s must be %s, not %s", f.At, key, want, Described(n))
}

// Described shows a value in an error.
func Described(n *tree.Node) string {
	switch n.Kind {
	case tree.List, tree.Keys, tree.Nothing:
		return string(n.Kind)
	}
	if r := []rune(n.Text); len(r) > 40 {
		return strconv.Quote(string(r[:40]) + "…")
	}
	return strconv.Quote(n.Text)
}

// Text is a text, empty where there is none.
func (f *Form) Text(key string) string {
	n := f.Get(key)
	if n == nil {
		return ""
	}
	if n.Kind != tree.Text {
		f.Must(n, key, "a text")
	}
	return n.Text
}

// Word is a text, or a number that stands for one, like a version.
func (f *Form) Word(key string) string {
	n := f.Get(key)
	if n == nil {
		return ""
	}
	if n.Kind == tree.List || n.Kind == tree.Keys {
		f.Must(n, key, "a text")
	}
	return n.Text
}

// OneOf is a text of a list.
func OneOf[S ~string](f *Form, key string, of ...S) S {
	n := f.Get(key)
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
	f.Must(n, key, strings.Join(words, ", ")+" or left out")
	return ""
}

// Whole is a whole number within bounds, or what holds where there is none.
func (f *Form) Whole(key string, low, high, without int) int {
	n := f.Get(key)
	if n == nil {
		return without
	}
	v, err := strconv.Atoi(n.Text)
	if n.Kind != tree.Whole || err != nil || v < low || v > high {
		f.Must(n, key, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return v
}

// Decimal is a number within bounds, nil where there is none.
func (f *Form) Decimal(key string, low, high float64) *float64 {
	n := f.Get(key)
	if n == nil {
		return nil
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), 64)
	if n.Kind != tree.Whole && n.Kind != tree.Decimal || err != nil || math.IsNaN(v) || v < low || v > high {
		f.Must(n, key, fmt.Sprintf("a number from %g to %g", low, high))
		return nil
	}
	return &v
}

// Truth is true or false, or what holds where there is none.
func (f *Form) Truth(key string, without bool) bool {
	n := f.Get(key)
	if n == nil {
		return without
	}
	if n.Kind != tree.Truth {
		f.Must(n, key, "true or false")
	}
	return n.Text == "true"
}

// Texts is a text or a list of texts.
func (f *Form) Texts(key string) []string {
	n := f.Get(key)
	if n == nil {
		return nil
	}
	if n.Kind == tree.Text {
		return []string{n.Text}
	}
	if n.Kind != tree.List {
		f.Must(n, key, "a text or a list of texts")
		return nil
	}
	var out []string
	for _, v := range n.Items {
		if v.Kind == tree.List || v.Kind == tree.Keys || v.Kind == tree.Nothing {
			f.Must(v, key, "a list of texts")
			return nil
		}
		out = append(out, v.Text)
	}
	return out
}

// Below is a mapping under a key, nil where there is none.
func (f *Form) Below(key string) *Form {
	n := f.Get(key)
	if n == nil {
		return nil
	}
	if n.Kind != tree.Keys {
		f.Must(n, key, "keys with values")
		return nil
	}
	return &Form{File: f.File, What: f.What, At: f.At + key + ".", Node: n, Hint: f.Hint}
}

// Take keeps the fault of a mapping below.
func (f *Form) Take(below *Form) {
	if f.Err == nil && below != nil {
		f.Err = below.Err
	}
}
