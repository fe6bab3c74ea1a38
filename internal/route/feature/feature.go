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

// repeats are what counts up to their number multiply a term's weight by.
var repeats = func() (r [64]float32) {
	for i := 1; i < len(r); i++ {
		r[i] = 1 + float32(math.Log(float64(i)))
	}
	return r
}()

// Repeated is what a term weighs that is there so often, over what it weighs
// once.
func Repeated(count float32) float32 {
	if i := int(count); i < len(repeats) {
		return repeats[i]
	}
	return 1 + float32(math.Log(float64(count)))
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
	found  []uint32
	norm   []byte
	folded []byte
	words  []word
	// cut is the word after those that were left out, 0 without; all and bytes
	// count the words, and what they have, with those.
	cut, all, bytes int
	// open says that the last word may go on.
	open bool
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
	var c counts
	x.read(text, &c)
	x.bound()
	x.buckets()
	if cap(v.Terms) < len(x.found) {
		v.Terms = make([]Term, len(x.found), len(x.found)+len(x.found)/4)
	}
	terms := v.Terms[:len(x.found)]
	clear(terms)
	n := uint16(0) // a text of maxText bytes has fewer terms than that holds
	for _, b := range x.found {
		// Whether a term is new cannot be guessed: without a branch nothing has to
		// be taken back.
		at := x.slot[b]
		if at == 0 {
			at = n + 1
		}
		n = max(n, at)
		x.slot[b] = at
		t := &terms[at-1]
		t.Bucket = b
		t.Count++
	}
	v.Terms = terms[:n]
	for i := range v.Terms {
		x.slot[v.Terms[i].Bucket] = 0
	}
	x.measure(text, question, &c, v.Terms, &v.Form)
}

// Named gives the words behind a question's buckets, for explanations.
func (x *Extractor) Named(question string) map[uint32]string {
	x.fold(clip(question))
	x.split()
	x.bound()
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
	x.open = false
	for i := 0; i < len(x.norm); {
		r, size := utf8.DecodeRune(x.norm[i:])
		x.take(r, i, i+size)
		i += size
	}
}

// take goes on with a rune of the folded text.
func (x *Extractor) take(r rune, from, to int) {
	k, ok := class(r)
	if !ok {
		x.open = false
		return
	}
	x.bytes += to - from
	if x.open && k != unspaced && x.words[len(x.words)-1].kind == k {
		x.words[len(x.words)-1].to = to
		return
	}
	x.words = append(x.words, word{from: from, to: to, kind: k})
	x.open = true
}

// bound leaves the middle of many words out.
func (x *Extractor) bound() {
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
