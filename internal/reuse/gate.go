package reuse

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fillers are words that may come, go or change without a change of what is
// asked. Words that turn it (not, from, without, who, before) are not among
// them.
var fillers = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`a an the please kindly is are was were be am do does did can could would will shall should
		you me i my your we us just so hello hi hey thanks thank tell give show say explain describe
		ください 下さい お願いします お願い 教えて です ます か ね よ を は が の`) {
		m[w] = true
	}
	return m
}()

// turned are Japanese particles and endings that say who does what to whom, or
// that it is not so: they count where they stand.
var turned = []string{"ません", "ない", "なく", "なし", "ずに", "ぬ", "から", "まで", "より", "へ", "に", "で", "と", "も", "だけ", "しか"}

// SameMeaning reports whether two texts ask the same as far as their words
// tell: the same numbers, names and other words that matter in the same order,
// the same negations. Vectors do not tell "enable" from "disable", nor 2024
// from 2025; this does. It says no to much that means the same.
func SameMeaning(a, b string) bool {
	return slices.Equal(matters(a), matters(b))
}

// matters lists the words of a text that matter, in order.
func matters(s string) []string {
	var out []string
	for _, w := range words(strings.ToLower(norm.NFKC.String(s))) {
		w = strings.TrimSuffix(strings.ReplaceAll(w, "’", "'"), "'s")
		if strings.HasSuffix(w, "n't") {
			w = "not"
		}
		if !fillers[w] {
			out = append(out, w)
		}
	}
	return out
}

// kind tells runs of characters apart.
type kind int

const (
	none kind = iota
	word
	digit
	kana
	ideograph
	katakana
)

func kindOf(r rune) kind {
	switch {
	case unicode.Is(unicode.Hiragana, r):
		return kana
	case unicode.Is(unicode.Katakana, r) || r == 'ー':
		return katakana
	case unicode.Is(unicode.Han, r):
		return ideograph
	case unicode.IsDigit(r):
		return digit
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return word
	}
	return none
}

// words cuts a text into runs of one kind. A number keeps its signs and
// points, a word its apostrophes and hyphens; signs between them that change
// what is meant are words too.
func words(s string) []string {
	var out []string
	rs := []rune(s)
	for i := 0; i < len(rs); {
		k := kindOf(rs[i])
		j := i + 1
		switch k {
		case none:
			if strings.ContainsRune("+-−*/=<>%$¥€£#&|^~@", rs[i]) {
				out = append(out, string(rs[i]))
			}
			i = j
			continue
		case digit:
			for j < len(rs) && (kindOf(rs[j]) == digit || (rs[j] == '.' || rs[j] == ',' || rs[j] == ':') && j+1 < len(rs) && kindOf(rs[j+1]) == digit) {
				j++
			}
		case word:
			for j < len(rs) && (kindOf(rs[j]) == word || kindOf(rs[j]) == digit || (rs[j] == '\'' || rs[j] == '’') && j+1 < len(rs) && kindOf(rs[j+1]) == word) {
				j++
			}
		default:
			for j < len(rs) && kindOf(rs[j]) == k {
				j++
			}
		}
		if k == kana {
			for _, run := range strings.Fields(polite.Replace(string(rs[i:j]))) {
				out = append(out, particles(run)...)
			}
		} else {
			out = append(out, string(rs[i:j]))
		}
		i = j
	}
	return out
}

// polite takes the endings away that change no more than the tone.
var polite = strings.NewReplacer("でしょうか", " ", "ですか", " ", "ますか", " ", "です", " ", "ます", " ", "ください", " ", "おねがいします", " ")

// particles are the parts of a run of hiragana that count. One that holds none
// of them, and is no filler, counts whole: it may be any word.
func particles(run string) []string {
	if fillers[run] {
		return nil
	}
	var out []string
	for rest := run; rest != ""; {
		at, found := -1, ""
		for _, t := range turned {
			if i := strings.Index(rest, t); i >= 0 && (at < 0 || i < at) {
				at, found = i, t
			}
		}
		if at < 0 {
			break
		}
		out = append(out, found)
		rest = rest[at+len(found):]
	}
	if len(out) == 0 {
		return []string{run}
	}
	// What stands around them counts too, but for fillers.
	if rest := run; len(strings.Join(out, "")) < len(rest) {
		for _, t := range out {
			rest = strings.Replace(rest, t, " ", 1)
		}
		for _, w := range strings.Fields(rest) {
			if !fillers[w] {
				out = append(out, w)
			}
		}
	}
	return out
}
