// Package account finds the people whom a log or a form names as a computer
// knows them.
package account

import (
	"strings"

	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/span"
)

// accounts are the keys of a log or a form behind which somebody is named as a
// computer knows them.
var accounts = []string{"user=", "username=", "user_name=", "login=", "account=", "owner=", "author=", "assignee=", "customer=", "reviewer=", "user: ", "username: ", "login: ", "user '", "user \"", "@", "todo(", "fixme("}

// Names finds the people whose account a log names: user=amara.diallo.
func Names(t *span.Text) []span.Span {
	var out []span.Span
	for i := 1; i < t.Len(); i++ {
		if t.R[i] < 'a' || t.R[i] > 'z' {
			continue
		}
		switch t.R[i-1] {
		case '=', '@', '(', '\'', '"':
		case ' ':
			if t.At(i-2) != ':' {
				continue
			}
		default:
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
		if named(t.Cut(i, j), key == "@") {
			out = append(out, span.Span{Class: span.Name, Start: i, End: j})
		}
		i = j
	}
	return out
}

// named reports whether an account's name is somebody's.
func named(s string, loose bool) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("._-", r) })
	if len(parts) == 2 || len(parts) == 3 {
		a, b := lexicon.Flags(parts[0]), lexicon.Flags(parts[len(parts)-1])
		if a&lexicon.Word != 0 && a&lexicon.Given == 0 || b&lexicon.Word != 0 && b&lexicon.Family == 0 {
			return false
		}
		return a&lexicon.Given != 0 && (a&lexicon.Word == 0 || b&lexicon.Word == 0) && (b&lexicon.Family != 0 || b == 0) || len(parts[0]) == 1 && b&(lexicon.Family|lexicon.Word) == lexicon.Family || a == 0 && b&(lexicon.Family|lexicon.Word) == lexicon.Family && len(parts[0]) > 2
	}
	if len(parts) != 1 || loose || len(s) < 4 {
		return false
	}
	f := lexicon.Flags(s)
	return f&(lexicon.Given|lexicon.Word|lexicon.Alone) == lexicon.Given|lexicon.Alone || f == 0 && len(s) > 5 && lexicon.Flags(s[1:])&(lexicon.Family|lexicon.Word|lexicon.Place) == lexicon.Family
}
