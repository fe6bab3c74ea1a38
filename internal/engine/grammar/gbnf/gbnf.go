// Package gbnf checks grammars in the library's notation before the library
// reads them.
//
// It knows the notation, and what the library survives. It knows no JSON and
// no model.
package gbnf

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"irori/internal/llm"
)

// Bounds of a grammar. The library walks rules by recursion, so what is too
// deep or branches too often would end or hang its process.
const (
	maxText   = 8 << 20
	maxGroups = 256
	maxChain  = 1000
	maxBranch = 10000
)

// MaxRules and MaxRepeat bound how many rules a grammar has, and how often
// something may be asked to repeat: llama.cpp writes repetitions out, and a
// hostile grammar must not fill memory.
const (
	MaxRules  = 20000
	MaxRepeat = 2000
)

// ErrCircle is in the chain of an error about rules that begin with themselves.
var ErrCircle = errors.New("it begins with itself")

// Check says what is wrong with a GBNF grammar, and where: the library only
// says that something is. It also refuses what the library would accept and
// then not survive: rules that begin with themselves by a detour, and
// repetitions that end before they begin.
func Check(gbnf string) error {
	if len(gbnf) > maxText {
		return llm.Errorf(llm.CodeInvalidRequest, "the grammar has %d bytes; at most %d are possible", len(gbnf), maxText)
	}
	c := &checker{src: gbnf, rules: map[string]*ruleNode{}}
	if err := c.parse(); err != nil {
		return err
	}
	return c.analyse()
}

// ruleNode is a named rule, a group or a repetition of which the library makes
// a rule.
type ruleNode struct {
	name string
	at   int
	alts [][]itemNode
	// cost is about how many rules the library makes of it.
	cost int

	empty bool
	state uint8
	paths int
}

// itemNode is one part of a sequence: characters, or a rule.
type itemNode struct {
	ref *ruleNode
	// name is of a rule not looked up yet.
	name string
	at   int
	// eats is true for characters, of which "" has none.
	eats bool
	// optional is true where it may be left out, endless where it may come
	// any number of times.
	optional, endless bool
}

type checker struct {
	src   string
	pos   int
	rules map[string]*ruleNode
	all   []*ruleNode
}

