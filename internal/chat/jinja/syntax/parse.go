package syntax

import (
	"slices"

	"irori/internal/chat/jinja/value"
)

// Options say what the parser may accept.
type Options struct {
	// MaxDepth bounds the nesting of statements and expressions.
	MaxDepth int
	// MaxTokens bounds the number of tokens.
	MaxTokens int
	// HasFilter and HasTest say which names exist. Like in Jinja2, an unknown
	// one inside an if fails only when it is reached.
	HasFilter, HasTest func(name string) bool
}

// Parse reads a template. It throws *value.Error on bad syntax.
func Parse(src string, o Options) []Node {
	p := &parser{toks: lex(src, o.MaxTokens), o: o}
	body := p.body()
	if p.cur().kind != tokEOF {
		fail(p.line(), "unexpected %s", p.cur())
	}
	if len(p.unknown) > 0 {
		panic(p.unknown[0])
	}
	return body
}

type parser struct {
	toks  []token
	pos   int
	depth int
	o     Options
	// soft is true directly inside an if.
	soft bool
	// loops counts the loops around.
	loops   int
	unknown []*value.Error
	// macros collects which special names the macro bodies around use.
	macros []*Macro
}

func (p *parser) cur() token  { return p.toks[p.pos] }
func (p *parser) line() int   { return p.cur().line }
func (p *parser) here() Line  { return Line(p.cur().line) }
func (p *parser) peek() token { return p.toks[min(p.pos+1, len(p.toks)-1)] }

func (p *parser) advance() token {
	t := p.toks[p.pos]
	if p.pos < len(p.toks)-1 {
		p.pos++
	}
	return t
}

func (p *parser) isOp(op string) bool { return p.cur().kind == tokOp && p.cur().text == op }

func (p *parser) isName(names ...string) bool {
	return p.cur().kind == tokName && slices.Contains(names, p.cur().text)
}

