package score

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// most is how many options a question may have.
const most = 26

// pickOne is an option as something names it: by a letter, or by a number.
type pickOne struct {
	index  int
	letter bool
	// ordinal says that the number counts from one: ①.
	ordinal bool
}

// choices compares options. A number is what the gold numbers by; where the
// gold is a letter, numbers count from one, as people count.
func choices(it Item) (Result, error) {
	gold, err := goldText(it.Gold)
	if err != nil {
		return Result{}, err
	}
	want, ok := goldChoice(gold)
	if !ok {
		return Result{}, fmt.Errorf("gold names no option: %.60q", gold)
	}
	if it.Output == nil {
		return Result{}, nil
	}
	base := 0
	if want.letter {
		base = 1
	}
	got, ok := choiceOf(*it.Output, base, it.Choices)
	if !ok {
		return Result{State: Unparsed}, nil
	}
	// What was read is told in the gold's own way.
	parsed := fmt.Sprint(got)
	if want.letter {
		parsed = string(rune('A' + got))
	}
	if got == want.index {
		return Result{State: Right, Parsed: parsed}, nil
	}
	return Result{State: Wrong, Parsed: parsed}, nil
}

func goldChoice(s string) (pickOne, bool) {
	list := named(foldChoice(s), true)
	if len(list) != 1 {
		return pickOne{}, false
	}
	return list[0], true
}

// circled are numbers that options carry; NFKC would make bare digits of them.
const circled = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"

// foldChoice folds a text, and keeps circled numbers apart as #1 and so on.
func foldChoice(s string) string {
	var b strings.Builder
	for _, r := range s {
		if i := strings.IndexRune(circled, r); i >= 0 {
			fmt.Fprintf(&b, " \x01%d ", i/len("①")+1)
			continue
		}
		b.WriteRune(r)
	}
	return fold(b.String())
}

// choiceOf finds the one option that an answer names. Two are none.
func choiceOf(output string, base int, texts []string) (int, bool) {
	s := foldChoice(output)
	index := func(list []pickOne) (int, bool) { return single(ofKind(list, base == 1), base) }
	if in, ok := boxed(s); ok {
		if i, ok := index(named(latex(in), true)); ok {
			return i, true
		}
	}
	s = latex(s)
	found, some, stop := 0, false, false
	announced(s, func(clause string) bool {
		list := named(firstSentence(clause), true)
		found, some = index(list)
		stop = len(list) > 0
		return stop
	})
	switch {
	case some:
		return found, true
	case stop:
		return 0, false
	}
	if i, ok := byText(s, texts); ok {
		return i, true
	}
	if i, ok := index(head(s)); ok {
		return i, true
	}
	if i, ok := index(named(s, false)); ok {
		return i, true
	}
	// One bare letter is an answer anywhere, a number only where it is nearly
	// all that was said. An A among words may be the article or the option.
	if base == 1 && !strings.Contains(" "+s, " A ") || utf8.RuneCountInString(strings.TrimSpace(s)) <= brief {
		return index(named(s, true))
	}
	return 0, false
}

// brief is how many characters an answer has that says little but its option.
const brief = 12

