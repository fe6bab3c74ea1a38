package jinja

import (
	"strings"

	"irori/internal/chat/jinja/method"
	"irori/internal/chat/jinja/value"
)

// filterFunc is a filter: v is what stands left of the bar.
type filterFunc func(ev *evaluator, v any, a *value.Args) any

// filterFor returns the filter of that name, or nil.
func filterFor(name string) filterFunc {
	switch name {
	case "count":
		name = "length"
	case "d":
		name = "default"
	case "e":
		name = "escape"
	}
	if f := sequenceFilter(name); f != nil {
		return f
	}
	return textFilter(name)
}

func (ev *evaluator) filter(name string, v any, a *value.Args) any {
	f := filterFor(name)
	if f == nil {
		value.Throw(value.KindType, "no filter named '%s'", name)
	}
	return f(ev, v, a)
}

func sequenceFilter(name string) filterFunc {
	switch name {
	case "length":
		return filterLength
	case "default":
		return filterDefault
	case "first":
		return filterFirst
	case "last":
		return filterLast
	case "list":
		return filterList
	case "items":
		return filterItems
	case "map":
		return filterMap
	case "select", "reject", "selectattr", "rejectattr":
		return filterSelect(name)
	case "sort":
		return filterSort
	case "dictsort":
		return filterDictsort
	case "unique":
		return filterUnique
	case "reverse":
		return filterReverse
	case "groupby":
		return filterGroupby
	case "batch":
		return filterBatch
	case "slice":
		return filterSlice
	case "sum":
		return filterSum
	case "min", "max":
		return filterExtreme(name)
	case "attr":
		return filterAttr
	case "random":
		return filterRandom
	}
	return numberFilter(name)
}

func numberFilter(name string) filterFunc {
	switch name {
	case "abs":
		return filterAbs
	case "int":
		return filterInt
	case "float":
		return filterFloat
	case "round":
		return filterRound
	case "tojson":
		return filterTojson
	}
	return nil
}

func filterLength(ev *evaluator, v any, a *value.Args) any {
	a.Bind("length")
	return int64(value.Len(ev.m, v))
}

func filterDefault(_ *evaluator, v any, a *value.Args) any {
	p := a.Bind("default", "default_value?", "boolean?")
	_, undefined := v.(*value.Undefined)
	if undefined || value.Truth(value.Or(p[1], false)) && !value.Truth(v) {
		return value.Or(p[0], "")
	}
	return v
}

// iterate is value.IterOf that throws when v cannot be iterated.
func (ev *evaluator) iterate(v any) func() (any, bool) {
	next := value.IterOf(ev.m, v)
	if next == nil {
		value.Throw(value.KindType, "'%s' object is not iterable", value.TypeName(v))
	}
	return next
}

func filterFirst(ev *evaluator, v any, a *value.Args) any {
	a.Bind("first")
	if x, ok := ev.iterate(v)(); ok {
		return x
	}
	return &value.Undefined{Hint: "no first item, sequence was empty"}
}

func filterLast(ev *evaluator, v any, a *value.Args) any {
	a.Bind("last")
	if _, lazy := v.(*value.Iter); lazy {
		value.Throw(value.KindType, "'generator' object is not reversible")
	}
	items := value.Collect(ev.m, v)
	if len(items) == 0 {
		return &value.Undefined{Hint: "no last item, sequence was empty"}
	}
	return items[len(items)-1]
}

func filterList(ev *evaluator, v any, a *value.Args) any {
	a.Bind("list")
	return value.NewList(value.Collect(ev.m, v)...)
}

func filterItems(ev *evaluator, v any, a *value.Args) any {
	a.Bind("items")
	switch d := v.(type) {
	case *value.Undefined:
		return &value.Iter{Name: "generator", Next: value.IterOf(ev.m, value.NewList())}
	case *Map:
		return &value.Iter{Name: "generator", Next: value.IterOf(ev.m, &value.View{Of: d, What: "items"})}
	}
	value.Throw(value.KindType, "can only get item pairs from a mapping")
	return nil
}

// getter makes the function that follows a dotted attribute path.
func (ev *evaluator) getter(attribute any, def any) func(any) any {
	var path []any
	switch a := attribute.(type) {
	case nil:
	case string:
		for part := range strings.SplitSeq(a, ".") {
			path = append(path, pathPart(part))
		}
	default:
		path = []any{a}
	}
	return func(x any) any {
		for _, part := range path {
			x = ev.getitem(x, part)
			if _, undefined := x.(*value.Undefined); undefined && def != nil {
				x = def
			}
		}
		return x
	}
}

func pathPart(s string) any {
	n := int64(0)
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<40 {
			return s
		}
		n = n*10 + int64(c-'0')
	}
	if s == "" {
		return s
	}
	return n
}

// folded is a sort key: text in lower case unless case matters.
func folded(x any, caseSensitive bool) any {
	if s, ok := value.AsString(x); ok && !caseSensitive {
		return method.Lower(s)
	}
	return x
}

// lazily makes a generator that passes the elements of v through f until f
// says no more.
func (ev *evaluator) lazily(v any, f func(x any) (out any, keep bool)) any {
	var next func() (any, bool)
	return &value.Iter{Name: "generator", Next: func() (any, bool) {
		ev.m.Enter()
		defer ev.m.Leave()
		if next == nil { // only now, as a generator does
			next = ev.iterate(v)
		}
		for {
			x, ok := next()
			if !ok {
				return nil, false
			}
			if y, keep := f(x); keep {
				return y, true
			}
		}
	}}
}

