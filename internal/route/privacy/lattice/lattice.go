// Package lattice tells where names of people stand among kanji: it finds the
// words that a run of kanji most likely is, names among them, by the costs of
// words and of their neighbours. It is a small part of what morphological
// analysers do, for what stands between kana only.
package lattice

import (
	"math"
	"math/bits"

	"irori/internal/route/privacy/span"
)

// Word is one of the words that a run of kanji is likeliest to be, in runes of
// the text.
type Word struct {
	Start, End int
	Class      uint32 // 0 a surname, 1 a given name, 2 a whole name, then other words
	Unknown    bool   // a name that no list has
}

const (
	longest = 48 // more kanji in a row are no sentence
	far     = math.MaxInt32 / 4

	unknownNoun   = 11400
	unknownFamily = 4200 // and its characters
	unknownGiven  = 3400
)

// rarity is what n of all cost.
func rarity(n, all int) int32 { return int32(-700 * math.Log(float64(n)/float64(all))) }

// node is the cheapest way to a class that ends at a position.
type node struct {
	cost    int32
	from    int8 // where the word begins
	class   int8 // of the word before, -1 for the run's beginning
	unknown bool
}

// Reader reads runs of kanji, one after another.
type Reader struct{ grid }

// NewReader makes a reader. It is for one text at a time.
func NewReader() *Reader { return &Reader{grid{t: words()}} }

type grid struct {
	t     *table
	runes []rune
	nodes [longest + 1][classes]node
	live  [longest + 1]uint16 // the classes that a word may have that ends there
	l, r  int
}

// Words appends the likeliest words of a run of kanji, none of one that is too
// long to be of a sentence.
func (r *Reader) Words(out []Word, t *span.Text, i, j int) []Word {
	g := &r.grid
	if j-i > longest || i >= j {
		return out
	}
	g.runes = append(g.runes[:0], t.R[i:j]...)
	g.l, g.r = beside(t.At(i-1)), rightOf(t, j)
	g.run(t, j)
	var path [longest]word
	for k := g.path(&path) - 1; k >= 0; k-- {
		s := path[k]
		out = append(out, Word{i + s.from, i + s.to, uint32(s.class), s.unknown})
	}
	return out
}

// word is one of the words that a run is.
type word struct {
	from, to int
	class    int
	unknown  bool
}

// path are the words of the cheapest way, the last first.
func (g *grid) path(out *[longest]word) int {
	n, at, class := 0, len(g.runes), g.best()
	for at > 0 {
		d := g.nodes[at][class]
		out[n] = word{int(d.from), at, class, d.unknown}
		n++
		at, class = int(d.from), int(d.class)
	}
	return n
}

// best is the class of the last word.
func (g *grid) best() int {
	best, class, n := int32(far), noun, len(g.runes)
	for m := g.live[n]; m != 0; m &= m - 1 {
		c := bits.TrailingZeros16(m)
		if d := g.nodes[n][c].cost + g.t.beside[c][classes+g.r]; d < best {
			best, class = d, c
		}
	}
	return class
}

// run finds the cheapest way through a run of kanji.
func (g *grid) run(t *span.Text, j int) {
	w, n := g.t, len(g.runes)
	clear(g.live[:n+1])
	okurigana := span.Hiragana(t.At(j))
	for p := range n {
		if p > 0 && g.live[p] == 0 {
			continue
		}
		h := uint64(start)
		one := false
		for e := p; e < n && e < p+5; e++ {
			h = step(h, g.runes[e])
			s := w.get(h)
			for k := range inSlot {
				x := int(s >> (k * entryBits) & (1<<entryBits - 1))
				if s == none || x == 1<<entryBits-1 {
					continue
				}
				c := x >> 6
				if c == verb && (e+1 < n || !okurigana) {
					continue
				}
				one = one || e == p
				g.put(p, e+1, c, int32(x&63)<<8, false)
			}
		}
		if !one {
			g.put(p, p+1, noun, unknownNoun, false)
		}
		g.guess(p)
	}
}

