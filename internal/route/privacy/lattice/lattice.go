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

// Kind says what of a name was found.
type Kind uint8

// What of a name was found.
const (
	Full   Kind = iota // a surname with a given name
	Family             // a surname alone
	Given              // a given name alone
	Known              // somebody whom the list has by the whole name
)

// Found is a name, in runes of the text.
type Found struct {
	Start, End int
	Kind       Kind
	// Margin is by how much the text is likelier with this name than without any,
	// in the steps of the costs (700 are a factor of e).
	Margin int
	// Sure says that each part of it is in a list.
	Sure bool
	// Lead is by how much the commonest other use of a name alone, a word's or a
	// place's, is rarer than it as a name.
	Lead int
	// Titled says that a word as follows names comes after it.
	Titled bool
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
	t      *table
	runes  []rune
	at     []int // where they are in the text
	gaps   uint64
	nodes  [longest + 1][classes]node
	live   [longest + 1]uint16 // the classes that a word may have that ends there
	l, r   int
	titled bool // さん follows the run
}

// End is where a run of kanji ends that begins at a rune: spaces between kanji
// are within.
func End(t *span.Text, i int) int {
	for span.Han(t.At(i)) || t.At(i) == ' ' && span.Han(t.At(i+1)) {
		i++
	}
	return i
}

// Names appends the names of a run of kanji.
func (r *Reader) Names(out []Found, t *span.Text, i, j int) []Found {
	g := &r.grid
	g.runes, g.at, g.gaps = g.runes[:0], g.at[:0], 0
	for ; i < j; i++ {
		if t.R[i] == ' ' {
			g.gaps |= 1 << len(g.runes)
			continue
		}
		if len(g.runes) == longest {
			return out
		}
		g.runes, g.at = append(g.runes, t.R[i]), append(g.at, i)
	}
	if len(g.runes) == 0 || g.gaps == 0 && g.plain() {
		return out
	}
	g.l, g.r = beside(t.At(g.at[0]-1)), rightOf(t, j)
	g.titled = g.r == called
	with := g.run(true, t, j)
	var path [longest]word
	n := g.path(&path)
	named := false
	for _, s := range path[:n] {
		named = named || s.class <= known
	}
	if !named {
		return out
	}
	margin := int(g.run(false, t, j) - with)
	for k := n - 1; k >= 0; k-- {
		s := path[k]
		if s.class > known {
			continue
		}
		f := Found{Start: g.at[s.from], End: g.at[s.to-1] + 1, Margin: margin, Sure: !s.unknown}
		switch {
		case s.class == known:
			f.Kind = Known
		case s.class == given:
			f.Kind = Given
		case k > 0 && path[k-1].class == given:
			k--
			f.End, f.Kind, f.Sure = g.at[path[k].to-1]+1, Full, f.Sure && !path[k].unknown
		default:
			f.Kind = Family
		}
		if f.Kind == Family || f.Kind == Given {
			f.Lead = g.lead(s)
		}
		f.Titled = k > 0 && path[k-1].class == title || k == 0 && g.titled
		out = append(out, f)
	}
	return out
}

// plain reports whether a run is one word, or two, that are commoner than any
// name.
func (g *grid) plain() bool {
	n := len(g.runes)
	if n > 5 {
		return false
	}
	if n < 5 && g.common(0, n) {
		return true
	}
	return n == 4 && g.common(0, 2) && g.common(2, 4) || n == 3 && (g.common(0, 2) && g.common(2, 3)) || n == 5 && (g.common(0, 2) && g.common(2, 5) || g.common(0, 3) && g.common(3, 5))
}

// common reports whether a part of a run is a word, and hardly a name.
func (g *grid) common(i, j int) bool {
	h := uint64(start)
	for _, r := range g.runes[i:j] {
		h = step(h, r)
	}
	s := g.t.get(h)
	if s == none {
		return false
	}
	name, other := 99, 99
	for k := range inSlot {
		e := int(s >> (k * entryBits) & (1<<entryBits - 1))
		if e == 1<<entryBits-1 {
			continue
		}
		if e>>6 <= known {
			name = min(name, e&63)
		} else {
			other = min(other, e&63)
		}
	}
	return other < 26 && other+8 < name || name == 99 && j-i > 1
}

// lead is by how much a name is commoner than what else is written so.
func (g *grid) lead(s word) int {
	h := uint64(start)
	for _, r := range g.runes[s.from:s.to] {
		h = step(h, r)
	}
	slot := g.t.get(h)
	as, other := 60, 60
	for k := range inSlot {
		x := int(slot >> (k * entryBits) & (1<<entryBits - 1))
		switch {
		case slot == none || x == 1<<entryBits-1:
		case x>>6 == s.class:
			as = x & 63
		case x>>6 > known:
			other = min(other, x&63)
		}
	}
	return (other - as) << 8
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

// run finds the cheapest way through a run of kanji, with names or without.
func (g *grid) run(names bool, t *span.Text, j int) int32 {
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
			if e > p && g.gaps>>e&1 == 1 {
				break
			}
			h = step(h, g.runes[e])
			s := w.get(h)
			for k := range inSlot {
				x := int(s >> (k * entryBits) & (1<<entryBits - 1))
				if s == none || x == 1<<entryBits-1 {
					continue
				}
				c := x >> 6
				if c <= known && !names || c == verb && (e+1 < n || !okurigana) {
					continue
				}
				one = one || e == p
				g.put(p, e+1, c, int32(x&63)<<8, false)
			}
		}
		if !one {
			g.put(p, p+1, noun, unknownNoun, false)
		}
		if names {
			g.guess(p)
		}
	}
	c := g.best()
	return g.nodes[n][c].cost + w.beside[c][classes+g.r]
}

// guess puts names that no list has: surnames before given names or titles, and
// given names behind surnames.
func (g *grid) guess(p int) {
	n := len(g.runes)
	for size := 2; size < 4 && p+size <= n; size++ {
		if g.gaps>>p&(1<<size-1)&^1 != 0 {
			return
		}
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
