package jinja

import (
	"strings"

	"irori/internal/chat/jinja/method"
	"irori/internal/chat/jinja/syntax"
	"irori/internal/chat/jinja/value"
)

// scope is one level of names. Loops, macros and blocks each have their own;
// names not found are looked up outside.
type scope struct {
	vars   map[string]any
	parent *scope
}

// evaluator runs one rendering.
type evaluator struct {
	m       *value.Meter
	scope   *scope
	context *Map
	env     Env
	out     *strings.Builder
	// room is how much output is left.
	room int
	line int
}

// signal says how a body ended.
type signal uint8

const (
	signalNone signal = iota
	signalBreak
	signalContinue
)

func (ev *evaluator) write(s string) {
	if ev.room -= len(s); ev.room < 0 {
		value.Throw(value.KindLimit, "template prints too much")
	}
	ev.m.Alloc(len(s))
	ev.out.WriteString(s)
}

// inScope runs f with names of its own on top of parent.
func (ev *evaluator) inScope(parent *scope, f func()) {
	was := ev.scope
	ev.scope = &scope{vars: map[string]any{}, parent: parent}
	f()
	ev.scope = was
}

// capture returns what f prints.
func (ev *evaluator) capture(f func()) string {
	was := ev.out
	ev.out = &strings.Builder{}
	f()
	s := ev.out.String()
	ev.out = was
	return s
}

func (ev *evaluator) lookup(name string) any {
	for s := ev.scope; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	if v, ok := ev.context.Get(name); ok {
		return v
	}
	if v, ok := ev.global(name); ok {
		return v
	}
	return &value.Undefined{Hint: "'" + name + "' is undefined"}
}

func (ev *evaluator) body(nodes []syntax.Node) signal {
	ev.m.Enter()
	defer ev.m.Leave()
	for _, n := range nodes {
		ev.m.Step(1)
		ev.line = n.At()
		if s := ev.exec(n); s != signalNone {
			return s
		}
	}
	return signalNone
}

func (ev *evaluator) exec(n syntax.Node) signal {
	switch n := n.(type) {
	case *syntax.Text:
		ev.write(n.Text)
	case *syntax.Output:
		ev.write(value.Str(ev.m, ev.eval(n.X)))
	case *syntax.If:
		for _, b := range n.Branches {
			if b.Cond == nil || value.Truth(ev.eval(b.Cond)) {
				return ev.body(b.Body)
			}
		}
	case *syntax.For:
		ev.loop(n, ev.eval(n.Iter), 0)
	case *syntax.Set:
		ev.set(n)
	case *syntax.Macro:
		ev.scope.vars[n.Name] = &macro{ev: ev, def: n, scope: ev.scope}
	case *syntax.CallBlock:
		caller := &macro{ev: ev, def: n.Body, scope: ev.scope}
		ev.write(value.Str(ev.m, ev.call(n.Call, caller)))
	case *syntax.FilterBlock:
		text := ev.capture(func() { ev.inScope(ev.scope, func() { ev.body(n.Body) }) })
		ev.write(value.Str(ev.m, ev.filterText(n.Filter, text)))
	case *syntax.Scope:
		return ev.scopeBlock(n)
	case *syntax.Jump:
		if n.Break {
			return signalBreak
		}
		return signalContinue
	}
	return signalNone
}

func (ev *evaluator) scopeBlock(n *syntax.Scope) (sig signal) {
	vals := make([]any, len(n.Values))
	for i, v := range n.Values {
		vals[i] = ev.eval(v)
	}
	ev.inScope(ev.scope, func() {
		for i, t := range n.Targets {
			ev.assign(t, vals[i])
		}
		sig = ev.body(n.Body)
	})
	return sig
}

func (ev *evaluator) set(n *syntax.Set) {
	if n.Value != nil {
		ev.assign(n.Target, ev.eval(n.Value))
		return
	}
	var v any = ev.capture(func() { ev.inScope(ev.scope, func() { ev.body(n.Body) }) })
	if n.Filter != nil {
		v = ev.filterText(n.Filter, v)
	}
	ev.assign(n.Target, v)
}

