package tagger

import (
	"irori/internal/route/privacy/kinds"
	"irori/internal/route/privacy/lattice"
	"irori/internal/route/privacy/listed"
	"irori/internal/route/privacy/span"
	"irori/internal/route/privacy/thing"
)

// What a character belongs to.
const (
	noScript = iota
	kanji
	hiragana
	katakana
	latinScript
	digitScript
	space
	dot
	other
)

func script(r rune) uint32 {
	switch {
	case r == 0:
		return noScript
	case span.Hiragana(r):
		return hiragana
	case span.Han(r):
		return kanji
	case span.Katakana(r):
		return katakana
	case r == ' ' || r == '\n':
		return space
	case span.Digit(r):
		return digitScript
	case r == '・' || r == '=':
		return dot
	case latin(r):
		return latinScript
	}
	return other
}

// run is characters of one script.
type run struct {
	from, to       int
	kind, family   uint32
	is             uint32 // what lists say of the whole
	wordFrom, last int    // its words
}

// cell is what lists say of a character.
type cell struct {
	run      int32
	word     int32 // of the likeliest words, from 1
	within   int32 // the listed name in hiragana that it is in, from 1
	live     bool
	lists    uint32 // a bit for each kind, length and place of a listed name
	longest  uint8  // of the longest listed surname that it is in
	name, as uint8  // the cost of that surname, and of what else is written so
}

// text reads the kanji and kana of a text.
type text struct {
	r      *Reader
	t      *span.Text
	base   int // the first rune of cells
	cells  []cell
	runs   []run
	parts  []run // of runs of hiragana
	words  []lattice.Word
	kind   []uint32 // of words
	family []uint32
	kinds  *kinds.Table
	reader *lattice.Reader
	tokens []Token
	bag    bag
}

// chains appends the chains of a text, from a rune to another.
func (e *text) chains(out []Chain, from, to int) []Chain {
	e.base = from
	if cap(e.cells) < to-from {
		e.cells = make([]cell, to-from)
	}
	e.cells = e.cells[:to-from]
	clear(e.cells)
	e.runs, e.parts, e.words, e.kind, e.family, e.tokens = e.runs[:0], e.parts[:0], e.words[:0], e.kind[:0], e.family[:0], e.tokens[:0]
	e.bag = bag{m: e.r.Model}
	any := false
	for i := from; i < to; {
		s := script(e.t.R[i])
		j := i + 1
		for j < to && script(e.t.R[j]) == s {
			j++
		}
		any = e.read(s, i, j) || any
		i = j
	}
	if !any {
		return out
	}
	for i := from; i < to; {
		if !e.cells[i-from].live {
			i++
			continue
		}
		j := i + 1
		for j < to && (e.cells[j-from].live || (e.t.R[j] == ' ' || e.t.R[j] == '・' || e.t.R[j] == '=') && j+1 < to && e.cells[j+1-from].live) {
			j++
		}
		start := len(e.tokens)
		for k := i; k < j; k++ {
			e.features(k)
			e.tokens = append(e.tokens, e.bag.token(k, k+1))
		}
		out = append(out, Chain(e.tokens[start:len(e.tokens):len(e.tokens)]))
		i = j
	}
	return out
}

// read says of a run of one script what lists know, and whether somebody may be
// named in it.
func (e *text) read(s uint32, i, j int) bool {
	at := int32(len(e.runs))
	e.runs = append(e.runs, run{from: i, to: j})
	r := &e.runs[at]
	for k := i; k < j; k++ {
		e.cells[k-e.base].run = at
	}
	switch s {
	case kanji:
		return e.kanji(i, j)
	case katakana:
		e.katakana(r)
		return e.cells[i-e.base].live
	case hiragana:
		return e.hiragana(i, j)
	}
	return false
}

// place is where in a word a character is.
func place(k, from, to int) uint32 {
	switch {
	case to-from == 1:
		return 3
	case k == from:
		return 0
	case k == to-1:
		return 2
	}
	return 1
}

