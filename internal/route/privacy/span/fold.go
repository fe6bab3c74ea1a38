package span

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folding is a text on its way.
type folding struct {
	t   *Text
	out []byte
	// at counts the code points that were read.
	at int32
}

// Fold folds a text. Characters that NFKC leaves alone, as most are, are taken
// as they are; those before one of the others go through its tables with it,
// since they may become one.
func Fold(s string) *Text {
	n := utf8.RuneCountInString(s)
	numbers := make([]int32, 3*n+1)
	f := folding{
		t:   &Text{R: make([]rune, 0, n), at: numbers[: 0 : n+1], from: numbers[n+1 : n+1 : 2*n+1], to: numbers[2*n+1 : 2*n+1]},
		out: make([]byte, 0, len(s)),
	}
	r, size := plain(s, 0)
	for i := 0; i < len(s); {
		next, nextSize := plain(s, i+size)
		if size > 0 && (nextSize > 0 || i+size == len(s)) {
			f.add(r, f.at, f.at+1)
			f.at++
			i += size
			r, size = next, nextSize
			continue
		}
		end := i + max(size, 1)
		for r, size = plain(s, end); size == 0 && end < len(s); r, size = plain(s, end) {
			end++
		}
		f.piece(s[i:end])
		i = end
	}
	f.t.at = append(f.t.at, int32(len(f.out)))
	f.t.S = string(f.out)
	return f.t
}

// plain reads a character that is in compatibility form whatever stands before
// it, and stays so where another such follows: ASCII, kana and kanji. The size
// of all others is 0.
func plain(s string, i int) (r rune, size int) {
	if i >= len(s) {
		return 0, 0
	}
	c := s[i]
	if c < utf8.RuneSelf {
		return rune(c), 1
	}
	if c < 0xe3 || c > 0xe9 || i+2 >= len(s) || s[i+1]&0xc0 != 0x80 || s[i+2]&0xc0 != 0x80 {
		return 0, 0
	}
	r = rune(c&0x0f)<<12 | rune(s[i+1]&0x3f)<<6 | rune(s[i+2]&0x3f)
	if r >= '一' && r <= '鿿' || r >= 'ぁ' && r <= 'ゖ' || r >= 'ァ' && r <= 'ヺ' || r == 'ー' || r >= '、' && r <= '】' {
		return r, 3
	}
	return 0, 0
}

// add goes on with a folded rune of code points of the original.
func (f *folding) add(r rune, from, to int32) {
	t := f.t
	if r >= utf8.RuneSelf {
		if r = one(r, t.R); r < 0 {
			return
		}
	}
	t.R = append(t.R, r)
	t.at = append(t.at, int32(len(f.out)))
	t.from, t.to = append(t.from, from), append(t.to, to)
	if r < utf8.RuneSelf {
		f.out = append(f.out, byte(r))
		return
	}
	f.out = utf8.AppendRune(f.out, r)
}

// piece folds a piece of the text by the tables.
func (f *folding) piece(s string) {
	whole := []rune(s)
	var it norm.Iter
	it.InitString(norm.NFKC, string(whole)) // an invalid byte is a character
	begin, end, pos := 0, 0, 0
	for !it.Done() {
		piece := it.Next()
		for begin = end; pos < it.Pos() && end < len(whole); end++ {
			pos += utf8.RuneLen(whole[end])
		}
		for len(piece) > 0 {
			r, size := utf8.DecodeRune(piece)
			piece = piece[size:]
			f.add(r, f.at+int32(begin), f.at+int32(end))
		}
	}
	f.at += int32(len(whole))
}
