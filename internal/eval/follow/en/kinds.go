package en

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"irori/internal/eval/follow/punkt"
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/follow/tongue"
)

// inCase asks for one case, and for English: a line of capitals that reads as
// German fails.
func inCase(is func(string) bool) rule.Maker {
	return func(rule.Args) (rule.Check, error) {
		return func(s string) bool { return is(s) && tongue.Is(s, "en") }, nil
	}
}

func capitalWords(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("capital_frequency", "capital_relation")
	return func(s string) bool { return b.Holds(countCapitals(s)) }, err
}

func repeatPrompt(a rule.Args) (rule.Check, error) {
	p, err := a.Text("prompt_to_repeat")
	p = strings.ToLower(rule.Strip(p))
	return func(s string) bool { return strings.HasPrefix(strings.ToLower(rule.Strip(s)), p) }, err
}

func endPhrase(a rule.Args) (rule.Check, error) {
	p, err := a.Text("end_phrase")
	p = strings.ToLower(rule.Strip(p))
	return func(s string) bool {
		return strings.HasSuffix(strings.ToLower(strings.Trim(rule.Strip(s), `"`)), p)
	}, err
}

func postscript(a rule.Args) (rule.Check, error) {
	return rule.Marker(a, strings.ToLower)
}

func sections(a rule.Args) (rule.Check, error) {
	return rule.Sections(a, func(name, mark string) (*regexp.Regexp, error) {
		return pattern(name, mark+rule.Blank+`?`+rule.Digit+`+`, "")
	})
}

// pattern compiles what an argument says: the sets' keywords are patterns.
// What is none is looked for as it stands.
func pattern(name, p, flags string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(flags + p)
	if err != nil {
		re, err = regexp.Compile(flags + regexp.QuoteMeta(p))
	}
	if err != nil {
		return nil, fmt.Errorf("%s is %q, which cannot be searched for", name, p)
	}
	return re, nil
}

var (
	starBullet = regexp.MustCompile(`(?m)^` + rule.Blank + `*\*[^*].*$`)
	dashBullet = regexp.MustCompile(`(?m)^` + rule.Blank + `*-.*$`)
	single     = regexp.MustCompile(`\*[^\n*]*\*`)
	double     = regexp.MustCompile(`\*\*[^\n*]*\*\*`)
)

func bullets(a rule.Args) (rule.Check, error) {
	n, err := a.Int("num_bullets")
	return func(s string) bool {
		return len(starBullet.FindAllStringIndex(s, -1))+len(dashBullet.FindAllStringIndex(s, -1)) == n
	}, err
}

func keywords(a rule.Args) (rule.Check, error) {
	list, err := patterns(a, "keywords")
	return func(s string) bool {
		for _, re := range list {
			if !re.MatchString(s) {
				return false
			}
		}
		return true
	}, err
}

func patterns(a rule.Args, name string) ([]*regexp.Regexp, error) {
	list, err := a.List(name)
	var out []*regexp.Regexp
	for _, w := range list {
		re, err := pattern(name, w, `(?i)`)
		if err != nil {
			return nil, err
		}
		out = append(out, re)
	}
	return out, err
}

// forbidden asks that none of the words stands by itself.
func forbidden(a rule.Args) (rule.Check, error) {
	list, err := patterns(a, "forbidden_words")
	return func(s string) bool {
		for _, re := range list {
			if alone(re, s) {
				return false
			}
		}
		return true
	}, err
}

// alone reports whether a pattern matches from one edge of words to another.
func alone(re *regexp.Regexp, s string) bool {
	for at := 0; at <= len(s); {
		m := re.FindStringIndex(s[at:])
		if m == nil {
			return false
		}
		from, to := at+m[0], at+m[1]
		if edge(s, from) && edge(s, to) {
			return true
		}
		_, n := utf8.DecodeRuneInString(s[from:])
		at = from + max(n, 1)
	}
	return false
}

// edge reports whether a word begins or ends at a place.
func edge(s string, at int) bool {
	before, n := utf8.DecodeLastRuneInString(s[:at])
	after, m := utf8.DecodeRuneInString(s[at:])
	return (n > 0 && rule.IsWord(before)) != (m > 0 && rule.IsWord(after))
}

func keywordFrequency(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("frequency", "relation")
	if err != nil {
		return nil, err
	}
	w, err := a.Text("keyword")
	if err != nil {
		return nil, err
	}
	re, err := pattern("keyword", rule.Strip(w), `(?i)`)
	return func(s string) bool { return b.Holds(len(re.FindAllStringIndex(s, -1))) }, err
}

// letterFrequency counts a letter in both cases. For what is no letter the
// published checker draws one by lot, so the verdict is the one that most
// letters would give.
func letterFrequency(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("let_frequency", "let_relation")
	if err != nil {
		return nil, err
	}
	l, err := a.Text("letter")
	if err != nil {
		return nil, err
	}
	l = strings.ToLower(l)
	if len(l) == 1 && l >= "a" && l <= "z" {
		return func(s string) bool { return b.Holds(strings.Count(strings.ToLower(s), l)) }, nil
	}
	return func(s string) bool {
		s, held := strings.ToLower(s), 0
		for c := 'a'; c <= 'z'; c++ {
			if b.Holds(strings.Count(s, string(c))) {
				held++
			}
		}
		return held > 13
	}, nil
}

func firstWord(a rule.Args) (rule.Check, error) {
	nth, err := rule.NthOf(a)
	if err != nil {
		return nil, err
	}
	want, err := a.Text("first_word")
	want = strings.ToLower(want)
	return func(s string) bool {
		p, ok := nth.Find(s)
		if !ok {
			return false
		}
		w := strings.TrimLeft(strings.TrimLeft(rule.Fields(p)[0], "'"), `"`)
		if i := strings.IndexAny(w, `.,?!'"`); i >= 0 {
			w = w[:i]
		}
		return strings.ToLower(w) == want
	}, err
}

func sentences(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("num_sentences", "relation")
	return func(s string) bool { return b.Holds(punkt.Count(s)) }, err
}

func words(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("num_words", "relation")
	return func(s string) bool { return b.Holds(rule.CountWords(s)) }, err
}