// kanji reads a run of kanji.
func (e *text) kanji(i, j int) bool {
	first := len(e.words)
	e.words = e.reader.Words(e.words, e.t, i, j)
	r := &e.runs[len(e.runs)-1]
	r.wordFrom, r.last = first, len(e.words)
	for n := first; n < len(e.words); n++ {
		w := e.words[n]
		k := e.kinds.Of(e.t.R[w.Start:w.End])
		e.kind, e.family = append(e.kind, uint32(k)), append(e.family, uint32(e.kinds.Family(k)))
		for c := w.Start; c < w.End; c++ {
			e.cells[c-e.base].word = int32(n + 1)
		}
	}
	e.listed(i, j)
	any := false
	for n := first; n < len(e.words); n++ {
		w := e.words[n]
		lists := uint32(0)
		for c := w.Start; c < w.End; c++ {
			lists |= e.cells[c-e.base].lists
		}
		if e.r.dead(Kanji, e.kind[n], w.Class|min(uint32(w.End-w.Start), 4)<<4|bit(lists != 0)<<8|e.around(w.Start, w.End)<<12, w.Start, w.End) {
			continue
		}
		any = true
		for c := w.Start; c < w.End; c++ {
			e.cells[c-e.base].live = true
		}
	}
	if first == len(e.words) { // too long a run
		for c := i; c < j; c++ {
			e.cells[c-e.base].live = true
		}
		any = true
	}
	return any
}

// around says what stands around a word, for the gate.
func (e *text) around(from, to int) (is uint32) {
	switch r := e.t.At(to); {
	case r == 'さ' || r == 'く' || r == 'ち' || r == '氏' || r == '様' || r == '殿' || r == '君' || r == '先' || r == '部' || r == '課' || r == '係' || r == '主':
		is = 1
	case r == ':':
		is = 2
	default:
		switch script(r) {
		case hiragana:
			is = 3
		case kanji:
			is = 4
		case noScript, space, other:
			is = 5
		}
	}
	switch r := e.t.At(from - 1); {
	case r == ':':
		return is | 1<<4
	case r == 'の':
		return is | 2<<4
	default:
		switch script(r) {
		case hiragana:
			return is | 3<<4
		case kanji:
			return is | 4<<4
		case noScript, space, other:
			return is | 5<<4
		}
	}
	return is
}

// listed marks the names that lists have in a run of kanji.
func (e *text) listed(i, j int) {
	t := e.t
	for a := i; a < j; a++ {
		for n := 1; n < 7 && a+n <= j; n++ {
			if n > 2 && listed.Famous(t.Cut(a, a+n)) {
				e.mark(a, a+n, 26)
			}
			if n > 4 {
				continue
			}
			is, name, as := lattice.Classes(t.R[a : a+n])
			if is&1 != 0 {
				e.mark(a, a+n, 3*uint32(n-1))
				for k := a; k < a+n; k++ {
					if c := &e.cells[k-e.base]; uint8(n) > c.longest {
						c.longest, c.name, c.as = uint8(n), uint8(name), uint8(as)
					}
				}
			}
			if is&2 != 0 {
				e.mark(a, a+n, 12+3*uint32(n-1))
			}
			if is&4 != 0 {
				e.mark(a, a+n, 26)
			}
		}
	}
}

// mark sets a bit for a listed name's characters, by their place in it.
func (e *text) mark(a, z int, bits uint32) {
	for k := a; k < z; k++ {
		e.cells[k-e.base].lists |= 1 << (bits + min(place(k, a, z), 2))
	}
}

