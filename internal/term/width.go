package term

import (
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/mattn/go-runewidth"
)

// cells counts as today's terminals draw: characters of ambiguous width take
// one cell, in a Japanese locale too. RUNEWIDTH_EASTASIAN=1 is for terminals
// that are set up to draw them in two.
var cells = &runewidth.Condition{EastAsianWidth: os.Getenv("RUNEWIDTH_EASTASIAN") == "1", StrictEmojiNeutral: true}

// Width is how many cells s takes on one line.
func Width(s string) int { return cells.StringWidth(s) }

// Truncate cuts s to at most width cells, with "…" in place of what is cut.
func Truncate(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if Width(s) <= width {
		return s
	}
	var b strings.Builder
	used := 0
	for g := graphemes.FromString(s); g.Next(); {
		w := Width(g.Value())
		if used+w > width-1 {
			break
		}
		b.WriteString(g.Value())
		used += w
	}
	return b.String() + "…"
}

// pad fills s with spaces up to width cells, in front of it when right is set.
func pad(s string, width int, right bool) string {
	n := width - Width(s)
	if n <= 0 {
		return s
	}
	if right {
		return strings.Repeat(" ", n) + s
	}
	return s + strings.Repeat(" ", n)
}

// Clean makes text by strangers safe to show: no control character but line
// feed and tab reaches the terminal, so that a model or a file cannot move the
// cursor or change the window's title.
func Clean(s string) string {
	bad := func(r rune) bool {
		return r != '\n' && r != '\t' && unicode.IsControl(r)
	}
	if strings.IndexFunc(s, bad) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if bad(r) {
			return -1
		}
		return r
	}, s)
}

// Line makes text by strangers fit on one line of a table.
func Line(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }
