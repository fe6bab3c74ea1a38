package number

import (
	"net/netip"
	"strings"

	"irori/internal/route/privacy/span"
)

// The words by which numbers are known: of a licence, an insurance, and of a day
// of birth, before a number and behind it.
var (
	licences   = span.NewWords("driver's licen", "driving licen", "drivers licen", "license number", "license no", "licence no")
	insurances = span.NewWords("保険証", "被保険者", "基礎年金", "年金番号", "雇用保険")
	births     = span.NewWords("生年月日", "誕生日", "生まれ", "born", "dob", "date of birth", "birth date", "birthdate", "birthday", "d.o.b")
)

// documented is a number of a document, where the words before say so.
func documented(n run, before string) span.Class {
	d := len(n.digits)
	switch {
	case d == 9 && len(n.groups) == 3 && n.groups[0] == 3 && n.groups[1] == 2 && n.digits[0] != '9' && !strings.HasPrefix(n.digits, "000") && strings.Trim(n.seps, "- ") == "" && n.seps[0] == n.seps[1],
		d == 9 && has(before, "ssn", "social security"),
		d == 12 && has(before, "免許"),
		d >= 8 && d <= 9 && has(before, "passport", "旅券", "パスポート"),
		d >= 6 && d <= 12 && licences.In(before),
		d >= 8 && d <= 12 && insurances.In(before):
		return span.Document
	case d == 12 && has(before, "マイナンバー", "個人番号") && Check(n.digits):
		return span.MyNumber
	}
	return ""
}

var (
	residence = span.NewPattern(`^[A-Z]{2}[0-9]{8}[A-Z]{2}\b`)
	passport  = span.NewPattern(`^[A-Z]{1,2}[0-9]{7,8}\b`)
	licence   = span.NewPattern(`^[A-Z][A-Z0-9](?:[A-Z0-9 -]{3,16}[0-9])[A-Z0-9]{0,3}\b`)
	nino      = span.NewPattern(`^[A-CEGHJ-PR-TW-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b`)
	iban      = span.NewPattern(`^[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b`)
)

// lettered is a number that begins with letters.
func lettered(t *span.Text, i int) span.Span {
	r := t.R[i]
	if r == ':' || r < 'A' || r > 'Z' || !upper(t.At(i+1)) && !span.Digit(t.At(i+1)) {
		if r >= 'A' && r <= 'Z' {
			return born(t, i)
		}
		return span.Span{}
	}
	text := strings.ReplaceAll(t.Cut(i, i+46), "_", ".") // a boundary
	if m := iban.FindString(text); m != "" {
		// What follows may look like more of it.
		for m != "" {
			if mod97(strings.ReplaceAll(m, " ", "")) {
				return span.Span{Class: span.Bank, Start: i, End: i + len(m)}
			}
			m = m[:max(0, strings.LastIndexByte(m, ' '))]
		}
	}
	if m := residence.FindString(text); m != "" {
		return span.Span{Class: span.Document, Start: i, End: i + len(m)}
	}
	before := context(t, i, 30)
	if m := passport.FindString(text); m != "" && has(before, "passport", "旅券", "パスポート", "在留") {
		return span.Span{Class: span.Document, Start: i, End: i + len(m)}
	}
	if m := nino.FindString(text); m != "" {
		return span.Span{Class: span.Document, Start: i, End: i + len(m)}
	}
	if has(before, "licence", "license", "免許") && has(before, "driv", "運転") {
		if m := licence.FindString(text); m != "" {
			return span.Span{Class: span.Document, Start: i, End: i + len(m)}
		}
	}
	return span.Span{}
}

func upper(r rune) bool { return r >= 'A' && r <= 'Z' }

// mod97 is the check of an IBAN.
func mod97(s string) bool {
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	v := 0
	for _, r := range s[4:] + s[:4] {
		if span.Digit(r) {
			v = (v*10 + int(r-'0')) % 97
		} else {
			v = (v*100 + int(r-'A') + 10) % 97
		}
	}
	return v == 1
}

var dates = []*span.Pattern{
	span.NewPattern(`^(?:1[89]|20)[0-9]{2} ?[年/.-] ?[01]?[0-9] ?[月/.-] ?[0-3]?[0-9](?: ?日)?`),
	span.NewPattern(`^(?:明治|大正|昭和|平成|令和) ?(?:[0-9]{1,2}|元) ?年 ?[01]?[0-9] ?月 ?[0-3]?[0-9] ?日`),
	span.NewPattern(`^[0-3]?[0-9][/.-][0-3]?[0-9][/.-](?:1[89]|20)?[0-9]{2}\b`),
	span.NewPattern(`^[0-3]?[0-9](?:st|nd|rd|th)?(?: of)? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*,? (?:1[89]|20)[0-9]{2}\b`),
	span.NewPattern(`^(?:1[89]|20)[0-9]{6}\b`),
}

var american = span.NewPattern(`^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? [0-3]?[0-9](?:st|nd|rd|th)?,? (?:1[89]|20)[0-9]{2}\b`)

// dated is a date of birth that begins with a number or an era.
func dated(t *span.Text, i int) span.Span {
	if !birth(t, i, i+14) {
		return span.Span{}
	}
	text := strings.ReplaceAll(t.Cut(i, i+30), "_", " ") // a boundary
	for _, re := range dates {
		if m := re.FindString(text); m != "" {
			return span.Span{Class: span.BirthDate, Start: i, End: i + len([]rune(m))}
		}
	}
	return span.Span{}
}

// months are how american begins.
var months = span.NewWords("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

// born is a date of birth that begins with a month.
func born(t *span.Text, i int) span.Span {
	if _, n := months.At(t, i); n == 0 || !birth(t, i, i) {
		return span.Span{}
	}
	if m := american.FindString(t.Cut(i, i+30)); m != "" {
		return span.Span{Class: span.BirthDate, Start: i, End: i + len(m)}
	}
	return span.Span{}
}

// birth reports whether the words around a date say that somebody was born.
func birth(t *span.Text, i, to int) bool {
	before := context(t, i, 26)
	if births.In(before) {
		return true
	}
	after := t.Cut(to-10, to+6)
	return strings.Contains(after, "日生") || strings.Contains(after, "生まれ")
}

// six are the IPv6 addresses.
func six(t *span.Text) []span.Span {
	var out []span.Span
	for at := 0; ; {
		k := strings.IndexByte(t.S[at:], ':')
		if k < 0 {
			return out
		}
		i := t.Rune(at + k)
		a, b := i, i
		for a > 0 && i-a < 5 && hexa(t.R[a-1]) {
			a--
		}
		colons := 0
		for b < t.Len() && b-a < 46 && (hexa(t.R[b]) || t.R[b] == ':' || t.R[b] == '.') {
			if t.R[b] == ':' {
				colons++
			}
			b++
		}
		for b > a && (t.R[b-1] == '.' || t.R[b-1] == ':' && t.At(b-2) != ':') {
			b--
		}
		if colons >= 2 && b-a >= 6 && !span.Word(t.At(a-1)) && !span.Word(t.At(b)) {
			if ip, err := netip.ParseAddr(t.Cut(a, b)); err == nil && ip.Is6() {
				out = append(out, span.Span{Class: span.IP, Start: a, End: b})
			}
		}
		at = t.Byte(max(b, i+1))
	}
}

func hexa(r rune) bool { return span.Digit(r) || r|0x20 >= 'a' && r|0x20 <= 'f' }
