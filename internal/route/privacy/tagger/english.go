package tagger

import (
	"unicode"

	"irori/internal/route/privacy/kinds"
	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/listed"
	"irori/internal/route/privacy/span"
	"irori/internal/route/privacy/thing"
)

// shape is how a piece is written.
type shape uint32

const (
	small shape = iota
	capital
	shout
	letter // one capital
	humped // capitals within
	digits
	sign
	japanese // kanji and kana
)

// piece is a word, a number or a sign of a text.
type piece struct {
	from, to int
	shape    shape
	flags    uint32 // of package lexicon
	id       uint32 // of its letters in small; a name has that of its flags
	class    uint32 // its shape and flags
	end      uint32 // of its last letters
	kind     uint32 // the words that stand where it does
	family   uint32
	listed   uint32 // which lists have it
	lines    uint32 // pieces since the line began
	glued    bool   // nothing stands before it
	live     bool   // it may be of a name
	thing    bool   // a town or a brand is called by it and its neighbours
}

func latin(r rune) bool {
	return span.Letter(r) || r >= 0xc0 && r < 0x250 && r != 0xd7 && r != 0xf7 || r >= 0x1e00 && r < 0x1f00
}

func upper(r rune) bool {
	return r < 0x80 && r >= 'A' && r <= 'Z' || r >= 0x80 && unicode.IsUpper(r)
}

// english reads the words in Latin letters of a text.
type english struct {
	r      *Reader
	t      *span.Text
	ps     []piece
	kinds  *kinds.Table
	tokens []Token
	bag    bag
}

// cut makes pieces of the text from a rune to another.
func (e *english) cut(from, to int) {
	t := e.t
	lines := uint32(0)
	for i := from; i < to; {
		r := t.R[i]
		if r == ' ' || r == '\t' || r == '\r' {
			i++
			continue
		}
		p := piece{from: i, glued: i > 0 && t.R[i-1] != ' ' && t.R[i-1] != '\n', lines: lines}
		j := i + 1
		switch {
		case latin(r):
			for latin(t.At(j)) || (t.At(j) == '\'' || t.At(j) == '-') && latin(t.At(j+1)) {
				j++
			}
			if j-i > 2 && t.R[j-2] == '\'' && t.R[j-1]|0x20 == 's' {
				j -= 2
			}
			p.to = j
			e.read(&p)
		case span.Digit(r):
			for span.Digit(t.At(j)) {
				j++
			}
			p.shape, p.id = digits, uint32(min(j-i, 5))
		case r == '\n':
			p.shape, p.id, lines = sign, '\n', ^uint32(0)
		case r > 0x2fff && (span.Hiragana(r) || span.Han(r) || span.Katakana(r)):
			p.shape, p.id = japanese, uint32(r)
			for j < to && t.R[j] > 0x3000 && t.R[j] < 0xff00 {
				j++
			}
			if j -= beside; j <= i+beside || e.since(i) < beside {
				j = i + 1
			}
		default:
			p.shape, p.id = sign, uint32(r)
		}
		p.to = j
		p.class = uint32(p.shape) | p.flags<<4
		e.ps = append(e.ps, p)
		lines++
		i = j
	}
}

// beside is how many characters in Japanese matter beside a word in Latin letters.
const beside = 3

// since is how many characters in Japanese were taken last.
func (e *english) since(i int) (n int) {
	for k := len(e.ps) - 1; k >= 0 && n < beside && e.ps[k].shape == japanese && e.ps[k].from == i-n-1; k-- {
		n++
	}
	return n
}

// read says of a word what it is.
func (e *english) read(p *piece) {
	t := e.t
	var buf [32]byte
	plain := buf[:0]
	ups, lows, joined := 0, 0, false
	h := kinds.Start
	for _, r := range t.R[p.from:p.to] {
		switch {
		case r >= 0x80:
			if upper(r) {
				ups++
			} else {
				lows++
			}
		case r >= 'A' && r <= 'Z':
			ups++
			r |= 0x20
		case r >= 'a':
			lows++
		default:
			joined = true
		}
		p.end = p.end&0xffffff<<8 | uint32(unicode.ToLower(r))&0xff
		h = h.Add(r)
		if len(plain) < len(buf) {
			plain = append(plain, byte(r))
		}
	}
	p.end &= 0xffffff
	word := t.Cut(p.from, p.to)
	if len(word) != p.to-p.from { // letters with accents
		s := lexicon.Plain(word)
		plain = append(plain[:0], s...)
		h = kinds.Start
		for i := range len(s) {
			h = h.Add(rune(s[i]))
		}
	}
	first := upper(t.R[p.from])
	switch {
	case p.to-p.from == 1 && first:
		p.shape = letter
	case first && lows == 0:
		p.shape = shout
	case first && (ups == 1 || joined):
		p.shape = capital
	case ups > 0:
		p.shape = humped
	}
	p.flags = lexicon.Flags(word)
	k := e.kinds.Get(h)
	p.kind, p.family = uint32(k), uint32(e.kinds.Family(k))
	if p.id = uint32(h ^ h>>32); p.flags&(lexicon.Word|lexicon.Place) == 0 {
		p.id = 7 + p.flags
	}
	p.live = first || p.to-p.from > 2 && p.shape == small && (p.flags&(lexicon.Given|lexicon.Family) != 0 || p.flags == 0) && !e.r.dead(Small, p.kind, p.flags, p.from, p.to)
	if p.live {
		p.listed = listed.Latin(string(plain))
	}
}

