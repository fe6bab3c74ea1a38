package feature

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bits is the size of the space that words are hashed into: 2^Bits buckets.
const Bits = 18

// maxText bounds what is read of a question, in bytes: beginnings and ends say
// what is wanted, and a decision must not wait for a whole book.
const maxText = 8 << 10

// mostWords bounds the words whose terms are counted, where a character of a
// script without spaces is one: three quarters from the beginning, the rest
// from the end.
const mostWords = 512

// Term is a bucket and how often it was hit.
type Term struct {
	Bucket uint32
	Count  float32
}

// Vector is a question in numbers. Terms are distinct and in no order; Form has
// FormSize measures.
type Vector struct {
	Terms []Term
	Form  [FormSize]float32
}

// Extractor makes vectors. It keeps its memory between calls, so that one
// belongs to one goroutine.
type Extractor struct {
	// slot is where a bucket's term stands, counted from 1.
	slot   []uint16
	found  []gram
	norm   []byte
	folded []byte
	words  []word
	// cut is the word after those that were left out, 0 without; all and bytes
	// count the words, and what they have, with those.
	cut, all, bytes int
}

// word is a run of characters of the text.
type word struct {
	from, to int
	kind     kind
}

type kind uint8

const (
	letters kind = iota
	digits
	unspaced // scripts without spaces: kana, kanji
)

// NewExtractor makes one.
func NewExtractor() *Extractor {
	return &Extractor{slot: make([]uint16, 1<<Bits)}
}

// Vector reads a question into v, whose memory it uses again.
func (x *Extractor) Vector(question string, v *Vector) {
	text := clip(question)
	x.fold(text)
	x.split()
	v.Terms = v.Terms[:0]
	x.found = x.found[:0]
	for i := range x.words {
		x.found = x.grams(i, x.found)
	}
	for i := range x.found {
		b := x.found[i].hash >> (32 - Bits)
		if at := x.slot[b]; at > 0 {
			v.Terms[at-1].Count++
			continue
		}
		v.Terms = append(v.Terms, Term{Bucket: b, Count: 1})
		x.slot[b] = uint16(len(v.Terms)) // a text of maxText bytes has fewer terms than that holds
	}
	for _, t := range v.Terms {
		x.slot[t.Bucket] = 0
	}
	x.form(text, question, v.Terms, &v.Form)
}

// Named gives the words behind a question's buckets, for explanations.
func (x *Extractor) Named(question string) map[uint32]string {
	x.fold(clip(question))
	x.split()
	names := map[uint32]string{}
	for i := range x.words {
		for _, g := range x.grams(i, nil) {
			if b := g.hash >> (32 - Bits); names[b] == "" {
				names[b] = x.name(g)
			}
		}
	}
	return names
}

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	head, tail := s[:maxText*3/4], s[len(s)-maxText/4:]
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRuneInString(head); r != utf8.RuneError || size != 1 {
			break
		}
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	return head + "\n" + tail
}

// fold puts the text in compatibility form and lower case.
func (x *Extractor) fold(text string) {
	x.norm = x.norm[:0]
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			x.norm = append(x.norm, c)
			i++
			continue
		}
		if i+2 >= len(text) || !settled(three(c, text[i+1], text[i+2])) {
			x.refold(text)
			return
		}
		x.norm = append(x.norm, c, text[i+1], text[i+2])
		i += 3
	}
}

// three reads a character of three bytes, as kana and most kanji have; any
// other is 0.
func three(a, b, c byte) rune {
	if a < 0xe3 || a > 0xe9 || b&0xc0 != 0x80 || c&0xc0 != 0x80 {
		return 0
	}
	return rune(a&0x0f)<<12 | rune(b&0x3f)<<6 | rune(c&0x3f)
}

// settled characters are in compatibility form whatever stands beside them, and
// neither great nor small: most of Japanese.
func settled(r rune) bool { return kana(r) || kanji(r) || '、' <= r && r <= '】' }

// kana are hiragana and katakana without their marks, kanji the Han characters
// of the first block.
func kana(r rune) bool  { return 'ぁ' <= r && r <= 'ゖ' || 'ァ' <= r && r <= 'ヺ' || r == 'ー' }
func kanji(r rune) bool { return '一' <= r && r <= '鿿' }

