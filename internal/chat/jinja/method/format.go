package method

import (
	"irori/internal/chat/jinja/value"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxWidth bounds the width and precision of one formatted field.
const maxWidth = 1 << 16

// spec is a parsed format specification of either style.
type spec struct {
	fill      string
	align     byte // one of < > ^ = or 0
	sign      byte // + or space, or 0
	alt, zero bool
	width     int
	sep       byte // , or _ between thousands
	prec      int  // -1 when absent
	verb      byte
}

// FormatPercent is Python's s % arg for strings.
func FormatPercent(m *value.Meter, s string, arg any) string {
	args := []any{arg}
	l, isTuple := arg.(*value.List)
	if isTuple = isTuple && l.Tuple; isTuple {
		args = l.Items
	}
	dict, isDict := arg.(*value.Map)
	w := &buffer{m: m}
	used := 0
	next := func() any {
		if used >= len(args) {
			value.Throw(value.KindType, "not enough arguments for format string")
		}
		used++
		return args[used-1]
	}
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			w.put(s)
			break
		}
		w.put(s[:i])
		s = s[i+1:]
		take := next
		if strings.HasPrefix(s, "(") && isDict {
			key, rest, ok := strings.Cut(s[1:], ")")
			v, found := dict.Get(key)
			if !ok || !found {
				value.Throw(value.KindValue, "incomplete format key or no such key")
			}
			s, used = rest, len(args)
			take = func() any { return v }
		}
		sp, rest := parsePercent(s, next)
		s = rest
		if sp.verb == '%' {
			w.put("%")
			continue
		}
		w.put(percentValue(m, sp, take()))
	}
	if used < len(args) && !isDict {
		value.Throw(value.KindType, "not all arguments converted during string formatting")
	}
	return w.b.String()
}

func parsePercent(s string, next func() any) (sp spec, rest string) {
	sp = spec{fill: " ", align: '>', prec: -1}
	i := 0
	for ; i < len(s) && strings.IndexByte("-+ #0", s[i]) >= 0; i++ {
		switch s[i] {
		case '-':
			sp.align = '<'
		case '+':
			sp.sign = '+'
		case ' ':
			if sp.sign == 0 {
				sp.sign = ' '
			}
		case '#':
			sp.alt = true
		case '0':
			sp.zero = true
		}
	}
	number := func() int {
		if i < len(s) && s[i] == '*' {
			i++
			return value.Int(next())
		}
		n := 0
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			n = min(n*10+int(s[i]-'0'), maxWidth+1)
		}
		return n
	}
	if sp.width = number(); sp.width < 0 {
		sp.align, sp.width = '<', -sp.width
	}
	if i < len(s) && s[i] == '.' {
		i++
		sp.prec = max(number(), 0)
	}
	for i < len(s) && strings.IndexByte("hlL", s[i]) >= 0 {
		i++
	}
	if i >= len(s) {
		value.Throw(value.KindValue, "incomplete format")
	}
	sp.verb = s[i]
	return sp, s[i+1:]
}

func percentValue(m *value.Meter, sp spec, v any) string {
	switch sp.verb {
	case 's', 'r', 'a':
		t := value.Repr(m, v)
		if sp.verb == 's' {
			t = value.Str(m, v)
		}
		return pad(m, sp, "", cutRunes(t, sp.prec))
	case 'c':
		if t, ok := value.AsString(v); ok && utf8.RuneCountInString(t) == 1 {
			return pad(m, sp, "", t)
		}
		return pad(m, sp, "", string(rune(value.Int(v))))
	case 'd', 'i', 'u':
		if f, ok := v.(float64); ok {
			v = int64(f)
		}
		sp.verb = 'd'
	}
	value.FailUndefined(v)
	if _, _, _, ok := value.Number(v); !ok {
		value.Throw(value.KindType, "%%%c format: a real number is required, not %s", sp.verb, value.TypeName(v))
	}
	if sp.zero && sp.align != '<' {
		sp.fill, sp.align = "0", '='
	}
	return formatNumber(m, sp, v)
}

// Format is Python's s.format(*args, **kwargs).
func Format(m *value.Meter, s string, a *value.Args) string {
	f := &formatter{m: m, args: a}
	f.w.m = m
	f.format(s, 0)
	return f.w.b.String()
}

type formatter struct {
	m    *value.Meter
	args *value.Args
	auto int
	w    buffer
}

func (f *formatter) format(s string, depth int) {
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			f.w.put(s)
			return
		}
		f.w.put(s[:i])
		if i+1 < len(s) && s[i+1] == s[i] {
			f.w.put(s[i : i+1])
			s = s[i+2:]
			continue
		}
		if s[i] == '}' {
			value.Throw(value.KindValue, "single '}' encountered in format string")
		}
		end := fieldEnd(s[i+1:])
		f.w.put(f.field(s[i+1:i+1+end], depth))
		s = s[i+end+2:]
	}
}

// fieldEnd finds the brace that closes a replacement field.
func fieldEnd(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	value.Throw(value.KindValue, "expected '}' before end of string")
	return 0
}

