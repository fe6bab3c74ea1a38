package number

import (
	"strings"
	"unicode"

	"irori/internal/route/privacy/span"
)

// cjk reports whether a rune is of a script that is written without spaces, so
// that a sentence goes on with an address.
func cjk(r rune) bool {
	return span.Han(r) || r >= 0x3040 && r <= 0x30ff || r >= 0x0e00 && r <= 0x0eff
}

// spaced reports whether a rune is a letter or a digit of other scripts.
func spaced(r rune) bool {
	return span.Letter(r) || span.Digit(r) || r > 127 && !cjk(r) && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

// particle ends what a sentence says before an address.
const particle = "はへをにがのもと"

// email is an address around its sign.
func email(t *span.Text, at int) (a, b int) {
	b = domain(t, at+1)
	if b == 0 {
		return 0, 0
	}
	if a = mailbox(t, at, b); a == at {
		return 0, 0
	}
	if t.At(a-1) == ':' && strings.Contains(t.Cut(a-40, a), "://") {
		return 0, 0 // a password before a server
	}
	return a, b
}

// domain is where the name of a server ends, 0 where there is none.
func domain(t *span.Text, i int) int {
	b := i
	for b < t.Len() && b-i < 200 {
		r := t.R[b]
		first := b == i || t.R[b-1] == '.'
		// A sentence goes on behind a name in other letters.
		if !spaced(r) && r != '.' && r != '-' && !(cjk(r) && (first || cjk(t.R[b-1]))) {
			break
		}
		if cjk(r) && first && b > i && !cjk(t.At(i)) && !domainAhead(t, b) {
			break
		}
		b++
	}
	for b > i && (t.R[b-1] == '.' || t.R[b-1] == '-') {
		b--
	}
	host := t.Cut(i, b)
	dot := strings.LastIndexByte(host, '.')
	if dot < 1 || strings.Contains(host, "..") {
		return 0
	}
	top := []rune(host[dot+1:])
	if len(top) < 2 || strings.ContainsAny(string(top), "0123456789") || cjk(top[0]) && span.Hiragana(top[len(top)-1]) {
		return 0
	}
	if s := string(top); s == "png" || s == "jpg" {
		return 0 // icon@2x.png
	}
	return b
}

// domainAhead reports whether a label that is no ASCII goes on to another one.
func domainAhead(t *span.Text, i int) bool {
	j := i
	for j-i < 20 && cjk(t.At(j)) && !span.Hiragana(t.At(j)) {
		j++
	}
	return t.At(j) == '.' && spaced(t.At(j+1))
}

// mailbox is where the part before an address's sign begins.
func mailbox(t *span.Text, at, end int) int {
	if t.At(at-1) == '"' { // "john smith"@x.com
		for a := at - 2; a >= 0 && at-a < 64 && t.R[a] != '\n' && t.R[a] != '@'; a-- {
			if t.R[a] == '"' && a < at-2 {
				return a
			}
		}
		return at
	}
	a := at
	for a > 0 && at-a < 64 {
		r := t.R[a-1]
		if r == '\'' {
			// o'brien, but not the mark that an address stands in.
			if !spaced(t.At(a)) || !spaced(t.At(a-2)) || t.At(end) == '\'' && strings.ContainsRune("fbur", t.At(a-2)) && !spaced(t.At(a-3)) {
				break
			}
		} else if !spaced(r) && !strings.ContainsRune("._%+-", r) {
			break
		}
		a--
	}
	if a < at-1 && escaped(t, a+1) {
		a++
	}
	if a > 0 && cjk(t.R[a-1]) && (a == at || t.R[a] == '.' || t.R[a] == '_' || t.R[a] == '-' || t.R[a] == '+') {
		b := a
		for a > 0 && b-a < 24 && (cjk(t.R[a-1]) || spaced(t.R[a-1]) || a < b && strings.ContainsRune("._+-", t.R[a-1])) {
			a--
		}
		for k := b - 1; k > a; k-- {
			if strings.ContainsRune(particle, t.R[k-1]) && !span.Hiragana(t.R[k]) {
				a = k
			}
		}
	}
	for a < at && (t.R[a] == '.' || t.R[a] == '-') {
		a++
	}
	return a
}
