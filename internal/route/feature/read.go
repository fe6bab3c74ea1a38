package feature

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kinds of ASCII as a text is read; all other signs are 0.
const (
	small = iota + 1
	capital
	digit
	space
)

// kinds tells them, and lower writes capitals small.
var kinds, lower = func() (k, l [256]uint8) {
	for b := range 256 {
		l[b] = byte(b)
		switch {
		case 'a' <= b && b <= 'z':
			k[b] = small
		case 'A' <= b && b <= 'Z':
			k[b], l[b] = capital, byte(b)+'a'-'A'
		case '0' <= b && b <= '9':
			k[b] = digit
		case b == ' ':
			k[b] = space
		}
	}
	return k, l
}()

// read folds a text, finds its words and counts its form, all in one pass. It
// says what fold and split do, and what the whole text in compatibility form
// would: characters that are not settled are folded together with those beside
// them, up to one that is.
func (x *Extractor) read(text string, c *counts) {
	x.norm, x.words, x.cut, x.bytes, x.open = x.norm[:0], x.words[:0], 0, 0, false
	joined := false
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			switch kinds[b] {
			case small, capital:
				i = x.letters(text, i, c)
			case digit:
				i = x.digits(text, i, c)
			case space:
				x.norm = append(x.norm, ' ')
				c.all++
				c.line++
				c.inNumber, x.open = false, false
				i++
			default:
				x.norm = append(x.norm, b)
				c.sign(b)
				c.opens(text[i:])
				x.open = false
				i++
			}
			continue
		}
		r := rune(0)
		if i+2 < len(text) {
			r = three(b, text[i+1], text[i+2])
		}
		at := len(x.norm)
		switch {
		case kana(r) || kanji(r):
			x.norm = append(x.norm, b, text[i+1], text[i+2])
			x.words = append(x.words, word{from: at, to: at + 3, kind: unspaced})
			x.open = true
			x.bytes += 3
			c.ideograph(r)
			i += 3
		case settled(r):
			x.norm = append(x.norm, b, text[i+1], text[i+2])
			x.take(r, at, at+3)
			c.beyond(r)
			i += 3
		default:
			end := unsettled(text, i, c)
			joined = joined || !norm.NFKC.PropertiesString(text[i:]).BoundaryBefore()
			x.folding(text[i:end])
			i = end
		}
	}
	if joined {
		// Something goes with what stands before it.
		x.refold(text)
		x.split()
	}
}

// letters reads a run of letters of ASCII.
func (x *Extractor) letters(text string, i int, c *counts) int {
	at, j, capitals := len(x.norm), i, 0
	for j < len(text) {
		k := kinds[text[j]]
		if k != small && k != capital {
			break
		}
		capitals += int(k - small)
		x.norm = append(x.norm, lower[text[j]])
		j++
	}
	n := j - i
	c.ascii['A'] += capitals
	c.all += n
	c.line += n
	c.inNumber = false
	c.word(text[i:j], j < len(text) && text[j] == ' ')
	x.run(at, at+n, letters)
	return j
}

// digits reads a run of digits of ASCII.
func (x *Extractor) digits(text string, i int, c *counts) int {
	at, j := len(x.norm), i
	for j < len(text) && kinds[text[j]] == digit {
		x.norm = append(x.norm, text[j])
		j++
	}
	n := j - i
	c.ascii['0'] += n
	c.all += n
	c.line += n
	if !c.inNumber {
		c.numbers++
	}
	c.inNumber, c.onLine = true, true
	x.run(at, at+n, digits)
	return j
}

// run goes on with a run of one kind.
func (x *Extractor) run(from, to int, k kind) {
	x.bytes += to - from
	if x.open && x.words[len(x.words)-1].kind == k {
		x.words[len(x.words)-1].to = to
		return
	}
	x.words = append(x.words, word{from: from, to: to, kind: k})
	x.open = true
}

// ideograph counts kana and kanji.
func (c *counts) ideograph(r rune) {
	c.all++
	c.line++
	c.wide++
	c.cjk++
	c.inNumber = false
	switch {
	case r == '円':
		c.dollars++
		c.han++
	case r >= '一':
		c.han++
	case 'ァ' <= r && r <= 'ヺ':
		c.katakana++
	}
}

// unsettled counts the characters from a place on that are neither ASCII nor
// settled, and says where they end.
func unsettled(text string, i int, c *counts) int {
	for i < len(text) && text[i] >= utf8.RuneSelf {
		r, size := utf8.DecodeRuneInString(text[i:])
		if settled(r) {
			break
		}
		c.beyond(r)
		i += size
	}
	return i
}

// folding folds a piece of the text.
func (x *Extractor) folding(piece string) {
	x.folded = norm.NFKC.AppendString(x.folded[:0], piece)
	for i := 0; i < len(x.folded); {
		r, size := utf8.DecodeRune(x.folded[i:])
		at := len(x.norm)
		r = unicode.ToLower(r)
		x.norm = utf8.AppendRune(x.norm, r)
		x.take(r, at, len(x.norm))
		i += size
	}
}

// buckets lists those of grams, for all words.
func (x *Extractor) buckets() {
	const shift = 32 - Bits
	out := x.found[:0]
	for i := range x.words {
		w := &x.words[i]
		if w.kind == unspaced {
			h, end := seedRun, w.from
			for n := 0; n < 4 && i+n < len(x.words) && (n == 0 || i+n != x.cut); n++ {
				next := &x.words[i+n]
				if next.kind != unspaced || next.from != end {
					break
				}
				h, end = hash(h, x.norm[next.from:next.to]), next.to
				out = append(out, mix(h)>>shift)
			}
			continue
		}
		word := x.norm[w.from:w.to]
		own, pair := seedWord, seedPair
		for _, b := range word {
			own, pair = (own^uint32(b))*prime32, (pair^uint32(b))*prime32
		}
		out = append(out, mix(own)>>shift)
		if i+1 < len(x.words) && i+1 != x.cut && x.words[i+1].kind != unspaced {
			next := &x.words[i+1]
			out = append(out, mix(hash((pair^' ')*prime32, x.norm[next.from:next.to]))>>shift)
		}
		if w.kind == letters {
			for ; len(word) >= 4 && w.to-w.from > 4; word = word[1:] {
				h := seedPiece
				h = (h ^ uint32(word[0])) * prime32
				h = (h ^ uint32(word[1])) * prime32
				h = (h ^ uint32(word[2])) * prime32
				h = (h ^ uint32(word[3])) * prime32
				out = append(out, mix(h)>>shift)
			}
		}
	}
	x.found = out
}
