package score

import (
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits bounds a number: nobody answers with more, and powers of ten must
// not grow with what is written.
const maxDigits = 400

// kanjiDigits and kanjiUnits are the numerals of Japanese; the second ones are
// those of contracts. Large units go by ten thousands.
var (
	kanjiDigits = map[rune]int64{
		'〇': 0, '零': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9, '壱': 1, '弐': 2, '参': 3,
	}
	kanjiUnits = map[rune]int64{'十': 10, '百': 100, '千': 1000, '拾': 10}
	largeUnits = map[rune]int64{'万': 1e4, '萬': 1e4, '億': 1e8, '兆': 1e12, '京': 1e16}
)

// words are what begins with a numeral and counts nothing.
var words = []string{
	"一方", "一番", "一緒", "一般", "一致", "一部", "一定", "一旦", "一応", "一切", "一体", "一度に", "一見", "一層", "一種", "一例", "一連", "一気", "一括",
	"十分", "万一", "千葉", "三角", "四角", "五角", "六角", "八百屋", "二等辺", "四則", "四捨五入", "百分率", "二乗", "三乗", "二重", "一次", "二次", "三日月",
}

// reader goes through a text.
type reader struct {
	s  string
	at int
}

func (r *reader) peek() rune {
	c, n := utf8.DecodeRuneInString(r.s[r.at:])
	if n == 0 {
		return -1
	}
	return c
}

func (r *reader) skip() {
	_, n := utf8.DecodeRuneInString(r.s[r.at:])
	r.at += n
}

func (r *reader) take(c rune) bool {
	if r.peek() != c {
		return false
	}
	r.skip()
	return true
}

func (r *reader) space() {
	for r.peek() == ' ' {
		r.skip()
	}
}

// figures finds all numbers of a text that everybody reads alike. Without kanji
// only those with a digit of ASCII in them count.
func figures(s string, kanji bool) []Figure {
	return slices.DeleteFunc(allFigures(s, kanji), func(f Figure) bool { return f.unclear })
}

// allFigures are those that can be read in more ways than one too.
func allFigures(s string, kanji bool) []Figure {
	r := &reader{s: s}
	var out []Figure
	for r.at < len(s) {
		start := r.at
		if inWord(s, start) {
			r.at += len("一方")
			continue
		}
		f, ok := r.figure()
		if !ok || r.at == start {
			r.at = start
			r.skip()
			continue
		}
		if kanji || strings.ContainsAny(s[start:r.at], "0123456789") {
			out = append(out, f)
		}
	}
	return out
}

func inWord(s string, at int) bool {
	for _, w := range words {
		if strings.HasPrefix(s[at:], w) {
			return true
		}
	}
	return false
}

// figure reads a number with its sign, the currency between, a fraction and a
// percent sign. It may move without finding one.
func (r *reader) figure() (Figure, bool) {
	neg, before := false, r.s[:r.at]
	dated := strings.HasSuffix(before, "/")
	if r.peek() == '-' || r.peek() == '+' {
		neg = r.peek() == '-'
		r.skip()
		r.space()
		// Between two values it is an operation, within a word a hyphen.
		if operand(before) {
			return Figure{}, false
		}
	}
	money := false
	for strings.ContainsRune("$¥€£", r.peek()) {
		money = true
		r.skip()
		r.space()
	}
	if r.peek() == '-' && !neg { // $-5
		neg = true
		r.skip()
	}
	v, ok := r.amount()
	if !ok {
		return Figure{}, false
	}
	v = r.raised(r.point(v))
	f := Figure{unclear: r.unclear()}
	if mark := r.at; !dated && !f.unclear {
		if v = r.fraction(v); r.at == mark {
			v = r.mixed(v)
		}
		v = r.scale(v, money)
	}
	f.Value = v
	mark := r.at
	r.space()
	switch {
	case r.take('%') || strings.HasPrefix(r.s[r.at:], "パーセント") || strings.HasPrefix(strings.ToLower(r.s[r.at:]), "percent"):
		f.Percent = true
	case r.peek() == '割' && !strings.HasPrefix(r.s[r.at:], "割り") && !strings.HasPrefix(r.s[r.at:], "割る"):
		f.Percent = true
		f.Value = r.tenths(v)
	default:
		r.at = mark
	}
	if neg {
		f.Value = new(big.Rat).Neg(f.Value)
	}
	return f, true
}

// operand reports whether a text ends with a value, or at once with a word.
func operand(s string) bool {
	if r, n := utf8.DecodeLastRuneInString(s); n == 1 && unicode.IsLetter(r) {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, " "))
	_, kanji := kanjiDigits[r]
	return kanji || r >= '0' && r <= '9' || strings.ContainsRune(")]}", r)
}

