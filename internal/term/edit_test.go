package term

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// typed feeds bytes through the decoder into a buffer; "|" marks the cursor.
func typed(s string, chunk int) string {
	var d decoder
	b := &buffer{}
	for raw := []byte(s); len(raw) > 0; {
		n := min(chunk, len(raw))
		for _, p := range d.push(raw[:n]) {
			switch p.key {
			case keyUp, keyDown:
				b.vertical(p.key == keyDown)
			default:
				b.apply(p)
			}
		}
		raw = raw[n:]
	}
	return b.text[:b.at] + "|" + b.text[b.at:]
}

func TestEditing(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"backspace takes a character", "かな漢字\x7f\x7f", "かな|"},
		{"backspace takes a voiced mark with its letter", "か\u3099\x7f", "|"},
		{"backspace takes an emoji of many code points", "a👨‍👩‍👧\x7f", "a|"},
		{"home and end", "漢字\x01x\x05y", "x漢字y|"},
		{"left over wide characters", "かな\x1b[Dx", "かx|な"},
		{"delete", "かな\x01\x1b[3~", "|な"},
		{"kill and yank", "one two\x17\x01\x19", "two|one "},
		{"a word of kanji, then one of kana", "漢字かな\x17", "漢字|"},
		{"word moves", "foo bar\x1bb\x1bbx\x1b[1;5Cy", "xfooy| bar"},
		{"kill to the start", "abc\x02\x15", "|c"},
		{"kill to the end", "abc\x02\x0b", "ab|"},
		{"a paste holds its line feeds", "\x1b[200~a\r\nb\rc\x03\x1b[201~!", "a\nb\nc!|"},
		{"tab is spaces", "\ta", "    a|"},
		{"alt-enter is a line feed", "a\x1b\rb", "a\nb|"},
		{"up keeps the column in cells", "abcdef\x1b\r漢字x\x1b[A!", "abcde!|f\n漢字x"},
		{"unknown sequences do nothing", "a\x1b[99~\x1bOPb", "ab|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := typed(c.keys, len(c.keys)); got != c.want {
				t.Errorf("whole: %q, want %q", got, c.want)
			}
			// Cut anywhere but behind an ESC, which by itself is a key.
			if strings.Contains(c.keys, "\x1b") {
				return
			}
			if got := typed(c.keys, 1); got != c.want {
				t.Errorf("byte by byte: %q, want %q", got, c.want)
			}
		})
	}
}

func TestPasteInPieces(t *testing.T) {
	var d decoder
	var got string
	for _, part := range []string{"\x1b[200~一行", "目\n二\xe8", "\xa1\x8c目\x1b[20", "1~x"} {
		for _, p := range d.push([]byte(part)) {
			got += p.text
		}
	}
	if want := "一行目\n二行目x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name, text string
		at         int
		rows       []string
		row, col   int
	}{
		{"empty", "", 0, []string{"> "}, 0, 2},
		{"wide", "漢字", 6, []string{"> 漢字"}, 0, 6},
		{"cursor between", "漢字", 3, []string{"> 漢字"}, 0, 4},
		// Eight cells: three characters fill the row, the cursor goes below.
		{"full row", "漢字漢", 9, []string{"> 漢字漢", ""}, 1, 0},
		{"a wide one does not fit into one cell", "a漢字漢", 10, []string{"> a漢字", "漢"}, 1, 2},
		{"cursor on the one that was moved down", "a漢字漢", 7, []string{"> a漢字", "漢"}, 1, 0},
		{"line feed", "a\n漢", 2, []string{"> a", ". 漢"}, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, row, col := layout(c.text, c.at, "> ", ". ", 8)
			if diff := cmp.Diff(c.rows, rows); diff != "" {
				t.Error(diff)
			}
			if row != c.row || col != c.col {
				t.Errorf("cursor at %d,%d, want %d,%d", row, col, c.row, c.col)
			}
		})
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte("かな\x7f\x1b[D\x1b[200~x\ny\x1b[201~"))
	f.Add([]byte("\x1b[\xff\xfe"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		e := &buffer{}
		for _, p := range d.push(b) {
			e.apply(p)
			if strings.ContainsAny(p.text, "\x1b\x07\r") {
				t.Errorf("a control character in %q", p.text)
			}
			if e.at < 0 || e.at > len(e.text) {
				t.Fatalf("the cursor is at %d of %d", e.at, len(e.text))
			}
		}
		layout(e.text, e.at, "> ", ". ", 7)
	})
}
