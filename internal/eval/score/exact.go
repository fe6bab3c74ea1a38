package score

import (
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// uncompressed writes fractions and powers that are one sign (½, ²) so that
// NFKC does not join them to the digits beside them: 2½ is no 21/2, 10² no 102.
func uncompressed(s string) string {
	if strings.IndexFunc(s, compressed) < 0 {
		return s
	}
	var b strings.Builder
	before := ' '
	for _, r := range s {
		switch {
		case !compressed(r):
			b.WriteRune(r)
		case isFraction(r):
			if unicode.IsDigit(before) {
				b.WriteByte(' ')
			}
			b.WriteString(norm.NFKC.String(string(r)))
		default:
			if !isPower(before) {
				b.WriteByte('^')
			}
			b.WriteString(norm.NFKC.String(string(r)))
		}
		before = r
	}
	return b.String()
}

func isFraction(r rune) bool { return r >= '¼' && r <= '¾' || r >= '⅐' && r <= '⅞' || r == '↉' }

func isPower(r rune) bool {
	return r == '²' || r == '³' || r == '¹' || r == '⁰' || r >= '⁴' && r <= '⁹' || r == '⁻'
}

func compressed(r rune) bool { return isFraction(r) || isPower(r) }

// below is a word for less than nothing where an answer begins. Behind another
// value "minus" takes away.
var below = regexp.MustCompile(`(?i)(?:\bnegative\s+|(^|\n|[:=(\[{#*"]\s*|\b(?:is|was|be|equals|to|of|at)\s+|は)minus\s+)([$¥€£]?[0-9.])`)

// root is what makes a value of numbers that is none of them.
var root = regexp.MustCompile(`\\sqrt|√|\\pi\b|π`)

// bullet is the sign of a list before a number.
var bullet = regexp.MustCompile(`(?m)^([ \t]*)- +([0-9])`)

// unlisted takes the signs of a list away: in a text of several lines "- 5" is
// a point, and no number below nothing.
func unlisted(s string) string {
	if !strings.Contains(strings.TrimSpace(s), "\n") {
		return s
	}
	return bullet.ReplaceAllString(s, "$1$2")
}

// scale multiplies by a word of English behind a number: 1.5 million. Letters
// do that only behind money: 5k may be a race, and 5M a length.
func (r *reader) scale(v *big.Rat, money bool) *big.Rat {
	mark := r.at
	r.space()
	rest := r.s[r.at:]
	n := 0
	for n < len(rest) && rest[n] < 0x80 && unicode.IsLetter(rune(rest[n])) {
		n++
	}
	word := strings.ToLower(rest[:n])
	by, ok := scales[word]
	if !ok && money && r.at == mark {
		by, ok = map[string]int64{"k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}[word]
	}
	if !ok {
		r.at = mark
		return v
	}
	r.at += n
	return new(big.Rat).Mul(v, big.NewRat(by, 1))
}

// mixed reads the fraction behind a whole number: 2 1/4, 2 and 1/4. It is less
// than one, or it is no part of this number.
func (r *reader) mixed(v *big.Rat) *big.Rat {
	mark := r.at
	r.space()
	if strings.HasPrefix(r.s[r.at:], "and ") && v.Sign() != 0 {
		r.at += len("and ")
	}
	if r.at == mark || !v.IsInt() {
		r.at = mark
		return v
	}
	if part, ok := r.part(); ok {
		return new(big.Rat).Add(v, part)
	}
	r.at = mark
	return v
}

// part reads a fraction between nothing and one, as 3/4.
func (r *reader) part() (*big.Rat, bool) {
	var up, down strings.Builder
	r.digits(&up)
	if up.Len() == 0 || !r.take('/') {
		return nil, false
	}
	r.digits(&down)
	if down.Len() == 0 || up.Len() > 9 || down.Len() > 9 || r.peek() == '/' {
		return nil, false
	}
	part, ok := new(big.Rat).SetString(up.String() + "/" + down.String())
	return part, ok && part.Sign() > 0 && part.Cmp(big.NewRat(1, 1)) < 0
}

// raised reads ^3 behind a number.
func (r *reader) raised(v *big.Rat) *big.Rat {
	mark := r.at
	if !r.take('^') {
		return v
	}
	braced := r.take('{')
	neg := r.take('-')
	var b strings.Builder
	r.digits(&b)
	n, size := 0, len(v.Num().String())
	for _, c := range b.String() {
		n = min(n*10+int(c-'0'), maxDigits)
	}
	if b.Len() == 0 || braced && !r.take('}') || n*size > maxDigits || neg && v.Sign() == 0 {
		r.at = mark
		return v
	}
	out := big.NewRat(1, 1)
	for range n {
		out.Mul(out, v)
	}
	if neg {
		out.Inv(out)
	}
	return out
}

// unclear reports whether a number goes on as none does: groups of digits that
// are no thousands (1,00), two points (1.234.567), a range (5~6), one kanji or
// the next (二、三). It takes along what belongs to it.
func (r *reader) unclear() bool {
	before, _ := utf8.DecodeLastRuneInString(r.s[:r.at])
	if _, kanji := kanjiDigits[before]; kanji && strings.HasPrefix(r.s[r.at:], "、") {
		mark := r.at
		r.skip()
		if _, ok := r.kanjiRun(); ok {
			return true
		}
		r.at = mark
	}
	for some := false; ; some = true {
		mark := r.at
		r.space()
		if r.take('~') || r.take('±') {
			r.space()
		} else if r.at = mark; !r.take(',') && !r.take('.') {
			return some
		}
		var b strings.Builder
		if r.digits(&b); b.Len() == 0 {
			r.at = mark
			return some
		}
	}
}

// point reads the decimals of 三点五.
func (r *reader) point(v *big.Rat) *big.Rat {
	before, _ := utf8.DecodeLastRuneInString(r.s[:r.at])
	if _, kanji := kanjiDigits[before]; !kanji || r.peek() != '点' {
		return v
	}
	mark := r.at
	r.skip()
	worth, some := big.NewRat(1, 10), false
	out := new(big.Rat).Set(v)
	for n := 0; n < maxDigits; n++ {
		d, ok := kanjiDigits[r.peek()]
		if !ok {
			break
		}
		r.skip()
		out.Add(out, new(big.Rat).Mul(worth, big.NewRat(d, 1)))
		worth.Quo(worth, big.NewRat(10, 1))
		some = true
	}
	if !some {
		r.at = mark
		return v
	}
	return out
}
