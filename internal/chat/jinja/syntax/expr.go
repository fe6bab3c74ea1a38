package syntax

import (
	"slices"

	"irori/internal/chat/jinja/value"
)

// tupleOf says what a tuple without parentheses may hold.
type tupleOf struct {
	// cond allows an inline if.
	cond bool
	// target reads assignment targets, attrs namespace attributes among them.
	target, attrs bool
	// parens is set within parentheses, where the tuple may be empty.
	parens bool
	// ends are names that end the tuple.
	ends []string
}

func (p *parser) tuple(o tupleOf) Node {
	line := p.here()
	var items []Node
	isTuple := false
	for {
		if len(items) > 0 {
			p.expectOp(",")
		}
		k := p.cur().kind
		if k == tokVarEnd || k == tokBlockEnd || p.isOp(")") || p.isName(o.ends...) {
			break
		}
		if o.target {
			items = append(items, p.primary(o.attrs))
		} else {
			items = append(items, p.expression(o.cond))
		}
		if !p.isOp(",") {
			break
		}
		isTuple = true
	}
	if !isTuple {
		if len(items) > 0 {
			return items[0]
		}
		if !o.parens {
			fail(p.line(), "expected an expression, got %s", p.cur())
		}
	}
	return &Sequence{line, items, true}
}

func (p *parser) expression(cond bool) Node {
	p.enter()
	defer p.leave()
	known := len(p.unknown)
	x := p.or()
	if !cond {
		return x
	}
	for p.isName("if") {
		line := p.here()
		p.advance()
		c := p.or()
		var y Node
		if p.skipName("else") {
			y = p.expression(true)
		}
		p.unknown = p.unknown[:known]
		x = &Cond{line, c, x, y}
	}
	return x
}

func (p *parser) or() Node {
	x := p.and()
	for p.isName("or") {
		line := p.here()
		p.advance()
		x = &Binary{line, "or", x, p.and()}
	}
	return x
}

func (p *parser) and() Node {
	x := p.not()
	for p.isName("and") {
		line := p.here()
		p.advance()
		x = &Binary{line, "and", x, p.not()}
	}
	return x
}

func (p *parser) not() Node {
	if p.isName("not") {
		p.enter()
		defer p.leave()
		line := p.here()
		p.advance()
		return &Unary{line, "not", p.not()}
	}
	return p.compare()
}

var compareOps = []string{"==", "!=", "<", "<=", ">", ">="}

func (p *parser) compare() Node {
	line := p.here()
	x := p.sum()
	var ops []Operand
	for {
		op := ""
		switch {
		case p.cur().kind == tokOp && slices.Contains(compareOps, p.cur().text):
			op = p.advance().text
		case p.skipName("in"):
			op = "in"
		case p.isName("not") && p.peek().kind == tokName && p.peek().text == "in":
			p.advance()
			p.advance()
			op = "not in"
		}
		if op == "" {
			break
		}
		ops = append(ops, Operand{op, p.sum()})
	}
	if ops == nil {
		return x
	}
	return &Compare{line, x, ops}
}

func (p *parser) infix(next func() Node, ops ...string) Node {
	x := next()
	for p.cur().kind == tokOp && slices.Contains(ops, p.cur().text) {
		line := p.here()
		op := p.advance().text
		x = &Binary{line, op, x, next()}
	}
	return x
}

func (p *parser) sum() Node { return p.infix(p.concat, "+", "-") }

