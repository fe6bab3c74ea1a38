package jinja

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"irori/internal/chat/jinja/method"
	"irori/internal/chat/jinja/value"
)

func textFilter(name string) filterFunc {
	switch name {
	case "string":
		return filterString
	case "join":
		return filterJoin
	case "trim":
		return filterTrim
	case "replace":
		return filterReplace
	case "indent":
		return filterIndent
	case "safe":
		return filterSafe
	case "escape", "forceescape":
		return filterEscape
	case "upper":
		return caseFilter(name, method.Upper)
	case "lower":
		return caseFilter(name, method.Lower)
	case "capitalize":
		return caseFilter(name, method.Capitalize)
	case "title":
		return caseFilter(name, method.TitleWords)
	case "striptags":
		return caseFilter(name, method.StripTags)
	case "center":
		return filterCenter
	case "format":
		return filterFormat
	case "wordcount":
		return filterWordcount
	case "truncate":
		return filterTruncate
	case "urlencode":
		return filterURLEncode
	case "pprint":
		return filterPprint
	}
	return nil
}

// text is Jinja2's soft_str: Markup stays what it is.
func (ev *evaluator) text(v any) (s string, wrap func(string) any) {
	wrap = func(s string) any { return s }
	if _, ok := v.(value.Markup); ok {
		wrap = func(s string) any { return value.Markup(s) }
	}
	return value.Str(ev.m, v), wrap
}

func filterString(ev *evaluator, v any, a *value.Args) any {
	a.Bind("string")
	s, wrap := ev.text(v)
	return wrap(s)
}

func filterJoin(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("join", "d?", "attribute?")
	get := ev.getter(value.Or(p[1], nil), nil)
	var parts []string
	for _, x := range value.Collect(ev.m, v) {
		parts = append(parts, value.Str(ev.m, get(x)))
	}
	return method.Join(ev.m, parts, value.Str(ev.m, value.Or(p[0], "")))
}

func filterTrim(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("trim", "chars?")
	s, wrap := ev.text(v)
	ev.m.Scan(len(s))
	return wrap(method.Trim(s, value.Or(p[0], nil), true, true))
}

func filterReplace(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("replace", "old", "new", "count?")
	n := -1
	if c := value.Or(p[2], nil); c != nil {
		n = value.Int(c)
	}
	return method.Replace(ev.m, value.Str(ev.m, v), value.Str(ev.m, p[0]), value.Str(ev.m, p[1]), n)
}

func filterIndent(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("indent", "width?", "first?", "blank?")
	pad, ok := value.AsString(value.Or(p[0], int64(4)))
	if !ok {
		pad, _ = value.Binary(ev.m, "*", " ", value.Or(p[0], int64(4))).(string)
	}
	s, wrap := ev.text(v)
	if _, ok := value.AsString(v); !ok {
		value.Throw(value.KindType, "indent of %s", value.TypeName(v))
	}
	lines := method.SplitLines(s+"\n", false)
	blank := value.Truth(value.Or(p[2], false))
	for i := 1; i < len(lines); i++ {
		if blank || lines[i] != "" {
			lines[i] = pad + lines[i]
			ev.m.Alloc(len(lines[i]))
		}
	}
	out := method.Join(ev.m, lines, "\n")
	if value.Truth(value.Or(p[1], false)) {
		out = pad + out
	}
	return wrap(out)
}

func filterSafe(ev *evaluator, v any, a *value.Args) any {
	a.Bind("safe")
	return value.Markup(value.Str(ev.m, v))
}

func filterEscape(ev *evaluator, v any, a *value.Args) any {
	a.Bind("escape")
	if s, ok := v.(value.Markup); ok {
		return s
	}
	s := value.Str(ev.m, v)
	ev.m.Alloc(5 * len(s))
	return value.Markup(value.Escape(s))
}