// ofKind leaves what names options as the gold does, if anything does: in
// "(F) 12" the number is the option's text.
func ofKind(list []pickOne, letter bool) []pickOne {
	var out []pickOne
	for _, p := range list {
		if p.letter == letter {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return list
	}
	return out
}

// single is the option that all of a list name.
func single(list []pickOne, base int) (int, bool) {
	if len(list) == 0 {
		return 0, false
	}
	at := -1
	for _, p := range list {
		i := p.index
		switch {
		case p.ordinal:
			i--
		case !p.letter:
			i -= base
		}
		if at >= 0 && i != at || i < 0 || i >= most {
			return 0, false
		}
		at = i
	}
	return at, true
}

// firstSentence is what an announcement says.
func firstSentence(s string) string {
	s = strings.TrimLeft(s, " \n:：")
	if i := strings.IndexAny(s, "\n。"); i >= 0 {
		s = s[:i]
	}
	if i := strings.Index(s, ". "); i > 2 {
		s = s[:i]
	}
	return s
}

// head is an option that an answer begins with: "C. Because", "(2)", ウ。
func head(s string) []pickOne {
	s = strings.TrimSpace(s)
	line, _, _ := strings.Cut(s, "\n")
	list := named(line, false)
	short := utf8.RuneCountInString(strings.TrimSpace(line)) <= brief
	if len(list) > 0 && short {
		return list
	}
	for i, r := range line {
		if i > 0 && strings.ContainsRune(".)):、。", r) {
			list := named(line[:i]+")", true)
			if r == '、' {
				// A、B names two.
				list = append(list, named(strings.TrimSpace(line[i+len("、"):]), false)...)
			}
			return list
		}
		if i > len("「\x0120") {
			break
		}
	}
	return nil
}

// named lists the options that a text names. Loosely only those count that
// stand in brackets or alone in the text; what follows an announcement need
// only stand by itself.
func named(s string, announcedBefore bool) []pickOne {
	rs := []rune(s)
	var out []pickOne
	for i := 0; i < len(rs); i++ {
		p, n, ok := option(rs[i:])
		if !ok {
			continue
		}
		before, after := at(rs, i-1), at(rs, i+n)
		i += n - 1
		if !apart(before, after, rs[i-n+1]) {
			continue
		}
		wrapped := strings.ContainsRune("([「『【<〈\"'“‘*", before) && strings.ContainsRune(")]」』】>〉\"'”’*", after)
		alone := strings.TrimSpace(strings.Trim(s, ".。)( :、です")) == string(rs[i-n+1:i+1])
		small := rs[i-n+1] >= 'a' && rs[i-n+1] <= 'z'
		switch {
		case wrapped || alone || p.ordinal:
		case small || !announcedBefore:
			continue
		case article(rs, i, n):
			continue
		}
		out = append(out, p)
	}
	return out
}

// article reports whether A or I is a word of English there.
func article(rs []rune, i, n int) bool {
	c := rs[i-n+1]
	if (c != 'A' && c != 'I') || at(rs, i+1) != ' ' || !unicode.IsLower(at(rs, i+2)) {
		return false
	}
	// In "A or B" it is an option.
	for _, joint := range []string{"or ", "and ", "nor "} {
		if from := i + 2 + len(joint); from < len(rs) && string(rs[i+2:from]) == joint && unicode.IsUpper(rs[from]) && !unicode.IsLetter(at(rs, from+1)) {
			return false
		}
	}
	return true
}

func at(rs []rune, i int) rune {
	if i < 0 || i >= len(rs) {
		return 0
	}
	return rs[i]
}

// kana are the letters that Japanese options carry.
const kana = "アイウエオカキクケコ"

// option reads a letter, a kana or a number at the beginning of a text.
func option(rs []rune) (p pickOne, n int, ok bool) {
	c := rs[0]
	switch {
	case c >= 'A' && c <= 'Z':
		return pickOne{index: int(c - 'A'), letter: true}, 1, true
	case c >= 'a' && c <= 'z':
		return pickOne{index: int(c - 'a'), letter: true}, 1, true
	case strings.ContainsRune(kana, c):
		return pickOne{index: strings.IndexRune(kana, c) / len("ア"), letter: true}, 1, true
	case c == 1:
		p.ordinal = true
		n = 1
	case c < '0' || c > '9':
		return p, 0, false
	}
	for n < len(rs) && n < 4 && rs[n] >= '0' && rs[n] <= '9' {
		p.index = p.index*10 + int(rs[n]-'0')
		n++
	}
	return p, n, true
}

// apart reports whether an option stands by itself: a letter not in a word, a
// kana not in katakana, a number not in a figure.
func apart(before, after, c rune) bool {
	joins := func(r rune) bool {
		switch {
		case c >= '0' && c <= '9':
			return r >= '0' && r <= '9' || r == ',' || r < 0x80 && unicode.IsLetter(r)
		case c < 0x80:
			return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '_'
		}
		return unicode.Is(unicode.Katakana, r) || r == 'ー'
	}
	if c < 0x80 && after == '\'' {
		return before == '\''
	}
	return !joins(before) && !joins(after)
}

// byText finds the one option whose text the answer is, or has in it.
func byText(s string, texts []string) (int, bool) {
	if len(texts) == 0 {
		return 0, false
	}
	got, found, longest := plain(s), -1, ""
	for i, t := range texts {
		if strings.EqualFold(plain(t), got) {
			return i, true
		}
	}
	for i, t := range texts {
		t = strings.ToLower(plain(t))
		if t == "" || !strings.Contains(strings.ToLower(got), t) {
			continue
		}
		switch {
		case found < 0 || strings.Contains(t, longest):
			found, longest = i, t
		case !strings.Contains(longest, t):
			return 0, false // two that are not part of each other
		}
	}
	return found, found >= 0
}