// katakana reads a run of katakana.
func (e *text) katakana(r *run) {
	t := e.t
	word := t.Cut(r.from, r.to)
	is := lattice.Katakana(word)
	r.is = uint32(is) | bit(listed.Foreign(word))<<6 | bit(thing.Known(word))<<7
	var buf [16]rune
	h := buf[:0]
	for _, c := range t.R[r.from:min(r.to, r.from+len(buf))] {
		if c >= 'ァ' && c <= 'ヶ' {
			c -= 0x60
		}
		h = append(h, c)
	}
	r.is |= listed.Kana(string(h)) << 2
	k := e.kinds.Of(t.R[r.from:r.to])
	r.kind, r.family = uint32(k), uint32(e.kinds.Family(k))
	if r.to-r.from == 1 && (t.R[r.from] == 'ー' || r.is == 0) || e.r.dead(Katakana, r.kind, r.is|e.around(r.from, r.to)<<12, r.from, r.to) {
		return
	}
	for c := r.from; c < r.to; c++ {
		e.cells[c-e.base].live = true
	}
}

// hiragana reads a run of hiragana: what lists have as a name at its beginning or
// behind a particle, and what somebody is called by.
func (e *text) hiragana(i, j int) bool {
	t := e.t
	any := false
	for a := i; a < j && a < i+4; a++ {
		for n := min(6, j-a); n > 1; n-- {
			if !listed.KanaBegins(t.R[a], n) {
				continue
			}
			is := listed.Kana(t.Cut(a, a+n))
			if is == 0 || e.r.dead(Hiragana, uint32(t.At(a+n)), uint32(t.At(a-1))|is<<24, a, a+n) {
				continue
			}
			any = true
			e.within(a, a+n, is)
			for c := a; c < a+n; c++ {
				e.cells[c-e.base].lists |= is << (3 * min(place(c, a, a+n), 2))
			}
			break
		}
	}
	for n := 2; n < 6 && i+n < j; n++ {
		switch t.R[i+n] {
		case 'さ', 'ち', 'く':
			if t.Has(i+n, "さん") || t.Has(i+n, "ちゃん") || t.Has(i+n, "くん") || t.Has(i+n, "さま") {
				e.within(i, i+n, 8)
				for c := i; c < i+n; c++ {
					e.cells[c-e.base].lists |= 1 << 25
				}
				return true
			}
		}
	}
	return any
}

// within keeps a part of a run of hiragana that may be a name.
func (e *text) within(a, z int, is uint32) {
	k := e.kinds.Of(e.t.R[a:z])
	e.parts = append(e.parts, run{from: a, to: z, kind: uint32(k), family: uint32(e.kinds.Family(k)), is: is})
	for c := a; c < z; c++ {
		e.cells[c-e.base].live, e.cells[c-e.base].within = true, int32(len(e.parts))
	}
}

// of is the run that a character is of, or its part that may be a name.
func (e *text) of(c *cell) *run {
	if c.within > 0 {
		return &e.parts[c.within-1]
	}
	return &e.runs[c.run]
}

// beside is the kind of the word at a rune.
func (e *text) beside(k int) uint32 {
	if k < e.base || k >= e.base+len(e.cells) {
		return 0
	}
	c := &e.cells[k-e.base]
	if c.word > 0 {
		return e.kind[c.word-1]
	}
	if r := e.of(c); r.kind != 0 {
		return r.kind
	}
	return 1000 + script(e.t.At(k))
}

// beyond are the runes past the kana beside a run, at most three of them.
func (e *text) beyond(f, z int) (l, r int) {
	l, r = f-1, z
	for l >= e.base && l > f-4 && span.Hiragana(e.t.R[l]) {
		l--
	}
	for r < e.t.Len() && r < z+4 && span.Hiragana(e.t.R[r]) {
		r++
	}
	return l, r
}