// filterText applies the chain of filters of a block to its text.
func (ev *evaluator) filterText(n syntax.Node, text any) any {
	f, ok := n.(*syntax.Filter)
	if !ok {
		return text
	}
	if f.X != nil {
		text = ev.filterText(f.X, text)
	}
	return ev.filter(f.Name, text, ev.args(f.Args))
}

func (ev *evaluator) assign(target syntax.Node, v any) {
	switch t := target.(type) {
	case *syntax.Name:
		ev.scope.vars[t.Name] = v
	case *syntax.GetAttr:
		ns, ok := ev.eval(t.X).(*namespace)
		if !ok {
			value.Throw(value.KindType, "cannot assign attribute on non-namespace object")
		}
		ns.attrs.Set(t.Name, v)
	case *syntax.Sequence:
		items := value.Collect(ev.m, v)
		if len(items) != len(t.Items) {
			value.Throw(value.KindValue, "cannot unpack %d values into %d names", len(items), len(t.Items))
		}
		for i, x := range t.Items {
			ev.assign(x, items[i])
		}
	}
}

// eval computes an expression.
func (ev *evaluator) eval(n syntax.Node) any {
	ev.m.Step(1)
	switch n := n.(type) {
	case *syntax.Const:
		return n.Value
	case *syntax.Name:
		return ev.lookup(n.Name)
	}
	ev.m.Enter()
	v := ev.compound(n)
	ev.m.Leave()
	return v
}

func (ev *evaluator) compound(n syntax.Node) any {
	switch n := n.(type) {
	case *syntax.GetAttr:
		return ev.getattr(ev.eval(n.X), n.Name)
	case *syntax.GetItem:
		x := ev.eval(n.X)
		if s, ok := n.Index.(*syntax.Slice); ok {
			return value.Slice(ev.m, x, ev.part(s.Lo), ev.part(s.Hi), ev.part(s.Step))
		}
		return ev.getitem(x, ev.eval(n.Index))
	case *syntax.Call:
		return ev.call(n, nil)
	case *syntax.Filter:
		x := ev.eval(n.X)
		return ev.filter(n.Name, x, ev.args(n.Args))
	case *syntax.Test:
		x := ev.eval(n.X)
		return ev.test(n.Name, x, ev.args(n.Args))
	case *syntax.Unary:
		x := ev.eval(n.X)
		if n.Op == "not" {
			return !value.Truth(x)
		}
		return value.Negate(x, n.Op == "-")
	case *syntax.Binary:
		return ev.binary(n)
	case *syntax.Concat:
		parts := make([]string, len(n.Items))
		for i, x := range n.Items {
			parts[i] = value.Str(ev.m, ev.eval(x))
		}
		return method.Join(ev.m, parts, "")
	case *syntax.Compare:
		return ev.compare(n)
	case *syntax.Cond:
		return ev.cond(n)
	}
	return ev.display(n)
}

func (ev *evaluator) part(n syntax.Node) any {
	if n == nil {
		return nil
	}
	return ev.eval(n)
}

func (ev *evaluator) cond(n *syntax.Cond) any {
	if value.Truth(ev.eval(n.Cond)) {
		return ev.eval(n.X)
	}
	if n.Y == nil {
		return &value.Undefined{Hint: "the inline if-expression evaluated to false and no else section was defined"}
	}
	return ev.eval(n.Y)
}

// display evaluates a list, tuple or dictionary written out.
func (ev *evaluator) display(n syntax.Node) any {
	switch n := n.(type) {
	case *syntax.Sequence:
		ev.m.Alloc(16*len(n.Items) + 48)
		l := &value.List{Items: make([]any, len(n.Items)), Tuple: n.Tuple}
		for i, x := range n.Items {
			l.Items[i] = ev.eval(x)
		}
		return l
	case *syntax.Dict:
		ev.m.Alloc(64*len(n.Keys) + 96)
		d := NewMap()
		for i, k := range n.Keys {
			key := ev.eval(k)
			d.Put(key, ev.eval(n.Values[i]))
		}
		return d
	}
	value.Throw(value.KindSyntax, "slice outside an index")
	return nil
}

