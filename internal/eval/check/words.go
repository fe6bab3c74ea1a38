package check

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"irori/internal/eval/score"
)

// folded writes a text so that widths, case and runs of space do not count.
func folded(s string, keep bool) string {
	s = strings.Join(strings.Fields(score.Fold(s)), " ")
	if !keep {
		s = strings.ToLower(s)
	}
	return s
}

func foldedAll(list []string, keep bool) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = folded(s, keep)
	}
	return out
}

// contains asks for all of some words, or for a number of others. A word of
// letters is found as a word: "art" is not in "party".
func contains(a *args, _ text) (held, error) {
	all, err := a.texts("all")
	if err != nil {
		return nil, err
	}
	some, err := a.texts("any")
	if err != nil {
		return nil, err
	}
	least, err := a.number("least", 1, 1e6)
	if err != nil {
		return nil, err
	}
	keep, err := a.truth("case")
	if err != nil {
		return nil, err
	}
	switch {
	case all == nil && some == nil:
		return nil, errors.New("all and any are missing")
	case least != nil && (some == nil || int(*least) > len(some)):
		return nil, errors.New("least goes with any, and is not more than that has")
	}
	want := 1
	if least != nil {
		want = int(*least)
	}
	all, some = foldedAll(all, keep), foldedAll(some, keep)
	return func(s string) bool {
		s, n := folded(s, keep), 0
		for _, w := range all {
			if !has(s, w) {
				return false
			}
		}
		for _, w := range some {
			if has(s, w) {
				n++
			}
		}
		return some == nil || n >= want
	}, nil
}

// has finds a word: where it begins or ends with a letter or digit of ASCII, no
// such stands beside it. A star at its end stands for any ending.
func has(s, w string) bool { return find(s, w, 0) >= 0 }

func find(s, w string, from int) int {
	w, open := strings.CutSuffix(w, "*")
	if w == "" {
		return -1
	}
	for from <= len(s) {
		i := strings.Index(s[from:], w)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(w)
		if (i == 0 || !joined(s[i-1], w[0])) && (open || end == len(s) || !joined(w[len(w)-1], s[end])) {
			return i
		}
		from = i + 1
	}
	return -1
}

func joined(a, b byte) bool {
	kind := func(c byte) int {
		switch {
		case c >= '0' && c <= '9':
			return 2
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			return 1
		}
		return 0
	}
	return kind(a) > 0 && kind(a) == kind(b)
}

// excludes asks for none of some words, but where they stand in phrases that may
// be there: who says "from Monday to Friday" does not say Monday.
func excludes(a *args, _ text) (held, error) {
	list, err := a.texts("any")
	if err != nil || list == nil {
		return nil, cmpErr(err, "any is missing")
	}
	keep, err := a.truth("case")
	if err != nil {
		return nil, err
	}
	but, err := a.texts("but")
	list, but = foldedAll(list, keep), foldedAll(but, keep)
	slices.SortFunc(but, func(a, b string) int { return len(b) - len(a) })
	return func(s string) bool {
		s = folded(s, keep)
		if but != nil {
			s = strings.ReplaceAll(s, "*", "") // what is set in bold
		}
		for _, p := range but {
			s = strings.ReplaceAll(s, p, "…")
		}
		return !slices.ContainsFunc(list, func(w string) bool { return has(s, w) })
	}, err
}

func cmpErr(err error, otherwise string) error {
	if err != nil {
		return err
	}
	return errors.New(otherwise)
}

// matches counts a regular expression in the answer as it is.
func matches(a *args, _ text) (held, error) {
	pattern, err := a.text("pattern")
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	in, err := a.span()
	if err != nil && strings.HasSuffix(err.Error(), "are missing") {
		return re.MatchString, nil
	}
	return func(s string) bool { return in(len(re.FindAllStringIndex(s, -1))) }, err
}

// equals asks for one of some short answers.
func equals(a *args, _ text) (held, error) {
	list, err := a.texts("any")
	if err != nil || list == nil {
		return nil, cmpErr(err, "any is missing")
	}
	keep, err := a.truth("case")
	for i := range list {
		list[i] = folded(score.Plain(list[i]), keep)
	}
	return func(s string) bool { return slices.Contains(list, folded(score.Plain(s), keep)) }, err
}

// order asks for words one after the other.
func order(a *args, _ text) (held, error) {
	list, err := a.texts("of")
	if err != nil || len(list) < 2 {
		return nil, cmpErr(err, "of is not a list of two texts or more")
	}
	list = foldedAll(list, false)
	return func(s string) bool {
		s = folded(s, false)
		at := 0
		for _, w := range list {
			i := find(s, w, at)
			if i < 0 {
				return false
			}
			at = i + len(strings.TrimSuffix(w, "*"))
		}
		return true
	}, nil
}

func starts(a *args, _ text) (held, error) { return edge(a, strings.HasPrefix) }
func ends(a *args, _ text) (held, error)   { return edge(a, strings.HasSuffix) }

func edge(a *args, is func(s, w string) bool) (held, error) {
	list, err := a.texts("with")
	if err != nil || list == nil {
		return nil, cmpErr(err, "with is missing")
	}
	list = foldedAll(list, true)
	return func(s string) bool {
		s = folded(s, true)
		return slices.ContainsFunc(list, func(w string) bool { return is(s, w) })
	}, nil
}

// copies bounds how many characters in a row are those of the source; blanks
// and punctuation do not count.
func copies(a *args, t text) (held, error) {
	most, err := a.number("most", 1, 1e6)
	switch {
	case err != nil || most == nil:
		return nil, cmpErr(err, "most is missing")
	case t.source == "":
		return nil, errors.New("there is no source")
	}
	source := letters(t.source)
	return func(s string) bool { return longest(source, letters(s)) <= int(*most) }, nil
}

func letters(s string) []rune {
	var out []rune
	for _, r := range strings.ToLower(score.Fold(s)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, r)
		}
	}
	// The search takes the product of both lengths.
	return out[:min(len(out), 8_000)]
}

// longest is the length of the longest run that two texts share.
func longest(a, b []rune) int {
	best := 0
	row := make([]int, len(b)+1)
	for _, x := range a {
		above := 0
		for j, y := range b {
			was := row[j+1]
			row[j+1] = 0
			if x == y {
				row[j+1] = above + 1
				best = max(best, above+1)
			}
			above = was
		}
	}
	return best
}