// refold is fold for any text.
func (x *Extractor) refold(text string) {
	x.folded = norm.NFKC.AppendString(x.folded[:0], text)
	x.norm = x.norm[:0]
	for i := 0; i < len(x.folded); {
		r, size := utf8.DecodeRune(x.folded[i:])
		if settled(r) {
			x.norm = append(x.norm, x.folded[i:i+size]...)
		} else {
			x.norm = utf8.AppendRune(x.norm, unicode.ToLower(r))
		}
		i += size
	}
}

func class(r rune) (kind, bool) {
	switch {
	case r < utf8.RuneSelf:
		switch {
		case 'a' <= r && r <= 'z':
			return letters, true
		case '0' <= r && r <= '9':
			return digits, true
		}
		return 0, false
	case kana(r) || kanji(r):
		return unspaced, true
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) || r == 'ー':
		return unspaced, true
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letters, true
	case unicode.IsDigit(r):
		return digits, true
	}
	return 0, false
}

// split finds the words. A character of a script without spaces is one.
func (x *Extractor) split() {
	x.words, x.cut, x.bytes = x.words[:0], 0, 0
	open := false
	for i := 0; i < len(x.norm); {
		r, size := rune(x.norm[i]), 1
		if r >= utf8.RuneSelf {
			if i+2 < len(x.norm) {
				if r := three(x.norm[i], x.norm[i+1], x.norm[i+2]); kana(r) || kanji(r) {
					x.words = append(x.words, word{from: i, to: i + 3, kind: unspaced})
					x.bytes += 3
					open = true
					i += 3
					continue
				}
			}
			r, size = utf8.DecodeRune(x.norm[i:])
		}
		k, ok := class(r)
		switch {
		case !ok:
			open = false
		case open && k != unspaced && x.words[len(x.words)-1].kind == k:
			x.words[len(x.words)-1].to = i + size
		default:
			x.words = append(x.words, word{from: i, to: i + size, kind: k})
			open = true
		}
		if ok {
			x.bytes += size
		}
		i += size
	}
	if x.all = len(x.words); x.all > mostWords {
		x.cut = mostWords * 3 / 4
		x.words = append(x.words[:x.cut], x.words[x.all-mostWords/4:]...)
	}
}

// prime32 is FNV's.
const prime32 = 16777619

func hash(h uint32, b []byte) uint32 {
	for _, c := range b {
		h = (h ^ uint32(c)) * prime32
	}
	return h
}

// mix spreads a hash over its high bits, which choose the bucket.
func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// Seeds keep the kinds of terms apart.
const (
	seedWord  uint32 = 0x2bd1_4c85
	seedPair  uint32 = 0x7f3a_90d3
	seedRun   uint32 = 0xc0de_51a7
	seedPiece uint32 = 0x19e8_b36f
)

// gram is a term with where it stands in the folded text.
type gram struct {
	hash     uint32
	from, to int32
	piece    bool
}

// grams lists the terms that begin at a word: the word, it with the next one,
// or, in a script without spaces, runs of one to four characters; and the
// pieces of four letters of a long word.
func (x *Extractor) grams(i int, out []gram) []gram {
	w := x.words[i]
	if w.kind == unspaced {
		h := seedRun
		for n := 0; n < 4 && i+n < len(x.words) && (n == 0 || i+n != x.cut); n++ {
			next := x.words[i+n]
			if next.kind != unspaced || n > 0 && next.from != x.words[i+n-1].to {
				break
			}
			h = hash(h, x.norm[next.from:next.to])
			out = append(out, gram{hash: mix(h), from: int32(w.from), to: int32(next.to)})
		}
		return out
	}
	word := x.norm[w.from:w.to]
	out = append(out, gram{hash: mix(hash(seedWord, word)), from: int32(w.from), to: int32(w.to)})
	if i+1 < len(x.words) && i+1 != x.cut && x.words[i+1].kind != unspaced {
		next := x.words[i+1]
		h := hash((hash(seedPair, word)^' ')*prime32, x.norm[next.from:next.to])
		out = append(out, gram{hash: mix(h), from: int32(w.from), to: int32(next.to)})
	}
	if w.kind == letters && len(word) > 4 {
		for at := 0; at+4 <= len(word); at++ {
			out = append(out, gram{hash: mix(hash(seedPiece, word[at:at+4])), from: int32(w.from + at), to: int32(w.from + at + 4), piece: true})
		}
	}
	return out
}