// tenths reads 割, 分 and 厘 as a percentage.
func (r *reader) tenths(v *big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, u := range []struct {
		name  rune
		worth *big.Rat
	}{{'割', big.NewRat(10, 1)}, {'分', big.NewRat(1, 1)}, {'厘', big.NewRat(1, 10)}} {
		if !r.take(u.name) {
			continue
		}
		sum.Add(sum, new(big.Rat).Mul(v, u.worth))
		mark := r.at
		next, ok := r.amount()
		if !ok || r.peek() != '分' && r.peek() != '厘' {
			r.at = mark
			return sum
		}
		v = next
	}
	return sum
}

// fraction reads what may follow a number: 3分の1 is a third, 1/3 too, and
// 1と2分の1 is one and a half.
func (r *reader) fraction(v *big.Rat) *big.Rat {
	mark := r.at
	if strings.HasPrefix(r.s[r.at:], "分の") {
		r.at += len("分の")
		if top, ok := r.amount(); ok && v.Sign() != 0 {
			return new(big.Rat).Quo(top, v)
		}
		r.at = mark
		return v
	}
	if rest := strings.TrimLeft(r.s[r.at:], " "); strings.HasPrefix(rest, "と") {
		r.at = len(r.s) - len(rest) + len("と")
		behind := r.at
		if low, ok := r.amount(); ok && low.Sign() != 0 && strings.HasPrefix(r.s[r.at:], "分の") {
			return new(big.Rat).Add(v, r.fraction(low))
		}
		r.at = behind
		r.space()
		if part, ok := r.part(); ok && v.IsInt() {
			return new(big.Rat).Add(v, part)
		}
		r.at = mark
		return v
	}
	if r.take('/') {
		if low, ok := r.plain(); ok && low.Sign() != 0 && r.peek() != '/' && v.IsInt() && low.IsInt() {
			return new(big.Rat).Quo(v, low)
		}
		r.at = mark
	}
	return v
}

// amount reads a number without a sign, in digits, kanji, or both: 1億2000万,
// 3千5百, 二〇二五.
func (r *reader) amount() (*big.Rat, bool) {
	total, part := new(big.Rat), new(big.Rat)
	some, open := false, false // open: part holds something that is not yet in total
	for {
		mark := r.at
		v, ok := r.plain()
		if !ok {
			r.at = mark
			v, ok = r.kanjiRun()
		}
		if ok || open {
			r.toUnit()
		}
		c := r.peek()
		unit, large := largeUnits[c]
		small := kanjiUnits[c]
		switch {
		case small > 0:
			if !ok {
				v = big.NewRat(1, 1)
			}
			r.skip()
			part.Add(part, new(big.Rat).Mul(v, big.NewRat(small, 1)))
			some, open = true, true
		case large && (ok || open):
			if ok {
				part.Add(part, v)
			}
			r.skip()
			total.Add(total, new(big.Rat).Mul(part, big.NewRat(unit, 1)))
			part, some, open = new(big.Rat), true, false
			r.toSmaller(unit)
		case ok:
			return total.Add(total, part.Add(part, v)), true
		default:
			r.at = mark
			return total.Add(total, part), some
		}
	}
}

// unitWords begin with a large unit and are none behind a blank.
var unitWords = []string{"万一", "万が一", "万能", "万全", "万歳", "万国", "万年", "万引", "万博", "億劫", "兆し", "兆候", "京"}

