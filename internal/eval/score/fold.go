package score

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// signs are what minus is written with. A triangle before a number is minus in
// Japanese books.
var signs = strings.NewReplacer(
	"−", "-", "‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "﹣", "-", "－", "-", "➖", "-", "▲", "-", "△", "-",
	"マイナス", "-", "負の", "-", "⁄", "/",
	"〜", "~", "～", "~", "\u2028", "\n", "\u2029", "\n", "\r", "\n",
)

// fold writes an answer in one form: NFKC, digits of every script as those of
// ASCII, one minus, one sort of space.
func fold(s string) string {
	s = signs.Replace(norm.NFKC.String(uncompressed(ungrouped(s))))
	s = dash.ReplaceAllString(s, "${1}-$2")
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case unicode.Is(unicode.Nd, r):
			return '0' + digit(r)
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s)
}

// Thousands apart by a narrow blank or an apostrophe, and by the comma of
// Japanese where three noughts follow: 、 stands in lists too.
var (
	grouped = regexp.MustCompile(`(\p{Nd})[\x{a0}\x{2009}\x{202f}'’_](\p{Nd}{3})($|[^\p{Nd}])`)
	spaced  = regexp.MustCompile(`(^|[^\p{Nd}.,] ?)(\p{Nd}{1,3}) (\p{Nd}{3}) (\p{Nd}{3})($|[^\p{Nd}])`)
	noughts = regexp.MustCompile(`([0-9０-９])[、 ](000|０００)($|[^0-9０-９])`)
	// dash is the sign of long vowels where no vowel is before it.
	dash = regexp.MustCompile(`(^|[^\p{Katakana}\p{Hiragana}\p{Han}ー])ー([0-9])`)
)

// ungrouped takes those signs out. A match takes the sign behind it along, so
// every second group needs another turn.
func ungrouped(s string) string {
	s = spaced.ReplaceAllString(s, "$1$2$3$4$5")
	for range 6 {
		t := noughts.ReplaceAllString(grouped.ReplaceAllString(s, "$1$2$3"), "$1$2$3")
		if t == s {
			break
		}
		s = t
	}
	return s
}

// digit is the value of a digit of any script: they come in tens.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

// marks are what an answer is announced by. The last one that something
// follows counts.
var marks = []string{
	"final answer", "answer is", "answers is", "answer:", "answer would be", "answer to the question is", "answer =", "####", "option is", "choice is", "choice:", "option:",
	"答えは", "答えが", "答え:", "答え=", "答:", "答えとして", "解答は", "解答:", "回答は", "回答:", "正解は", "正解:", "正答は", "結論は", "最終的な答え", "よって、答え",
}

// boxed returns what stands in the last \boxed{}.
func boxed(s string) (string, bool) {
	i := max(strings.LastIndex(s, `\boxed{`), strings.LastIndex(s, `\fbox{`))
	if i < 0 {
		return "", false
	}
	s = s[i+strings.IndexByte(s[i:], '{')+1:]
	depth := 1
	for j := 0; j < len(s); j++ {
		switch s[j] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return s[:j], true
			}
		}
	}
	return s, true
}

// announced calls try with what follows each mark, the last first, until it
// says that it found something.
func announced(s string, try func(clause string) bool) {
	low := strings.ToLower(s)
	if len(low) != len(s) {
		low = s
	}
	for end := len(low); end > 0; {
		at, size := -1, 0
		for _, m := range marks {
			if i := strings.LastIndex(low[:end], m); i > at {
				at, size = i, len(m)
			}
		}
		if at < 0 || try(s[min(at+size, len(s)):]) {
			return
		}
		end = at
	}
}

// unbracketed takes bracketed parts out: they explain.
func unbracketed(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch r {
		case '(', '[', '【', '〔':
			depth++
			b.WriteByte(' ')
		case ')', ']', '】', '〕':
			depth = max(0, depth-1)
			b.WriteByte(' ')
		case '\n':
			depth = 0
			b.WriteByte('\n')
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