func (ev *evaluator) binary(n *syntax.Binary) any {
	x := ev.eval(n.X)
	switch n.Op {
	case "and":
		if !value.Truth(x) {
			return x
		}
		return ev.eval(n.Y)
	case "or":
		if value.Truth(x) {
			return x
		}
		return ev.eval(n.Y)
	}
	y := ev.eval(n.Y)
	if s, ok := value.AsString(x); ok && n.Op == "%" {
		value.FailUndefined(y)
		if _, isMarkup := x.(value.Markup); isMarkup {
			return value.Markup(method.FormatPercent(ev.m, s, method.Escaped(y)))
		}
		return method.FormatPercent(ev.m, s, y)
	}
	return value.Binary(ev.m, n.Op, x, y)
}

func (ev *evaluator) compare(n *syntax.Compare) any {
	x := ev.eval(n.X)
	for _, op := range n.Ops {
		y := ev.eval(op.X)
		if !compareOp(ev.m, op.Op, x, y) {
			return false
		}
		x = y
	}
	return true
}

func compareOp(m *value.Meter, op string, x, y any) bool {
	switch op {
	case "==":
		return value.Equal(m, x, y)
	case "!=":
		return !value.Equal(m, x, y)
	case "in":
		return value.Contains(m, y, x)
	case "not in":
		return !value.Contains(m, y, x)
	}
	return value.Compare(m, op, x, y)
}

// getattr is x.name: the attribute first, then the item.
func (ev *evaluator) getattr(x any, name string) any {
	if v, ok := method.Attr(ev.m, x, name); ok {
		return v
	}
	if v, ok := value.Item(ev.m, x, name); ok {
		return v
	}
	return missingAttr(x, name)
}

func missingAttr(x any, name string) any {
	kind := value.KindUndefined
	if strings.HasPrefix(name, "__") {
		kind = value.KindSecurity
	}
	return &value.Undefined{Kind: kind, Hint: "'" + value.TypeName(x) + " object' has no attribute '" + name + "'"}
}

// getitem is x[key]: the item first, then for a string the attribute.
func (ev *evaluator) getitem(x, key any) any {
	if v, ok := value.Item(ev.m, x, key); ok {
		return v
	}
	name, ok := value.AsString(key)
	if !ok {
		return &value.Undefined{Hint: value.TypeName(x) + " object has no element " + value.Repr(ev.m, key)}
	}
	if v, ok := method.Attr(ev.m, x, name); ok {
		return v
	}
	return missingAttr(x, name)
}

func (ev *evaluator) args(a syntax.Args) *value.Args {
	out := &value.Args{}
	for _, x := range a.Pos {
		out.Pos = append(out.Pos, ev.eval(x))
	}
	if len(a.Names) > 0 || a.StarStar != nil {
		out.Kw = NewMap()
	}
	for i, name := range a.Names {
		if _, dup := out.Kw.Get(name); dup {
			value.Throw(value.KindType, "keyword argument repeated: %s", name)
		}
		out.Kw.Set(name, ev.eval(a.Named[i]))
	}
	if a.Star != nil {
		out.Pos = append(out.Pos, value.Collect(ev.m, ev.eval(a.Star))...)
	}
	if a.StarStar != nil {
		d, ok := ev.eval(a.StarStar).(*Map)
		if !ok {
			value.Throw(value.KindType, "argument after ** must be a mapping")
		}
		for i := range d.Len() {
			k, v := d.At(i)
			name := value.Text(k)
			if _, dup := out.Kw.Get(name); dup {
				value.Throw(value.KindType, "got multiple values for keyword argument '%s'", name)
			}
			out.Kw.Set(name, v)
		}
	}
	return out
}

// call evaluates a call; caller, if not nil, is passed along as that of a call
// block.
func (ev *evaluator) call(n *syntax.Call, caller *macro) any {
	x := ev.eval(n.X)
	if u, ok := x.(*value.Undefined); ok {
		u.Fail()
	}
	fn, ok := x.(value.Callable)
	if !ok {
		value.Throw(value.KindType, "'%s' object is not callable", value.TypeName(x))
	}
	a := ev.args(n.Args)
	if caller != nil {
		if a.Kw == nil {
			a.Kw = NewMap()
		}
		a.Kw.Set("caller", caller)
	}
	ev.m.Enter()
	v := fn.Call(a)
	ev.m.Leave()
	ev.line = n.At()
	return v
}
