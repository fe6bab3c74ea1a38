package term

import (
	"strings"
	"unicode/utf8"
)

// key is what was pressed.
type key int

const (
	keyText key = iota // characters, typed or pasted
	keyEnter
	keyNewline
	keyBackspace
	keyDelete
	keyLeft
	keyRight
	keyUp
	keyDown
	keyHome
	keyEnd
	keyWordLeft
	keyWordRight
	keyKillEnd
	keyKillStart
	keyKillWord
	keyYank
	keyRedraw
	keyInterrupt
	keyEOF
	keyNone
)

// press is one key with its text.
type press struct {
	key  key
	text string
}

var controls = map[byte]key{
	'\r': keyEnter, '\n': keyEnter, 0x7f: keyBackspace, 0x08: keyBackspace,
	'A' - '@': keyHome, 'B' - '@': keyLeft, 'C' - '@': keyInterrupt, 'D' - '@': keyEOF, 'E' - '@': keyEnd, 'F' - '@': keyRight,
	'K' - '@': keyKillEnd, 'L' - '@': keyRedraw, 'N' - '@': keyDown, 'P' - '@': keyUp, 'U' - '@': keyKillStart,
	'W' - '@': keyKillWord, 'Y' - '@': keyYank,
}

// sequences are what stands behind ESC.
var sequences = map[string]key{
	"[A": keyUp, "[B": keyDown, "[C": keyRight, "[D": keyLeft, "[H": keyHome, "[F": keyEnd,
	"OA": keyUp, "OB": keyDown, "OC": keyRight, "OD": keyLeft, "OH": keyHome, "OF": keyEnd,
	"[1~": keyHome, "[7~": keyHome, "[4~": keyEnd, "[8~": keyEnd, "[3~": keyDelete,
	"[1;5C": keyWordRight, "[1;5D": keyWordLeft, "[1;3C": keyWordRight, "[1;3D": keyWordLeft,
	"b": keyWordLeft, "f": keyWordRight, "\x7f": keyKillWord,
	// Alt-Enter, and Shift-Enter of terminals that tell it apart.
	"\r": keyNewline, "\n": keyNewline, "[13;2u": keyNewline, "[27;2;13~": keyNewline,
}

const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// decoder turns the bytes of a terminal into keys, however they are cut.
type decoder struct {
	held    []byte
	pasting bool
}

// push takes bytes and returns the keys that are complete.
func (d *decoder) push(b []byte) []press {
	d.held = append(d.held, b...)
	var out []press
	for len(d.held) > 0 {
		p, n := d.next(d.held)
		if n == 0 {
			break
		}
		if p.key != keyNone {
			out = append(out, p)
		}
		d.held = append(d.held[:0], d.held[n:]...)
	}
	// An ESC that ends a read is the key itself: sequences come in one piece.
	if !d.pasting && len(d.held) == 1 && d.held[0] == 0x1b {
		d.held = d.held[:0]
	}
	return out
}

// next reads one key and says how many bytes it took, 0 when more are needed.
func (d *decoder) next(b []byte) (press, int) {
	if d.pasting {
		return d.paste(string(b))
	}
	switch c := b[0]; {
	case c == 0x1b:
		return d.escape(string(b))
	case c == '\t':
		return press{keyText, "    "}, 1
	case c < ' ' || c == 0x7f:
		if k, ok := controls[c]; ok {
			return press{key: k}, 1
		}
		return press{key: keyNone}, 1
	}
	// As many characters as there are, so that one read is one drawing.
	n := 0
	for n < len(b) && b[n] >= ' ' && b[n] != 0x7f {
		if !utf8.FullRune(b[n:]) {
			break
		}
		_, size := utf8.DecodeRune(b[n:])
		n += size
	}
	return press{keyText, Clean(strings.ToValidUTF8(string(b[:n]), "\uFFFD"))}, n
}

// paste takes pasted text until its end; a key in it is no key.
func (d *decoder) paste(s string) (press, int) {
	i := strings.Index(s, pasteEnd)
	if i < 0 {
		return press{}, 0
	}
	d.pasting = false
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ").Replace(s[:i])
	return press{keyText, Clean(strings.ToValidUTF8(text, "\uFFFD"))}, i + len(pasteEnd)
}

func (d *decoder) escape(s string) (press, int) {
	if strings.HasPrefix(s, pasteBegin) {
		d.pasting = true
		return press{key: keyNone}, len(pasteBegin)
	}
	if len(s) < 2 {
		return press{}, 0
	}
	n := 2
	switch s[1] {
	case 'O':
		n = 3
	case '[':
		for n < len(s) && (s[n] < '@' || s[n] > '~') {
			n++
		}
		n++
	}
	if n > len(s) {
		if n > 32 {
			return press{key: keyNone}, 1
		}
		return press{}, 0
	}
	if k, ok := sequences[s[1:n]]; ok {
		return press{key: k}, n
	}
	return press{key: keyNone}, n
}
