// Package kinds knows which words stand where others do: emailed beside texted,
// 田中 beside 鈴木. It was made from word vectors by tools/names/kinds.py, and
// knows nothing of what a word means.
package kinds

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the words
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed english.gz
var englishPacked []byte

//go:embed japanese.gz
var japanesePacked []byte

// Kind is a class of words, 0 where none is known; families are classes of kinds.
type Kind uint16

const kindBits = 10

// Table holds words as marks in one array: as a map they would take ten times
// the memory. It is read only.
type Table struct {
	slots  []uint32
	family []uint8 // of a kind, from 1
}

// English and Japanese are read once, in some ten milliseconds: letters small,
// words in kanji of at most 4 characters, katakana 7, hiragana 5.
var (
	English  = sync.OnceValue(func() *Table { return read(englishPacked, 18) })
	Japanese = sync.OnceValue(func() *Table { return read(japanesePacked, 20) })
)

// read unpacks a table of 1<<size places.
func read(packed []byte, size int) *Table {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // the program was built wrongly
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	head, rest, _ := bytes.Cut(b, []byte("\n"))
	t := &Table{slots: make([]uint32, 1<<size), family: []uint8{0}}
	for _, f := range strings.Fields(string(head)) {
		n, _ := strconv.Atoi(f)
		t.family = append(t.family, uint8(n+1))
	}
	for kind := Kind(1); len(rest) > 0; kind++ {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		t.words(line, kind)
	}
	return t
}

// words adds a line's.
func (t *Table) words(line []byte, kind Kind) {
	var w []byte
	var ends []int // where the letters of w end
	for i := 0; i < len(line); {
		j := i + 1
		for j < len(line) && (line[j] < 'A' || line[j] > 'Z') {
			j++
		}
		shared := int(line[i] - 'A')
		if shared == 0 {
			w = w[:0]
		} else {
			w = w[:ends[shared-1]]
		}
		ends = ends[:shared]
		for k := i + 1; k < j; {
			_, n := utf8.DecodeRune(line[k:j])
			w = append(w, line[k:k+n]...)
			ends = append(ends, len(w))
			k += n
		}
		h := Start
		for _, r := range string(w) {
			h = h.Add(r)
		}
		t.put(h, kind)
		i = j
	}
}

// Hash is that of a word's letters, one after another.
type Hash uint64

// Start is the hash of no letters.
const Start Hash = 14695981039346656037

// Add is the hash with one more letter.
func (h Hash) Add(r rune) Hash { return (h ^ Hash(r)) * 1099511628211 }

func (h Hash) mark() (mark uint32, at uint64) {
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 32
	return uint32(h>>32)<<kindBits | 1<<kindBits, uint64(h)
}

func (t *Table) put(h Hash, k Kind) {
	m, at := h.mark()
	for ; ; at++ {
		s := &t.slots[at&uint64(len(t.slots)-1)]
		if *s == 0 {
			*s = m | uint32(k)
			return
		}
	}
}

// Get is the kind of the word with a hash, 0 where none is known.
func (t *Table) Get(h Hash) Kind {
	m, at := h.mark()
	for ; ; at++ {
		s := t.slots[at&uint64(len(t.slots)-1)]
		if s == 0 {
			return 0
		}
		if s>>kindBits == m>>kindBits {
			return Kind(s & (1<<kindBits - 1))
		}
	}
}

// Of is the kind of a word.
func (t *Table) Of(word []rune) Kind {
	h := Start
	for _, r := range word {
		h = h.Add(r)
	}
	return t.Get(h)
}

// Family is that of a kind, 0 of none.
func (t *Table) Family(k Kind) uint8 { return t.family[k] }
