package ja

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"irori/internal/eval/follow/morph"
	"irori/internal/eval/follow/rule"
)

func repeatPrompt(a rule.Args) (rule.Check, error) {
	p, err := a.Text("prompt_to_repeat")
	p = rule.Strip(p)
	return func(s string) bool { return strings.HasPrefix(rule.Strip(s), p) }, err
}

func endPhrase(a rule.Args) (rule.Check, error) {
	p, err := a.Text("end_phrase")
	p = strings.Trim(rule.Strip(p), "」』")
	return func(s string) bool { return strings.HasSuffix(strings.Trim(rule.Strip(s), "」』"), p) }, err
}

func postscript(a rule.Args) (rule.Check, error) {
	return rule.Marker(a, regexp.QuoteMeta)
}

func sections(a rule.Args) (rule.Check, error) {
	return rule.Sections(a, func(_, mark string) (*regexp.Regexp, error) {
		return regexp.Compile(`第` + rule.Digit + `+` + regexp.QuoteMeta(mark))
	})
}

var (
	bullet    = regexp.MustCompile(`(?m)^` + rule.Blank + `*・[^・].*$`)
	numbered  = regexp.MustCompile(`(?m)^` + rule.Blank + `*` + rule.Digit + `+\.` + rule.Blank + `.*$`)
	highlight = regexp.MustCompile(`《[^\n《》]*》`)
)

func listed(number string, re *regexp.Regexp) rule.Maker {
	return func(a rule.Args) (rule.Check, error) {
		n, err := a.Int(number)
		return func(s string) bool { return len(re.FindAllStringIndex(s, -1)) == n }, err
	}
}

// keywords asks for words that stand in the answer as words: 夢 is not in 夢中.
func keywords(a rule.Args) (rule.Check, error) {
	list, err := a.List("keywords")
	return func(s string) bool {
		seen := count(s)
		return !slices.ContainsFunc(list, func(w string) bool { return seen[w] == 0 })
	}, err
}

func forbidden(a rule.Args) (rule.Check, error) {
	list, err := a.List("forbidden_words")
	return func(s string) bool {
		seen := count(s)
		return !slices.ContainsFunc(list, func(w string) bool { return seen[w] > 0 })
	}, err
}

func keywordFrequency(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("frequency", "relation")
	if err != nil {
		return nil, err
	}
	w, err := a.Text("keyword")
	w = rule.Strip(w)
	return func(s string) bool { return b.Holds(count(s)[w]) }, err
}

// count says how often each word occurs.
func count(s string) map[string]int {
	out := map[string]int{}
	for _, w := range morph.Cut(s) {
		out[w.Text]++
	}
	return out
}

// letterFrequency counts a hiragana together with its katakana. For what is no
// hiragana the published checker draws one by lot, so the verdict is the one
// that most of them would give.
func letterFrequency(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("let_frequency", "let_relation")
	if err != nil {
		return nil, err
	}
	l, err := a.Text("letter")
	if err != nil {
		return nil, err
	}
	holds := func(s string, r rune) bool {
		return b.Holds(strings.Count(s, string(r)) + strings.Count(s, string(r+'ァ'-'ぁ')))
	}
	if r, n := utf8.DecodeRuneInString(l); n == len(l) && r >= 'ぁ' && r <= 'ん' {
		return func(s string) bool { return holds(s, r) }, nil
	}
	return func(s string) bool {
		held := 0
		for r := 'ぁ'; r <= 'ん'; r++ {
			if holds(s, r) {
				held++
			}
		}
		return held > int('ん'-'ぁ'+1)/2
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
		return ok && strings.HasPrefix(strings.TrimLeft(strings.TrimLeft(p, "「"), "『"), want)
	}, err
}

func letters(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("num_letters", "relation")
	return func(s string) bool { return b.Holds(utf8.RuneCountInString(s)) }, err
}

func sentences(a rule.Args) (rule.Check, error) {
	b, err := a.Bound("num_sentences", "relation")
	return func(s string) bool { return b.Holds(countSentences(s)) }, err
}

var quotes = regexp.MustCompile(`「.*?」`)
var doubleQuotes = regexp.MustCompile(`『.*?』`)

// unquoted takes what is quoted out of an answer.
func unquoted(s string) string {
	return doubleQuotes.ReplaceAllString(quotes.ReplaceAllString(s, ""), "")
}

// unifiedEnd asks that every sentence ends alike. Only 。！？ end one, so a
// heading without any of them belongs to what follows it.
func unifiedEnd(a rule.Args) (rule.Check, error) {
	end, err := a.Text("ending")
	return func(s string) bool {
		for _, p := range strings.FieldsFunc(unquoted(s), func(r rune) bool { return strings.ContainsRune("。！？", r) }) {
			if !strings.HasSuffix(p, end) {
				return false
			}
		}
		return true
	}, err
}

// nominalEnding asks for sentences that end with a noun (体言止め).
func nominalEnding(a rule.Args) (rule.Check, error) {
	n, err := a.Int("count")
	return func(s string) bool {
		words, found := morph.Cut(unquoted(s)), 0
		for i := 1; i < len(words); i++ {
			if strings.Contains("。！？", words[i].Text) && words[i-1].Part == "名詞" {
				found++
			}
		}
		return found >= n
	}, err
}
