package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxJSONDepth is how deep decoded JSON may nest, below Python's own limit.
const maxJSONDepth = 500

// DecodeJSON reads one JSON text into values, with the order of keys kept.
func DecodeJSON(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := decode(d, 0)
	if err != nil {
		return nil, fmt.Errorf("json: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("json: text after the value")
	}
	return v, nil
}

func decode(d *json.Decoder, depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, errors.New("nested too deeply")
	}
	t, err := d.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		return number(string(t))
	case json.Delim:
		if t == '[' {
			return decodeList(d, depth)
		}
		return decodeMap(d, depth)
	}
	return t, nil // string, bool, nil
}

func decodeList(d *json.Decoder, depth int) (any, error) {
	l := NewList()
	for d.More() {
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		l.Items = append(l.Items, v)
	}
	_, err := d.Token()
	return l, err
}

func decodeMap(d *json.Decoder, depth int) (any, error) {
	m := NewMap()
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := k.(string)
		if !ok {
			return nil, errors.New("a key that is not a string")
		}
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		m.Set(key, v)
	}
	_, err := d.Token()
	return m, err
}

func number(s string) (any, error) {
	if !strings.ContainsAny(s, ".eE") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return BigInt(s), nil // out of range, as the scanner checked the digits
		}
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, err
	}
	return f, nil
}

// JSONStyle holds the options of json.dumps.
type JSONStyle struct {
	// Indent is the unit of indentation; nil prints on one line.
	Indent *string
	// ItemSep and KeySep stand between items, and between key and value.
	ItemSep, KeySep string
	ASCII, SortKeys bool
}

// PlainJSON is json.dumps without options, but with text kept as it is.
func PlainJSON() JSONStyle { return JSONStyle{ItemSep: ", ", KeySep: ": "} }

// JSON is Python's json.dumps; it throws on what JSON cannot hold.
func JSON(m *Meter, v any, st JSONStyle) string {
	w := &jsonWriter{writer: writer{m: m}, st: st}
	w.value(v, 0)
	return w.b.String()
}

type jsonWriter struct {
	writer
	st JSONStyle
}

func (w *jsonWriter) value(v any, level int) {
	w.m.Enter()
	defer w.m.Leave()
	switch v := v.(type) {
	case nil:
		w.put("null")
	case bool:
		w.put(strconv.FormatBool(v))
	case int64, BigInt:
		w.put(Repr(w.m, v))
	case float64:
		w.put(jsonFloat(v))
	case string:
		w.put(w.quote(v))
	case Markup:
		w.put(w.quote(string(v)))
	case *List:
		w.list(v, level)
	case *Map:
		w.dict(v, level)
	default:
		Throw(KindType, "object of type %s is not JSON serializable", TypeName(v))
	}
}

func (w *jsonWriter) list(v *List, level int) {
	if len(v.Items) == 0 {
		w.put("[]")
		return
	}
	w.put("[")
	for i, x := range v.Items {
		w.between(i, level+1)
		w.value(x, level+1)
	}
	w.line(level)
	w.put("]")
}

func (w *jsonWriter) dict(v *Map, level int) {
	if v.Len() == 0 {
		w.put("{}")
		return
	}
	order := make([]int, v.Len())
	for i := range order {
		order[i] = i
	}
	if w.st.SortKeys {
		sort.SliceStable(order, func(a, b int) bool { return Less(w.m, v.keys[order[a]], v.keys[order[b]]) })
	}
	w.put("{")
	for n, i := range order {
		w.between(n, level+1)
		w.put(w.quote(w.key(v.keys[i])))
		w.put(w.st.KeySep)
		w.value(v.vals[i], level+1)
	}
	w.line(level)
	w.put("}")
}

func (w *jsonWriter) key(k any) string {
	switch k := k.(type) {
	case string:
		return k
	case Markup:
		return string(k)
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(k)
	case float64:
		return jsonFloat(k)
	case int64:
		return strconv.FormatInt(k, 10)
	}
	Throw(KindType, "keys must be str, int, float, bool or None, not %s", TypeName(k))
	return ""
}

func (w *jsonWriter) between(i, level int) {
	if i > 0 {
		w.put(w.st.ItemSep)
	}
	w.line(level)
}

func (w *jsonWriter) line(level int) {
	if w.st.Indent == nil {
		return
	}
	w.m.Alloc(len(*w.st.Indent) * level)
	w.put("\n" + strings.Repeat(*w.st.Indent, level))
}

func jsonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return FloatRepr(f)
}

func (w *jsonWriter) quote(s string) string {
	w.m.Alloc(len(s))
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r == '\f':
			b = append(b, '\\', 'f')
		case r == '\b':
			b = append(b, '\\', 'b')
		case r < 0x20 || (w.st.ASCII && r >= 0x7f && r < 0x10000):
			b = fmt.Appendf(b, `\u%04x`, r)
		case w.st.ASCII && r >= 0x10000:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return string(append(b, '"'))
}
