package span

import (
	"strings"
	"unicode/utf8"
)

// Words are words that are looked for where a text stands: only those are
// compared that begin, or end, as the text does there.
type Words struct {
	all    []string
	runes  []int
	starts [buckets][]uint16
	tails  [buckets][]uint16
	ends   [buckets][]uint16
}

const buckets = 256

// NewWords keeps words in their order.
func NewWords(all ...string) *Words {
	w := &Words{all: all}
	for i, s := range all {
		first, _ := utf8.DecodeRuneInString(s)
		last, _ := utf8.DecodeLastRuneInString(s)
		w.runes = append(w.runes, utf8.RuneCountInString(s))
		w.starts[first%buckets] = append(w.starts[first%buckets], uint16(i))
		w.ends[last%buckets] = append(w.ends[last%buckets], uint16(i))
		for _, b := range tailsOf(s) {
			w.tails[b] = append(w.tails[b], uint16(i))
		}
	}
	return w
}

// tailsOf are the buckets where texts are looked for that end with a word.
func tailsOf(s string) []byte {
	if len(s) > 1 {
		return []byte{tail(s)}
	}
	var all []byte // whatever stands before it
	for b := range buckets {
		all = append(all, byte(b))
	}
	return all
}

// tail is a bucket by the last two bytes.
func tail(s string) byte { return s[len(s)-2]*37 + s[len(s)-1] }

// At is the first of the words that the text goes on with, with its length in
// runes; there is none where that is 0.
func (w *Words) At(t *Text, i int) (which, runes int) {
	if i < 0 || i >= len(t.R) {
		return 0, 0
	}
	if some := w.starts[t.R[i]%buckets]; len(some) > 0 {
		rest := t.S[t.at[i]:]
		for _, k := range some {
			if strings.HasPrefix(rest, w.all[k]) {
				return int(k), w.runes[k]
			}
		}
	}
	return 0, 0
}

// Longest is the length in runes of the longest of the words that the text goes
// on with, 0 where it goes on with none.
func (w *Words) Longest(t *Text, i int) int {
	if i < 0 || i >= len(t.R) {
		return 0
	}
	best := 0
	if some := w.starts[t.R[i]%buckets]; len(some) > 0 {
		rest := t.S[t.at[i]:]
		for _, k := range some {
			if w.runes[k] > best && strings.HasPrefix(rest, w.all[k]) {
				best = w.runes[k]
			}
		}
	}
	return best
}

// End reports whether one of the words ends at a rune.
func (w *Words) End(t *Text, i int) bool {
	if i <= 0 || i > len(t.R) {
		return false
	}
	if some := w.ends[t.R[i-1]%buckets]; len(some) > 0 {
		before := t.S[:t.at[i]]
		for _, k := range some {
			if strings.HasSuffix(before, w.all[k]) {
				return true
			}
		}
	}
	return false
}

// In reports whether one of the words is anywhere in a string.
func (w *Words) In(s string) bool {
	for i, r := range s {
		for _, k := range w.starts[r%buckets] {
			if strings.HasPrefix(s[i:], w.all[k]) {
				return true
			}
		}
	}
	return false
}

// Suffix is the first of the words that a string ends with, "" where it ends
// with none.
func (w *Words) Suffix(s string) string {
	if len(s) < 2 {
		for _, k := range w.all {
			if strings.HasSuffix(s, k) {
				return k
			}
		}
		return ""
	}
	for _, k := range w.tails[tail(s)] {
		if strings.HasSuffix(s, w.all[k]) {
			return w.all[k]
		}
	}
	return ""
}