// fail is an error at a place of the text.
func (c *checker) fail(at int, format string, args ...any) *llm.Error {
	before := c.src[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return llm.Errorf(llm.CodeInvalidRequest, "the grammar is wrong at line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

// found is what stands at the present place, for errors.
func (c *checker) found() string {
	if c.pos >= len(c.src) {
		return "the end"
	}
	if c.src[c.pos] == '\n' || c.src[c.pos] == '\r' {
		return "the end of the line"
	}
	r, _ := utf8.DecodeRuneInString(c.src[c.pos:])
	return strconv.QuoteRune(r)
}

func (c *checker) peek() byte {
	if c.pos < len(c.src) {
		return c.src[c.pos]
	}
	return 0
}

// space passes over blanks and comments, and line ends where they mean
// nothing.
func (c *checker) space(lines bool) {
	for c.pos < len(c.src) {
		switch b := c.src[c.pos]; {
		case b == ' ' || b == '\t', lines && (b == '\n' || b == '\r'):
			c.pos++
		case b == '#':
			for c.pos < len(c.src) && c.src[c.pos] != '\n' && c.src[c.pos] != '\r' {
				c.pos++
			}
		default:
			return
		}
	}
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' || b >= '0' && b <= '9'
}

func (c *checker) word(ok func(byte) bool) string {
	from := c.pos
	for c.pos < len(c.src) && ok(c.src[c.pos]) {
		c.pos++
	}
	return c.src[from:c.pos]
}

func (c *checker) parse() error {
	if i := strings.IndexByte(c.src, 0); i >= 0 {
		return c.fail(i, "a NUL character")
	}
	for c.space(true); c.pos < len(c.src); c.space(true) {
		at := c.pos
		name := c.word(isWord)
		if name == "" {
			return c.fail(at, "a rule must begin here, as name ::= …, not with %s", c.found())
		}
		c.space(false)
		if !strings.HasPrefix(c.src[c.pos:], "::=") {
			return c.fail(c.pos, "::= must follow the name of rule %s, not %s", name, c.found())
		}
		c.pos += len("::=")
		c.space(true)
		r := &ruleNode{name: name, at: at, cost: 1}
		if err := c.alternatives(r, false, 0); err != nil {
			return err
		}
		if b := c.peek(); b != 0 && b != '\n' && b != '\r' {
			return c.fail(c.pos, "rule %s cannot go on with %s", name, c.found())
		}
		// Of two rules with one name the later one holds, as in the library.
		c.rules[name] = r
		if c.all = append(c.all, r); len(c.all) > 5*MaxRules {
			return c.fail(at, "more than %d rules", 5*MaxRules)
		}
	}
	return nil
}

func (c *checker) alternatives(r *ruleNode, nested bool, depth int) error {
	if depth > maxGroups {
		return c.fail(c.pos, "groups are nested deeper than %d", maxGroups)
	}
	for {
		seq, err := c.sequence(r, nested, depth)
		if err != nil {
			return err
		}
		r.alts = append(r.alts, seq)
		if c.peek() != '|' {
			return nil
		}
		c.pos++
		c.space(true)
	}
}

func (c *checker) sequence(r *ruleNode, nested bool, depth int) ([]itemNode, error) {
	var seq []itemNode
	cost, repeatable := 1, false
	for {
		at := c.pos
		switch b := c.peek(); {
		case b == '"':
			n, err := c.chars('"')
			if err != nil {
				return nil, err
			}
			seq, cost, repeatable = append(seq, itemNode{at: at, eats: n > 0}), 1, n > 0
		case b == '[':
			n, err := c.chars(']')
			if err != nil {
				return nil, err
			}
			if n == 0 {
				return nil, c.fail(at, "[] holds no character")
			}
			seq, cost, repeatable = append(seq, itemNode{at: at, eats: true}), 1, true
		case b == '.':
			c.pos++
			seq, cost, repeatable = append(seq, itemNode{at: at, eats: true}), 1, true
		case b == '<' || b == '!':
			if err := c.token(); err != nil {
				return nil, err
			}
			seq, cost, repeatable = append(seq, itemNode{at: at, eats: true}), 1, true
		case isWord(b):
			seq, cost, repeatable = append(seq, itemNode{at: at, name: c.word(isWord)}), 1, true
		case b == '(':
			group := &ruleNode{name: r.name, at: at, cost: 1}
			c.pos++
			c.space(true)
			if err := c.alternatives(group, true, depth+1); err != nil {
				return nil, err
			}
			if c.peek() != ')' {
				return nil, c.fail(c.pos, "the group that begins here needs its ), not %s", c.found())
			}
			c.pos++
			c.all = append(c.all, group)
			seq, cost, repeatable = append(seq, itemNode{at: at, ref: group}), group.cost, true
			r.cost += group.cost
		case b == '*' || b == '+' || b == '?' || b == '{':
			if !repeatable {
				return nil, c.fail(at, "%c has nothing before it to repeat", b)
			}
			lo, hi, err := c.times()
			if err != nil {
				return nil, err
			}
			if cost *= max(lo, hi, 1); cost > MaxRepeat {
				return nil, c.fail(at, "repetitions inside each other come to more than %d", MaxRepeat)
			}
			r.cost += max(hi-lo, 1)
			last := &seq[len(seq)-1]
			if last.optional && hi < 0 {
				return nil, c.fail(at, endlessEmpty, r.name)
			}
			last.optional = last.optional || lo == 0
			last.endless = last.endless || hi < 0
		default:
			return seq, nil
		}
		c.space(nested)
	}
}

// times reads a repetition; hi is -1 for any number.
func (c *checker) times() (lo, hi int, err error) {
	at := c.pos
	c.pos++
	switch c.src[at] {
	case '*':
		return 0, -1, nil
	case '+':
		return 1, -1, nil
	case '?':
		return 0, 1, nil
	}
	c.space(true)
	if lo, err = c.count(); err != nil {
		return 0, 0, err
	}
	hi = lo
	if c.peek() == ',' {
		c.pos++
		c.space(true)
		if hi = -1; c.peek() >= '0' && c.peek() <= '9' {
			if hi, err = c.count(); err != nil {
				return 0, 0, err
			}
		}
	}
	if c.peek() != '}' {
		return 0, 0, c.fail(c.pos, "a repetition ends with }, not %s", c.found())
	}
	c.pos++
	if hi >= 0 && hi < lo {
		return 0, 0, c.fail(at, "a repetition from %d to %d", lo, hi)
	}
	return lo, hi, nil
}

func (c *checker) count() (int, error) {
	at := c.pos
	s := c.word(func(b byte) bool { return b >= '0' && b <= '9' })
	if s == "" {
		return 0, c.fail(at, "a number of times must stand here, not %s", c.found())
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > MaxRepeat {
		return 0, c.fail(at, "a repetition of %s times; at most %d are possible", s, MaxRepeat)
	}
	c.space(true)
	return n, nil
}

// chars reads a string or a class up to its end and counts its characters.
func (c *checker) chars(end byte) (int, error) {
	at := c.pos
	c.pos++
	if end == ']' && c.peek() == '^' {
		c.pos++
	}
	for n := 0; ; n++ {
		switch b := c.peek(); {
		case c.pos >= len(c.src):
			return 0, c.fail(at, "what begins here has no closing %c", end)
		case b == end:
			c.pos++
			return n, nil
		case b == '\\':
			if err := c.escape(); err != nil {
				return 0, err
			}
		default:
			_, size := utf8.DecodeRuneInString(c.src[c.pos:])
			c.pos += size
		}
	}
}

func (c *checker) escape() error {
	at := c.pos
	digits := 0
	if at+1 >= len(c.src) {
		return c.fail(at, "an escape without a character")
	}
	switch c.src[at+1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case 't', 'r', 'n', '\\', '"', '[', ']', '-':
	default:
		r, _ := utf8.DecodeRuneInString(c.src[at+1:])
		return c.fail(at, `the escape \%c is not known; use \n, \r, \t, \\, \", \[, \], \-, \x, \u or \U`, r)
	}
	c.pos += 2
	for range digits {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c.peek())) || c.peek() == 0 {
			return c.fail(at, `\%c needs %d hexadecimal digits`, c.src[at+1], digits)
		}
		c.pos++
	}
	return nil
}

// token reads <text>, <[id]>, or either after an exclamation mark.
func (c *checker) token() error {
	at := c.pos
	if c.peek() == '!' {
		c.pos++
	}
	if c.peek() != '<' {
		return c.fail(c.pos, "a token stands between < and >, not %s", c.found())
	}
	end := strings.IndexAny(c.src[c.pos:], ">\n")
	if end < 0 || c.src[c.pos+end] != '>' {
		return c.fail(at, "the token that begins here has no closing >")
	}
	c.pos += end + 1
	return nil
}

const endlessEmpty = "what may be empty is repeated without an end in rule %s"

// analyse looks at the rules together.
func (c *checker) analyse() error {
	if c.rules["root"] == nil {
		return llm.Errorf(llm.CodeInvalidRequest, "the grammar has no rule named root")
	}
	for _, r := range c.all {
		for _, seq := range r.alts {
			for i := range seq {
				if seq[i].name == "" {
					continue
				}
				if seq[i].ref = c.rules[seq[i].name]; seq[i].ref == nil {
					return c.fail(seq[i].at, "rule %s is not defined", seq[i].name)
				}
			}
		}
	}
	c.findEmpty()
	for _, r := range c.all {
		for _, seq := range r.alts {
			for _, x := range seq {
				if x.endless && x.ref != nil && x.ref.empty {
					return c.fail(x.at, endlessEmpty, r.name)
				}
			}
		}
	}
	for _, r := range c.all {
		if err := c.walk(r, nil); err != nil {
			return err
		}
	}
	return nil
}

// findEmpty marks the rules that may match nothing. A sequence that waits for
// rules to turn out empty is looked at again with each of them.
func (c *checker) findEmpty() {
	type waiting struct {
		rule *ruleNode
		left *int
	}
	waits := map[*ruleNode][]waiting{}
	var found []*ruleNode
	mark := func(r *ruleNode) {
		if !r.empty {
			r.empty = true
			found = append(found, r)
		}
	}
	for _, r := range c.all {
		for _, seq := range r.alts {
			if slices.ContainsFunc(seq, func(x itemNode) bool { return x.eats && !x.optional }) {
				continue
			}
			left := new(int)
			for _, x := range seq {
				if x.ref != nil && !x.optional {
					*left++
					waits[x.ref] = append(waits[x.ref], waiting{r, left})
				}
			}
			if *left == 0 {
				mark(r)
			}
		}
	}
	for len(found) > 0 {
		next := found[len(found)-1]
		found = found[:len(found)-1]
		for _, w := range waits[next] {
			if *w.left--; *w.left == 0 {
				mark(w.rule)
			}
		}
	}
}

// needed reports whether an item matches at least one character.
func (x itemNode) needed() bool { return !x.optional && (x.eats || x.ref != nil && !x.ref.empty) }

const (
	walking = iota + 1
	walked
)

// walk follows what rules begin with, as the library does for each character:
// a rule must not come to itself there, nor by too many ways to others.
func (c *checker) walk(r *ruleNode, way []string) error {
	switch r.state {
	case walked:
		return nil
	case walking:
		i := slices.Index(way, r.name)
		err := c.fail(r.at, "rule %s", strings.Join(append(slices.Compact(way[max(i, 0):]), r.name), " → "))
		err.Err = ErrCircle
		return err
	}
	r.state, r.paths = walking, 1
	way = append(way, r.name)
	if len(way) > maxChain {
		return c.fail(r.at, "rules begin with each other more than %d deep", maxChain)
	}
	for _, seq := range r.alts {
		if r.paths++; r.paths > maxBranch {
			return c.fail(r.at, "rule %s begins in more than %d ways", r.name, maxBranch)
		}
		for _, x := range seq {
			if x.ref != nil {
				if err := c.walk(x.ref, way); err != nil {
					return err
				}
				if r.paths += x.ref.paths; r.paths > maxBranch {
					return c.fail(r.at, "rule %s begins in more than %d ways", r.name, maxBranch)
				}
			}
			if x.needed() {
				break
			}
		}
	}
	r.state = walked
	return nil
}
