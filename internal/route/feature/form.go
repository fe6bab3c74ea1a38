package feature

import (
	"math"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FormSize is how many measures of form there are.
const FormSize = 26

// FormNames are what the measures are called, in their order.
func FormNames() []string {
	return []string{
		"length", "words", "lines", "digits", "numbers", "dollar and yen signs", "gaps to fill", "capitals",
		"mathematical signs", "question marks", "quotation marks", "length of the lines after the first",
		"spread of their lengths", "length of the first line", "length of words", "code", "numbers in the lines after the first",
		"distinct words", "letters beyond ASCII", "kana and kanji", "kanji", "katakana", "backslashes", "brackets",
		"sentences", "cut",
	}
}

// mathematical are the signs of ASCII that formulas have.
var mathematical = [utf8.RuneSelf]bool{'^': true, '=': true, '{': true, '}': true, '<': true, '>': true, '+': true, '*': true, '/': true}

// counts are what is counted of a text's form.
type counts struct {
	// ascii is how often each sign of ASCII is there, capitals together at 'A'
	// and digits at '0'; small letters and spaces are not counted.
	ascii [utf8.RuneSelf]int
	// all counts the characters, line those of the line at hand.
	all, line int

	digits, numbers, dollars, gaps, signs, questions, quotes, brackets, stops int
	wide, cjk, han, katakana                                                  int
	// inNumber says that a number goes on, onLine that the line has one.
	inNumber, onLine bool

	lines, first, rest, restSquare, restNumbers int
	// marks are those of programs that were seen, a bit for each.
	marks uint16
}

// endLine begins a line.
func (c *counts) endLine() {
	if c.lines == 0 {
		c.first = c.line
	} else {
		c.rest += c.line
		c.restSquare += c.line * c.line
		if c.onLine {
			c.restNumbers++
		}
	}
	c.lines++
	c.line, c.onLine = 0, false
}

// beyond counts a character beyond ASCII.
func (c *counts) beyond(r rune) {
	c.all++
	c.line++
	c.wide++
	isDigit := '０' <= r && r <= '９'
	if isDigit {
		c.digits++
		c.onLine = true
		if !c.inNumber {
			c.numbers++
		}
	}
	c.inNumber = isDigit
	switch r {
	case '¥', '￥', '円':
		c.dollars++
	case '＿':
		c.gaps++
	case '？':
		c.questions++
	case '「', '“':
		c.quotes++
	case '√', '∑', '∫', '≤', '≥', '×', '÷':
		c.signs++
	case '（':
		c.brackets++
	case '。', '！':
		c.stops++
	}
	switch {
	case unicode.Is(unicode.Han, r):
		c.han++
		c.cjk++
	case unicode.Is(unicode.Katakana, r):
		c.katakana++
		c.cjk++
	case unicode.Is(unicode.Hiragana, r):
		c.cjk++
	}
}

// sign counts a sign of ASCII that is no letter, digit or space.
func (c *counts) sign(b byte) {
	c.ascii[b]++
	c.all++
	if b != '.' && b != ',' {
		c.inNumber = false
	}
	if b == '\n' {
		c.endLine()
		return
	}
	c.line++
}

// Marks of programs, in the order of their bits. Those of letters and a space
// are the ends of words.
const (
	markDef = iota
	markImport
	markReturn
	markFunction
	markClass
	markFence
	markInclude
	markSelect
	markCall
	markArrow
)

// word looks for marks in a run of letters of ASCII; space says that a space
// follows.
func (c *counts) word(run string, space bool) {
	if len(run) >= len("function") && strings.Contains(run, "function") {
		c.marks |= 1 << markFunction
	}
	if !space || len(run) < len("def") {
		return
	}
	switch run[len(run)-1] {
	case 'f':
		c.mark(strings.HasSuffix(run, "def"), markDef)
	case 't':
		c.mark(strings.HasSuffix(run, "import"), markImport)
	case 'n':
		c.mark(strings.HasSuffix(run, "return"), markReturn)
	case 's':
		c.mark(strings.HasSuffix(run, "class"), markClass)
	case 'T':
		c.mark(strings.HasSuffix(run, "SELECT"), markSelect)
	}
}

func (c *counts) mark(seen bool, which int) {
	if seen {
		c.marks |= 1 << which
	}
}

// opens looks for marks that a sign begins.
func (c *counts) opens(text string) {
	switch text[0] {
	case '`':
		c.mark(strings.HasPrefix(text, "```"), markFence)
	case '#':
		c.mark(strings.HasPrefix(text, "#include"), markInclude)
	case '(':
		c.mark(strings.HasPrefix(text, "();"), markCall)
	case '=':
		c.mark(strings.HasPrefix(text, "=> "), markArrow)
	}
}

// measure turns counts into measures.
func (x *Extractor) measure(text, whole string, c *counts, terms []Term, f *[FormSize]float32) {
	c.endLine()
	a := &c.ascii
	signs := c.signs + a['\\']
	for b, is := range mathematical {
		if is {
			signs += a[b]
		}
	}
	digits, dollars, gaps, questions := c.digits+a['0'], c.dollars+a['$'], c.gaps+a['_'], c.questions+a['?']
	quotes, brackets, stops := c.quotes+a['"'], c.brackets+a['(']+a['['], c.stops+a['.']+a['!']
	words, letterBytes := float64(x.all), float64(x.bytes)
	per := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}
	log := func(count int) float64 { return math.Log1p(float64(count)) }
	share := func(count int) float64 { return per(float64(count), float64(c.all)) }
	others := float64(c.lines - 1)
	mean := per(float64(c.rest), others)
	for i, v := range [FormSize]float64{
		log(c.all), math.Log1p(words), math.Log1p(others), share(digits), log(c.numbers), float64(dollars), log(gaps), share(a['A']),
		share(signs), float64(questions), log(quotes), math.Log1p(mean),
		math.Log1p(math.Sqrt(max(0, per(float64(c.restSquare), others)-mean*mean))), log(c.first), per(letterBytes, words), float64(bits.OnesCount16(c.marks)),
		per(float64(c.restNumbers), others), per(float64(len(terms)), float64(len(x.words))), share(c.wide), share(c.cjk), share(c.han), share(c.katakana),
		log(a['\\']), log(brackets), log(stops), log(len(whole) - min(len(whole), len(text))),
	} {
		f[i] = float32(v)
	}
}
