package secret

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// option is the password of a short option that a command takes it by, from the
// option's dash on: sshpass -p, mysql -p, curl -u and --user.
func option(t *span.Text, i int) (a, b int) {
	if r := t.At(i - 1); r != ' ' && r != '\t' && r != '\n' {
		return 0, 0
	}
	name, n := t.At(i+1), i+2
	if name == '-' {
		if !t.Has(i, "--user ") && !t.Has(i, "--user=") {
			return 0, 0
		}
		name, n = 'u', i+7
	}
	line := command(t.Cut(i-300, i))
	glued := t.At(n) != ' '
	for t.At(n) == ' ' {
		n++
	}
	q := t.At(n)
	if q == '"' || q == '\'' {
		n++
	} else {
		q = 0
	}
	j := n
	for j < t.Len() && j < n+200 && valueRune(t.R[j], q) {
		j++
	}
	if v := t.Cut(n, j); v == "" || v[0] == '-' && q == 0 || placeholder(v) && v != "x" {
		return 0, 0
	}
	switch {
	case name == 'u' && strings.Contains(line, "curl"):
		k := strings.IndexByte(t.Cut(n, j), ':')
		if k < 0 {
			return 0, 0
		}
		k = t.Rune(t.Byte(n) + k)
		if v := t.Cut(k+1, j); v == "" || placeholder(v) {
			return 0, 0
		}
		return k + 1, j
	case name == 'p' && strings.Contains(line, "sshpass"):
		return n, j
	case name == 'p' && glued && (strings.Contains(line, "mysql") || strings.Contains(line, "mariadb")):
		v := t.Cut(n, j)
		for _, other := range []string{"ort", "ass", "rotocol", "lugin", "ipe"} {
			if strings.HasPrefix(v, other) && q == 0 {
				return 0, 0
			}
		}
		if j-n < 3 || strings.Trim(v, "0123456789:") == "" {
			return 0, 0
		}
		return n, j
	}
	return 0, 0
}

// command is the last line of a text, with those before it that go on in it.
func command(s string) string {
	for end := len(s); ; {
		i := strings.LastIndexByte(s[:end], '\n')
		if i <= 0 || s[i-1] != '\\' {
			return s[i+1:]
		}
		end = i
	}
}

// broken goes on with a key behind the end of its line, where too little of it
// stands before. It returns 0 where that makes no key.
func broken(t *span.Text, i, j int, p *prefix) int {
	n := i + len(p.text)
	k := j
	if t.At(k) == '\r' {
		k++
	}
	if j == n || t.At(k) != '\n' {
		return 0
	}
	for k++; t.At(k) == ' ' || t.At(k) == '\t'; k++ {
	}
	size, from := j-n, k
	for k < t.Len() && size <= p.max && p.takes(t.R[k]) {
		k++
		size++
	}
	v := t.Cut(n, j) + t.Cut(from, k)
	if k == from || size < p.min || size > p.max || !mixed(v) || !lively(v) {
		return 0
	}
	return k
}

// wrapped is where a text in base64 ends that holds a key: base64 by itself says
// nothing of what is in it.
func wrapped(t *span.Text, i int) int {
	for k := i + 4; k < i+minWrapped; k += 4 {
		if r := t.At(k); !encoded(r) {
			return 0
		}
	}
	if encoded(t.At(i - 1)) {
		return 0
	}
	j := i
	for j < t.Len() && j <= i+maxWrapped && encoded(t.R[j]) {
		j++
	}
	if j-i < minWrapped || j-i > maxWrapped {
		return 0
	}
	s := t.Cut(i, j)
	for range 2 {
		if t.At(j) == '=' {
			j++
		}
	}
	text := decoded(s)
	if text == "" || len(find(span.Fold(text), false)) == 0 {
		return 0
	}
	return j
}

// minWrapped and maxWrapped bound what is opened, in characters.
const minWrapped, maxWrapped = 24, 2048

func encoded(r rune) bool {
	return span.Letter(r) || span.Digit(r) || r == '+' || r == '/' || r == '-' || r == '_'
}
