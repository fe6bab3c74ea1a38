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

// accounts are the keys of a log or a form behind which somebody is named as a
// computer knows them.
var accounts = []string{"user=", "username=", "user_name=", "login=", "account=", "owner=", "author=", "assignee=", "customer=", "reviewer=", "user: ", "username: ", "login: ", "user '", "user \"", "@"}

// logged finds the people whose account a log names: user=amara.diallo.
func (l *lists) logged(t *span.Text) []span.Span {
	var out []span.Span
	for i := 1; i < t.Len(); i++ {
		if t.R[i] < 'a' || t.R[i] > 'z' || t.R[i-1] >= 'a' && t.R[i-1] <= 'z' || strings.ContainsRune("._-", t.R[i-1]) {
			continue
		}
		if !strings.ContainsRune("=@'\"", t.R[i-1]) && (t.R[i-1] != ' ' || t.At(i-2) != ':') {
			continue
		}
		before := strings.ToLower(t.Cut(max(0, i-10), i))
		key := ""
		for _, a := range accounts {
			if strings.HasSuffix(strings.TrimRight(before, `"'`), strings.TrimRight(a, `"'`)) {
				key = a
			}
		}
		if key == "" {
			continue
		}
		j := i
		for j < t.Len() && (t.R[j] >= 'a' && t.R[j] <= 'z' || strings.ContainsRune("._-", t.R[j]) && t.At(j+1) >= 'a' && t.At(j+1) <= 'z') {
			j++
		}
		if t.At(j) == '/' || t.At(j) == '@' || t.At(j) == '(' || t.At(j) == ':' {
			continue
		}
		if l.account(t.Cut(i, j), key == "@") {
			out = append(out, span.Span{Class: span.Name, Start: i, End: j})
		}
		i = j
	}
	return out
}

// account reports whether an account's name is somebody's.
func (l *lists) account(s string, loose bool) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("._-", r) })
	if len(parts) == 2 || len(parts) == 3 {
		a, b := flags(parts[0]), flags(parts[len(parts)-1])
		if a&isWord != 0 && a&isGiven == 0 || b&isWord != 0 && b&isFamily == 0 {
			return false
		}
		return a&isGiven != 0 && (a&isWord == 0 || b&isWord == 0) && (b&isFamily != 0 || b == 0) || len(parts[0]) == 1 && b&(isFamily|isWord) == isFamily || a == 0 && b&(isFamily|isWord) == isFamily && len(parts[0]) > 2
	}
	if len(parts) != 1 || loose || len(s) < 4 {
		return false
	}
	f := flags(s)
	return f&(isGiven|isWord|isAlone) == isGiven|isAlone || f == 0 && len(s) > 5 && flags(s[1:])&(isFamily|isWord|isPlace) == isFamily
}
