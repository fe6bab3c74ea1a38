package number

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// run is digits with separators, as somebody writes one number.
type run struct {
	from, to int    // runes, the plus and brackets too
	digits   string // its digits
	groups   []int  // how many digits stand together
	plus     bool
	open     bool   // its first digits stand in brackets
	seps     string // the separators, one for each gap
}

// Find returns what the numbers of a text tell, in folded runes.
func Find(t *span.Text) []span.Span {
	var out []span.Span
	for i := 0; i < t.Len(); i++ {
		r := t.R[i]
		switch {
		case r == '@':
			if a, b := email(t, i); b > a {
				out = append(out, span.Span{Class: span.Email, Start: a, End: b})
			}
		case span.Digit(r) || r == '+' && span.Digit(t.At(i+1)) || r == '(' && bracketed(t, i) > 0:
			at := begins(t, i)
			if r == '(' {
				at = free
			}
			if at == shut {
				continue
			}
			n := read(t, i)
			if s, ok := n.class(t, at); ok {
				out = append(out, s)
				i = s.End - 1
			} else if d := dated(t, i); d.End > 0 {
				out = append(out, d)
				i = d.End - 1
			} else if n.to > i {
				// The next number may begin behind a sign of this one.
				for i+1 < n.to && span.Digit(t.At(i+1)) {
					i++
				}
			}
		case upper(r) && !span.Digit(t.At(i-1)) && !upper(t.At(i-1)) && (!span.Letter(t.At(i-1)) || escaped(t, i) || calls(t, i)):
			if s := lettered(t, i); s.End > 0 {
				out = append(out, s)
				i = s.End - 1
			}
		case r == '昭' || r == '平' || r == '令' || r == '大' || r == '明':
			if d := dated(t, i); d.End > 0 {
				out = append(out, d)
				i = d.End - 1
			}
		}
	}
	return append(out, six(t)...)
}

// bracketed is how many digits stand in brackets, and more behind them: an area's
// code, 0 where there is none.
func bracketed(t *span.Text, i int) int {
	j := i + 1
	if t.At(j) == '+' {
		j++
	}
	n := 0
	for n < 6 && span.Digit(t.At(j+n)) {
		n++
	}
	k := j + n + 1
	if n == 0 || n > 5 || t.At(k-1) != ')' {
		return 0
	}
	for k < j+n+3 && (t.At(k) == ' ' || t.At(k) == '-') {
		k++
	}
	if !span.Digit(t.At(k)) {
		return 0
	}
	return n
}

// quarter reports whether four digits, no more, stand at a rune.
func quarter(t *span.Text, i int) bool {
	return span.Digit(t.At(i)) && span.Digit(t.At(i+1)) && span.Digit(t.At(i+2)) && span.Digit(t.At(i+3)) && !span.Digit(t.At(i+4))
}

// read reads a number from its first digit, plus or bracket.
func read(t *span.Text, i int) run {
	n := run{from: i}
	var seps, digits strings.Builder
	j, group, open := i, 0, 0
	if t.R[j] == '(' {
		n.open = true
		open++
		j++
	}
	if t.At(j) == '+' {
		n.plus = true
		j++
	}
	for j < t.Len() && digits.Len() < 40 {
		r := t.R[j]
		if span.Digit(r) {
			digits.WriteRune(r)
			group++
			j++
			n.to = j
			continue
		}
		k, sep := j, rune(0)
		for k < t.Len() && k < j+3 && strings.ContainsRune(" -.()_", t.R[k]) {
			if t.R[k] == '(' {
				open++
			} else if t.R[k] == ')' {
				if open--; open < 0 {
					break // the bracket that the number stands in
				}
			}
			if sep == 0 || sep == ' ' {
				sep = t.R[k]
			}
			k++
		}
		if open >= 0 && k == j && group == 4 && strings.ContainsRune("\n\t+/·・", r) && quarter(t, j+1) {
			sep, k = ' ', j+1 // a line for each four, or a form's space
		}
		if open < 0 || k == j || !span.Digit(t.At(k)) {
			break
		}
		if group > 0 {
			n.groups = append(n.groups, group)
			group = 0
			seps.WriteRune(sep)
		}
		j = k
	}
	if group > 0 {
		n.groups = append(n.groups, group)
	}
	n.seps, n.digits = seps.String(), digits.String()
	return n
}

// class says what a number is. Of what is read as one run the beginning may be
// the number, and what follows another.
func (n run) class(t *span.Text, at edge) (span.Span, bool) {
	before := context(t, n.from, 24)
	for _, m := range n.beginnings(t) {
		if !ended(t, m.to, len(m.groups) > 2) {
			continue
		}
		// Four more digits make it a card's number, or nobody's.
		if c := m.is(t, at, before); c != "" && (c != span.MyNumber || len(m.groups) == len(n.groups) || n.groups[len(m.groups)] != 4) {
			return span.Span{Class: c, Start: m.from, End: m.to}, true
		}
	}
	return span.Span{}, false
}