func caseFilter(name string, f func(string) string) filterFunc {
	return func(ev *evaluator, v any, a *value.Args) any {
		a.Bind(name)
		s, wrap := ev.text(v)
		ev.m.Alloc(2 * len(s))
		return wrap(f(s))
	}
}

func filterCenter(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("center", "width?")
	s, wrap := ev.text(v)
	return wrap(method.Center(ev.m, s, value.Int(value.Or(p[0], int64(80))), " "))
}

func filterFormat(ev *evaluator, v any, a *value.Args) any {
	s, wrap := ev.text(v)
	if a.Kw != nil && a.Kw.Len() > 0 {
		return wrap(method.FormatPercent(ev.m, s, a.Kw))
	}
	return wrap(method.FormatPercent(ev.m, s, value.NewTuple(a.Pos...)))
}

var wordPattern = regexp.MustCompile(`[\pL\pN_]+`)

func filterWordcount(ev *evaluator, v any, a *value.Args) any {
	a.Bind("wordcount")
	s, _ := ev.text(v)
	ev.m.Alloc(8 * len(s))
	return int64(len(wordPattern.FindAllStringIndex(s, -1)))
}

func filterTruncate(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("truncate", "length?", "killwords?", "end?", "leeway?")
	n, end := value.Int(value.Or(p[0], int64(255))), value.Text(value.Or(p[2], "..."))
	leeway := 5
	if l := value.Or(p[3], nil); l != nil {
		leeway = value.Int(l)
	}
	s := value.Text(v)
	ev.m.Alloc(4 * len(s))
	keep := n - utf8.RuneCountInString(end)
	if keep < 0 || leeway < 0 {
		value.Throw(value.KindValue, "expected length >= %d and leeway >= 0, got %d and %d", n-keep, n, leeway)
	}
	r := []rune(s)
	if len(r) <= n+leeway {
		return s
	}
	s = string(r[:min(keep, len(r))])
	if i := strings.LastIndexByte(s, ' '); i >= 0 && !value.Truth(value.Or(p[1], false)) {
		s = s[:i]
	}
	return s + end
}

func filterURLEncode(ev *evaluator, v any, a *value.Args) any {
	a.Bind("urlencode")
	quoted := func(x any, query bool) string {
		s := value.Str(ev.m, x)
		ev.m.Alloc(3 * len(s))
		return method.QuoteURL(s, query)
	}
	next := value.IterOf(ev.m, v)
	if _, isText := value.AsString(v); isText || next == nil {
		return quoted(v, false)
	}
	if d, ok := v.(*Map); ok {
		next = value.IterOf(ev.m, &value.View{Of: d, What: "items"})
	}
	var parts []string
	for x, ok := next(); ok; x, ok = next() {
		pair := value.Collect(ev.m, x)
		if len(pair) != 2 {
			value.Throw(value.KindValue, "urlencode needs pairs")
		}
		parts = append(parts, quoted(pair[0], true)+"="+quoted(pair[1], true))
	}
	return method.Join(ev.m, parts, "&")
}

// filterPprint prints what fits on one line; Python would break longer values
// over several, which no known chat template asks for.
func filterPprint(ev *evaluator, v any, a *value.Args) any {
	a.Bind("pprint")
	s := value.Repr(ev.m, sortedKeys(ev, v))
	if utf8.RuneCountInString(s) > 80 {
		value.Throw(value.KindLimit, "the filter pprint prints short values only")
	}
	return s
}

func sortedKeys(ev *evaluator, v any) any {
	ev.m.Enter()
	defer ev.m.Leave()
	switch v := v.(type) {
	case *List:
		l := &List{Tuple: v.Tuple}
		for _, x := range v.Items {
			ev.m.Alloc(16)
			l.Items = append(l.Items, sortedKeys(ev, x))
		}
		return l
	case *Map:
		d := NewMap()
		pairs := value.Collect(ev.m, &value.View{Of: v, What: "items"})
		for _, x := range ev.sortBy(pairs, func(x any) any { return x.(*List).Items[0] }, false) {
			pair := x.(*List).Items
			d.Put(pair[0], sortedKeys(ev, pair[1]))
		}
		return d
	}
	return v
}

