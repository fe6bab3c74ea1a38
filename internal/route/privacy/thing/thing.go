// Package thing knows what is called as people are and is not somebody:
// towns, brands, languages. Its list is packed by tools/names/things.py.
package thing

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the list
	"hash/maphash"
	"io"
	"strings"
	"sync"
)

//go:embed things.gz
var packed []byte

// Words is the most words that a phrase of the list has.
const Words = 4

type table struct {
	seed  maphash.Seed
	known map[uint64]bool
}

// phrases holds fingerprints: the text of eight thousand phrases would take
// three times the memory.
var phrases = sync.OnceValue(func() *table {
	t := &table{seed: maphash.MakeSeed(), known: map[uint64]bool{}}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // the program was built wrongly
	}
	b, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	for p := range strings.SplitSeq(string(b), "\n") {
		t.known[maphash.String(t.seed, p)] = true
	}
	return t
})

// Known reports whether a phrase in small letters, without accents, a space
// between its words, is what a town, a brand or a language is called.
func Known(phrase string) bool {
	t := phrases()
	return phrase != "" && t.known[maphash.String(t.seed, phrase)]
}