func (f *formatter) field(s string, depth int) string {
	if depth > 1 {
		value.Throw(value.KindValue, "max string recursion exceeded")
	}
	name, sp := s, ""
	bracket := strings.IndexByte(s, ']')
	if i := strings.IndexByte(s[max(bracket, 0):], ':'); i >= 0 {
		i += max(bracket, 0)
		name, sp = s[:i], s[i+1:]
	}
	conv := ""
	if i := strings.LastIndexByte(name, '!'); i > bracket {
		name, conv = name[:i], name[i+1:]
	}
	v := f.lookup(name)
	switch conv {
	case "r", "a":
		v = value.Repr(f.m, v)
	case "s":
		v = value.Str(f.m, v)
	case "":
	default:
		value.Throw(value.KindValue, "unknown conversion specifier %s", conv)
	}
	if strings.Contains(sp, "{") {
		sub := &formatter{m: f.m, args: f.args, auto: f.auto}
		sub.w.m = f.m
		sub.format(sp, depth+1)
		f.auto, sp = sub.auto, sub.w.b.String()
	}
	return FormatSpec(f.m, v, sp)
}

func (f *formatter) lookup(name string) any {
	i := strings.IndexAny(name, ".[")
	if i < 0 {
		i = len(name)
	}
	v := f.arg(name[:i])
	for rest := name[i:]; rest != ""; {
		var key any
		if rest[0] == '.' {
			n := strings.IndexAny(rest[1:], ".[")
			if n < 0 {
				n = len(rest) - 1
			}
			attr := rest[1 : n+1]
			rest = rest[n+1:]
			v = f.member(v, attr, attr)
			continue
		}
		inner, after, ok := strings.Cut(rest[1:], "]")
		if !ok {
			value.Throw(value.KindValue, "missing ']' in format string")
		}
		rest = after
		key = inner
		if n, err := strconv.ParseInt(inner, 10, 64); err == nil {
			key = n
		}
		v = f.member(v, "", key)
	}
	return v
}

// member is an attribute or item in a field; the sandbox of Jinja2 looks it up
// as templates do.
func (f *formatter) member(v any, attr string, key any) any {
	if attr != "" {
		if x, ok := Attr(f.m, v, attr); ok {
			return x
		}
	}
	if x, ok := value.Item(f.m, v, key); ok {
		return x
	}
	return &value.Undefined{Hint: "no " + value.Str(f.m, key) + " in a format field"}
}

func (f *formatter) arg(name string) any {
	n := f.auto
	if name == "" {
		f.auto++
	} else if i, err := strconv.Atoi(name); err == nil {
		n = i
	} else {
		if f.args.Kw != nil {
			if v, ok := f.args.Kw.Get(name); ok {
				return v
			}
		}
		value.Throw(value.KindValue, "no argument %s for format", name)
	}
	if n < 0 || n >= len(f.args.Pos) {
		value.Throw(value.KindValue, "replacement index %d out of range for positional args tuple", n)
	}
	return f.args.Pos[n]
}

// FormatSpec is Python's format(v, spec).
func FormatSpec(m *value.Meter, v any, s string) string {
	if s == "" {
		return value.Str(m, v)
	}
	sp := parseSpec(s)
	if t, ok := value.AsString(v); ok {
		if sp.verb != 0 && sp.verb != 's' || sp.align == '=' || sp.sign != 0 {
			value.Throw(value.KindValue, "invalid format specifier for str")
		}
		if sp.align == 0 {
			sp.align = '<'
		}
		return pad(m, sp, "", cutRunes(t, sp.prec))
	}
	if b, ok := v.(bool); ok && sp.verb == 0 {
		return FormatSpec(m, value.Str(m, b), s)
	}
	if _, _, _, ok := value.Number(v); !ok {
		value.FailUndefined(v)
		value.Throw(value.KindType, "unsupported format string passed to %s.__format__", value.TypeName(v))
	}
	if sp.align == 0 {
		sp.align = '>'
	}
	return formatNumber(m, sp, v)
}

func parseSpec(s string) spec {
	sp := spec{fill: " ", prec: -1}
	aligns := "<>^="
	if _, n := utf8.DecodeRuneInString(s); len(s) > n && strings.IndexByte(aligns, s[n]) >= 0 {
		sp.fill, sp.align, s = s[:n], s[n], s[n+1:]
	} else if strings.IndexByte(aligns, s[0]) >= 0 {
		sp.align, s = s[0], s[1:]
	}
	accept := func(set string) byte {
		if s != "" && strings.IndexByte(set, s[0]) >= 0 {
			c := s[0]
			s = s[1:]
			return c
		}
		return 0
	}
	sp.sign = accept("+- ")
	if sp.sign == '-' {
		sp.sign = 0
	}
	sp.alt = accept("#") != 0
	if accept("0") != 0 && sp.align == 0 {
		sp.fill, sp.align = "0", '='
	}
	number := func() int {
		n := 0
		for c := accept("0123456789"); c != 0; c = accept("0123456789") {
			n = min(n*10+int(c-'0'), maxWidth+1)
		}
		return n
	}
	sp.width = number()
	sp.sep = accept(",_")
	if accept(".") != 0 {
		sp.prec = number()
	}
	sp.verb = accept("bcdeEfFgGnosxX%")
	if s != "" {
		value.Throw(value.KindValue, "invalid format specifier")
	}
	return sp
}

