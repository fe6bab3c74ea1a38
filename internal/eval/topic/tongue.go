package topic

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"
)

var (
	//go:embed data/en.txt
	englishSentences string
	//go:embed data/en.terms
	englishTerms string
	//go:embed data/ja.txt
	japaneseSentences string
	//go:embed data/ja.terms
	japaneseTerms string
)

// tongue is what a language brings: what is learnt from, and how a text is cut.
type tongue struct {
	sentences, terms string
	separator        string // between terms
	cut              func(folded string, see func(piece))
	find             func(l lexicon, folded string, see func(places []int))
	key              func(term string) string
}

var (
	english = &tongue{englishSentences, englishTerms, ",", cutEnglish, findEnglish, englishKey}
	nihongo = &tongue{japaneseSentences, japaneseTerms, "、", cutJapanese, findJapanese, func(s string) string { return s }}
)

// cutEnglish sees words, pairs of words, and letters three to five in a row.
func cutEnglish(s string, see func(piece)) {
	before := ""
	for _, w := range split(s) {
		w = stem(w)
		if w == "" {
			continue
		}
		see(piece{words, w})
		if before != "" {
			see(piece{words, before + " " + w})
		}
		before = w
		if !plain[w] {
			runs(" "+w+" ", 3, 5, see)
		}
	}
}

// plain are words of every subject, as stemmed: they count as words, since they
// tell greetings, and their letters do not.
var plain = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(`a an the this that these those here there i you he she it we they me him her us them my your
		his its our their mine yours who whom whose what which when where why how and or but if then than so because while
		as until after before since though of in on at by to from for with without about into onto over under between through
		during against out off up down again once is am are was were be been being do does did done have has had having can
		could shall should will would may might must not no nor only own same too very just any all both each few more most
		other some such much many also one two three four five ten first last next every get got give make made let go want
		need know think say said tell told ask come take use help please keep put like still even really always never often
		something anything nothing somebody someone thing way lot kind bit good best better well don't didn't doesn't can't
		won't i'm i've it's that's what's he's she's we're they're isn't explain write list describe create suggest`) {
		out[stem(w)] = true
	}
	return out
}()

// cutJapanese sees runs of one script and their neighbours, and characters one
// to three in a row. Hiragana alone says little: one or two of them are left out.
func cutJapanese(s string, see func(piece)) {
	before := ""
	for _, w := range split(s) {
		r, _ := utf8.DecodeRuneInString(w)
		if scriptOf(r) != hiragana {
			see(piece{words, w})
			if before != "" {
				see(piece{words, before + " " + w})
			}
			before = w
		}
		if scriptOf(r) == latin {
			runs(" "+w+" ", 3, 4, see)
		}
	}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return scriptOf(r) == other || scriptOf(r) == latin }) {
		runs(part, 1, 4, func(p piece) {
			if n := utf8.RuneCountInString(p.text); n > 2 || strings.ContainsFunc(p.text, func(r rune) bool { return scriptOf(r) != hiragana }) {
				see(p)
			}
		})
	}
}

// runs sees all runs of so many characters.
func runs(s string, from, to int, see func(piece)) {
	var starts []int
	for i := range s {
		starts = append(starts, i)
	}
	starts = append(starts, len(s))
	for n := from; n <= to; n++ {
		for i := 0; i+n < len(starts); i++ {
			see(piece{letters, s[starts[i]:starts[i+n]]})
		}
	}
}

// lexicon knows the groups of terms.
type lexicon struct {
	groups map[string][]int
	most   int // words or characters in the longest term
}

func englishKey(term string) string {
	var out []string
	for _, w := range split(term) {
		if w = stem(w); w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// findEnglish finds terms, the longest at each place.
func findEnglish(l lexicon, s string, see func([]int)) {
	w := strings.Fields(englishKey(s))
	for i := 0; i < len(w); {
		n := min(l.most, len(w)-i)
		for ; n > 0; n-- {
			if g := l.groups[strings.Join(w[i:i+n], " ")]; g != nil {
				see(g)
				break
			}
		}
		i += max(n, 1)
	}
}

func findJapanese(l lexicon, s string, see func([]int)) {
	w := []rune(s)
	for i := 0; i < len(w); {
		n := min(l.most, len(w)-i)
		for ; n > 0; n-- {
			if g := l.groups[string(w[i:i+n])]; g != nil {
				see(g)
				break
			}
		}
		i += max(n, 1)
	}
}

// example is a text whose group is known.
type example struct {
	text  string
	group int
}

// examples reads a file of blocks: a line of # and a group, then its lines.
func examples(file string) ([]example, error) {
	var out []example
	group := -1
	for i, line := range strings.Split(file, "\n") {
		if id, ok := strings.CutPrefix(line, "# "); ok {
			if group = place(id); group < 0 {
				return nil, fmt.Errorf("line %d: there is no group %q", i+1, id)
			}
			continue
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if group < 0 {
			return nil, fmt.Errorf("line %d stands before any group", i+1)
		}
		out = append(out, example{line, group})
	}
	return out, nil
}
