package number

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// edge is how a number begins: what stands before its first digit.
type edge int

const (
	// shut is inside of a word or of another number.
	shut edge = iota
	// joined goes on with a word behind a sign that words hold too: x_1, x/1.
	joined
	// field is the value of something that is named: x=1, x#1.
	field
	// free is at the beginning of something.
	free
)

// callers are words that numbers stand behind without a space.
var callers = span.NewWords("telephone", "tel", "phone", "fax", "mobile", "mob", "cell", "call", "number", "num", "card", "visa", "master", "amex", "jcb", "diners", "discover", "account", "acct", "host", "hostname", "addr", "address", "server", "ipv4", "mynumber", "ssn", "dob", "passport", "iban", "exp", "ext", "cvv", "cvc", "valid")

// brief are such words that longer ones end with too.
var brief = map[string]bool{"no": true, "ip": true, "cc": true, "pan": true, "ph": true, "id": true}

// calls reports whether letters that end at a rune say that a number follows.
func calls(t *span.Text, i int) bool {
	a := i
	for a > 0 && i-a < 16 && span.Letter(t.R[a-1]) {
		a--
	}
	word := strings.ToLower(t.Cut(a, i))
	return callers.Suffix(word) != "" || brief[word] && !span.Digit(t.At(a-1))
}

// escaped reports whether a line's end or a tab stands before a rune, as programs
// write it.
func escaped(t *span.Text, i int) bool {
	b, w := t.At(i-1), t.At(i-2)
	return (w == '\\' || w == '¥') && (b == 'n' || b == 't' || b == 'r')
}

// begins is how a number begins.
func begins(t *span.Text, i int) edge {
	b, w := t.At(i-1), t.At(i-2)
	switch {
	case span.Digit(b):
		return shut
	case span.Letter(b):
		if escaped(t, i) || calls(t, i) {
			return free
		}
		return shut
	case b == '=' || b == '#':
		if span.Word(w) && !calls(t, i-1) {
			return field
		}
	case b == '_' || b == '/':
		if span.Word(w) && !calls(t, i-1) {
			return joined
		}
	case b == '.' || b == '-':
		if !span.Word(w) || calls(t, i-1) {
			return free
		}
		for k := i - 2; span.Word(t.At(k)); k-- {
			if span.Digit(t.R[k]) {
				return shut // the decimals of a number, a part of a UUID
			}
		}
		return joined
	}
	return free
}

// ended reports whether a number may end at a rune. What is written in groups
// is one whatever letters follow.
func ended(t *span.Text, i int, groups bool) bool {
	r := t.At(i)
	if !span.Letter(r) {
		return !span.Digit(r)
	}
	if groups {
		return true
	}
	b := i
	for b < t.Len() && b-i < 16 && span.Letter(t.R[b]) {
		b++
	}
	word := strings.ToLower(t.Cut(i, b))
	for _, w := range []string{"tel", "fax", "ext", "exp", "cvv", "cvc", "mob", "phone", "valid"} {
		if strings.HasPrefix(word, w) {
			return true
		}
	}
	return false
}

// filed reports whether a number is a file's name.
func filed(t *span.Text, i int) bool {
	return t.At(i) == '.' && span.Letter(t.At(i+1)) && span.Word(t.At(i+2))
}

// versions are words before what looks like an address of the network and is
// none.
var versions = []string{"v", "ver", "ver.", "rev", "build", "firmware", "section", "chapter", "§", "ビルド", "第", "節", "章", "oid"}

// network reports whether four octets stand where an address of the network
// does.
func network(t *span.Text, n run, at edge, before string) bool {
	if has(before, "version", "ver.", "バージョン", "release") {
		return false
	}
	b := t.At(n.from - 1)
	if at == joined && !(b == '/' && span.Digit(t.At(n.from-2))) {
		return false
	}
	stem := strings.TrimRight(before, " ")
	if !has(before, "ip", "host", "addr") {
		for _, op := range []string{"==", ">=", "<=", "~=", "!=", "~>", "^", "v=", "~"} {
			if strings.HasSuffix(stem, op) {
				return false // what a package needs
			}
		}
	}
	if i := strings.LastIndexAny(stem, " (:=,、。"); i >= 0 {
		stem = stem[i+1:]
	}
	for _, v := range versions {
		if stem == v {
			return false
		}
	}
	after := t.At(n.to)
	if next := t.At(n.to + 1); after == '+' && span.Letter(next) || after == '.' && next >= 'a' && next <= 'z' {
		return false
	}
	for _, w := range []string{"-alpha", "-beta", "-rc", "-dev", "-pre", "-snapshot", "-SNAPSHOT", "-release", "-final"} {
		if t.Has(n.to, w) {
			return false
		}
	}
	return !span.Letter(after)
}

// personal reports whether twelve digits with a right check digit are somebody's
// My Number.
func personal(t *span.Text, n run, at edge, before string) bool {
	if has(before, "マイナ", "個人番号", "mynumber", "my_number", "my number", "my-number") {
		return true
	}
	d := n.digits
	switch {
	case has(before, "arn:", "aws", "追跡", "伝票", "tracking", "注文", "order"),
		at == joined,
		len(n.groups) == 1 && filed(t, n.to),
		// The last three of four groups.
		t.At(n.from-1) == ' ' && span.Digit(t.At(n.from-2)) && span.Digit(t.At(n.from-5)) && len(n.groups) == 3,
		// A minute, as files and logs write it.
		len(n.groups) == 1 && (d[:2] == "19" || d[:2] == "20") && d[4:6] >= "01" && d[4:6] <= "12" && d[6:8] >= "01" && d[6:8] <= "31" && d[8:10] < "24" && d[10:] < "60":
		return false
	}
	return true
}

// goods reports whether thirteen digits are what a shop's till reads (EAN).
func goods(d string) bool {
	if len(d) != 13 || d[:2] != "45" && d[:2] != "49" {
		return false
	}
	sum := 0
	for i := range 13 {
		sum += int(d[i]-'0') * (1 + 2*(i%2))
	}
	return sum%10 == 0
}
