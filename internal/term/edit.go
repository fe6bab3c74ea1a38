package term

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// buffer is the text being typed. The cursor stands between characters as
// people see them: か with its dots, or an emoji of several code points, is
// one.
type buffer struct {
	text   string
	at     int // in bytes
	killed string
}

func (b *buffer) set(s string) { b.text, b.at = s, len(s) }

func (b *buffer) insert(s string) {
	b.text = b.text[:b.at] + s + b.text[b.at:]
	b.at += len(s)
}

// before is where the character in front of the cursor begins.
func (b *buffer) before() int {
	start := 0
	for g, pos := graphemes.FromString(b.text[:b.at]), 0; g.Next(); pos += len(g.Value()) {
		start = pos
	}
	return start
}

// after is where the character at the cursor ends.
func (b *buffer) after() int {
	if g := graphemes.FromString(b.text[b.at:]); g.Next() {
		return b.at + len(g.Value())
	}
	return b.at
}

func (b *buffer) cut(from, to int) string {
	s := b.text[from:to]
	b.text = b.text[:from] + b.text[to:]
	b.at = from
	return s
}

// lineStart and lineEnd bound the line of the cursor.
func (b *buffer) lineStart() int { return strings.LastIndexByte(b.text[:b.at], '\n') + 1 }

func (b *buffer) lineEnd() int {
	if i := strings.IndexByte(b.text[b.at:], '\n'); i >= 0 {
		return b.at + i
	}
	return len(b.text)
}

// wordLeft and wordRight move over what is no letter, then over letters of one
// script: Japanese has no spaces, so a change between 漢字 and かな ends a word.
func (b *buffer) wordLeft() int {
	i := b.at
	for i > 0 {
		r, n := utf8.DecodeLastRuneInString(b.text[:i])
		if class(r) != 0 {
			break
		}
		i -= n
	}
	r, _ := utf8.DecodeLastRuneInString(b.text[:i])
	for c := class(r); i > 0; {
		r, n := utf8.DecodeLastRuneInString(b.text[:i])
		if class(r) != c {
			break
		}
		i -= n
	}
	return i
}

func (b *buffer) wordRight() int {
	i := b.at
	for i < len(b.text) {
		r, n := utf8.DecodeRuneInString(b.text[i:])
		if class(r) != 0 {
			break
		}
		i += n
	}
	r, _ := utf8.DecodeRuneInString(b.text[i:])
	for c := class(r); i < len(b.text); {
		r, n := utf8.DecodeRuneInString(b.text[i:])
		if class(r) != c {
			break
		}
		i += n
	}
	return i
}

func class(r rune) int {
	switch {
	case unicode.Is(unicode.Han, r) || r == '々':
		return 1
	case unicode.Is(unicode.Hiragana, r):
		return 2
	case unicode.Is(unicode.Katakana, r) || r == 'ー':
		return 3
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_':
		return 4
	}
	return 0
}

// vertical moves to the line above or below, keeping the column in cells;
// false means there is none.
func (b *buffer) vertical(down bool) bool {
	start := b.lineStart()
	col := Width(b.text[start:b.at])
	if down {
		if b.lineEnd() == len(b.text) {
			return false
		}
		b.at = b.lineEnd() + 1
	} else {
		if start == 0 {
			return false
		}
		b.at = start - 1
		b.at = b.lineStart()
	}
	for end := b.lineEnd(); b.at < end && Width(b.text[b.lineStart():b.after()]) <= col; {
		b.at = b.after()
	}
	return true
}

// apply does what a key does to the text; false means that it does nothing
// here.
func (b *buffer) apply(p press) bool {
	switch p.key {
	case keyText:
		b.insert(p.text)
	case keyNewline:
		b.insert("\n")
	case keyBackspace:
		b.cut(b.before(), b.at)
	case keyDelete:
		b.cut(b.at, b.after())
	case keyLeft:
		b.at = b.before()
	case keyRight:
		b.at = b.after()
	case keyHome:
		b.at = b.lineStart()
	case keyEnd:
		b.at = b.lineEnd()
	case keyWordLeft:
		b.at = b.wordLeft()
	case keyWordRight:
		b.at = b.wordRight()
	case keyKillEnd:
		b.killed = b.cut(b.at, b.lineEnd())
	case keyKillStart:
		b.killed = b.cut(b.lineStart(), b.at)
	case keyKillWord:
		b.killed = b.cut(b.wordLeft(), b.at)
	case keyYank:
		b.insert(b.killed)
	default:
		return false
	}
	return true
}

// layout breaks the text into rows of at most cols cells, the first behind
// prompt and those after a line feed behind more, and finds the cursor. Rows
// are broken here and not by the terminal, since terminals differ in what they
// do with a wide character in the last cell.
func layout(text string, at int, prompt, more string, cols int) (rows []string, row, col int) {
	cols = max(cols, 2)
	line, used := prompt, Width(prompt)
	flush := func(next string) {
		rows = append(rows, line)
		line, used = next, Width(next)
	}
	mark := func() { row, col = len(rows), used }
	pos := 0
	for g := graphemes.FromString(text); g.Next(); {
		c := g.Value()
		w := Width(c)
		if c != "\n" && used+w > cols {
			flush("")
		}
		if pos == at {
			mark()
		}
		if c == "\n" {
			flush(more)
		} else {
			line += c
			used += w
		}
		pos += len(c)
	}
	if used >= cols {
		flush("")
	}
	if at >= pos {
		mark()
	}
	return append(rows, line), row, col
}
