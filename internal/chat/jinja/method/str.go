package method

import (
	"irori/internal/chat/jinja/value"
	"strings"
	"unicode"
	"unicode/utf8"
)

type strMethod func(m *value.Meter, s string, a *value.Args) any

// stringMethods are the methods of Python's str that do not depend on bytes
// or codecs.
var stringMethods = map[string]strMethod{
	"strip":        stripMethod("strip", true, true),
	"lstrip":       stripMethod("lstrip", true, false),
	"rstrip":       stripMethod("rstrip", false, true),
	"split":        splitMethod("split"),
	"rsplit":       splitMethod("rsplit"),
	"splitlines":   splitlinesMethod,
	"startswith":   affixMethod("startswith", strings.HasPrefix),
	"endswith":     affixMethod("endswith", strings.HasSuffix),
	"replace":      replaceMethod,
	"upper":        mapMethod("upper", Upper),
	"lower":        mapMethod("lower", Lower),
	"casefold":     mapMethod("casefold", func(s string) string { return Lower(strings.ReplaceAll(s, "ß", "ss")) }),
	"capitalize":   mapMethod("capitalize", Capitalize),
	"title":        mapMethod("title", titleCase),
	"swapcase":     mapMethod("swapcase", swapCase),
	"join":         joinMethod,
	"find":         findMethod("find"),
	"rfind":        findMethod("rfind"),
	"index":        findMethod("index"),
	"rindex":       findMethod("rindex"),
	"count":        countMethod,
	"partition":    partitionMethod("partition", strings.Index),
	"rpartition":   partitionMethod("rpartition", strings.LastIndex),
	"removeprefix": cutMethod("removeprefix", strings.TrimPrefix),
	"removesuffix": cutMethod("removesuffix", strings.TrimSuffix),
	"ljust":        padMethod("ljust"),
	"rjust":        padMethod("rjust"),
	"center":       padMethod("center"),
	"zfill":        zfillMethod,
	"expandtabs":   expandtabsMethod,
	"isdigit":      isMethod("isdigit", unicode.IsDigit),
	"isdecimal":    isMethod("isdecimal", unicode.IsDigit),
	"isnumeric":    isMethod("isnumeric", unicode.IsNumber),
	"isalpha":      isMethod("isalpha", unicode.IsLetter),
	"isalnum":      isMethod("isalnum", func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
	"isspace":      isMethod("isspace", value.IsSpace),
	"isupper":      caseMethod("isupper", unicode.IsUpper, unicode.IsLower),
	"islower":      caseMethod("islower", unicode.IsLower, unicode.IsUpper),
	"isascii":      isASCIIMethod,
	"istitle":      istitleMethod,
	"isprintable":  isprintableMethod,
	"isidentifier": isidentifierMethod,
}

// Trim is Python's strip on the chosen sides; nil chars means white space.
func Trim(s string, chars any, left, right bool) string {
	in := value.IsSpace
	if chars != nil {
		set := value.Text(chars)
		in = func(r rune) bool { return strings.ContainsRune(set, r) }
	}
	if left {
		s = strings.TrimLeftFunc(s, in)
	}
	if right {
		s = strings.TrimRightFunc(s, in)
	}
	return s
}

func stripMethod(name string, left, right bool) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any {
		p := a.Bind(name, "chars?")
		if t, ok := p[0].(string); ok {
			m.Step(len(t) * len(s) >> 6)
		}
		return Trim(s, value.Or(p[0], nil), left, right)
	}
}

func splitMethod(name string) strMethod {
	fromRight := name == "rsplit"
	return func(m *value.Meter, s string, a *value.Args) any {
		p := a.Bind(name, "sep?", "maxsplit?")
		n := -1
		if value.Given(p[1]) {
			n = value.Int(p[1])
		}
		var parts []string
		if sep := value.Or(p[0], nil); sep == nil {
			parts = splitSpace(s, n, fromRight)
		} else {
			parts = splitOn(s, value.Text(sep), n, fromRight)
		}
		m.Alloc(32 * len(parts))
		return stringList(parts)
	}
}

func stringList(parts []string) *value.List {
	l := &value.List{Items: make([]any, len(parts))}
	for i, p := range parts {
		l.Items[i] = p
	}
	return l
}