// things marks the pieces that a town, a brand or a language is called by.
func (e *english) things() {
	var buf [64]byte
	ps := e.ps
	for i := range ps {
		if ps[i].shape < capital || ps[i].shape > humped || ps[i].shape == letter {
			continue
		}
		phrase := buf[:0]
		for k := i; k < len(ps) && k < i+thing.Words; k++ {
			if ps[k].shape > humped || k > i && ps[k].glued || ps[k].to-ps[i].from > len(buf) {
				break
			}
			if k > i {
				phrase = append(phrase, ' ')
			}
			phrase = appendPlain(phrase, e.t.Cut(ps[k].from, ps[k].to))
			if thing.Known(string(phrase)) {
				for m := i; m <= k; m++ {
					ps[m].thing = true
				}
			}
		}
	}
}

// appendPlain appends a word in small letters without accents.
func appendPlain(to []byte, word string) []byte {
	n := len(to)
	for i := range len(word) {
		c := word[i]
		if c >= 0x80 {
			return append(to[:n], lexicon.Plain(word)...)
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		to = append(to, c)
	}
	return to
}

// chains appends the chains of a text, from a rune to another.
func (e *english) chains(out []Chain, from, to int) []Chain {
	e.ps, e.tokens = e.ps[:0], e.tokens[:0]
	e.cut(from, to)
	e.things()
	ps := e.ps
	e.bag = bag{m: e.r.Model}
	for i := 0; i < len(ps); {
		if !ps[i].live {
			i++
			continue
		}
		j := i + 1
		for j < len(ps) && (ps[j].live || ps[j].shape == sign && ps[j].id == '.' && ps[j-1].shape == letter ||
			ps[j].shape == small && j+1 < len(ps) && ps[j+1].live && particle(e.t.Cut(ps[j].from, ps[j].to))) {
			j++
		}
		start := len(e.tokens)
		for k := i; k < j; k++ {
			e.features(k, i, j)
			e.tokens = append(e.tokens, e.bag.token(ps[k].from, ps[k].to))
		}
		out = append(out, Chain(e.tokens[start:len(e.tokens):len(e.tokens)]))
		i = j
	}
	return out
}

// particle reports whether a small word stands within surnames.
func particle(s string) bool {
	switch s {
	case "de", "da", "do", "dos", "das", "di", "del", "della", "du", "la", "le", "van", "von", "der", "den", "ter", "bin", "ibn", "al", "el", "bint", "y", "e", "zu", "af", "av", "ap", "ten", "st", "wa":
		return true
	}
	return false
}

var (
	nothing = piece{shape: sign, id: 1, class: 1 << 13}
	finish  = piece{shape: sign, id: 2, class: 1 << 14}
)

func (e *english) at(i int) *piece {
	if i < 0 {
		return &nothing
	}
	if i >= len(e.ps) {
		return &finish
	}
	return &e.ps[i]
}

// features are those of a piece of a chain from i to j.
func (e *english) features(k, i, j int) {
	b := &e.bag
	p, p1, p2, n1, n2 := e.at(k), e.at(k-1), e.at(k-2), e.at(k+1), e.at(k+2)
	// the capitals that the word stands among
	a, z := k, k+1
	for a > i && e.at(a-1).shape != small {
		a--
	}
	for z < j && e.at(z).shape != small {
		z++
	}
	left, left2, right, right2 := e.at(a-1), e.at(a-2), e.at(z), e.at(z+1)
	head, last := e.at(a), e.at(z-1)
	pos := uint32(min(k-a, 3)) | uint32(min(z-a, 5))<<4
	cls := p.class | bit(p.thing)<<10
	e.own(b, p, cls)
	b.one(7, p1.id)
	b.one(8, n1.id)
	b.two(11, p1.id, cls)
	b.two(12, n1.id, cls)
	b.two(25, left.id, cls)
	b.two(26, right.id, cls)
	b.one(60, p.kind)
	b.two(61, p.family, cls)
	b.two(21, bit(p.glued)|bit(n1.glued)<<1, cls)
	if b.hopeless() {
		return
	}
	b.one(9, p2.id)
	b.one(10, n2.id)
	b.three(20, p1.id, n1.id, uint32(p.shape))
	// around the capitals
	b.three(30, left2.id, left.id, cls)
	b.three(31, right.id, right2.id, cls)
	b.two(32, head.id, pos)
	b.two(34, pos, cls)
	b.two(36, bit(p.thing), pos)
	if left.id == ':' && left.shape == sign {
		b.two(40, e.at(a-3).id, left2.id)
	}
	// the kinds of words
	b.two(62, p1.kind, cls)
	b.two(63, n1.kind, cls)
	b.two(64, left.kind, pos)
	b.two(65, right.kind, pos)
	b.two(67, left.kind, p.family)
	b.two(68, right.kind, p.family)
	b.two(71, head.kind, pos)
	b.two(72, last.kind, uint32(z-1-k))
	b.three(73, right.family, right2.id, cls)
	b.two(74, right.id, right2.kind)
	b.two(75, left.id, left2.kind)
	b.two(76, p.kind, p1.id)
	b.two(77, p.kind, n1.id)
	b.three(78, right.id, right2.family, p.family)
	b.three(79, left.id, p.family, right.family)
}

// own are the features of the word itself.
func (e *english) own(b *bag, p *piece, cls uint32) {
	b.one(1, cls)
	b.two(2, cls, p.end)
	if p.flags&lexicon.Word == 0 {
		b.one(3, p.end)
	} else {
		b.one(4, p.id)
		b.two(5, p.id, uint32(p.shape))
	}
	b.two(6, cls, uint32(min(p.to-p.from, 8)))
	b.two(22, min(p.lines, 3), cls)
	b.two(50, p.listed, cls)
}
