package jinja

import (
	"irori/internal/chat/jinja/method"
	"irori/internal/chat/jinja/value"
)

// maxRange is how long a range may be, as in the sandbox of Jinja2.
const maxRange = 100_000

// global returns the functions that every template can call.
func (ev *evaluator) global(name string) (any, bool) {
	var fn func(a *value.Args) any
	switch name {
	case "range":
		fn = ev.makeRange
	case "dict":
		fn = ev.makeDict
	case "namespace":
		fn = func(a *value.Args) any {
			d, _ := ev.makeDict(a).(*Map)
			return &namespace{attrs: d}
		}
	case "cycler":
		fn = ev.makeCycler
	case "joiner":
		fn = func(a *value.Args) any {
			return &joiner{sep: value.Or(a.Bind("joiner", "sep?")[0], ", ")}
		}
	case "raise_exception":
		fn = func(a *value.Args) any {
			value.Throw(value.KindRaised, "%s", value.Str(ev.m, a.Bind(name, "message")[0]))
			return nil
		}
	case "strftime_now":
		fn = func(a *value.Args) any {
			s := method.Strftime(ev.env.Now(), value.Text(a.Bind(name, "format")[0]))
			ev.m.Alloc(len(s))
			return s
		}
	default:
		return nil, false
	}
	return &value.Func{Name: name, Fn: fn}, true
}

func (ev *evaluator) makeRange(a *value.Args) any {
	p := a.Bind("range", "start", "stop?", "step?")
	r := value.Range{Stop: int64(value.Int(p[0])), Step: 1}
	if value.Given(p[1]) {
		r.Start, r.Stop = r.Stop, int64(value.Int(p[1]))
	}
	if value.Given(p[2]) {
		r.Step = int64(value.Int(p[2]))
	}
	const far = 1 << 60
	switch {
	case r.Step == 0:
		value.Throw(value.KindValue, "range() arg 3 must not be zero")
	case max(r.Start, r.Stop, r.Step) > far || min(r.Start, r.Stop, r.Step) < -far || r.Len() > maxRange:
		value.Throw(value.KindLimit, "range too big, maximum size for range is %d", maxRange)
	}
	return r
}

// makeDict is Python's dict: from a mapping or pairs, and keywords.
func (ev *evaluator) makeDict(a *value.Args) any {
	d := NewMap()
	if len(a.Pos) > 1 {
		value.Throw(value.KindType, "dict expected at most 1 argument, got %d", len(a.Pos))
	}
	if len(a.Pos) == 1 {
		if src, ok := a.Pos[0].(*Map); ok {
			ev.m.Alloc(64 * src.Len())
			d = src.Clone()
		} else {
			for _, x := range value.Collect(ev.m, a.Pos[0]) {
				pair := value.Collect(ev.m, x)
				if len(pair) != 2 {
					value.Throw(value.KindValue, "dictionary update sequence element has length %d; 2 is required", len(pair))
				}
				d.Put(pair[0], pair[1])
			}
		}
	}
	if a.Kw != nil {
		for i := range a.Kw.Len() {
			d.Put(a.Kw.At(i))
		}
	}
	return d
}

// namespace is the object whose attributes templates may set.
type namespace struct{ attrs *Map }

// Attr returns an attribute.
func (n *namespace) Attr(name string) (any, bool) { return n.attrs.Get(name) }

// String prints the namespace in messages.
func (n *namespace) String() string { return "<Namespace>" }

// Repr prints the namespace as Jinja2 does.
func (n *namespace) Repr(m *value.Meter) string {
	m.Enter()
	defer m.Leave()
	return "<Namespace " + value.Repr(m, n.attrs) + ">"
}

// cycler gives its items in turn.
type cycler struct {
	items []any
	i     int
}

func (ev *evaluator) makeCycler(a *value.Args) any {
	if len(a.Pos) == 0 {
		value.Throw(value.KindType, "at least one item has to be provided")
	}
	return &cycler{items: a.Pos}
}

// Attr returns current, next and reset.
func (c *cycler) Attr(name string) (any, bool) {
	switch name {
	case "current":
		return c.items[c.i], true
	case "next":
		return &value.Func{Name: name, Fn: func(*value.Args) any {
			x := c.items[c.i]
			c.i = (c.i + 1) % len(c.items)
			return x
		}}, true
	case "reset":
		return &value.Func{Name: name, Fn: func(*value.Args) any {
			c.i = 0
			return nil
		}}, true
	}
	return nil, false
}

// String prints the cycler.
func (c *cycler) String() string { return "<Cycler>" }

// joiner gives nothing the first time it is called, then its separator.
type joiner struct {
	sep  any
	used bool
}

// Call returns the separator from the second time on.
func (j *joiner) Call(*value.Args) any {
	if !j.used {
		j.used = true
		return ""
	}
	return j.sep
}

// Attr finds nothing.
func (j *joiner) Attr(string) (any, bool) { return nil, false }

// String prints the joiner.
func (j *joiner) String() string { return "<Joiner>" }