// orEmpty makes an empty list of what is false: map, select and reject take
// None for one.
func orEmpty(v any) any {
	if !value.Truth(v) {
		return value.NewList()
	}
	return v
}

func filterMap(ev *evaluator, v any, a *value.Args) any {
	if len(a.Pos) == 0 && a.Kw != nil {
		p := a.Bind("map", "attribute", "default?")
		get := ev.getter(p[0], value.Or(p[1], nil))
		return ev.lazily(orEmpty(v), func(x any) (any, bool) { return get(x), true })
	}
	if len(a.Pos) == 0 {
		value.Throw(value.KindType, "map requires a filter argument")
	}
	name := value.Text(a.Pos[0])
	rest := &value.Args{Pos: a.Pos[1:], Kw: a.Kw}
	return ev.lazily(orEmpty(v), func(x any) (any, bool) { return ev.filter(name, x, rest), true })
}

func filterSelect(name string) filterFunc {
	byAttr := strings.HasSuffix(name, "attr")
	want := strings.HasPrefix(name, "select")
	return func(ev *evaluator, v any, a *value.Args) any {
		get := func(x any) any { return x }
		pos := a.Pos
		if byAttr {
			if len(pos) == 0 {
				value.Throw(value.KindType, "missing parameter for attribute name")
			}
			get, pos = ev.getter(pos[0], nil), pos[1:]
		}
		passes := value.Truth
		if len(pos) > 0 {
			test := value.Text(pos[0])
			rest := &value.Args{Pos: pos[1:], Kw: a.Kw}
			passes = func(x any) bool { return ev.test(test, x, rest) }
		}
		return ev.lazily(orEmpty(v), func(x any) (any, bool) { return x, passes(get(x)) == want })
	}
}

func filterReverse(ev *evaluator, v any, a *value.Args) any {
	a.Bind("reverse")
	if s, ok := value.AsString(v); ok {
		return value.Slice(ev.m, s, nil, nil, int64(-1))
	}
	items := append([]any{}, value.Collect(ev.m, v)...)
	for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
		items[i], items[j] = items[j], items[i]
	}
	if _, lazy := v.(*value.Iter); lazy {
		return value.NewList(items...)
	}
	return &value.Iter{Name: "list_reverseiterator", Next: value.IterOf(ev.m, value.NewList(items...))}
}

func filterBatch(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("batch", "linecount", "fill_with?")
	n, fill := value.Int(p[0]), value.Or(p[1], nil)
	next := ev.iterate(v)
	return &value.Iter{Name: "generator", Next: func() (any, bool) {
		var row []any
		for n < 1 || len(row) < n {
			x, ok := next()
			if !ok {
				break
			}
			row = append(row, x)
		}
		if len(row) == 0 {
			return nil, false
		}
		for fill != nil && len(row) < n {
			ev.m.Step(1)
			ev.m.Alloc(16)
			row = append(row, fill)
		}
		return value.NewList(row...), true
	}}
}

func filterSlice(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("slice", "slices", "fill_with?")
	items, n, fill := value.Collect(ev.m, v), value.Int(p[0]), value.Or(p[1], nil)
	if n == 0 {
		value.Throw(value.KindValue, "integer division or modulo by zero")
	}
	per, extra := len(items)/n, len(items)%n
	i, at := 0, 0
	return &value.Iter{Name: "generator", Next: func() (any, bool) {
		if i >= n {
			return nil, false
		}
		size := per
		if i < extra {
			size++
		}
		ev.m.Alloc(16 * (size + 3))
		row := append([]any{}, items[at:at+size]...)
		at += size
		if fill != nil && i >= extra {
			row = append(row, fill)
		}
		i++
		return value.NewList(row...), true
	}}
}

func filterSum(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("sum", "attribute?", "start?")
	get := ev.getter(value.Or(p[0], nil), nil)
	total := value.Or(p[1], int64(0))
	for _, x := range value.Collect(ev.m, v) {
		total = value.Binary(ev.m, "+", total, get(x))
	}
	return total
}

func filterExtreme(name string) filterFunc {
	op := "<"
	if name == "max" {
		op = ">"
	}
	return func(ev *evaluator, v any, a *value.Args) any {
		p := a.Bind(name, "case_sensitive?", "attribute?")
		get := ev.getter(value.Or(p[1], nil), nil)
		cs := value.Truth(value.Or(p[0], false))
		var best, bestKey any
		items := value.Collect(ev.m, v)
		for i, x := range items {
			key := folded(get(x), cs)
			if i == 0 || value.Compare(ev.m, op, key, bestKey) {
				best, bestKey = x, key
			}
		}
		if len(items) == 0 {
			return &value.Undefined{Hint: "no aggregated item, sequence was empty"}
		}
		return best
	}
}

func filterAttr(ev *evaluator, v any, a *value.Args) any {
	name := value.Text(a.Bind("attr", "name")[0])
	if x, ok := method.Attr(ev.m, v, name); ok {
		return x
	}
	return missingAttr(v, name)
}

// filterRandom refuses: a prompt must not depend on chance.
func filterRandom(*evaluator, any, *value.Args) any {
	value.Throw(value.KindSecurity, "the filter random is not available")
	return nil
}
