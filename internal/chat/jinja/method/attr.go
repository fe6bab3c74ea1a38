package method

import "irori/internal/chat/jinja/value"

// Attr returns the attribute name of v as Python's getattr would; ok is false
// where there is none. Methods that would change v are refused, as the
// immutable sandbox does: they come back as undefined that fails when used.
func Attr(m *value.Meter, v any, name string) (attr any, ok bool) {
	switch v := v.(type) {
	case *value.Undefined:
		v.Fail()
	case string, value.Markup:
		s, _ := value.AsString(v)
		_, isMarkup := v.(value.Markup)
		fn, ok := stringMethods[name]
		if name == "format" { // apart, as it comes back here for the attributes in a field
			fn, ok = formatMethod, true
		}
		if ok {
			return &value.Func{Name: name, Fn: func(a *value.Args) any {
				m.Step(1)
				m.Scan(len(s))
				if isMarkup {
					return markupCall(m, name, fn, s, a)
				}
				return fn(m, s, a)
			}}, true
		}
	case *value.Map:
		return dictAttr(m, v, name)
	case *value.List:
		return listAttr(m, v, name)
	case value.Object:
		return v.Attr(name)
	}
	return nil, false
}

func refused(typ, name string) any {
	return &value.Undefined{Kind: value.KindSecurity, Hint: "access to method '" + name + "' of '" + typ + "' object is unsafe"}
}

// markupCall gives the methods of Markup: text arguments are escaped where
// they become part of the result, and the result is Markup.
func markupCall(m *value.Meter, name string, fn strMethod, s string, a *value.Args) any {
	if name == "join" || name == "replace" {
		pos := append([]any{}, a.Pos...)
		for i, p := range pos {
			if t, ok := p.(string); ok {
				pos[i] = value.Escape(t)
			}
		}
		a = &value.Args{Pos: pos, Kw: a.Kw}
	}
	switch r := fn(m, s, a).(type) {
	case string:
		return value.Markup(r)
	case *value.List:
		for i, x := range r.Items {
			if t, ok := x.(string); ok {
				r.Items[i] = value.Markup(t)
			}
		}
		return r
	default:
		return r
	}
}

func dictAttr(m *value.Meter, d *value.Map, name string) (any, bool) {
	fn := func(f func(a *value.Args) any) (any, bool) { return &value.Func{Name: name, Fn: f}, true }
	switch name {
	case "items", "keys", "values":
		return fn(func(a *value.Args) any {
			a.Bind(name)
			return &value.View{Of: d, What: name}
		})
	case "get":
		return fn(func(a *value.Args) any {
			p := a.Bind(name, "key", "default?")
			if v, ok := d.Lookup(p[0]); ok {
				return v
			}
			return value.Or(p[1], nil)
		})
	case "copy":
		return fn(func(a *value.Args) any {
			a.Bind(name)
			m.Alloc(64 * d.Len())
			m.Step(d.Len())
			return d.Clone()
		})
	case "clear", "pop", "popitem", "setdefault", "update":
		return refused("dict", name), true
	}
	return nil, false
}

func listAttr(m *value.Meter, l *value.List, name string) (any, bool) {
	for i, f := range l.Fields {
		if f == name {
			return l.Items[i], true
		}
	}
	fn := func(f func(a *value.Args) any) (any, bool) { return &value.Func{Name: name, Fn: f}, true }
	switch name {
	case "index":
		return fn(func(a *value.Args) any {
			p := a.Bind(name, "value", "start?", "stop?")
			for _, i := range value.SliceIndexes(len(l.Items), value.Or(p[1], nil), value.Or(p[2], nil), 1) {
				if value.Equal(m, l.Items[i], p[0]) {
					return int64(i)
				}
			}
			value.Throw(value.KindValue, "value is not in list")
			return nil
		})
	case "count":
		return fn(func(a *value.Args) any {
			p := a.Bind(name, "value")
			n := int64(0)
			for _, x := range l.Items {
				if value.Equal(m, x, p[0]) {
					n++
				}
			}
			return n
		})
	}
	if l.Tuple {
		return nil, false
	}
	switch name {
	case "copy":
		return fn(func(a *value.Args) any {
			a.Bind(name)
			m.Alloc(16 * len(l.Items))
			return value.NewList(append([]any{}, l.Items...)...)
		})
	case "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort":
		return refused("list", name), true
	}
	return nil, false
}
