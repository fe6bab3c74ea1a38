package jinja

import (
	"sort"
	"strings"

	"irori/internal/chat/jinja/value"
)

// sortBy sorts items stably by their keys, each step metered.
func (ev *evaluator) sortBy(items []any, key func(any) any, reverse bool) []any {
	keys := make([]any, len(items))
	order := make([]int, len(items))
	for i, x := range items {
		keys[i] = key(x)
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool {
		if reverse {
			a, b = b, a
		}
		return value.Less(ev.m, keys[order[a]], keys[order[b]])
	})
	out := make([]any, len(items))
	for i, k := range order {
		out[i] = items[k]
	}
	return out
}

// multiGetter follows several paths separated by commas, into a list.
func (ev *evaluator) multiGetter(attribute any, caseSensitive bool) func(any) any {
	s, ok := attribute.(string)
	if !ok {
		get := ev.getter(attribute, nil)
		return func(x any) any { return folded(get(x), caseSensitive) }
	}
	var gets []func(any) any
	for part := range strings.SplitSeq(s, ",") {
		gets = append(gets, ev.getter(part, nil))
	}
	return func(x any) any {
		l := value.NewList()
		for _, get := range gets {
			l.Items = append(l.Items, folded(get(x), caseSensitive))
		}
		return l
	}
}

func filterSort(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("sort", "reverse?", "case_sensitive?", "attribute?")
	key := ev.multiGetter(value.Or(p[2], nil), value.Truth(value.Or(p[1], false)))
	return value.NewList(ev.sortBy(value.Collect(ev.m, v), key, value.Truth(value.Or(p[0], false)))...)
}

func filterDictsort(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("dictsort", "case_sensitive?", "by?", "reverse?")
	d, ok := v.(*Map)
	if !ok {
		value.Throw(value.KindType, "'%s' object has no items", value.TypeName(v))
	}
	at := 0
	switch value.Or(p[1], "key") {
	case "key":
	case "value":
		at = 1
	default:
		value.Throw(value.KindValue, "you can only sort by either 'key' or 'value'")
	}
	cs := value.Truth(value.Or(p[0], false))
	key := func(x any) any { return folded(x.(*List).Items[at], cs) } // items of a View are pairs
	pairs := value.Collect(ev.m, &value.View{Of: d, What: "items"})
	return value.NewList(ev.sortBy(pairs, key, value.Truth(value.Or(p[2], false)))...)
}

func filterUnique(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("unique", "case_sensitive?", "attribute?")
	get := ev.getter(value.Or(p[1], nil), nil)
	cs := value.Truth(value.Or(p[0], false))
	seen := NewMap()
	return ev.lazily(v, func(x any) (any, bool) {
		k := folded(get(x), cs)
		if _, ok := seen.Lookup(k); ok {
			return nil, false
		}
		ev.m.Alloc(64)
		seen.Put(k, true)
		return x, true
	})
}

func filterGroupby(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("groupby", "attribute", "default?", "case_sensitive?")
	get := ev.getter(p[0], value.Or(p[1], nil))
	cs := value.Truth(value.Or(p[2], false))
	key := func(x any) any { return folded(get(x), cs) }
	out := value.NewList()
	var group *List
	var last any
	for _, x := range ev.sortBy(value.Collect(ev.m, v), key, false) {
		k := key(x)
		if group == nil || !value.Equal(ev.m, k, last) {
			last, group = k, value.NewList()
			ev.m.Alloc(128)
			out.Items = append(out.Items, &List{
				Tuple: true, Items: []any{get(x), group}, Fields: []string{"grouper", "list"},
			})
		}
		group.Items = append(group.Items, x)
	}
	return out
}
