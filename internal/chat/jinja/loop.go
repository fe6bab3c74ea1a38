package jinja

import (
	"fmt"

	"irori/internal/chat/jinja/syntax"
	"irori/internal/chat/jinja/value"
)

// loopState is the variable loop.
type loopState struct {
	ev    *evaluator
	node  *syntax.For
	outer *scope
	items []any
	i     int
	depth int
	last  []any // of changed
	asked bool
}

// loop runs a for statement over the elements of seq.
func (ev *evaluator) loop(n *syntax.For, seq any, depth int) {
	ev.m.Enter()
	defer ev.m.Leave()
	outer := ev.scope
	items := value.Collect(ev.m, seq)
	if n.Filter != nil {
		items = ev.filtered(n, items)
	}
	st := &loopState{ev: ev, node: n, outer: outer, items: items, depth: depth}
	for i, x := range items {
		ev.m.Step(4)
		st.i = i
		var sig signal
		ev.inScope(outer, func() {
			ev.assign(n.Target, x)
			ev.scope.vars["loop"] = st
			sig = ev.body(n.Body)
		})
		if sig == signalBreak {
			break
		}
	}
	if len(items) == 0 {
		ev.inScope(outer, func() { ev.body(n.Else) })
	}
}

func (ev *evaluator) filtered(n *syntax.For, items []any) []any {
	var kept []any
	for _, x := range items {
		ev.inScope(ev.scope, func() {
			ev.assign(n.Target, x)
			if value.Truth(ev.eval(n.Filter)) {
				kept = append(kept, x)
			}
		})
	}
	return kept
}

// Len makes loop a sized object, as it is in Jinja2.
func (l *loopState) Len() int { return len(l.items) }

// String prints loop as Jinja2 does.
func (l *loopState) String() string {
	return fmt.Sprintf("<LoopContext %d/%d>", l.i+1, len(l.items))
}

// Call recurses into a loop marked recursive.
func (l *loopState) Call(a *value.Args) any {
	seq := a.Bind("loop", "iterable")[0]
	if !l.node.Recursive {
		value.Throw(value.KindType, "the loop must have the 'recursive' marker to be called recursively")
	}
	was := l.ev.scope
	l.ev.scope = l.outer
	out := l.ev.capture(func() { l.ev.loop(l.node, seq, l.depth+1) })
	l.ev.scope = was
	return out
}

func (l *loopState) neighbour(i int, what string) any {
	if i < 0 || i >= len(l.items) {
		return &value.Undefined{Hint: "there is no " + what + " item"}
	}
	return l.items[i]
}

// Attr returns one of the loop variables.
func (l *loopState) Attr(name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "revindex":
		return int64(n - l.i), true
	case "revindex0":
		return int64(n - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == n-1, true
	case "length":
		return int64(n), true
	case "depth":
		return int64(l.depth + 1), true
	case "depth0":
		return int64(l.depth), true
	case "previtem":
		return l.neighbour(l.i-1, "previous"), true
	case "nextitem":
		return l.neighbour(l.i+1, "next"), true
	case "cycle":
		return &value.Func{Name: name, Fn: l.cycle}, true
	case "changed":
		return &value.Func{Name: name, Fn: l.changed}, true
	}
	return nil, false
}

func (l *loopState) cycle(a *value.Args) any {
	if len(a.Pos) == 0 {
		value.Throw(value.KindType, "no items for cycling given")
	}
	return a.Pos[l.i%len(a.Pos)]
}

func (l *loopState) changed(a *value.Args) any {
	same := l.asked && value.Equal(l.ev.m, value.NewList(l.last...), value.NewList(a.Pos...))
	l.last, l.asked = a.Pos, true
	return !same
}

// macro is a macro, or the body of a call block as its caller.
type macro struct {
	ev    *evaluator
	def   *syntax.Macro
	scope *scope
}

// String prints a macro as Jinja2 does.
func (c *macro) String() string {
	if c.def.Name == "" {
		return "<Macro anonymous>"
	}
	return "<Macro '" + c.def.Name + "'>"
}

// Attr returns what Jinja2 tells about a macro.
func (c *macro) Attr(name string) (any, bool) {
	switch name {
	case "name":
		if c.def.Name == "" {
			return nil, true
		}
		return c.def.Name, true
	case "arguments":
		l := &value.List{Tuple: true}
		for _, p := range c.def.Params {
			l.Items = append(l.Items, p)
		}
		return l, true
	case "catch_kwargs":
		return c.def.Kwargs, true
	case "catch_varargs":
		return c.def.Varargs, true
	case "caller":
		return c.def.Caller, true
	}
	return nil, false
}

// Call runs the macro and returns what it prints.
func (c *macro) Call(a *value.Args) any {
	ev := c.ev
	return ev.capture(func() {
		ev.inScope(c.scope, func() {
			c.bind(a)
			ev.body(c.def.Body)
		})
	})
}

// bind gives the parameters their values, by position, name or default.
func (c *macro) bind(a *value.Args) {
	ev, vars, params := c.ev, c.ev.scope.vars, c.def.Params
	rest := NewMap()
	if a.Kw != nil {
		rest = a.Kw.Clone()
	}
	take := func(name string) (any, bool) {
		v, ok := rest.Get(name)
		if ok {
			rest = rest.Without(name)
		}
		return v, ok
	}
	hasCaller := false
	var open []int
	for i, name := range params {
		if i < len(a.Pos) {
			vars[name] = a.Pos[i]
			continue
		}
		hasCaller = hasCaller || name == "caller"
		v, ok := take(name)
		if ok {
			vars[name] = v
		} else {
			open = append(open, i)
		}
	}
	if c.def.Caller && !hasCaller {
		v, ok := take("caller")
		if !ok {
			v = &value.Undefined{Hint: "no caller defined"}
		}
		vars["caller"] = v
	}
	if c.def.Kwargs {
		vars["kwargs"] = rest
	} else if rest.Len() > 0 {
		value.Throw(value.KindType, "macro '%s' takes no such keyword argument", c.def.Name)
	}
	if c.def.Varargs {
		vars["varargs"] = &value.List{Tuple: true, Items: a.Pos[min(len(params), len(a.Pos)):]}
	} else if len(a.Pos) > len(params) {
		value.Throw(value.KindType, "macro '%s' takes not more than %d argument(s)", c.def.Name, len(params))
	}
	for _, i := range open {
		vars[params[i]] = &value.Undefined{Hint: "parameter '" + params[i] + "' was not provided"}
		if d := i - len(params) + len(c.def.Defaults); d >= 0 {
			vars[params[i]] = ev.eval(c.def.Defaults[d])
		}
	}
}
