package score

import (
	"math/big"
	"strings"
	"unicode"
)

// ones and scales are the numerals of English.
var (
	ones = map[string]int64{
		"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
		"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
		"forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
	}
	scales = map[string]int64{"hundred": 100, "thousand": 1000, "million": 1e6, "billion": 1e9}
)

// inWords reads the first number that is written in words of English. It is
// asked only of what was announced, in answers without digits: "one" is a
// pronoun everywhere else.
func inWords(s string) (Figure, bool) {
	total, part := int64(0), int64(0)
	some, neg, before := false, false, ""
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		n, one := ones[w]
		by, scale := scales[w]
		one = one && before != "the" // the one that
		before = w
		switch {
		case one && some && part%100 != 0 && (part%100 < 20 || n >= 10):
			return inFigures(total+part, neg), true // another number begins
		case one:
			part += n
			some = true
		case scale && by == 100:
			part = max(1, part) * by
			some = true
		case scale:
			total, part = total+max(1, part)*by, 0
			some = true
		case w == "and" && some || w == "a" && !some:
		case w == "minus" || w == "negative":
			neg = true
		case some:
			return inFigures(total+part, neg), true
		}
		if total > 1e15 || part > 1e6 {
			return Figure{}, false
		}
	}
	return inFigures(total+part, neg), some
}

func inFigures(n int64, neg bool) Figure {
	if neg {
		n = -n
	}
	return Figure{Value: new(big.Rat).SetInt64(n)}
}