// name is what a term looks like.
func (x *Extractor) name(g gram) string {
	text := strings.ToValidUTF8(string(x.norm[g.from:g.to]), "")
	if g.piece {
		return "…" + text + "…"
	}
	return strings.Join(strings.Fields(text), " ")
}

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

// code counts the kinds of marks of programs that a text has.
func code(text string) float64 {
	n := 0.0
	for _, mark := range []string{"def ", "import ", "return ", "function", "class ", "```", "#include", "SELECT ", "();", "=> "} {
		if strings.Contains(text, mark) {
			n++
		}
	}
	return n
}

// form measures what the text looks like.
func (x *Extractor) form(text, whole string, terms []Term, f *[FormSize]float32) {
	var n, line, lines, digit, number, dollar, gap, capital, signs, question, quote, wide, cjk, han, katakana, slash, bracket, stops int
	var rest, restSquare, first, restNumbers int
	inNumber, lineNumber := false, false
	endLine := func() {
		if lines == 0 {
			first = line
		} else {
			rest += line
			restSquare += line * line
			if lineNumber {
				restNumbers++
			}
		}
		lines++
		line, lineNumber = 0, false
	}
	for i := 0; i < len(text); {
		n++
		line++
		r, size := rune(text[i]), 1
		if 'a' <= r && r <= 'z' || r == ' ' {
			inNumber = false
			i++
			continue
		}
		if r >= utf8.RuneSelf {
			if size = 3; i+2 < len(text) {
				r = three(text[i], text[i+1], text[i+2])
			} else {
				r = 0
			}
			if r == 0 {
				r, size = utf8.DecodeRuneInString(text[i:])
			}
		}
		i += size
		if r != '円' && (kana(r) || kanji(r)) {
			inNumber = false
			wide++
			cjk++
			switch {
			case r >= '一':
				han++
			case 'ァ' <= r && r <= 'ヺ':
				katakana++
			}
			continue
		}
		isDigit := '0' <= r && r <= '9' || '０' <= r && r <= '９'
		if isDigit {
			digit++
			lineNumber = true
			if !inNumber {
				number++
			}
		}
		inNumber = isDigit || inNumber && (r == '.' || r == ',')
		switch {
		case r == '\n':
			line--
			endLine()
		case 'A' <= r && r <= 'Z':
			capital++
		case r == '$' || r == '¥' || r == '￥' || r == '円':
			dollar++
		case r == '_' || r == '＿':
			gap++
		case r == '?' || r == '？':
			question++
		case r == '"' || r == '「' || r == '“':
			quote++
		case r == '\\':
			slash++
			signs++
		case r < utf8.RuneSelf && mathematical[r] || r > utf8.RuneSelf && strings.ContainsRune("√∑∫≤≥×÷", r):
			signs++
		case r == '(' || r == '[' || r == '（':
			bracket++
		case r == '.' || r == '。' || r == '!' || r == '！':
			stops++
		}
		if r >= utf8.RuneSelf {
			wide++
			switch {
			case unicode.Is(unicode.Han, r):
				han++
				cjk++
			case unicode.Is(unicode.Katakana, r):
				katakana++
				cjk++
			case unicode.Is(unicode.Hiragana, r):
				cjk++
			}
		}
	}
	endLine()
	words, letterBytes := float64(x.all), float64(x.bytes)
	per := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}
	log := func(count int) float64 { return math.Log1p(float64(count)) }
	share := func(count int) float64 { return per(float64(count), float64(n)) }
	others := float64(lines - 1)
	mean := per(float64(rest), others)
	for i, v := range [FormSize]float64{
		log(n), math.Log1p(words), math.Log1p(others), share(digit), log(number), float64(dollar), log(gap), share(capital),
		share(signs), float64(question), log(quote), math.Log1p(mean),
		math.Log1p(math.Sqrt(max(0, per(float64(restSquare), others)-mean*mean))), log(first), per(letterBytes, words), code(text),
		per(float64(restNumbers), others), per(float64(len(terms)), float64(len(x.words))), share(wide), share(cjk), share(han), share(katakana),
		log(slash), log(bracket), log(stops), log(len(whole) - min(len(whole), len(text))),
	} {
		f[i] = float32(v)
	}
}
