package tagger

import (
	"sync"

	"irori/internal/route/privacy/kinds"
	"irori/internal/route/privacy/lattice"
	"irori/internal/route/privacy/span"
)

// Reader reads texts of a language with a model. It is safe for concurrent use.
type Reader struct {
	// Model says which tokens are of names; without one, tokens keep their
	// features.
	Model *Model
	// Gate says which tokens no name has, so that nothing more is asked of them;
	// without one all are asked.
	Gate *Model
	// Seen, if it is there, is told of each word that a gate could keep out: which
	// gate, what it would know the word by, and where that stands.
	Seen func(gate Gate, feature uint32, from, to int)
}

// Gate says which words are asked about.
type Gate uint32

// The gates.
const (
	Small    Gate = 1 + iota // words in small letters
	Kanji                    // words in kanji
	Katakana                 // words in katakana
	Hiragana                 // listed names in hiragana
)

// dead reports whether the gate keeps a word out: by what kind it is of and what
// else is known of it.
func (r *Reader) dead(gate Gate, kind, is uint32, from, to int) bool {
	if r.Seen != nil {
		b := bag{}
		b.two(250+uint32(gate), kind, is)
		r.Seen(gate, b.fs[0], from, to)
	}
	if r.Gate == nil {
		return false
	}
	b := bag{m: r.Gate}
	b.two(250+uint32(gate), kind, is)
	return b.begin == shut
}

// window is how many runes are read at once: more would take memory, and what is
// said of them is no more one text.
const window = 8192

var (
	englishReaders  = sync.Pool{New: func() any { return new(english) }}
	japaneseReaders = sync.Pool{New: func() any { return &text{reader: lattice.NewReader()} }}
)

// windows calls f for parts of a text that end where lines, sentences or words do.
func windows(t *span.Text, f func(from, to int)) {
	for from := 0; from < t.Len(); {
		to := min(from+window, t.Len())
		if to < t.Len() {
			cut := to
			for cut > from+window/2 && t.R[cut-1] != '\n' && t.R[cut-1] != '。' {
				cut--
			}
			if cut == from+window/2 {
				for cut = to; cut > from+window/2 && t.R[cut-1] != ' '; cut-- {
				}
			}
			if cut > from+window/2 {
				to = cut
			}
		}
		f(from, to)
		from = to
	}
}

// English calls f with the chains of a text's words in Latin letters, part after
// part. They are f's until it returns.
func (r *Reader) English(t *span.Text, f func([]Chain)) {
	e := englishReaders.Get().(*english)
	e.r, e.t, e.kinds = r, t, kinds.English()
	windows(t, func(from, to int) { f(e.chains(nil, from, to)) })
	e.t = nil
	englishReaders.Put(e)
}

// Japanese calls f with the chains of a text's kanji and kana, part after part.
// They are f's until it returns.
func (r *Reader) Japanese(t *span.Text, f func([]Chain)) {
	e := japaneseReaders.Get().(*text)
	e.r, e.t, e.kinds = r, t, kinds.Japanese()
	windows(t, func(from, to int) { f(e.chains(nil, from, to)) })
	e.t = nil
	japaneseReaders.Put(e)
}

// Warm reads the lists and the weights, in some hundred milliseconds, so that the
// first text need not wait for them.
func Warm() {
	t := span.Fold("Jane Doe 田中")
	English(t)
	Japanese(t)
}

// English returns the names of people in Latin letters, in folded runes.
func English(t *span.Text) (out []span.Span) {
	m := englishModel()
	r := Reader{Model: m, Gate: m}
	r.English(t, func(c []Chain) { out = append(out, m.Find(c)...) })
	return out
}

// Japanese returns the names of people in kanji and kana, in folded runes.
func Japanese(t *span.Text) (out []span.Span) {
	m := japaneseModel()
	r := Reader{Model: m, Gate: m}
	r.Japanese(t, func(c []Chain) { out = append(out, m.Find(c)...) })
	return out
}
