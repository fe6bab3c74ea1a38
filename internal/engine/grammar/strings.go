package grammar

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"irori/internal/engine/grammar/gbnf"
)

// trie is a set of strings by their characters.
type trie struct {
	next map[rune]*trie
	end  bool
}

func (t *trie) add(s string) {
	for _, r := range s {
		if t.next == nil {
			t.next = map[rune]*trie{}
		}
		if t.next[r] == nil {
			t.next[r] = &trie{}
		}
		t = t.next[r]
	}
	t.end = true
}

// otherString is a rule for JSON strings that are none of the given ones.
// Their characters are compared as written, so an escaped spelling of a given
// string is kept out by not allowing escapes until the strings differ.
func (b *builder) otherString(not []string) (string, error) {
	root := &trie{}
	for _, s := range not {
		root.add(s)
	}
	expr, err := b.differ(root)
	if err != nil {
		return "", err
	}
	return b.rule(`"\"" ` + expr + ` "\""`)
}

// differ is a rule for what may follow in a string that has agreed with a
// path of the trie so far.
func (b *builder) differ(t *trie) (string, error) {
	var alts []string
	var class strings.Builder
	keys := make([]rune, 0, len(t.next))
	for r := range t.next {
		keys = append(keys, r)
	}
	slices.Sort(keys)
	for _, r := range keys {
		class.WriteString(classRune(r))
		e, err := b.differ(t.next[r])
		if err != nil {
			return "", err
		}
		alts = append(alts, literal(string(r))+" "+e)
	}
	alts = append(alts, `[^"\\\x7F\x00-\x1F`+class.String()+`] char*`)
	if !t.end {
		alts = append(alts, `""`)
	}
	return b.rule(strings.Join(alts, " | "))
}

// classRune writes a character inside brackets.
func classRune(r rune) string {
	switch {
	case r == '\\' || r == ']' || r == '[' || r == '^' || r == '-' || r == '"':
		return `\` + hexRune(r)
	case r < ' ' || r == 0x7f:
		return `\` + hexRune(r)
	}
	return string(r)
}

func hexRune(r rune) string { return fmt.Sprintf("x%02X", r) }

// pattern turns a regular expression into an expression over the characters
// of a JSON string. An expression without ^ or $ may have anything there.
func pattern(s, at string) (string, error) {
	re, err := syntax.Parse(s, syntax.Perl&^syntax.OneLine)
	if err != nil {
		return "", refuse(at, "pattern %q: %v", s, err)
	}
	re = re.Simplify()
	left, right, re := anchors(re)
	expr, err := regex(re, at, s, 0)
	if err != nil {
		return "", err
	}
	if !left {
		expr = "char* " + expr
	}
	if !right {
		expr += " char*"
	}
	return expr, nil
}

// anchors takes ^ and $ off the ends.
func anchors(re *syntax.Regexp) (left, right bool, rest *syntax.Regexp) {
	isBegin := func(r *syntax.Regexp) bool { return r.Op == syntax.OpBeginText || r.Op == syntax.OpBeginLine }
	isEnd := func(r *syntax.Regexp) bool { return r.Op == syntax.OpEndText || r.Op == syntax.OpEndLine }
	if re.Op != syntax.OpConcat {
		if isBegin(re) || isEnd(re) {
			return isBegin(re), isEnd(re), &syntax.Regexp{Op: syntax.OpEmptyMatch}
		}
		return false, false, re
	}
	sub := re.Sub
	if len(sub) > 0 && isBegin(sub[0]) {
		left, sub = true, sub[1:]
	}
	if len(sub) > 0 && isEnd(sub[len(sub)-1]) {
		right, sub = true, sub[:len(sub)-1]
	}
	return left, right, &syntax.Regexp{Op: syntax.OpConcat, Sub: sub}
}

func regex(re *syntax.Regexp, at, src string, depth int) (string, error) {
	if depth > maxDepth {
		return "", refuse(at, "pattern %q is nested too deeply", src)
	}
	one := func(suffix string) (string, error) {
		e, err := regex(re.Sub[0], at, src, depth+1)
		return "(" + e + ")" + suffix, err
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return `""`, nil
	case syntax.OpLiteral:
		return regexLiteral(re, at, src)
	case syntax.OpCharClass:
		return regexClass(re.Rune), nil
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "char", nil
	case syntax.OpCapture:
		return one("")
	case syntax.OpStar:
		return one("*")
	case syntax.OpPlus:
		return one("+")
	case syntax.OpQuest:
		return one("?")
	case syntax.OpRepeat:
		if re.Max > gbnf.MaxRepeat || re.Min > gbnf.MaxRepeat {
			return "", refuse(at, "pattern %q repeats more than %d times", src, gbnf.MaxRepeat)
		}
		e, err := one("")
		return repeat(e, re.Min, re.Max), err
	case syntax.OpConcat, syntax.OpAlternate:
		var parts []string
		for _, s := range re.Sub {
			e, err := regex(s, at, src, depth+1)
			if err != nil {
				return "", err
			}
			parts = append(parts, e)
		}
		if re.Op == syntax.OpAlternate {
			return "(" + strings.Join(parts, " | ") + ")", nil
		}
		if len(parts) == 0 {
			return `""`, nil
		}
		return strings.Join(parts, " "), nil
	}
	return "", refuse(at, "pattern %q uses %v, which is not supported", src, re.Op)
}

func regexLiteral(re *syntax.Regexp, at, src string) (string, error) {
	if re.Flags&syntax.FoldCase != 0 {
		return "", refuse(at, "pattern %q ignores case, which is not supported", src)
	}
	var quoted strings.Builder
	if err := writeJSON(&quoted, string(re.Rune)); err != nil {
		return "", refuse(at, "pattern %q: %v", src, err)
	}
	s := quoted.String()
	return literal(s[1 : len(s)-1]), nil
}

// regexClass writes a character class. Characters that a JSON string must
// escape are written escaped.
func regexClass(ranges []rune) string {
	var plain strings.Builder
	var alts []string
	for i := 0; i+1 < len(ranges); i += 2 {
		for lo, hi := ranges[i], ranges[i+1]; lo <= hi; {
			switch {
			case lo < ' ':
				if esc, ok := shortEscapes[lo]; ok {
					alts = append(alts, literal(esc))
				}
				lo++
			case lo == '"' || lo == '\\':
				alts = append(alts, literal(`\`+string(lo)))
				lo++
			case lo == 0x7f:
				lo++
			default:
				end := hi
				for _, stop := range []rune{'"', '\\', 0x7f} {
					if lo < stop && stop <= end {
						end = min(end, stop-1)
					}
				}
				plain.WriteString(classRange(lo, end))
				lo = end + 1
			}
		}
	}
	if plain.Len() > 0 {
		alts = append([]string{"[" + plain.String() + "]"}, alts...)
	}
	if len(alts) == 0 {
		// A class without characters matches nothing that a string can hold.
		return "[^\\x00-\\U0010FFFF]"
	}
	return alternatives(alts)
}

// shortEscapes are the control characters with a short JSON form.
var shortEscapes = map[rune]string{'\n': `\n`, '\t': `\t`, '\r': `\r`, '\b': `\b`, '\f': `\f`}

func classRange(lo, hi rune) string {
	if lo == hi {
		return classRune(lo)
	}
	return classRune(lo) + "-" + classRune(hi)
}
