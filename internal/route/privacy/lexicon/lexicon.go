// Package lexicon knows what a word in Latin letters may be: a name, a word of
// English, a place. Its list is packed by tools/names/pack.py.
package lexicon

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the list of names in Latin letters
	"hash/maphash"
	"io"
	"strings"
	"sync"
	"unicode"
)

// latinText lists words in small letters without accents: given names and
// surnames of many countries, the words of English that anybody writes, and
// places. A line of one sign says what follows is (its distance to '0' are the
// flags); in the next a capital says how many letters a word shares with the
// one before.
//
//go:embed words.gz
var latinText []byte

// What a word may be.
const (
	Given    = 1 << iota // a given name
	Family               // a surname
	Word                 // a word of English
	Place                // a place, or another name that no person has
	Alone                // more often a given name than a surname
	flagBits = iota
)

// latinTable holds the words as fingerprints in one array: as a map they
// would take ten times the memory.
type latinTable struct {
	seed  maphash.Seed
	slots []uint32
}

var latinNames = sync.OnceValue(func() *latinTable {
	t := &latinTable{seed: maphash.MakeSeed(), slots: make([]uint32, 1<<18)}
	r, err := gzip.NewReader(bytes.NewReader(latinText))
	if err != nil {
		panic(err) // the program was built wrongly
	}
	b, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	for len(b) > 0 {
		flags := uint32(b[0] - '0')
		line, rest, _ := bytes.Cut(b[2:], []byte("\n"))
		var w []byte
		for i := 0; i < len(line); {
			j := i + 1
			for j < len(line) && (line[j] < 'A' || line[j] > 'Z') {
				j++
			}
			w = append(w[:line[i]-'A'], line[i+1:j]...)
			t.add(w, flags)
			i = j
		}
		b = rest
	}
	return t
})

func (t *latinTable) add(w []byte, flags uint32) {
	h := maphash.Bytes(t.seed, w)
	for at := h >> 46; ; at++ {
		if s := &t.slots[at&(1<<18-1)]; *s == 0 {
			*s = uint32(h)<<flagBits | flags
			return
		}
	}
}

// get returns what a word in small letters may be, 0 where no list has it.
func (t *latinTable) get(w string) uint32 { return t.find(maphash.String(t.seed, w)) }

// find is get by the word's hash.
func (t *latinTable) find(h uint64) uint32 {
	for at := h >> 46; ; at++ {
		s := t.slots[at&(1<<18-1)]
		if s == 0 || s>>flagBits == uint32(h)<<flagBits>>flagBits {
			return s & (1<<flagBits - 1)
		}
	}
}

// simple writes a word of letters of ASCII small, where it is not too long.
func simple(s string) (small [24]byte, ok bool) {
	if len(s) > len(small) {
		return small, false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if c < 'a' || c > 'z' {
			return small, false
		}
		small[i] = c
	}
	return small, true
}

// Flags returns what a word may be, accents and case aside.
func Flags(s string) uint32 {
	t := latinNames()
	if small, ok := simple(s); ok {
		return t.find(maphash.Bytes(t.seed, small[:len(s)]))
	}
	s = Plain(s)
	if f := t.get(s); f != 0 {
		return f
	}
	if strings.Contains(s, "'") {
		if f := t.get(strings.ReplaceAll(s, "'", "")); f != 0 {
			return f
		}
	}
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		return 0
	}
	f, g := t.get(a), t.get(b)
	switch {
	case f&Word != 0 && f&(Given|Family) == 0, g&Word != 0 && g&(Given|Family) == 0:
		return Word
	case f == 0 || g == 0:
		return f | g
	}
	return f&g | (f|g)&Family
}

// accents are the letters that lose theirs, each behind what it becomes.
const accents = "aàáâãäåāăąạảấầẩẫậắằẳẵặə cçćĉċč dďđð eèéêëēĕėęěẹẻẽếềểễệ gĝğġģ hĥħ iìíîïĩīĭįıỉị jĵ kķ lĺļľŀł nñńņňŋ oòóôõöøōŏőơọỏốồổỗộớờởỡợ rŕŗř sśŝşšș tţťŧț uùúûüũūŭůűųưụủứừửữự wŵ yýÿŷỳỵỷỹ zźżž"

var unaccented = sync.OnceValue(func() map[rune]string {
	out := map[rune]string{'æ': "ae", 'œ': "oe", 'þ': "th", 'ß': "ss", '’': "'"}
	for _, group := range strings.Fields(accents) {
		for _, r := range group[1:] {
			out[r] = group[:1]
		}
	}
	return out
})

// Plain are a word's letters, small and without accents.
func Plain(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		plain = plain && s[i] < 0x80
	}
	s = strings.ToLower(s)
	if plain {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if p, ok := unaccented()[r]; ok {
			b.WriteString(p)
		} else if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Odd reports whether a syllable is also how English words begin.
func Odd(s string) bool {
	switch strings.ToLower(s) {
	case "re", "de", "co", "pre", "pro", "non", "in", "on", "to", "up", "no", "so", "he", "me", "sub", "un", "go", "do", "wi", "ha", "multi", "semi", "anti", "tai":
		return true
	}
	return false
}

// Syllables is how many syllables of the East a word has, a hyphen between
// them or not; 0 where it is not made of them.
func Syllables(s string) int {
	n := 0
	for part := range strings.SplitSeq(Plain(s), "-") {
		k := 0
		for len(part) > 0 {
			m := syllable(part)
			if m == 0 {
				return 0
			}
			part, k = part[m:], k+1
		}
		if k == 0 {
			return 0
		}
		n += k
	}
	return n
}

// syllable is the length of the syllable a word begins with, as long a one as
// leaves a syllable's beginning or nothing.
func syllable(s string) int {
	i := 0
	for _, on := range []string{"zh", "ch", "sh", "ng", "ts", "th", "ph", "kh", "tr", "nh", "gh", "kw", "gw", "hs", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s", "y", "w", "v"} {
		if strings.HasPrefix(s, on) {
			i = len(on)
			break
		}
	}
	v := i
	for v < len(s) && v < i+3 && strings.IndexByte("aeiouy", s[v]) >= 0 {
		v++
	}
	if v == i {
		return 0
	}
	for _, coda := range []string{"ng", "nh", "ch", "n", "m", "p", "t", "k", "c", "h", "l", "w", ""} {
		if rest, ok := strings.CutPrefix(s[v:], coda); ok && (rest == "" || strings.IndexByte("aeiou", rest[0]) < 0 || coda == "") {
			return v + len(coda)
		}
	}
	return 0
}
