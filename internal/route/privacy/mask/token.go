package mask

import "strings"

// What a token may be: labels of so many letters, numbers of so many digits,
// and so much space between its parts.
const (
	maxLabel  = 24
	maxDigits = 9
	maxSpace  = 2
)

// state is what a text's beginning is.
type state int

const (
	none  state = iota // no token begins here
	part               // one may, if the text goes on
	whole              // one does
)

// brackets that open and close tokens: models that write Japanese make them
// full-width.
var (
	opening = []string{"[", "［", "【", `\[`}
	closing = []string{"]", "］", "】", `\]`}
)

// reader follows a token through a text.
type reader struct {
	s    string
	at   int
	last bool
	cut  bool // the text ended where the token could go on
}

// one takes one of some texts. Where what is left is only the beginning of one,
// the text is cut.
func (r *reader) one(of []string) bool {
	rest := r.s[r.at:]
	for _, o := range of {
		if strings.HasPrefix(rest, o) {
			r.at += len(o)
			return true
		}
	}
	if !r.last {
		for _, o := range of {
			r.cut = r.cut || strings.HasPrefix(o, rest)
		}
	}
	return false
}

func (r *reader) spaces() {
	for n := 0; n < maxSpace && r.at < len(r.s) && r.s[r.at] == ' '; n++ {
		r.at++
	}
}

// done reports that the text ended inside of a token.
func (r *reader) done() bool { return r.at >= len(r.s) }

// read reads a token at the beginning of a text, as models write it: in any
// case, with one bracket or two, with spaces, and with marks of Markdown. last
// says that nothing follows. name is as it was issued: NAME_1.
func read(s string, last bool) (n int, name string, st state) {
	if s == "" || s[0] != '[' && s[0] != '\\' && s[0] < 0x80 {
		return 0, "", none
	}
	r := &reader{s: s, last: last}
	fail := func() (int, string, state) {
		if !last && (r.cut || r.done()) {
			return 0, "", part
		}
		return 0, "", none
	}
	if !r.one(opening) {
		return fail()
	}
	r.cut = false
	if !r.one(opening) && r.cut {
		return 0, "", part
	}
	r.spaces()
	name, ok := r.name()
	if !ok {
		return fail()
	}
	r.spaces()
	if !r.one(closing) {
		return fail()
	}
	end := r.at
	r.cut = false
	if opened(s) == 2 && !r.one(closing) && (r.cut || r.done() && !last) {
		return 0, "", part
	}
	return max(end, r.at), name, whole
}

// opened is how many brackets open a token.
func opened(s string) int {
	r := &reader{s: s, last: true}
	n := 0
	for n < 2 && r.one(opening) {
		n++
	}
	return n
}

// name is the label and the number between the brackets.
func (r *reader) name() (string, bool) {
	var label strings.Builder
	for !r.done() && label.Len() <= maxLabel+1 {
		b := r.s[r.at]
		switch {
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			label.WriteByte(b &^ 0x20)
			r.at++
			continue
		case (b == '_' || b == '-' || b == ' ' || b == '\\') && label.Len() > 0:
			if !strings.HasSuffix(label.String(), "_") {
				label.WriteByte('_')
			} else if b != '_' || r.s[r.at-1] != '\\' {
				return "", false
			}
			r.at++
			continue
		}
		break
	}
	from := r.at
	for !r.done() && r.s[r.at] >= '0' && r.s[r.at] <= '9' && r.at-from < maxDigits {
		r.at++
	}
	l := strings.TrimSuffix(label.String(), "_")
	if r.at == from || l == "" || len(l) > maxLabel || r.s[from] == '0' {
		return "", false
	}
	return l + "_" + r.s[from:r.at], true
}