func splitOn(s, sep string, n int, fromRight bool) []string {
	if sep == "" {
		value.Throw(value.KindValue, "empty separator")
	}
	if n < 0 {
		return strings.Split(s, sep)
	}
	if !fromRight {
		return strings.SplitN(s, sep, n+1)
	}
	var tail []string
	for ; n > 0; n-- {
		i := strings.LastIndex(s, sep)
		if i < 0 {
			break
		}
		tail = append(tail, s[i+len(sep):])
		s = s[:i]
	}
	out := []string{s}
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

func splitSpace(s string, n int, fromRight bool) []string {
	if n < 0 {
		return strings.FieldsFunc(s, value.IsSpace)
	}
	var out []string
	if !fromRight {
		s = strings.TrimLeftFunc(s, value.IsSpace)
		for ; s != ""; n-- {
			i := strings.IndexFunc(s, value.IsSpace)
			if n <= 0 || i < 0 {
				return append(out, s)
			}
			out = append(out, s[:i])
			s = strings.TrimLeftFunc(s[i:], value.IsSpace)
		}
		return out
	}
	s = strings.TrimRightFunc(s, value.IsSpace)
	for ; s != ""; n-- {
		i := strings.LastIndexFunc(s, value.IsSpace)
		if n <= 0 || i < 0 {
			out = append(out, s)
			break
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		out = append(out, s[i+w:])
		s = strings.TrimRightFunc(s[:i], value.IsSpace)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// SplitLines is Python's str.splitlines.
func SplitLines(s string, keep bool) []string {
	var out []string
	for s != "" {
		i := strings.IndexFunc(s, isLineEnd)
		if i < 0 {
			return append(out, s)
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			w = 2
		}
		if keep {
			out = append(out, s[:i+w])
		} else {
			out = append(out, s[:i])
		}
		s = s[i+w:]
	}
	return out
}

func isLineEnd(r rune) bool {
	return r >= '\n' && r <= '\r' || r >= 0x1c && r <= 0x1e || r == 0x85 || r == 0x2028 || r == 0x2029
}

func splitlinesMethod(m *value.Meter, s string, a *value.Args) any {
	p := a.Bind("splitlines", "keepends?")
	lines := SplitLines(s, value.Truth(value.Or(p[0], false)))
	m.Alloc(32 * len(lines))
	return stringList(lines)
}

// span cuts s to the optional start and end, counted in characters.
func span(s string, start, end any) (cut string, offset int) {
	start, end = value.Or(start, nil), value.Or(end, nil)
	if start == nil && end == nil {
		return s, 0
	}
	r := []rune(s)
	idx := func(v any, def int) int {
		if v == nil {
			return def
		}
		i := value.Int(v)
		if i < 0 {
			i += len(r)
		}
		return min(max(i, 0), len(r))
	}
	lo, hi := idx(start, 0), idx(end, len(r))
	if lo > hi {
		return "", lo
	}
	return string(r[lo:hi]), lo
}

func affixMethod(name string, has func(s, affix string) bool) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any {
		p := a.Bind(name, "prefix", "start?", "end?")
		s, _ = span(s, p[1], p[2])
		if l, ok := p[0].(*value.List); ok && l.Tuple {
			for _, x := range l.Items {
				m.Step(1)
				if has(s, value.Text(x)) {
					return true
				}
			}
			return false
		}
		return has(s, value.Text(p[0]))
	}
}

// Replace is Python's str.replace; a negative count replaces all.
func Replace(m *value.Meter, s, old, repl string, count int) string {
	m.Scan(len(s))
	n := strings.Count(s, old)
	if count >= 0 {
		n = min(n, count)
	}
	if n > 0 && len(repl) > m.Bytes/n {
		value.Throw(value.KindLimit, "template builds too much data")
	}
	m.Alloc(len(s) + n*len(repl))
	return strings.Replace(s, old, repl, n)
}

func replaceMethod(m *value.Meter, s string, a *value.Args) any {
	p := a.Bind("replace", "old", "new", "count?")
	return Replace(m, s, value.Text(p[0]), value.Text(p[1]), value.Int(value.Or(p[2], int64(-1))))
}

func mapMethod(name string, f func(string) string) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any {
		a.Bind(name)
		m.Alloc(2 * len(s))
		return f(s)
	}
}

// Upper is Python's str.upper.
func Upper(s string) string {
	if strings.ContainsRune(s, 'ß') {
		s = strings.ReplaceAll(s, "ß", "SS")
	}
	return strings.ToUpper(s)
}

// Lower is Python's str.lower, with the Greek final sigma.
func Lower(s string) string {
	if !strings.ContainsRune(s, 'Σ') {
		return strings.ToLower(s)
	}
	r := []rune(s)
	for i, c := range r {
		switch {
		case c != 'Σ':
			r[i] = unicode.ToLower(c)
		case i > 0 && unicode.IsLetter(r[i-1]) && (i+1 == len(r) || !unicode.IsLetter(r[i+1])):
			r[i] = 'ς'
		default:
			r[i] = 'σ'
		}
	}
	return string(r)
}

// Capitalize is Python's str.capitalize.
func Capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToTitle(r)) + Lower(s[n:])
}