// beginnings are the run and what is left of it when groups are taken off its
// end.
func (n run) beginnings(t *span.Text) []run {
	out := []run{n}
	for len(n.groups) > 1 && len(out) < 8 {
		last := n.groups[len(n.groups)-1]
		sep := n.seps[len(n.seps)-1]
		n.to -= last
		for n.to > n.from && !span.Digit(t.At(n.to-1)) {
			n.to--
		}
		n.groups, n.seps, n.digits = n.groups[:len(n.groups)-1], n.seps[:len(n.seps)-1], n.digits[:len(n.digits)-last]
		if sep == ' ' || sep == '(' || sep == '_' {
			out = append(out, n)
		}
	}
	return out
}

func (n run) is(t *span.Text, at edge, before string) span.Class {
	switch d := len(n.digits); {
	case n.plus:
		if phonePlus(n) && !strings.Contains(n.seps, "_") {
			return span.Phone
		}
	case octets(n) && network(t, n, at, before):
		return span.IP
	case d >= 13 && d <= 19 && card(n) && (!goods(n.digits) || has(before, "card", "カード", "visa")):
		return span.Card
	case d == 12 && grouped(n, 4, 4, 4) && Check(n.digits) && personal(t, n, at, before):
		return span.MyNumber
	}
	if c := documented(n, before); c != "" {
		return c
	}
	if c := account(t, n, before); c != "" {
		return c
	}
	if phone(n, at, before) {
		return span.Phone
	}
	return ""
}

// grouped reports whether digits stand together as given, or all in one.
func grouped(n run, sizes ...int) bool {
	if len(n.groups) == 1 {
		return true
	}
	if len(n.groups) != len(sizes) || strings.Trim(n.seps, n.seps[:1]) != "" {
		return false
	}
	for i, g := range n.groups {
		if g != sizes[i] {
			return false
		}
	}
	return true
}

// Check reports whether the last of twelve digits is My Number's check digit.
func Check(digits string) bool {
	if len(digits) != 12 || strings.Trim(digits, digits[:1]) == "" {
		return false
	}
	sum := 0
	for n := 1; n <= 11; n++ {
		q := n + 1
		if n >= 7 {
			q = n - 5
		}
		sum += int(digits[11-n]-'0') * q
	}
	check := 11 - sum%11
	if sum%11 <= 1 {
		check = 0
	}
	return int(digits[11]-'0') == check
}

// card is a number with an issuer's prefix and Luhn's check digit.
func card(n run) bool {
	for _, g := range n.groups[:len(n.groups)-1] {
		if g < 4 || g > 6 {
			return false
		}
	}
	if len(n.groups) > 5 || strings.ContainsAny(n.seps, ".()") && (n.seps != "..." || n.groups[3] != 4 || len(n.digits) != 16) {
		return false
	}
	d, size := n.digits, len(n.digits)
	two, four := int(d[0]-'0')*10+int(d[1]-'0'), 0
	for _, r := range d[:4] {
		four = four*10 + int(r-'0')
	}
	known := d[0] == '4' && (size == 13 || size == 16 || size == 19) ||
		size == 16 && (two >= 51 && two <= 55 || four >= 2221 && four <= 2720 || four >= 3528 && four <= 3589 || four == 6011 || two == 65 || two == 62 || two == 64) ||
		size == 15 && (two == 34 || two == 37) || size == 14 && (two == 30 || two == 36 || two == 38 || two == 39) || two == 62 && size >= 16
	if !known || strings.Trim(d, d[:1]) == "" {
		return false
	}
	sum := 0
	for i := range size {
		v := int(d[size-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// octets reports whether a number is an IPv4 address.
func octets(n run) bool {
	if len(n.groups) != 4 || n.seps != "..." {
		return false
	}
	at := 0
	for _, g := range n.groups {
		v := 0
		for _, r := range n.digits[at : at+g] {
			v = v*10 + int(r-'0')
		}
		if g > 3 || v > 255 || g > 1 && n.digits[at] == '0' {
			return false
		}
		at += g
	}
	return true
}

// context is what stands before a place on its line, in lower case. Where a line
// begins with the place, the line above may be what a form calls it.
func context(t *span.Text, i, n int) string {
	a, lines := max(0, i-n), 0
	for k := i - 1; k >= a; k-- {
		switch r := t.R[k]; {
		case r == '\n' && lines == 0:
			lines = 1
		case r == '\n':
			a = k + 1
		case lines == 0 && !span.Space(r) && !strings.ContainsRune("\"'([{<-*:=", r):
			lines = 2 // of its own line only
		}
	}
	return strings.ToLower(t.Cut(a, i))
}

func has(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
