package person

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
//go:embed lists/latin.gz
var latinText []byte

// What a word may be.
const (
	isGiven  = 1 << iota // a given name
	isFamily             // a surname
	isWord               // a word of English
	isPlace              // a place, or another name that no person has
	isAlone              // more often a given name than a surname
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
func (t *latinTable) get(w string) uint32 {
	h := maphash.String(t.seed, w)
	for at := h >> 46; ; at++ {
		s := t.slots[at&(1<<18-1)]
		if s == 0 || s>>flagBits == uint32(h)<<flagBits>>flagBits {
			return s & (1<<flagBits - 1)
		}
	}
}

// flags returns what a word may be, accents and case aside.
func flags(s string) uint32 {
	s = plainLetters(s)
	t := latinNames()
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
	case f&isWord != 0 && f&(isGiven|isFamily) == 0, g&isWord != 0 && g&(isGiven|isFamily) == 0:
		return isWord
	case f == 0 || g == 0:
		return f | g
	}
	return f&g | (f|g)&isFamily
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

// plainLetters are a word's letters, small and without accents.
func plainLetters(s string) string {
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

// easternText are surnames that stand before given names of one or two
// syllables: Chinese, Korean and Vietnamese ones.
const easternText = `Zhang Wang Li Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Tang Song Deng Han Feng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du Ye Cheng Wei Su Lu Ding Ren Shen Yao Jia Xiong Meng Qin Yan Xue Hou Lei Bai Long Duan Hao Kong Shao Shi Mao Chang Wan Gu Lai Qian Qiu Qiao Fan Fang Fu Hong Jin Kang Zou Zhong Yin Shu Tao Pang Ouyang
Wong Chan Cheung Lau Leung Ng Ho Kwok Tse Tsang Chow Chung Lam Lee Tan Lim Ong Goh Teo Koh Yeung Kwan Chiu Yip Mak Fung Poon Siu Lui Yuen Hsu Hsieh Tsai Chiang Chou Liao
Kim Park Choi Jung Jeong Cho Yoon Jang Oh Seo Shin Kwon Hwang Ahn Yoo Moon Son Bae Baek Nam Noh Ha Im Min Ryu Joo Heo Bang
Nguyen Nguyễn Tran Trần Le Lê Pham Phạm Huynh Huỳnh Hoang Hoàng Phan Vu Vũ Vo Võ Dang Đặng Bui Bùi Do Đỗ Ngo Ngô Duong Dương Ly Lý Truong Trương Dinh Đinh Trinh Trịnh Mai Dao Đào Thi Doan Đoàn Luong Lương Cao`

// eastern is how many words a name has that begins with its surname and goes
// on with syllables of the East: Zhang Weimin, Pham Quoc Bao, Kim Seo-yeon.
func (l *lists) eastern(ws []word, i int) int {
	w := ws[i]
	if !w.cap || w.text == "" || i > 0 && w.next && ws[i-1].cap && l.places[ws[i-1].text] {
		return 0
	}
	n := 0
	for i+n < len(ws) && n < 4 && ws[i+n].cap && ws[i+n].text != "" && (n == 0 || ws[i+n].next && ws[i+n].shout == w.shout) {
		n++
	}
	if a, b, ok := strings.Cut(w.text, "-"); ok && n == 1 {
		// A Korean given name alone: Eun-ji.
		if len(b) > 1 && b == strings.ToLower(b) && syllables(a) == 1 && syllables(b) == 1 && !odd(a) && !odd(b) && flags(b)&isWord == 0 {
			return 1
		}
	}
	if n < 2 {
		return 0
	}
	if a, b, ok := strings.Cut(w.text, "-"); ok && n == 2 && l.east[ws[i+1].text] && syllables(a) == 1 && syllables(b) == 1 {
		return 2
	}
	if !l.east[w.text] || n > 4 || l.places[w.text] {
		return 0
	}
	for k := 1; k < n; k++ {
		s := ws[i+k].text
		f := flags(s)
		if c := syllables(s); c == 0 || c > 2 || f&(isWord|isPlace) != 0 && !l.east[s] || l.common[s] || l.institutions[s] {
			return 0
		}
	}
	if f := flags(w.text); l.common[w.text] && n == 2 && (f&isWord != 0 || len(w.text) < 3) && !strings.Contains(ws[i+1].text, "-") {
		return 0 // "He Wu"
	}
	return n
}

// odd reports whether a syllable is also how English words begin.
func odd(s string) bool {
	switch strings.ToLower(s) {
	case "re", "de", "co", "pre", "pro", "non", "in", "on", "to", "up", "no", "so", "he", "me", "sub", "un", "go", "do", "wi", "ha", "multi", "semi", "anti", "tai":
		return true
	}
	return false
}

// syllables is how many syllables of the East a word has, a hyphen between
// them or not; 0 where it is not made of them.
func syllables(s string) int {
	n := 0
	for part := range strings.SplitSeq(plainLetters(s), "-") {
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
	for _, coda := range []string{"ng", "nh", "ch", "n", "m", "p", "t", "k", "c", "h", "l", ""} {
		if rest, ok := strings.CutPrefix(s[v:], coda); ok && (rest == "" || strings.IndexByte("aeiou", rest[0]) < 0 || coda == "") {
			return v + len(coda)
		}
	}
	return 0
}
