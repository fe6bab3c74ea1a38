package person

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// callers stand before somebody's name in small letters, as in a chat.
var callers = setOf(`ask asked tell told hey hi hello thanks thx cheers morning remind ping call text email met w/ with let dear sorry yo meet meeting invite saw`)

// chat is how many words a name has that is written in small letters behind a
// word that only somebody follows: ask jane doe, thanks marta.
func (l *lists) chat(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if w.cap || len(w.text) < 3 || i == 0 || ws[i-1].cap && i > 1 || !callers[strings.ToLower(ws[i-1].text)] && !strings.HasSuffix(t.Cut(max(0, w.from-4), w.from), " w/ ") {
		return 0
	}
	if gap := t.Cut(ws[i-1].to, w.from); gap != " " && gap != ", " && gap != "/ " {
		return 0
	}
	if strings.EqualFold(ws[i-1].text, "dear") && i > 1 && ws[i-1].next {
		return 0 // my dear charity
	}
	a := titled(w.text)
	f := flags(a)
	given := f&(isGiven|isWord|isPlace) == isGiven || l.isFirst(a)
	two := i+1 < len(ws) && ws[i+1].next && !ws[i+1].cap && len(ws[i+1].text) > 2
	if two && given {
		if g := flags(ws[i+1].text); g&isFamily != 0 && (g&isWord == 0 || g&isWord != 0 && f&isAlone != 0 && weakWord(ws[i+1].text)) && !l.common[titled(ws[i+1].text)] {
			return 2
		}
	}
	if given && f&isFamily == 0 || l.isFirst(a) && f&isWord == 0 {
		return 1
	}
	return 0
}

// weakWord reports whether a word of English is one that hardly stands behind a
// name in small letters unless it is the surname.
func weakWord(s string) bool {
	switch strings.ToLower(s) {
	case "doe", "baker", "brown", "hill", "fox", "cook", "king", "bell", "wood", "cooper", "mason", "carter", "parker", "turner", "hunter", "fisher", "gill", "singh", "knight", "bishop", "wolf", "lamb", "swan":
		return true
	}
	return false
}