func formatNumber(m *value.Meter, sp spec, v any) string {
	if sp.prec > 400 {
		value.Throw(value.KindLimit, "precision %d is too large", sp.prec)
	}
	i, f, isInt, _ := value.Number(v)
	neg := isInt && i < 0 || !isInt && math.Signbit(f)
	var digits, prefix string
	switch {
	case isInt && strings.IndexByte("\x00dnboxXc", sp.verb) >= 0:
		digits, prefix = intDigits(sp, i)
	case !isInt && strings.IndexByte("boxXdc", sp.verb) >= 0 && sp.verb != 0:
		value.Throw(value.KindValue, "unknown format code '%c' for object of type 'float'", sp.verb)
	default:
		digits = floatDigits(sp, math.Abs(f))
	}
	if sp.sep != 0 {
		digits = group(digits, sp.sep)
	}
	sign := ""
	if neg {
		sign = "-"
	} else if sp.sign != 0 {
		sign = string(sp.sign)
	}
	return pad(m, sp, sign+prefix, digits)
}

func intDigits(sp spec, i int64) (digits, prefix string) {
	u := uint64(i)
	if i < 0 {
		u = -u
	}
	base := 10
	switch sp.verb {
	case 'b':
		base, prefix = 2, "0b"
	case 'o':
		base, prefix = 8, "0o"
	case 'x':
		base, prefix = 16, "0x"
	case 'X':
		base, prefix = 16, "0X"
	case 'c':
		return string(rune(i)), ""
	}
	digits = strconv.FormatUint(u, base)
	if sp.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	if !sp.alt {
		prefix = ""
	}
	return digits, prefix
}

func floatDigits(sp spec, f float64) string {
	prec := sp.prec
	switch sp.verb {
	case 0:
		if prec < 0 {
			return value.FloatRepr(f)
		}
		s := general(f, prec)
		if !strings.ContainsAny(s, ".en") {
			s += ".0"
		}
		return s
	case 'g', 'G', 'n':
		s := general(f, prec)
		if sp.verb == 'G' {
			s = strings.ToUpper(s)
		}
		return s
	case '%':
		return fixed(f*100, prec) + "%"
	case 'e', 'E':
		if prec < 0 {
			prec = 6
		}
		return strconv.FormatFloat(f, sp.verb, prec, 64)
	}
	return fixed(f, prec)
}

func fixed(f float64, prec int) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return value.FloatRepr(f)
	}
	if prec < 0 {
		prec = 6
	}
	return strconv.FormatFloat(f, 'f', prec, 64)
}

// general is the g format: Go's, with Python's rules for exponents.
func general(f float64, prec int) string {
	if prec < 0 {
		prec = 6
	}
	prec = max(prec, 1)
	s := strconv.FormatFloat(f, 'e', prec-1, 64)
	mant, exp, ok := strings.Cut(s, "e")
	if !ok {
		return value.FloatRepr(f)
	}
	e, _ := strconv.Atoi(exp)
	trim := func(s string) string {
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	if e < -4 || e >= prec {
		return trim(mant) + "e" + exp
	}
	return trim(strconv.FormatFloat(f, 'f', prec-1-e, 64))
}

func group(s string, sep byte) string {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	var b strings.Builder
	for i := range end {
		if i > 0 && (end-i)%3 == 0 {
			b.WriteByte(sep)
		}
		b.WriteByte(s[i])
	}
	return b.String() + s[end:]
}

func cutRunes(s string, n int) string {
	if n < 0 {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// pad fills sign and body to the width of sp.
func pad(m *value.Meter, sp spec, sign, body string) string {
	if sp.width > maxWidth {
		value.Throw(value.KindLimit, "field width %d is too large", sp.width)
	}
	n := sp.width - utf8.RuneCountInString(sign+body)
	if n <= 0 {
		return sign + body
	}
	switch sp.align {
	case '<':
		return sign + body + repeatText(m, sp.fill, n)
	case '=':
		return sign + repeatText(m, sp.fill, n) + body
	case '^':
		return repeatText(m, sp.fill, n/2) + sign + body + repeatText(m, sp.fill, n-n/2)
	}
	return repeatText(m, sp.fill, n) + sign + body
}

// buffer builds text under the meter's watch.
type buffer struct {
	m *value.Meter
	b strings.Builder
}

func (w *buffer) put(s string) {
	w.m.Step(1)
	w.m.Alloc(len(s))
	w.b.WriteString(s)
}

func formatMethod(m *value.Meter, s string, a *value.Args) any { return Format(m, s, a) }
