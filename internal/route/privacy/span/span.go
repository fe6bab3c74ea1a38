package span

import (
	"slices"
	"sort"
	"strings"
	"unicode"
)

// Class says what a span holds. Users' rules add classes of their own.
type Class string

// The classes that detectors know.
const (
	Key       Class = "key"
	MyNumber  Class = "my_number"
	Card      Class = "card"
	Bank      Class = "bank_account"
	Document  Class = "document"
	Name      Class = "name"
	Address   Class = "address"
	Email     Class = "email"
	Phone     Class = "phone"
	BirthDate Class = "birth_date"
	IP        Class = "ip"
)

// Classes are those that detectors know, the most severe first.
var Classes = []Class{Key, MyNumber, Card, Bank, Document, Name, Address, Email, Phone, BirthDate, IP}

// Span is a part of a text, in code points, the end excluded.
type Span struct {
	Class Class `json:"class"`
	Start int   `json:"start"`
	End   int   `json:"end"`
}

// severity is a class's place among Classes; what users add comes first,
// since somebody asked for it.
func severity(c Class) int { return slices.Index(Classes, c) }

// Text is a text folded by NFKC, one rune of R after another. Dashes are one
// dash, and what has no width is gone.
type Text struct {
	R []rune
	S string // the runes as a string

	at       []int32 // where a rune begins in S
	from, to []int32 // the code points of the original that a rune came from
}

// one makes a character's variants one; -1 leaves it out.
func one(r rune, before []rune) rune {
	if r < 0x80 {
		return r
	}
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad':
		return -1
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\u2500':
		return '-'
	case 'ー':
		// After a digit the long vowel is a dash that somebody typed in
		// Japanese.
		if n := len(before); n > 0 && before[n-1] >= '0' && before[n-1] <= '9' {
			return '-'
		}
	case '\u2018', '\u2019':
		return '\''
	}
	return r
}

// Len is the number of runes.
func (t *Text) Len() int { return len(t.R) }

// At is a rune, 0 outside of the text.
func (t *Text) At(i int) rune {
	if i < 0 || i >= len(t.R) {
		return 0
	}
	return t.R[i]
}

// Cut is the text between two runes; what lies outside is left out.
func (t *Text) Cut(i, j int) string {
	i, j = max(i, 0), min(j, len(t.R))
	if i >= j {
		return ""
	}
	return t.S[t.at[i]:t.at[j]]
}

// Has reports whether the text goes on with a word.
func (t *Text) Has(i int, word string) bool {
	return i >= 0 && i <= len(t.R) && strings.HasPrefix(t.S[t.at[i]:], word)
}

// Ends reports whether a word ends at a rune.
func (t *Text) Ends(i int, word string) bool {
	return i >= 0 && i <= len(t.R) && strings.HasSuffix(t.S[:t.at[i]], word)
}

// Rune is the rune that a byte of S belongs to.
func (t *Text) Rune(b int) int {
	return sort.Search(len(t.at), func(i int) bool { return int(t.at[i]) >= b })
}

// Byte is where a rune begins in S.
func (t *Text) Byte(i int) int { return int(t.at[min(max(i, 0), len(t.R))]) }

// Original gives a span of folded runes the code points of the text as it was.
func (t *Text) Original(s Span) Span {
	if s.Start < 0 || s.Start >= s.End || s.End > len(t.R) {
		return Span{Class: s.Class}
	}
	return Span{s.Class, int(t.from[s.Start]), int(t.to[s.End-1])}
}

// Resolve sorts spans and leaves no two that overlap: the longer one wins, then
// the more severe one. What sticks out of a winner is kept, so that nothing
// that a detector saw is passed.
func Resolve(spans []Span) []Span { return ResolveBy(spans, nil) }

// ResolveBy is Resolve where the stricter class wins before the longer span
// does: strict is higher the stricter a class is. nil takes all for the same.
func ResolveBy(spans []Span, strict func(Class) int) []Span {
	if strict == nil {
		strict = func(Class) int { return 0 }
	}
	slices.SortStableFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	kept := make([]Span, 0, len(spans))
	for len(spans) > 0 {
		// Only what hangs together can take something from each other, so a text
		// with many spans takes no time that grows with their square.
		n, end := 1, spans[0].End
		for n < len(spans) && spans[n].Start < end {
			end = max(end, spans[n].End)
			n++
		}
		kept = append(kept, among(spans[:n], strict)...)
		spans = spans[n:]
	}
	return kept
}

// among resolves spans that overlap, or one.
func among(spans []Span, strict func(Class) int) []Span {
	slices.SortStableFunc(spans, func(a, b Span) int {
		if d := strict(b.Class) - strict(a.Class); d != 0 {
			return d
		}
		if d := (b.End - b.Start) - (a.End - a.Start); d != 0 {
			return d
		}
		if d := severity(a.Class) - severity(b.Class); d != 0 {
			return d
		}
		return a.Start - b.Start
	})
	kept := make([]Span, 0, len(spans))
	for _, s := range spans {
		kept = insert(kept, s)
	}
	return kept
}

// insert puts what is free of a span among sorted spans.
func insert(kept []Span, s Span) []Span {
	for s.Start < s.End {
		i := sort.Search(len(kept), func(i int) bool { return kept[i].End > s.Start })
		if i == len(kept) || kept[i].Start >= s.End {
			return slices.Insert(kept, i, s)
		}
		if kept[i].Start > s.Start {
			rest := Span{s.Class, s.Start, kept[i].Start}
			s.Start = kept[i].End
			kept = slices.Insert(kept, i, rest)
			continue
		}
		s.Start = kept[i].End
	}
	return kept
}

// Digit, Letter and Word are of ASCII: digits, letters, and both with the
// underscore.
func Digit(r rune) bool { return r >= '0' && r <= '9' }

// Letter reports whether a rune is a letter of ASCII.
func Letter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

// Word reports whether a rune belongs to an identifier.
func Word(r rune) bool { return Digit(r) || Letter(r) || r == '_' }

// Han reports whether a rune is a kanji, or goes with them in names.
func Han(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r == '々' || r == '〆' || r == 'ヶ' || r >= 0x3400 && r <= 0x4dbf || r >= 0x20000 && r <= 0x2ffff || r >= 0xf900 && r <= 0xfaff
}

// Hiragana reports whether a rune is one.
func Hiragana(r rune) bool { return r >= 'ぁ' && r <= 'ゖ' }

// Katakana reports whether a rune is one, the long vowel too.
func Katakana(r rune) bool { return r >= 'ァ' && r <= 'ヺ' || r == 'ー' }

// Space reports whether a rune is space, line ends too.
func Space(r rune) bool { return r == ' ' || r < 0x80 && unicode.IsSpace(r) || r == 0x3000 }
