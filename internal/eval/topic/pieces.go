package topic

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longest is how many bytes of a request are read: what it is about stands
// early, and a pasted book must not take minutes.
const longest = 16 << 10

// kind is a sort of piece. Each sort is weighed by itself, so that many short
// pieces do not drown few telling ones.
type kind uint8

const (
	words kind = iota
	letters
	kinds
)

// piece is a part of a text that a classifier counts.
type piece struct {
	kind kind
	text string
}

// japanese reports whether a text is read as Japanese: as many kana and kanji
// as words in Latin letters. Code and names of products are Latin everywhere.
func japanese(s string) bool {
	own, latin, inside := 0, 0, false
	for _, r := range s {
		switch {
		case kana(r) || unicode.Is(unicode.Han, r):
			own++
			inside = false
		case unicode.IsLetter(r):
			if !inside {
				latin++
			}
			inside = true
		default:
			inside = false
		}
	}
	return own > 0 && own >= latin
}

func kana(r rune) bool { return r == 'ー' || unicode.In(r, unicode.Hiragana, unicode.Katakana) }

// fold writes a text in one form: NFKC, lower case, cut to what is read.
func fold(s string) string {
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " ")))
}

// split cuts a folded text into words: runs of one script.
func split(s string) []string {
	var out []string
	start, last := -1, script(0)
	for i, r := range s {
		now := scriptOf(r)
		if now == last && now != 0 {
			continue
		}
		if last != 0 {
			out = append(out, s[start:i])
		}
		start, last = i, now
	}
	if last != 0 {
		out = append(out, s[start:])
	}
	return out
}

type script uint8

const (
	other script = iota
	latin
	hiragana
	katakana
	han
)

func scriptOf(r rune) script {
	switch {
	case unicode.Is(unicode.Hiragana, r):
		return hiragana
	case r == 'ー' || unicode.Is(unicode.Katakana, r):
		return katakana
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.IsLetter(r), unicode.IsDigit(r), r == '+', r == '#', r == '\'', r == '’':
		return latin
	}
	return other
}

// stem takes the commonest endings of English off.
func stem(w string) string {
	w, _, _ = strings.Cut(w, "'")
	w, _, _ = strings.Cut(w, "’")
	n := len(w)
	switch {
	case n > 4 && strings.HasSuffix(w, "ies"):
		return w[:n-3] + "y"
	case n > 5 && strings.HasSuffix(w, "ing"):
		w = w[:n-3]
	case n > 4 && strings.HasSuffix(w, "ed"):
		w = w[:n-2]
	case n > 4 && (strings.HasSuffix(w, "ses") || strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "hes")):
		w = w[:n-2]
	case n > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		w = w[:n-1]
	}
	n = len(w)
	switch {
	case n > 4 && w[n-1] == w[n-2] && !strings.ContainsRune("aeiouls", rune(w[n-1])):
		return w[:n-1]
	case n > 4 && w[n-1] == 'e':
		return w[:n-1]
	}
	return w
}
