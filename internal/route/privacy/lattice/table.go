package lattice

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the words in kanji
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// packed is what tools/names/lattice.py writes: the letters of the classes, what
// stands at their left and at their right, what one costs beside another, and
// each class's words with their costs.
//
//go:embed words.gz
var packed []byte

// more are surnames, then given names, that the dictionary lacks.
//
//go:embed more.txt
var more string

// usual is what a name costs of which nobody counted how common it is: the median
// of those that are listed.
const usual = 33 << 8

// The classes of words, in the order of the list.
const (
	family = iota
	given
	known // a whole name
	noun
	verbal
	adverbial
	adjectival
	place
	prefix
	suffix
	title
	number
	verb
	classes
)

const (
	slotBits  = 17
	entryBits = 10 // a class and its cost in steps of 256
	inSlot    = 4
	markBits  = 64 - inSlot*entryBits
	none      = 0
)

// table holds the words as marks in one array: as a map they would take ten
// times the memory.
type table struct {
	slots  []uint64
	beside [][]int32

	// firsts and lasts are what a character costs that begins, or ends, a name
	// that no list has: surnames, then given names.
	firsts, lasts [2]map[rune]int32
	kana          map[string]Kana
}

var words = sync.OnceValue(func() *table {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // the program was built wrongly
	}
	b, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	lines := strings.Split(string(b), "\n")
	t := &table{slots: make([]uint64, 1<<slotBits), kana: make(map[string]Kana, 16000)}
	edges := utf8.RuneCountInString(lines[1])
	lines = lines[3:]
	for n := classes + edges; n > 0; n-- {
		var row []int32
		for _, f := range strings.Fields(lines[0]) {
			c, _ := strconv.Atoi(f)
			row = append(row, int32(c))
		}
		t.beside, lines = append(t.beside, row), lines[1:]
	}
	var seen [2]counts
	for _, line := range lines {
		head, rest, _ := strings.Cut(line, " ")
		if head < "9" {
			unpack(rest, func(w []rune) { t.kana[string(w)] = Kana(head[0] - '0') })
			continue
		}
		class := strings.IndexByte("SGFNUDAPRXTQV", head[0])
		cost, _ := strconv.Atoi(head[1:])
		unpack(rest, func(w []rune) { t.add(w, class, cost, &seen) })
	}
	for class, line := range strings.Split(strings.TrimSpace(more), "\n") {
		for _, w := range strings.Fields(line) {
			t.add([]rune(w), class, usual, &seen)
		}
	}
	for k := range seen {
		t.firsts[k], t.lasts[k] = seen[k].costs()
	}
	return t
})

// unpack gives each word of a line of which a capital says how many characters
// it shares with the one before.
func unpack(line string, each func(w []rune)) {
	var w []rune
	for _, r := range line {
		if r < 'A' || r > 'Z' {
			w = append(w, r)
			continue
		}
		if len(w) > 0 {
			each(w)
		}
		w = w[:r-'A']
	}
	if len(w) > 0 {
		each(w)
	}
}

// Kana says what a word in katakana is.
type Kana uint8

// What a word in katakana is.
const (
	Unknown   Kana = iota
	Person         // a name
	Ambiguous      // a name, and something else
	Ordinary       // no name
)

// Katakana returns what a word in katakana is.
func Katakana(s string) Kana { return words().kana[s] }

// add keeps a word. A word has at most four classes; names come first.
func (t *table) add(w []rune, class, cost int, seen *[2]counts) {
	if class <= given && len(w) > 1 {
		seen[class].add(w)
	}
	h := uint64(start)
	for _, r := range w {
		h = step(h, r)
	}
	m, at := mark(h)
	entry := uint64(class)<<6 | uint64(cost>>8)
	for ; ; at++ {
		s := &t.slots[at&(1<<slotBits-1)]
		if *s == 0 {
			*s = m<<(inSlot*entryBits) | entry<<((inSlot-1)*entryBits) | (1<<((inSlot-1)*entryBits) - 1)
			return
		}
		if *s>>(inSlot*entryBits) != m {
			continue
		}
		for k := inSlot - 2; k >= 0; k-- {
			if *s>>(k*entryBits)&(1<<entryBits-1) == 1<<entryBits-1 {
				*s = *s&^((1<<entryBits-1)<<(k*entryBits)) | entry<<(k*entryBits)
				return
			}
		}
		return
	}
}

const start = 14695981039346656037

func step(h uint64, r rune) uint64 { return (h ^ uint64(r)) * 1099511628211 }

// mark is a word's fingerprint, and where it is looked for.
func mark(h uint64) (m uint64, at uint64) {
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 32
	return h>>(64-markBits) | 1, h & (1<<slotBits - 1)
}

// get is a word's slot, 0 where no list has it.
func (t *table) get(h uint64) uint64 {
	m, at := mark(h)
	for ; ; at++ {
		s := t.slots[at&(1<<slotBits-1)]
		if s == 0 || s>>(inSlot*entryBits) == m {
			return s
		}
	}
}

// counts are how many names a character begins and ends.
type counts struct {
	first, last map[rune]int
	all         int
}

func (c *counts) add(w []rune) {
	if c.first == nil {
		c.first, c.last = map[rune]int{}, map[rune]int{}
	}
	c.first[w[0]]++
	c.last[w[len(w)-1]]++
	c.all++
}

// costs are those of characters: the rarer, the more.
func (c *counts) costs() (first, last map[rune]int32) {
	first, last = map[rune]int32{}, map[rune]int32{}
	for r, n := range c.first {
		first[r] = rarity(n, c.all)
	}
	for r, n := range c.last {
		last[r] = rarity(n, c.all)
	}
	return first, last
}