func (p *parser) skipOp(op string) bool {
	if p.isOp(op) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) skipName(name string) bool {
	if p.isName(name) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expectOp(op string) {
	if !p.skipOp(op) {
		fail(p.line(), "expected '%s', got %s", op, p.cur())
	}
}

func (p *parser) expect(kind tokenKind, what string) token {
	if p.cur().kind != kind {
		fail(p.line(), "expected %s, got %s", what, p.cur())
	}
	return p.advance()
}

func (p *parser) enter() {
	if p.depth++; p.depth > p.o.MaxDepth {
		panic(&value.Error{Kind: value.KindLimit, Msg: "template nests too deeply", Line: p.line()})
	}
}

func (p *parser) leave() { p.depth-- }

// body reads statements until one of the end tags, whose name it leaves as
// the current token, or the end of the template.
func (p *parser) body(ends ...string) []Node {
	p.enter()
	defer p.leave()
	var out []Node
	for {
		t := p.cur()
		switch t.kind {
		case tokEOF:
			if len(ends) > 0 {
				fail(t.line, "unexpected end of template, looking for '%s'", ends[0])
			}
			return out
		case tokText:
			p.advance()
			out = append(out, &Text{Line(t.line), t.text})
		case tokVarBegin:
			p.advance()
			out = append(out, &Output{Line(t.line), p.tuple(tupleOf{cond: true})})
			p.expect(tokVarEnd, "'}}'")
		case tokBlockBegin:
			p.advance()
			if p.isName(ends...) {
				return out
			}
			if n := p.statement(); n != nil {
				out = append(out, n)
			}
			p.expect(tokBlockEnd, "'%}'")
		default:
			fail(t.line, "unexpected %s", t)
		}
	}
}

// block reads the rest of the opening tag, a body, and the end tag's name.
func (p *parser) block(soft bool, ends ...string) []Node {
	p.expect(tokBlockEnd, "'%}'")
	was := p.soft
	p.soft = soft
	b := p.body(ends...)
	p.soft = was
	return b
}

func (p *parser) statement() Node {
	t := p.expect(tokName, "a statement")
	line := Line(t.line)
	switch t.text {
	case "if":
		return p.ifStatement(line)
	case "for":
		return p.forStatement(line)
	case "set":
		return p.setStatement(line)
	case "macro":
		m := &Macro{Line: line, Name: p.expect(tokName, "a name").text}
		p.signature(m)
		p.macroBody(m, "endmacro")
		return m
	case "call":
		return p.callBlock(line)
	case "filter":
		f := p.filter(nil)
		body := p.block(false, "endfilter")
		p.advance()
		return &FilterBlock{line, f, body}
	case "with":
		return p.withStatement(line)
	case "autoescape":
		p.expression(true)
		return p.scope(line, "endautoescape")
	case "generation":
		return p.scope(line, "endgeneration")
	case "block":
		p.expect(tokName, "a name")
		n := p.scope(line, "endblock")
		if p.cur().kind == tokName {
			p.advance()
		}
		return n
	case "print":
		return &Output{line, p.tuple(tupleOf{cond: true})}
	case "break", "continue":
		if p.loops == 0 {
			fail(t.line, "'%s' outside a loop", t.text)
		}
		return &Jump{line, t.text == "break"}
	}
	fail(t.line, "encountered unknown tag '%s'", t.text)
	return nil
}

func (p *parser) scope(line Line, end string) Node {
	body := p.block(false, end)
	p.advance()
	return &Scope{Line: line, Body: body}
}

func (p *parser) ifStatement(line Line) Node {
	n := &If{Line: line}
	for {
		was := p.soft
		p.soft = true
		cond := p.tuple(tupleOf{})
		p.soft = was
		n.Branches = append(n.Branches, Branch{cond, p.block(true, "elif", "else", "endif")})
		if p.advance().text == "elif" {
			continue
		}
		if p.toks[p.pos-1].text == "else" {
			n.Branches = append(n.Branches, Branch{nil, p.block(true, "endif")})
			p.advance()
		}
		return n
	}
}

func (p *parser) forStatement(line Line) Node {
	n := &For{Line: line}
	n.Target = p.target(false, "in")
	if !p.skipName("in") {
		fail(p.line(), "expected 'in', got %s", p.cur())
	}
	n.Iter = p.tuple(tupleOf{ends: []string{"recursive"}})
	if p.skipName("if") {
		n.Filter = p.expression(true)
	}
	n.Recursive = p.skipName("recursive")
	p.loops++
	n.Body = p.block(false, "endfor", "else")
	p.loops--
	if p.advance().text == "else" {
		n.Else = p.block(false, "endfor")
		p.advance()
	}
	return n
}

func (p *parser) setStatement(line Line) Node {
	n := &Set{Line: line, Target: p.target(true)}
	if p.skipOp("=") {
		n.Value = p.tuple(tupleOf{cond: true})
		return n
	}
	if p.skipOp("|") {
		n.Filter = p.filter(nil)
	}
	n.Body = p.block(false, "endset")
	if n.Body == nil {
		n.Body = []Node{}
	}
	p.advance()
	return n
}

// target reads what is assigned to: names, and where allowed attributes of a
// namespace.
func (p *parser) target(attrs bool, ends ...string) Node {
	t := p.tuple(tupleOf{target: true, attrs: attrs, ends: ends})
	p.checkTarget(t, attrs)
	return t
}

func (p *parser) checkTarget(n Node, attrs bool) {
	switch n := n.(type) {
	case *Name:
		return
	case *GetAttr:
		if _, ok := n.X.(*Name); ok && attrs {
			return
		}
	case *Sequence:
		if n.Tuple && len(n.Items) > 0 {
			for _, x := range n.Items {
				p.checkTarget(x, attrs)
			}
			return
		}
	}
	fail(n.At(), "cannot assign to this expression")
}

func (p *parser) signature(m *Macro) {
	p.expectOp("(")
	for !p.isOp(")") {
		if len(m.Params) > 0 {
			p.expectOp(",")
		}
		m.Params = append(m.Params, p.expect(tokName, "a name").text)
		if p.skipOp("=") {
			m.Defaults = append(m.Defaults, p.expression(true))
		} else if len(m.Defaults) > 0 {
			fail(p.line(), "non-default argument follows default argument")
		}
	}
	p.advance()
}

// macroBody reads the body and notes which of the special names it uses; an
// inner macro's use counts for the outer one too, as in Jinja2.
func (p *parser) macroBody(m *Macro, end string) {
	loops := p.loops
	p.loops = 0
	p.macros = append(p.macros, m)
	m.Body = p.block(false, end)
	p.macros = p.macros[:len(p.macros)-1]
	p.loops = loops
	p.advance()
}

func (p *parser) noteSpecial(name string) {
	for _, m := range p.macros {
		switch name {
		case "caller":
			m.Caller = true
		case "varargs":
			m.Varargs = true
		case "kwargs":
			m.Kwargs = true
		}
	}
}

func (p *parser) callBlock(line Line) Node {
	m := &Macro{Line: line}
	b := &CallBlock{Line: line, Body: m}
	if p.isOp("(") {
		p.signature(m)
	}
	x := p.expression(true)
	call, ok := x.(*Call)
	if !ok {
		fail(int(line), "expected call")
	}
	b.Call = call
	p.macroBody(m, "endcall")
	return b
}

func (p *parser) withStatement(line Line) Node {
	n := &Scope{Line: line}
	for p.cur().kind != tokBlockEnd {
		if len(n.Targets) > 0 {
			p.expectOp(",")
		}
		n.Targets = append(n.Targets, p.oneTarget())
		p.expectOp("=")
		n.Values = append(n.Values, p.expression(true))
	}
	n.Body = p.block(false, "endwith")
	p.advance()
	return n
}

// oneTarget reads a single target without commas outside parentheses.
func (p *parser) oneTarget() Node {
	t := p.primary(false)
	p.checkTarget(t, false)
	return t
}