func (p *parser) concat() Node {
	line := p.here()
	items := []Node{p.product()}
	for p.skipOp("~") {
		items = append(items, p.product())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &Concat{line, items}
}

func (p *parser) product() Node { return p.infix(p.power, "*", "/", "//", "%") }

func (p *parser) power() Node {
	return p.infix(func() Node { return p.unary(true) }, "**")
}

func (p *parser) unary(filters bool) Node {
	p.enter()
	defer p.leave()
	line := p.here()
	var x Node
	switch {
	case p.isOp("-"), p.isOp("+"):
		op := p.advance().text
		x = &Unary{line, op, p.unary(false)}
	default:
		x = p.primary(false)
	}
	x = p.postfix(x)
	if filters {
		x = p.filtersAndTests(x)
	}
	return x
}

func (p *parser) primary(attrs bool) Node {
	p.enter()
	defer p.leave()
	line := p.here()
	t := p.advance()
	switch t.kind {
	case tokName:
		return p.name(t, attrs)
	case tokString:
		s := t.text
		for p.cur().kind == tokString {
			s += p.advance().text
		}
		return &Const{line, s}
	case tokInt:
		return &Const{line, intLiteral(t)}
	case tokFloat:
		return &Const{line, floatLiteral(t)}
	case tokOp:
		switch t.text {
		case "(":
			x := p.tuple(tupleOf{cond: true, parens: true})
			p.expectOp(")")
			return x
		case "[":
			return p.list(line)
		case "{":
			return p.dict(line)
		}
	}
	fail(t.line, "unexpected %s", t)
	return nil
}

func (p *parser) name(t token, attrs bool) Node {
	line := Line(t.line)
	switch t.text {
	case "true", "True":
		return &Const{line, true}
	case "false", "False":
		return &Const{line, false}
	case "none", "None":
		return &Const{line, nil}
	}
	p.noteSpecial(t.text)
	n := &Name{line, t.text}
	if attrs && p.skipOp(".") {
		return &GetAttr{line, n, p.expect(tokName, "a name").text}
	}
	return n
}

func (p *parser) list(line Line) Node {
	l := &Sequence{Line: line}
	for !p.isOp("]") {
		if len(l.Items) > 0 {
			p.expectOp(",")
		}
		if p.isOp("]") {
			break
		}
		l.Items = append(l.Items, p.expression(true))
	}
	p.advance()
	return l
}

func (p *parser) dict(line Line) Node {
	d := &Dict{Line: line}
	for !p.isOp("}") {
		if len(d.Keys) > 0 {
			p.expectOp(",")
		}
		if p.isOp("}") {
			break
		}
		d.Keys = append(d.Keys, p.expression(true))
		p.expectOp(":")
		d.Values = append(d.Values, p.expression(true))
	}
	p.advance()
	return d
}

func (p *parser) postfix(x Node) Node {
	for {
		line := p.here()
		switch {
		case p.skipOp("."):
			t := p.advance()
			switch t.kind {
			case tokName:
				x = &GetAttr{line, x, t.text}
			case tokInt:
				x = &GetItem{line, x, &Const{line, intLiteral(t)}}
			default:
				fail(t.line, "expected a name or a number, got %s", t)
			}
		case p.skipOp("["):
			x = &GetItem{line, x, p.subscript()}
		case p.isOp("("):
			x = &Call{line, x, p.args()}
		default:
			return x
		}
	}
}

func (p *parser) subscript() Node {
	line := p.here()
	var items []Node
	for !p.isOp("]") {
		if len(items) > 0 {
			p.expectOp(",")
		}
		items = append(items, p.subscripted())
	}
	p.advance()
	if len(items) == 1 {
		return items[0]
	}
	return &Sequence{line, items, true}
}

// subscripted reads one index or slice.
func (p *parser) subscripted() Node {
	s := &Slice{Line: p.here()}
	if !p.isOp(":") {
		x := p.expression(true)
		if !p.isOp(":") {
			return x
		}
		s.Lo = x
	}
	p.advance()
	part := func() Node {
		if p.isOp(":") || p.isOp("]") || p.isOp(",") {
			return nil
		}
		return p.expression(true)
	}
	s.Hi = part()
	if p.skipOp(":") {
		s.Step = part()
	}
	return s
}

func (p *parser) args() Args {
	var a Args
	p.expectOp("(")
	for first := true; !p.isOp(")"); first = false {
		if !first {
			p.expectOp(",")
			if p.isOp(")") {
				break
			}
		}
		switch {
		case p.isOp("*") && a.Star == nil && a.StarStar == nil:
			p.advance()
			a.Star = p.expression(true)
		case p.isOp("**") && a.StarStar == nil:
			p.advance()
			a.StarStar = p.expression(true)
		case p.cur().kind == tokName && p.peek().kind == tokOp && p.peek().text == "=" && a.StarStar == nil:
			a.Names = append(a.Names, p.advance().text)
			p.advance()
			a.Named = append(a.Named, p.expression(true))
		case a.Star == nil && a.StarStar == nil && len(a.Names) == 0:
			a.Pos = append(a.Pos, p.expression(true))
		default:
			fail(p.line(), "invalid syntax for function call expression")
		}
	}
	p.advance()
	return a
}

func (p *parser) filtersAndTests(x Node) Node {
	for {
		switch {
		case p.isOp("|"):
			p.advance()
			x = p.filter(x)
		case p.isName("is"):
			p.advance()
			x = p.test(x)
		case p.isOp("("):
			x = &Call{p.here(), x, p.args()}
		default:
			return x
		}
	}
}

func (p *parser) dotted(what string) string {
	name := p.expect(tokName, what).text
	for p.skipOp(".") {
		name += "." + p.expect(tokName, what).text
	}
	return name
}

// filter reads a filter's name and arguments, and those chained to it when it
// begins a filter block (x is nil).
func (p *parser) filter(x Node) Node {
	for {
		f := &Filter{Line: p.here(), X: x}
		f.Name = p.dotted("a filter")
		p.known("filter", f.Name, p.o.HasFilter)
		if p.isOp("(") {
			f.Args = p.args()
		}
		x = f
		if !p.skipOp("|") {
			return x
		}
	}
}

func (p *parser) known(what, name string, has func(string) bool) {
	if !p.soft && has != nil && !has(name) {
		p.unknown = append(p.unknown, &value.Error{
			Kind: value.KindSyntax, Msg: "no " + what + " named '" + name + "'", Line: p.line(),
		})
	}
}

func (p *parser) test(x Node) Node {
	line := p.here()
	negated := p.skipName("not")
	t := &Test{Line: line, X: x}
	t.Name = p.dotted("a test")
	p.known("test", t.Name, p.o.HasTest)
	if p.isOp("(") {
		t.Args = p.args()
	} else if p.testArgument() {
		if p.isName("is") {
			fail(p.line(), "you cannot chain multiple tests with is")
		}
		t.Args.Pos = []Node{p.postfix(p.primary(false))}
	}
	if negated {
		return &Unary{line, "not", t}
	}
	return t
}

// testArgument says whether an argument without parentheses follows a test.
func (p *parser) testArgument() bool {
	switch p.cur().kind {
	case tokName:
		return !p.isName("else", "or", "and")
	case tokString, tokInt, tokFloat:
		return true
	}
	return p.isOp("[") || p.isOp("{")
}
