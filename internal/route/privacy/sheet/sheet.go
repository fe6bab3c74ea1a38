// Package sheet finds the names in tables and records whose heads say that they
// are names: columns of CSV, keys of JSON.
package sheet

import (
	"strings"
	"unicode"

	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/span"
)

// heads call what is under them somebody's name, or a part of it, in small
// letters without signs between words.
var heads = lexicon.Set(`firstname lastname surname familyname givenname fullname middlename fname lname forename customername clientname patientname employeename studentname teachername contactname guestname passengername authorname ownername recipientname sendername membername holdername cardholder cardholdername accountholder nextofkin personname displayname
first_name last_name 姓 名 氏名 名前 お名前 苗字 名字 患者名 顧客名 担当者 担当者名 社員名 生徒名 利用者名 会員名 契約者 契約者名 申込者 申込者名 受取人 宛名 姓名 せい めい セイ メイ フリガナ ふりがな 氏名カナ`)

// loose heads are those of other things, too: what is under them must look like
// a name.
var loose = lexicon.Set(`name customer client patient employee student teacher contact guest passenger author owner recipient sender member holder assignee reviewer manager rep agent attendee participant candidate applicant person tenant driver instructor who 担当 顧客 患者 社員 会員 名義 講師 参加者 出席者 提出者 報告者`)

func head(s string) (sure, may bool) {
	s = strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", `"`, "", "*", "").Replace(s))
	return heads[s], loose[s]
}

// Names returns what stands in columns and behind keys of names, in folded
// runes.
func Names(t *span.Text) []span.Span {
	if !strings.ContainsAny(t.S, ",|\t\"") {
		return nil
	}
	return append(columns(t), keys(t)...)
}

type field struct{ from, to int }

// fields are those of a line between separators, without the space and quotes
// around them.
func fields(t *span.Text, from, to int, sep rune) []field {
	var out []field
	at, quoted := from, false
	for i := from; i <= to; i++ {
		if i < to && t.R[i] == '"' {
			quoted = !quoted
		}
		if i < to && (t.R[i] != sep || quoted) {
			continue
		}
		a, b := at, i
		for a < b && (t.R[a] == ' ' || t.R[a] == '"' || t.R[a] == '*') {
			a++
		}
		for b > a && (t.R[b-1] == ' ' || t.R[b-1] == '"' || t.R[b-1] == '*' || t.R[b-1] == '\r') {
			b--
		}
		out = append(out, field{a, b})
		at = i + 1
	}
	return out
}

// columns reads lines of fields under a line of heads.
func columns(t *span.Text) []span.Span {
	var out []span.Span
	var sep rune
	var sure, may map[int]bool
	width := 0
	for from := 0; from < t.Len(); {
		to := from
		for to < t.Len() && t.R[to] != '\n' {
			to++
		}
		if sure != nil || may != nil {
			if fs := fields(t, from, to, sep); len(fs) == width {
				for k, f := range fs {
					if sure[k] && value(t, f, false) || may[k] && value(t, f, true) {
						out = append(out, span.Span{Class: span.Name, Start: f.from, End: f.to})
					}
				}
				from = to + 1
				continue
			}
			sure, may = nil, nil
		}
		for _, s := range []rune{',', '\t', '|', ';'} {
			fs := fields(t, from, to, s)
			if len(fs) < 2 {
				continue
			}
			a, b := map[int]bool{}, map[int]bool{}
			for k, f := range fs {
				if f.to-f.from > 24 {
					a, b = nil, nil
					break
				}
				yes, perhaps := head(t.Cut(f.from, f.to))
				if yes {
					a[k] = true
				} else if perhaps {
					b[k] = true
				}
			}
			if len(a)+len(b) > 0 {
				sep, sure, may, width = s, a, b, len(fs)
				break
			}
		}
		from = to + 1
	}
	return out
}

// value reports whether a field may hold a name; strict asks that it be two
// words or more of what names have.
func value(t *span.Text, f field, strict bool) bool {
	n, words, capital := f.to-f.from, 1, true
	if n < 1 || n > 40 || n == 1 && t.R[f.from] < 0x80 {
		return false
	}
	for i := f.from; i < f.to; i++ {
		r := t.R[i]
		switch {
		case r == ' ':
			words++
			capital = capital && (unicode.IsUpper(t.At(i+1)) || t.At(i+1) > 0x2fff || t.At(i+2) == 'e' || t.At(i+1) == 'v')
		case !unicode.IsLetter(r) && !strings.ContainsRune(".'-・=々", r):
			return false
		}
	}
	latin := t.R[f.from] < 0x2000
	if words > 4 || latin && !unicode.IsUpper(t.R[f.from]) && strict {
		return false
	}
	if !strict {
		for w := range strings.FieldsSeq(t.Cut(f.from, f.to)) {
			if latin && lexicon.Flags(w) == lexicon.Word && words == 1 {
				return false
			}
		}
		return true
	}
	if !latin {
		return words == 2 && n <= 8
	}
	if words < 2 || !capital {
		return false
	}
	known := false
	for w := range strings.FieldsSeq(t.Cut(f.from, f.to)) {
		g := lexicon.Flags(strings.Trim(w, "."))
		if g&lexicon.Word != 0 && g&(lexicon.Given|lexicon.Family) == 0 || g&lexicon.Place != 0 && g&(lexicon.Given|lexicon.Family) == 0 {
			return false
		}
		known = known || g&(lexicon.Given|lexicon.Family) != 0 && g&lexicon.Word == 0 || g == 0
	}
	return known
}

// keys reads "firstName": "…" and what is like it.
func keys(t *span.Text) []span.Span {
	var out []span.Span
	for i := 0; i < t.Len(); i++ {
		if t.R[i] != '"' {
			continue
		}
		j := i + 1
		for j < t.Len() && j < i+24 && t.R[j] != '"' && t.R[j] != '\n' {
			j++
		}
		if t.At(j) != '"' {
			continue
		}
		k := j + 1
		for t.At(k) == ' ' || t.At(k) == ':' {
			k++
		}
		if k == j+1 || t.At(k) != '"' || !strings.Contains(t.Cut(j, k), ":") {
			i = j - 1
			continue
		}
		end := k + 1
		for end < t.Len() && end < k+42 && t.R[end] != '"' && t.R[end] != '\n' {
			end++
		}
		sure, may := head(t.Cut(i+1, j))
		if f := (field{k + 1, end}); t.At(end) == '"' && (sure && value(t, f, false) || may && value(t, f, true)) {
			out = append(out, span.Span{Class: span.Name, Start: f.from, End: f.to})
		}
		i = j
	}
	return out
}