// toUnit goes over the blanks between a number and its large unit: 7 万.
func (r *reader) toUnit() {
	mark := r.at
	r.space()
	if r.at == mark {
		return
	}
	_, large := largeUnits[r.peek()]
	if !large || slices.ContainsFunc(unitWords, func(w string) bool { return strings.HasPrefix(r.s[r.at:], w) }) {
		r.at = mark
	}
}

// toSmaller goes over the blanks behind a large unit where the number goes on
// with a smaller one: 1億 2000万.
func (r *reader) toSmaller(unit int64) {
	mark := r.at
	r.space()
	behind := r.at
	if behind == mark {
		return
	}
	_, ok := r.plain()
	if !ok {
		r.at = behind
		_, ok = r.kanjiRun()
	}
	for kanjiUnits[r.peek()] > 0 {
		r.skip()
		ok = true
	}
	if r.toUnit(); ok && largeUnits[r.peek()] > 0 && largeUnits[r.peek()] < unit {
		r.at = behind
		return
	}
	r.at = mark
}

// kanjiRun reads kanji digits one after the other, as years are written.
func (r *reader) kanjiRun() (*big.Rat, bool) {
	v, n := new(big.Int), 0
	for {
		d, ok := kanjiDigits[r.peek()]
		if !ok || n > maxDigits {
			return new(big.Rat).SetInt(v), n > 0
		}
		r.skip()
		v.Add(v.Mul(v, big.NewInt(10)), big.NewInt(d))
		n++
	}
}

// plain reads a number in digits: commas between thousands, decimals, and a
// power of ten.
func (r *reader) plain() (*big.Rat, bool) {
	if before := r.s[:r.at]; formula(before) || strings.HasSuffix(before, "^") || strings.HasSuffix(before, "^{") {
		return nil, false
	}
	var b strings.Builder
	r.digits(&b)
	for b.Len() > 0 && r.peek() == ',' && thousands(r.s[r.at+1:]) {
		r.skip()
		r.digits(&b)
	}
	if r.peek() == '.' && r.at+1 < len(r.s) && isDigit(r.s[r.at+1]) {
		r.skip()
		if b.Len() == 0 {
			b.WriteByte('0')
		}
		b.WriteByte('.')
		r.digits(&b)
	}
	if b.Len() == 0 || b.Len() > maxDigits {
		return nil, false
	}
	v, ok := new(big.Rat).SetString(b.String())
	if ok {
		r.power(v)
	}
	return v, ok
}

// formula reports whether digits go on a sign like H2O or A4: after one or two
// letters, and the digits behind them.
func formula(s string) bool {
	s = strings.TrimRight(s, "0123456789")
	n := 0
	for n < len(s) && s[len(s)-1-n] < 0x80 && unicode.IsLetter(rune(s[len(s)-1-n])) {
		n++
	}
	return n == 1 || n == 2
}

func (r *reader) digits(b *strings.Builder) {
	for r.at < len(r.s) && isDigit(r.s[r.at]) {
		b.WriteByte(r.s[r.at])
		r.at++
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// thousands reports whether exactly three digits come next.
func thousands(s string) bool {
	return len(s) >= 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && (len(s) == 3 || !isDigit(s[3]))
}

// timesTen reads ×10^.
func (r *reader) timesTen() bool {
	r.space()
	if !r.take('×') && !r.take('x') {
		return false
	}
	r.space()
	if !strings.HasPrefix(r.s[r.at:], "10^") {
		return false
	}
	r.at += len("10^")
	r.take('{')
	return true
}

// power reads e5 and ×10^5.
func (r *reader) power(v *big.Rat) {
	mark := r.at
	if !r.take('e') && !r.take('E') && !r.timesTen() {
		r.at = mark
		return
	}
	neg := r.take('-')
	if !neg {
		r.take('+')
	}
	var b strings.Builder
	r.digits(&b)
	if b.Len() == 0 || b.Len() > 3 || r.at < len(r.s) && unicode.IsLetter(r.peek()) && r.peek() < 0x80 {
		r.at = mark
		return
	}
	r.take('}')
	n := int64(0)
	for _, c := range b.String() {
		n = n*10 + int64(c-'0')
	}
	ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(min(n, maxDigits)), nil))
	if neg {
		v.Quo(v, ten)
	} else {
		v.Mul(v, ten)
	}
}