// features are those of a character of a chain. What says most is asked first.
func (e *text) features(k int) {
	b, t, c := &e.bag, e.t, &e.cells[k-e.base]
	at := func(k int) uint32 { return uint32(t.At(k)) }
	s := script(t.R[k])
	b.one(101, at(k))
	b.one(110, c.lists)
	for lists, n := c.lists, uint32(0); lists != 0; lists, n = lists>>1, n+1 {
		if lists&1 == 1 {
			b.two(113, n, s<<8)
		}
	}
	if s == kanji && c.word > 0 {
		e.ofKanji(b, k, c)
	} else {
		e.ofKana(b, k, c, s)
	}
	if b.hopeless() {
		return
	}
	r := e.of(c)
	f, z := r.from, r.to
	size := uint32(min(z-f, 7))
	fromStart, fromEnd := uint32(min(k-f, 4)), uint32(min(z-1-k, 4))
	lb, ra := at(f-1), at(z)
	b.two(106, at(k-2), at(k-1))
	b.two(107, at(k+1), at(k+2))
	b.three(109, s|script(t.At(k-1))<<4|script(t.At(k+1))<<8, script(t.At(k-2)), script(t.At(k+2)))
	// the run of one script: what stands before and behind it
	b.three(121, s, fromStart, fromEnd)
	b.three(123, s|fromStart<<4, at(f-2), lb)
	b.three(125, s|fromEnd<<4, ra, at(z+1))
	b.four(127, s|size<<4, lb, ra, fromStart|fromEnd<<4)
	l, rr := e.beyond(f, z)
	pos := place(k, f, z)
	if rr > z {
		b.three(185, e.beside(rr), ra, pos)
	}
	if l < f-1 {
		b.three(187, e.beside(l), lb, pos)
	}
}

// ofKanji are the features of a kanji by the words that its run is likeliest to be.
func (e *text) ofKanji(b *bag, k int, c *cell) {
	at := func(k int) uint32 { return uint32(e.t.At(k)) }
	n := int(c.word) - 1
	w, kind, family := e.words[n], e.kind[n], e.family[n]
	r := &e.runs[c.run]
	var before, after lattice.Word
	var bk, bf, ak, af uint32
	if n > r.wordFrom {
		before, bk, bf = e.words[n-1], e.kind[n-1], e.family[n-1]
	}
	if n+1 < r.last {
		after, ak, af = e.words[n+1], e.kind[n+1], e.family[n+1]
	}
	in := place(k, w.Start, w.End) | min(uint32(w.End-w.Start), 4)<<2
	word := (w.Class|bit(w.Unknown)<<4)<<8 | in
	l1, l2, r1, r2 := at(w.Start-1), at(w.Start-2), at(w.End), at(w.End+1)
	cost := uint32(4)
	if c.longest > 0 {
		cost = uint32(min(max(int(c.as)-int(c.name)+16, 0), 32) / 4)
	}
	b.two(111, c.lists, w.Class)
	b.one(130, word)
	b.three(131, word, before.Class|uint32(min(before.End-before.Start, 3))<<4, after.Class|uint32(min(after.End-after.Start, 3))<<4)
	b.three(134, word, l2, l1)
	b.three(135, word, r1, r2)
	b.two(141, cost, word)
	b.two(180, kind, in)
	b.three(181, family, in, w.Class)
	b.four(183, family, in, r1, r2)
	b.four(184, family, in, l1, l2)
	b.four(195, bf, family, af, in)
	b.two(196, bk, word)
	b.two(197, ak, word)
}

// ofKana are the features of a character of katakana, or of hiragana.
func (e *text) ofKana(b *bag, k int, c *cell, s uint32) {
	at := func(k int) uint32 { return uint32(e.t.At(k)) }
	r := e.of(c)
	f, z := r.from, r.to
	pos := place(k, f, z)
	is := s | pos<<4 | r.is<<8
	lb, ra, ra2 := at(f-1), at(z), at(z+1)
	b.one(150, is)
	b.two(151, is, lb)
	b.two(152, is, ra)
	b.three(153, is, ra, ra2)
	b.two(154, is, uint32(min(z-f, 7)))
	b.three(155, is, script(e.t.At(f-1)), script(e.t.At(z)))
	b.three(156, at(z-2), at(z-1), pos)
	b.three(157, at(f), at(f+1), pos)
	if z-f > 3 {
		b.four(158, at(z-3), at(z-2), at(z-1), pos)
	}
	b.two(180, r.kind, is)
	b.three(181, r.family, pos, s<<8)
	b.four(183, r.family, pos, ra, ra2)
	b.four(184, r.family, pos, lb, at(f-2))
}
