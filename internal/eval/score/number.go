package score

import (
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Figure is a number that an answer gave.
type Figure struct {
	Value *big.Rat
	// Percent says that it was written with a percent sign or in 割, and that
	// Value is the number before it.
	Percent bool
	// unclear says that it is none that everybody reads alike.
	unclear bool
}

// String writes the number in decimals where that is exact, else as a fraction.
func (f Figure) String() string {
	if f.Value.IsInt() {
		return f.Value.Num().String()
	}
	if n, exact := f.Value.FloatPrec(); exact {
		return f.Value.FloatString(n)
	}
	s, _ := f.Value.Float64()
	return new(big.Float).SetFloat64(s).Text('g', 17)
}

// Is reports whether two figures agree: the numbers do, or one is a percentage
// and the other the fraction that it stands for.
func (f Figure) Is(g Figure, within *big.Rat) bool {
	if near(f.Value, g.Value, within) {
		return true
	}
	hundred := big.NewRat(100, 1)
	switch {
	case f.Percent && !g.Percent:
		return near(new(big.Rat).Quo(f.Value, hundred), g.Value, within)
	case g.Percent && !f.Percent:
		return near(f.Value, new(big.Rat).Quo(g.Value, hundred), within)
	}
	return false
}

func near(a, b, within *big.Rat) bool {
	d := new(big.Rat).Sub(a, b)
	return d.Abs(d).Cmp(within) <= 0
}

// Number finds the number that an answer gives. In order: what is boxed; the
// first number behind the last announcement, or behind its last equals sign;
// the last number outside brackets, or else inside. Where what is found there
// can be read in more ways than one (1,00; 5~6), there is no number.
func Number(s string) (Figure, bool) {
	f, ok := find(below.ReplaceAllString(unlisted(latex(fold(s))), "$1-$2"))
	return f, ok && !f.unclear
}

func find(s string) (Figure, bool) {
	if in, ok := boxed(s); ok {
		if root.MatchString(in) {
			return Figure{unclear: true}, true
		}
		if f, ok := pick(in, true); ok {
			return f, true
		}
	}
	var found Figure
	some := false
	announced(s, func(clause string) bool {
		found, some = inClause(clause)
		return some
	})
	if some {
		return found, true
	}
	announced(s, func(clause string) bool {
		found, some = inWords(firstSentence(clause))
		return some
	})
	if strings.ContainsAny(s, "0123456789") {
		// "one" is a pronoun there.
	} else if some {
		return found, true
	} else if f, ok := onlyWords(s); ok {
		return f, true
	}
	for _, t := range []string{unbracketed(s), s} {
		lines := strings.Split(t, "\n")
		for i := len(lines) - 1; i >= 0; i-- {
			if f, ok := inLine(lines[i], false); ok {
				return f, true
			}
		}
		// Kanji numerals are parts of words too often to come before digits.
		for i := len(lines) - 1; i >= 0; i-- {
			if f, ok := inLine(lines[i], true); ok {
				return f, true
			}
		}
	}
	return Figure{}, false
}

// inClause reads the number behind an announcement: in its sentence, else in
// the next that has one.
func inClause(clause string) (Figure, bool) {
	for len(clause) > 0 {
		sentence, rest := clause, ""
		if i := endOfSentence(clause); i >= 0 {
			_, n := utf8.DecodeRuneInString(clause[i:])
			sentence, rest = clause[:i], clause[i+n:]
		}
		for _, t := range []string{unbracketed(sentence), sentence} {
			if i := strings.LastIndexByte(t, '='); i >= 0 {
				if f, ok := pick(t[i+1:], true); ok {
					return f, true
				}
			}
			if f, ok := pick(t, true); ok {
				return f, true
			}
		}
		clause = strings.TrimLeft(rest, "\n 。")
	}
	return Figure{}, false
}

// endOfSentence finds 。, a line's end, or a period that is not in a number.
func endOfSentence(s string) int {
	for i, r := range s {
		switch {
		case r == '。':
			return i
		case r == '\n' && strings.TrimSpace(s[:i]) != "":
			return i
		case r == '.' && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\n'):
			return i
		}
	}
	return -1
}

// inLine reads the last number of a line, behind its last equals sign if there
// is one there.
func inLine(line string, kanji bool) (Figure, bool) {
	if i := strings.LastIndexByte(line, '='); i >= 0 {
		if f, ok := pickOf(allFigures(line[i+1:], kanji), true); ok {
			return f, true
		}
	}
	return pickOf(allFigures(line, kanji), false)
}

func pick(s string, first bool) (Figure, bool) { return pickOf(allFigures(s, true), first) }

func pickOf(list []Figure, first bool) (Figure, bool) {
	switch {
	case len(list) == 0:
		return Figure{}, false
	case first:
		return list[0], true
	}
	return list[len(list)-1], true
}

var (
	fraction = regexp.MustCompile(`\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}`)
	command  = regexp.MustCompile(`\\(?:text|mathrm|mathbf|textbf|,|;|!|:|quad|left|right|displaystyle)`)
)

// latex writes the little of LaTeX that stands around numbers as plain text.
func latex(s string) string {
	if !strings.ContainsAny(s, `\{*`) {
		return s
	}
	s = strings.NewReplacer(`{,}`, ",", `\,`, "", `\!`, "", `\$`, "$", `\%`, "%", `\times`, "×", `\cdot`, "×", `\{`, "", `\}`, "", "**", "").Replace(s)
	s = fraction.ReplaceAllString(s, " $1/$2 ")
	return command.ReplaceAllString(s, "")
}
