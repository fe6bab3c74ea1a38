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
	scales = map[string]int64{"hundred": 100, "thousand": 1000, "million": 1e6, "billion": 1e9, "trillion": 1e12}
)

// inWords reads the first number that is written in words of English. It is
// asked only of what was announced, in answers without digits: "one" is a
// pronoun everywhere else.
func inWords(s string) (Figure, bool) {
	total, part := int64(0), int64(0)
	some, neg, joined, before := false, false, false, ""
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
		case w == "and" && some:
			joined = true
		case w == "a" && (!some || joined):
		case w == "minus" || w == "negative":
			neg = true
		case w == "half" && !some:
			return fractionOf(1, 2, neg), true
		case parts[w] > 0 && some && !joined:
			return fractionOf(total+part, parts[w], neg), true
		case parts[w] > 0 && some:
			f := fractionOf(1, parts[w], false)
			f.Value.Add(f.Value, new(big.Rat).SetInt64(total+part))
			if neg {
				f.Value.Neg(f.Value)
			}
			return f, true
		case some:
			return inFigures(total+part, neg), true
		}
		if total > 1e15 || part > 1e6 {
			return Figure{}, false
		}
	}
	return inFigures(total+part, neg), some
}

// parts are the words for parts of one. Ordinals are left out: "the twenty third".
var parts = map[string]int64{"half": 2, "halves": 2, "thirds": 3, "quarter": 4, "quarters": 4, "fourths": 4, "fifths": 5, "sixths": 6, "eighths": 8, "tenths": 10}

func fractionOf(n, of int64, neg bool) Figure {
	if neg {
		n = -n
	}
	return Figure{Value: big.NewRat(n, of)}
}

// onlyWords reads an answer that is nothing but a number in words.
func onlyWords(s string) (Figure, bool) {
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		_, one := ones[w]
		if !one && scales[w] == 0 && parts[w] == 0 && w != "and" && w != "a" && w != "minus" && w != "negative" {
			return Figure{}, false
		}
	}
	return inWords(s)
}

func inFigures(n int64, neg bool) Figure {
	if neg {
		n = -n
	}
	return Figure{Value: new(big.Rat).SetInt64(n)}
}