// guess puts names that no list has: surnames before given names or titles, and
// given names behind surnames.
func (g *grid) guess(p int) {
	n := len(g.runes)
	for size := 2; size < 4 && p+size <= n; size++ {
		first, last := g.runes[p], g.runes[p+size-1]
		h := uint64(start)
		for _, r := range g.runes[p : p+size] {
			h = step(h, r)
		}
		also := int32(0)
		if s := g.t.get(h); s != none && int(s>>((inSlot-1)*entryBits)&(1<<entryBits-1))>>6 > known {
			if int(s>>((inSlot-1)*entryBits)&(1<<entryBits-1))>>6 != place || s>>((inSlot-2)*entryBits)&(1<<entryBits-1) != 1<<entryBits-1 {
				continue // a word, and nobody's name
			}
			also = 700 // a place and nothing else
		}
		for k := range 2 {
			if k == given && (p == 0 || g.live[p]>>family&1 == 0) {
				continue
			}
			a, ok := g.t.firsts[k][first]
			b, fine := g.t.lasts[k][last]
			if !ok || !fine {
				continue
			}
			cost := a + b + unknownFamily + also
			if k == given {
				cost = a + b + unknownGiven + also
			}
			if size == 3 {
				cost += 1400
			}
			g.put(p, p+size, k, cost, true)
		}
	}
}

// put adds a word to the ways.
func (g *grid) put(from, to, class int, cost int32, unknown bool) {
	best, by := int32(far), int8(-1)
	if from == 0 {
		best = g.t.beside[classes+g.l][class]
	} else {
		for m := g.live[from]; m != 0; m &= m - 1 {
			c := bits.TrailingZeros16(m)
			if d := g.nodes[from][c].cost + g.t.beside[c][class]; d < best {
				best, by = d, int8(c)
			}
		}
	}
	if best += cost; g.live[to]>>class&1 == 0 || best < g.nodes[to][class].cost {
		g.nodes[to][class] = node{best, int8(from), by, unknown}
		g.live[to] |= 1 << class
	}
}

// called is where さん is among what stands at the right.
const called = 16

// rightOf is what stands behind a run.
func rightOf(t *span.Text, j int) int {
	switch t.At(j) {
	case 'さ', 'く', 'ち':
		if t.Has(j, "さん") || t.Has(j, "さま") || t.Has(j, "くん") || t.Has(j, "ちゃん") {
			return called
		}
	case 'か':
		if t.Has(j, "から") {
			return 11
		}
	}
	return beside(t.At(j))
}

// beside is where a character is among those beside kanji, in the list's order
// (|、。はがをにとのもでらたカa「); hiragana that is no particle is taken for た.
func beside(r rune) int {
	switch r {
	case 0, ' ', '\n':
		return 0
	case '、', ',':
		return 1
	case '。':
		return 2
	case 'は':
		return 3
	case 'が':
		return 4
	case 'を':
		return 5
	case 'に':
		return 6
	case 'と':
		return 7
	case 'の':
		return 8
	case 'も':
		return 9
	case 'で':
		return 10
	case '「', '『', '(', '<', '[', '{', '"', '」', '』', ')', '>', ']', '}':
		return 15
	}
	switch {
	case span.Hiragana(r):
		return 12
	case span.Katakana(r):
		return 13
	case span.Word(r):
		return 14
	}
	return 0
}

// Classes are what a word may be, by any list: a bit for each class, and the
// steps of costs of its name, if it has one, and of what else it is.
func Classes(s []rune) (is uint32, name, other int) {
	w := words()
	h := uint64(start)
	for _, r := range s {
		h = step(h, r)
	}
	name, other = 63, 63
	slot := w.get(h)
	if slot == none {
		return 0, name, other
	}
	for k := range inSlot {
		x := int(slot >> (k * entryBits) & (1<<entryBits - 1))
		if x == 1<<entryBits-1 {
			continue
		}
		is |= 1 << (x >> 6)
		if x>>6 <= known {
			name = min(name, x&63)
		} else {
			other = min(other, x&63)
		}
	}
	return is, name, other
}