func titleCase(s string) string {
	var b strings.Builder
	inWord := false
	for _, r := range s {
		cased := unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
		if cased && !inWord {
			b.WriteRune(unicode.ToTitle(r))
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
		inWord = cased
	}
	return b.String()
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// Join is sep.join(parts) after the parts became text.
func Join(m *value.Meter, parts []string, sep string) string {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if len(parts) > 1 && len(sep) > m.Bytes/len(parts) {
		value.Throw(value.KindLimit, "template builds too much data")
	}
	m.Alloc(n + len(sep)*len(parts))
	return strings.Join(parts, sep)
}

func joinMethod(m *value.Meter, s string, a *value.Args) any {
	p := a.Bind("join", "iterable")
	var parts []string
	for i, x := range value.Collect(m, p[0]) {
		t, ok := value.AsString(x)
		if !ok {
			value.Throw(value.KindType, "sequence item %d: expected str instance, %s found", i, value.TypeName(x))
		}
		parts = append(parts, t)
	}
	return Join(m, parts, s)
}

func findMethod(name string) strMethod {
	find := strings.Index
	if name[0] == 'r' {
		find = strings.LastIndex
	}
	return func(m *value.Meter, s string, a *value.Args) any {
		p := a.Bind(name, "sub", "start?", "end?")
		s, off := span(s, p[1], p[2])
		i := find(s, value.Text(p[0]))
		if i >= 0 {
			return int64(off + utf8.RuneCountInString(s[:i]))
		}
		if strings.HasSuffix(name, "index") {
			value.Throw(value.KindValue, "substring not found")
		}
		return int64(-1)
	}
}

func countMethod(m *value.Meter, s string, a *value.Args) any {
	p := a.Bind("count", "sub", "start?", "end?")
	s, _ = span(s, p[1], p[2])
	return int64(strings.Count(s, value.Text(p[0])))
}

func partitionMethod(name string, find func(s, sep string) int) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any {
		sep := value.Text(a.Bind(name, "sep")[0])
		if sep == "" {
			value.Throw(value.KindValue, "empty separator")
		}
		i := find(s, sep)
		switch {
		case i >= 0:
			return value.NewTuple(s[:i], sep, s[i+len(sep):])
		case name == "rpartition":
			return value.NewTuple("", "", s)
		}
		return value.NewTuple(s, "", "")
	}
}

func cutMethod(name string, cut func(s, affix string) string) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any { return cut(s, value.Text(a.Bind(name, "affix")[0])) }
}

// Center is Python's str.center.
func Center(m *value.Meter, s string, width int, fill string) string {
	pad := width - utf8.RuneCountInString(s)
	if pad <= 0 {
		return s
	}
	left := pad/2 + (pad & width & 1)
	return repeatText(m, fill, left) + s + repeatText(m, fill, pad-left)
}

// repeatText is s repeated n times within the meter's limit.
func repeatText(m *value.Meter, s string, n int) string {
	if n <= 0 {
		return ""
	}
	t, _ := value.Binary(m, "*", s, int64(n)).(string)
	return t
}

func padMethod(name string) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any {
		p := a.Bind(name, "width", "fillchar?")
		fill := value.Text(value.Or(p[1], " "))
		if utf8.RuneCountInString(fill) != 1 {
			value.Throw(value.KindType, "the fill character must be exactly one character long")
		}
		pad := value.Int(p[0]) - utf8.RuneCountInString(s)
		switch name {
		case "ljust":
			return s + repeatText(m, fill, pad)
		case "rjust":
			return repeatText(m, fill, pad) + s
		}
		return Center(m, s, value.Int(p[0]), fill)
	}
}

func zfillMethod(m *value.Meter, s string, a *value.Args) any {
	pad := value.Int(a.Bind("zfill", "width")[0]) - utf8.RuneCountInString(s)
	sign := ""
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, s = s[:1], s[1:]
	}
	return sign + repeatText(m, "0", pad) + s
}

func expandtabsMethod(m *value.Meter, s string, a *value.Args) any {
	size := value.Int(value.Or(a.Bind("expandtabs", "tabsize?")[0], int64(8)))
	var b strings.Builder
	col := 0
	for _, r := range s {
		switch {
		case r == '\t' && size > 0:
			b.WriteString(repeatText(m, " ", size-col%size))
			col = 0
			continue
		case r == '\t':
			continue
		case r == '\n' || r == '\r':
			col = -1
		}
		col++
		b.WriteRune(r)
	}
	return b.String()
}

func isMethod(name string, in func(rune) bool) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any {
		a.Bind(name)
		return s != "" && strings.IndexFunc(s, func(r rune) bool { return !in(r) }) < 0
	}
}

func caseMethod(name string, want, other func(rune) bool) strMethod {
	return func(m *value.Meter, s string, a *value.Args) any {
		a.Bind(name)
		return strings.IndexFunc(s, want) >= 0 &&
			strings.IndexFunc(s, func(r rune) bool { return other(r) || unicode.IsTitle(r) }) < 0
	}
}

func isASCIIMethod(m *value.Meter, s string, a *value.Args) any {
	a.Bind("isascii")
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

func istitleMethod(m *value.Meter, s string, a *value.Args) any {
	a.Bind("istitle")
	return s == titleCase(s) && strings.IndexFunc(s, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsTitle(r) }) >= 0
}

func isprintableMethod(m *value.Meter, s string, a *value.Args) any {
	a.Bind("isprintable")
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

func isidentifierMethod(m *value.Meter, s string, a *value.Args) any {
	a.Bind("isidentifier")
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsNumber(r)) {
			return false
		}
	}
	return s != ""
}