func filterAbs(_ *evaluator, v any, a *value.Args) any {
	a.Bind("abs")
	i, f, isInt, ok := value.Number(v)
	switch {
	case !ok:
		value.FailUndefined(v)
		value.Throw(value.KindType, "bad operand type for abs(): '%s'", value.TypeName(v))
	case !isInt:
		return math.Abs(f)
	case i < 0:
		return value.Negate(i, true)
	}
	return i
}

func filterInt(_ *evaluator, v any, a *value.Args) any {
	p := a.Bind("int", "default?", "base?")
	def := value.Or(p[0], int64(0))
	s, isText := value.AsString(v)
	if isText {
		if n, ok := method.ParseInt(s, value.Int(value.Or(p[1], int64(10)))); ok {
			return n
		}
		f, ok := method.ParseFloat(s)
		if !ok {
			return def
		}
		v = f
	}
	value.FailUndefined(v)
	i, f, isInt, ok := value.Number(v)
	switch {
	case !ok || !isInt && (math.IsNaN(f) || math.IsInf(f, 0)):
		return def
	case isInt:
		return i
	case math.Abs(f) >= 1<<63:
		value.Throw(value.KindLimit, "integer beyond 64 bits")
	}
	return int64(f)
}

func filterFloat(_ *evaluator, v any, a *value.Args) any {
	p := a.Bind("float", "default?")
	if s, ok := value.AsString(v); ok {
		if f, ok := method.ParseFloat(s); ok {
			return f
		}
		return value.Or(p[0], 0.0)
	}
	value.FailUndefined(v)
	if _, f, _, ok := value.Number(v); ok {
		return f
	}
	return value.Or(p[0], 0.0)
}

func filterRound(_ *evaluator, v any, a *value.Args) any {
	p := a.Bind("round", "precision?", "method?")
	prec := value.Int(value.Or(p[0], int64(0)))
	if prec > 300 || prec < -300 {
		value.Throw(value.KindLimit, "precision %d is too large", prec)
	}
	i, f, isInt, ok := value.Number(v)
	if !ok {
		value.FailUndefined(v)
		value.Throw(value.KindType, "type %s doesn't define __round__ method", value.TypeName(v))
	}
	scale := math.Pow(10, float64(prec))
	switch value.Or(p[1], "common") {
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	case "common":
	default:
		value.Throw(value.KindValue, "method must be common, ceil or floor")
	}
	switch {
	case isInt && prec >= 0:
		return i
	case isInt:
		return int64(math.RoundToEven(f*scale) / scale)
	case prec < 0:
		return math.RoundToEven(f*scale) / scale
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', prec, 64), 64)
	if err != nil {
		return f
	}
	return r
}

func filterTojson(ev *evaluator, v any, a *value.Args) any {
	p := a.Bind("tojson", "ensure_ascii?", "indent?", "separators?", "sort_keys?")
	st := value.PlainJSON()
	st.ASCII = value.Truth(value.Or(p[0], false))
	st.SortKeys = value.Truth(value.Or(p[3], false))
	if in := value.Or(p[1], nil); in != nil {
		unit, ok := value.AsString(in)
		if !ok {
			unit, _ = value.Binary(ev.m, "*", " ", in).(string)
		}
		st.Indent, st.ItemSep = &unit, ","
	}
	if sep := value.Or(p[2], nil); sep != nil {
		pair := value.Collect(ev.m, sep)
		if len(pair) != 2 {
			value.Throw(value.KindValue, "separators needs two strings")
		}
		st.ItemSep, st.KeySep = value.Text(pair[0]), value.Text(pair[1])
	}
	return value.JSON(ev.m, v, st)
}
