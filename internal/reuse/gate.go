package reuse

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// SameMeaning reports whether two texts ask the same as far as their words
// tell. Vectors do not tell "enable" from "disable", nor 2024 from 2025, nor
// `a != b` from `a = b`; this does. It says no to nearly everything that means
// the same: a miss costs a request, a wrong hit costs the truth. So no word
// and no sign is free to differ by what it is (a list of those that matter
// always lacks one), only a few are by where they stand: what is polite at
// either end, the first letter, the mark at the end.
func SameMeaning(a, b string) bool { return plain(a) == plain(b) }

// forms are what may differ, and what tells that nothing may. They are made when
// the first texts are compared: most servers keep no answers.
type forms struct {
	// question begins a text that asks whether or not a mark says so.
	question *regexp.Regexp
	// openers are followed by the request itself, which is kept. A capital after
	// them makes a name of them (Please Please Me).
	openers, greeting *regexp.Regexp
	// closers end a request that stands without them.
	closers, shorts, asks, begs *regexp.Regexp
	// itself names texts that are about how something is written or said.
	itself *regexp.Regexp
}

var theForms = sync.OnceValue(func() *forms {
	return &forms{
		question: regexp.MustCompile(`^(what|who|where|when|why|how|which) (is|are|was|were|do|does|did|can|could|should|would|will|many|much|old|long|far)\b`),
		openers: regexp.MustCompile(`^(?:(?:[Hh]ello|[Hh]i|[Gg]ood (?:morning|afternoon|evening))[,.!] +)?` +
			`(?:(?:[Pp]lease,? +|[Kk]indly +)?[Tt]ell me[:,]? +([Ww]h(?:at|o|ere|en|y|ich)\b|[Hh]ow\b)|[Pp]lease,? +(\p{Ll}\p{Ll}))`),
		greeting: regexp.MustCompile(`^(?:[Hh]ello|[Hh]i|[Gg]ood (?:morning|afternoon|evening))[,.!] +([Ww]h(?:at|o|ere|en|y|ich)\b|[Hh]ow\b)`),
		closers:  regexp.MustCompile(`(?i)(\p{L})(?:, please([?])?[.!]?|[.!,] (?:thanks|thank you)[.!]?|([?]) (?:thanks|thank you)[.!]?)$`),
		shorts:   regexp.MustCompile(`^([Ww]hat|[Ww]ho|[Ww]here|[Ww]hen|[Ww]hy|[Hh]ow)['’]s `),
		asks:     regexp.MustCompile(`(?:でしょうか|ですか)\??$`),
		begs:     regexp.MustCompile(`て(?:ください|下さい)$`),
		itself:   regexp.MustCompile(`(?i)\b(?:say|said|spell\w*|spelt|translat\w*|write|written|writ\w*|words?|letters?|characters?|commas?|punctuat\w*|capitali[sz]\w*|mean\w*|repeat\w*|correct\w*|quot\w*|echo|print|phrase\w*|sentences?|grammar|unicode|width)\b|全角|半角|文字|訳|書|言`),
	}
})

// signs are those of code, formulas and quotations.
const signs = "=<>{}()[]|&*/\\+^~#_:;`\"“”«»「」『』\n\t"

// plain is a text without what may differ. One that has code or a formula in
// it, or is about words, keeps all but what is polite before it.
func plain(s string) string {
	f := theForms()
	s = norm.NFC.String(strings.TrimSpace(s))
	if m := f.openers.FindString(s); m != "" {
		s = f.openers.ReplaceAllString(s, "$1$2")
	} else {
		s = f.greeting.ReplaceAllString(s, "$1")
	}
	folded := norm.NFC.String(width.Fold.String(s))
	if strings.ContainsAny(folded, signs) || f.itself.MatchString(folded) {
		return s
	}
	s = f.closers.ReplaceAllString(strings.Join(strings.Fields(folded), " "), "$1$2$3")
	s = f.shorts.ReplaceAllString(s, "$1 is ")
	return f.tail(uncapital(s))
}

// uncapital makes the capital small that a sentence begins with. That of a
// name in small letters after it is taken for one, that of IT is not.
func uncapital(s string) string {
	n := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if n < 0 {
		n = len(s)
	}
	if n < len(s) && !strings.ContainsRune(" ,.?", rune(s[n])) {
		return s
	}
	_, size := utf8.DecodeRuneInString(s)
	if n <= size || strings.ContainsFunc(s[size:n], unicode.IsUpper) {
		return s // A, B and I are names
	}
	return strings.ToLower(s[:size]) + s[size:]
}

// tail takes the mark away that ends a sentence, where it is no sign (5!, ./a
// and ..), and a question mark where the words ask already.
func (f *forms) tail(s string) string {
	s = strings.TrimSuffix(s, "。")
	s = f.begs.ReplaceAllString(f.asks.ReplaceAllString(s, "?"), "て")
	if t, ok := strings.CutSuffix(s, "."); ok && endsIn(t, unicode.IsLetter) {
		return t
	}
	if t, ok := strings.CutSuffix(s, "?"); ok && f.question.MatchString(s) && (endsIn(t, unicode.IsLetter) || endsIn(t, unicode.IsDigit)) {
		return t
	}
	return s
}

func endsIn(s string, is func(rune) bool) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return is(r)
}
