package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Str is Python's str(v), which is also what {{ v }} prints.
func Str(m *Meter, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Markup:
		return string(v)
	case *Undefined:
		return ""
	}
	return Repr(m, v)
}

// Repr is Python's repr(v).
func Repr(m *Meter, v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return FloatRepr(v)
	}
	w := &writer{m: m}
	w.repr(v)
	return w.b.String()
}

// writer builds text under the meter's watch.
type writer struct {
	m *Meter
	b strings.Builder
}

func (w *writer) put(s string) {
	w.m.Step(1)
	w.m.Alloc(len(s))
	w.b.WriteString(s)
}

func (w *writer) repr(v any) {
	w.m.Enter()
	defer w.m.Leave()
	switch v := v.(type) {
	case string:
		w.put(quote(v))
	case Markup:
		w.put("Markup(" + quote(string(v)) + ")")
	case BigInt:
		w.put(string(v))
	case *List:
		w.list(v)
	case *Map:
		w.put("{")
		for i, k := range v.keys {
			if i > 0 {
				w.put(", ")
			}
			w.repr(k)
			w.put(": ")
			w.repr(v.vals[i])
		}
		w.put("}")
	case *View:
		w.put("dict_" + v.What + "([")
		for i := range v.Of.keys {
			if i > 0 {
				w.put(", ")
			}
			w.repr(v.at(i))
		}
		w.put("])")
	case *Undefined:
		w.put("Undefined")
	case Range:
		if v.Step != 1 {
			w.put(fmt.Sprintf("range(%d, %d, %d)", v.Start, v.Stop, v.Step))
		} else {
			w.put(fmt.Sprintf("range(%d, %d)", v.Start, v.Stop))
		}
	case *Iter:
		w.put("<" + v.Name + " object>")
	case *Func:
		w.put("<function " + v.Name + ">")
	case Reprer:
		w.put(v.Repr(w.m))
	case Object:
		w.put(v.String())
	default:
		w.put(Repr(w.m, v))
	}
}

// Reprer is an Object whose printed form is made of other values, and so
// needs the meter.
type Reprer interface {
	Repr(m *Meter) string
}

func (w *writer) list(v *List) {
	open, end := "[", "]"
	if v.Tuple {
		open, end = "(", ")"
		if len(v.Items) == 1 {
			end = ",)"
		}
	}
	w.put(open)
	for i, x := range v.Items {
		if i > 0 {
			w.put(", ")
		}
		w.repr(x)
	}
	w.put(end)
}

// FloatRepr prints a float as Python does: the shortest digits that read back
// the same, with an exponent from 1e16 on and below 1e-4.
func FloatRepr(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote is repr of a str: single quotes unless only double ones save escapes.
func quote(s string) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	var b strings.Builder
	b.WriteByte(q)
	for _, r := range s {
		switch {
		case r == rune(q) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte(q)
	return b.String()
}

// Escape is the HTML escaping of the filter escape.
func Escape(s string) string { return htmlEscaper.Replace(s) }

var htmlEscaper = strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;")
