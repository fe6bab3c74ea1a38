package value

import (
	"math"
	"math/big"
	"strings"
	"unicode/utf8"
)

// Number reads v as a number: an integer or a float. Booleans count.
func Number(v any) (i int64, f float64, isInt, ok bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, 1, true, true
		}
		return 0, 0, true, true
	case int64:
		return v, float64(v), true, true
	case float64:
		return 0, v, false, true
	}
	return 0, 0, false, false
}

// FailUndefined throws the failure of the first undefined among vs.
func FailUndefined(vs ...any) {
	for _, v := range vs {
		if u, ok := v.(*Undefined); ok {
			u.Fail()
		}
	}
}

func badOperands(op string, a, b any) {
	FailUndefined(a, b)
	Throw(KindType, "unsupported operand type(s) for %s: '%s' and '%s'", op, TypeName(a), TypeName(b))
}

// Binary is an arithmetic operator of Python: + - * / // % **.
// A string on the left of % is formatting, which the package does not know.
func Binary(m *Meter, op string, a, b any) any {
	ai, af, aInt, aok := Number(a)
	bi, bf, bInt, bok := Number(b)
	if aok && bok {
		if aInt && bInt && op != "/" {
			return intOp(op, ai, bi)
		}
		return floatOp(op, af, bf)
	}
	switch op {
	case "+":
		return concat(m, a, b)
	case "*":
		return repeat(m, a, b)
	}
	badOperands(op, a, b)
	return nil
}

func intOp(op string, a, b int64) any {
	x, y, z := big.NewInt(a), big.NewInt(b), new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "//", "%":
		if b == 0 {
			Throw(KindValue, "integer division or modulo by zero")
		}
		q, r := new(big.Int).QuoRem(x, y, new(big.Int))
		if r.Sign() != 0 && r.Sign() != y.Sign() { // Python rounds down
			q.Sub(q, big.NewInt(1))
			r.Add(r, y)
		}
		if z = q; op == "%" {
			z = r
		}
	case "**":
		if b < 0 {
			return floatOp("**", float64(a), float64(b))
		}
		if (a > 1 || a < -1) && b > 64 {
			Throw(KindLimit, "integer beyond 64 bits")
		}
		if a >= -1 && a <= 1 {
			b %= 2
			if a == 0 && y.Sign() > 0 {
				b = 1
			} else if a == -1 && b == 0 {
				a = 1
			}
			z.Exp(big.NewInt(a), big.NewInt(b), nil)
			break
		}
		z.Exp(x, y, nil)
	}
	if !z.IsInt64() {
		Throw(KindLimit, "integer beyond 64 bits")
	}
	return z.Int64()
}

func floatOp(op string, a, b float64) any {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "**":
		if a == 0 && b < 0 {
			Throw(KindValue, "0.0 cannot be raised to a negative power")
		}
		r := math.Pow(a, b)
		if math.IsNaN(r) && !math.IsNaN(a) && !math.IsNaN(b) || math.IsInf(r, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
			Throw(KindValue, "math result out of range")
		}
		return r
	}
	if b == 0 {
		Throw(KindValue, "division by zero")
	}
	if op == "/" {
		return a / b
	}
	mod := math.Mod(a, b)
	div := (a - mod) / b
	if mod != 0 && (b < 0) != (mod < 0) {
		mod += b
		div--
	}
	if op == "%" {
		if mod == 0 {
			return math.Copysign(0, b)
		}
		return mod
	}
	fl := math.Floor(div)
	if div-fl > 0.5 {
		fl++
	}
	return fl
}

func concat(m *Meter, a, b any) any {
	if x, ok := a.(*List); ok {
		if y, ok := b.(*List); ok && x.Tuple == y.Tuple {
			m.Alloc(16 * (len(x.Items) + len(y.Items)))
			m.Step(len(x.Items) + len(y.Items))
			return &List{Items: append(append([]any{}, x.Items...), y.Items...), Tuple: x.Tuple}
		}
	}
	x, xok := AsString(a)
	y, yok := AsString(b)
	if !xok || !yok {
		badOperands("+", a, b)
	}
	_, xm := a.(Markup)
	_, ym := b.(Markup)
	if xm != ym { // the plain side is escaped, as Markup does
		m.Alloc(len(x) + len(y))
		if xm {
			y = Escape(y)
		} else {
			x = Escape(x)
		}
	}
	m.Alloc(len(x) + len(y))
	if xm || ym {
		return Markup(x + y)
	}
	return x + y
}

func repeat(m *Meter, a, b any) any {
	if _, _, isInt, ok := Number(a); ok && isInt {
		a, b = b, a
	}
	n64, _, isInt, ok := Number(b)
	if !ok || !isInt {
		badOperands("*", a, b)
	}
	n := int(max(n64, 0))
	over := func(size int) int {
		if size > 0 && n > m.Bytes/size {
			Throw(KindLimit, "template builds too much data")
		}
		return size * n
	}
	if l, ok := a.(*List); ok {
		m.Alloc(over(16 * len(l.Items)))
		m.Step(len(l.Items) * n)
		out := make([]any, 0, len(l.Items)*n)
		for range n {
			if len(l.Items) == 0 {
				break
			}
			out = append(out, l.Items...)
		}
		return &List{Items: out, Tuple: l.Tuple}
	}
	s, ok := AsString(a)
	if !ok {
		badOperands("*", a, b)
	}
	m.Alloc(over(len(s)))
	if s == "" {
		n = 0
	}
	if _, isMarkup := a.(Markup); isMarkup {
		return Markup(strings.Repeat(s, n))
	}
	return strings.Repeat(s, n)
}

// Negate is unary minus; plus is checked by it as well.
func Negate(v any, minus bool) any {
	i, f, isInt, ok := Number(v)
	switch {
	case !ok:
		FailUndefined(v)
		Throw(KindType, "bad operand type for unary -: '%s'", TypeName(v))
	case !isInt && minus:
		return -f
	case !isInt:
		return f
	case minus && i == math.MinInt64:
		Throw(KindLimit, "integer beyond 64 bits")
	case minus:
		return -i
	}
	return i
}

// Equal is Python's a == b.
func Equal(m *Meter, a, b any) bool {
	m.Enter()
	defer m.Leave()
	m.Step(1)
	if ai, af, aInt, ok := Number(a); ok {
		bi, bf, bInt, ok := Number(b)
		if aInt && bInt {
			return ok && ai == bi
		}
		return ok && af == bf
	}
	if x, ok := AsString(a); ok {
		y, ok := AsString(b)
		m.Scan(min(len(x), len(y)))
		return ok && x == y
	}
	switch x := a.(type) {
	case *List:
		y, ok := b.(*List)
		if !ok || x.Tuple != y.Tuple || len(x.Items) != len(y.Items) {
			return false
		}
		for i := range x.Items {
			if !Equal(m, x.Items[i], y.Items[i]) {
				return false
			}
		}
		return true
	case *Map:
		y, ok := b.(*Map)
		return ok && equalMaps(m, x, y)
	case *Undefined:
		_, ok := b.(*Undefined)
		return ok
	}
	return a == b
}

func equalMaps(m *Meter, x, y *Map) bool {
	if x.Len() != y.Len() {
		return false
	}
	for i, k := range x.keys {
		v, ok := y.Lookup(k)
		if !ok || !Equal(m, x.vals[i], v) {
			return false
		}
	}
	return true
}

// Less is Python's a < b.
func Less(m *Meter, a, b any) bool { return Compare(m, "<", a, b) }

// Compare is Python's ordering a op b, where op is < > <= or >=.
func Compare(m *Meter, op string, a, b any) bool {
	m.Enter()
	defer m.Leave()
	m.Step(1)
	ai, af, aInt, aok := Number(a)
	bi, bf, bInt, bok := Number(b)
	if aok && bok {
		if aInt && bInt {
			return ordered(op, ai, bi)
		}
		return ordered(op, af, bf)
	}
	if x, ok := AsString(a); ok {
		if y, ok := AsString(b); ok {
			m.Scan(min(len(x), len(y)))
			return ordered(op, x, y) // UTF-8 sorts as its code points do
		}
	}
	x, xok := a.(*List)
	y, yok := b.(*List)
	if !xok || !yok || x.Tuple != y.Tuple {
		FailUndefined(a, b)
		Throw(KindType, "'%s' not supported between instances of '%s' and '%s'", op, TypeName(a), TypeName(b))
	}
	for i := range min(len(x.Items), len(y.Items)) {
		if !Equal(m, x.Items[i], y.Items[i]) {
			return Compare(m, op, x.Items[i], y.Items[i])
		}
	}
	return ordered(op, len(x.Items), len(y.Items))
}

func ordered[T int | int64 | float64 | string](op string, a, b T) bool {
	switch op {
	case "<":
		return a < b
	case ">":
		return a > b
	case "<=":
		return a <= b
	}
	return a >= b
}

// Contains is Python's x in c.
func Contains(m *Meter, c, x any) bool {
	if s, ok := AsString(c); ok {
		sub, ok := AsString(x)
		if !ok {
			Throw(KindType, "'in <string>' requires string as left operand, not %s", TypeName(x))
		}
		m.Scan(len(s))
		return strings.Contains(s, sub)
	}
	if d, ok := c.(*Map); ok {
		_, found := d.Lookup(x)
		return found
	}
	next := IterOf(m, c)
	if next == nil {
		Throw(KindType, "argument of type '%s' is not iterable", TypeName(c))
	}
	for y, ok := next(); ok; y, ok = next() {
		if Equal(m, y, x) {
			return true
		}
	}
	return false
}

// Item is c[key]; ok is false where Python raises a lookup or type error.
func Item(m *Meter, c, key any) (v any, ok bool) {
	switch c := c.(type) {
	case *Undefined:
		c.Fail()
	case *Map:
		if l, isList := key.(*List); isList && !l.Tuple {
			return nil, false
		}
		if _, isMap := key.(*Map); isMap {
			return nil, false
		}
		return c.Lookup(key)
	case *List:
		i, ok := index(key, len(c.Items))
		if !ok {
			return nil, false
		}
		return c.Items[i], true
	case Range:
		i, ok := index(key, c.Len())
		return c.Start + int64(i)*c.Step, ok
	case string, Markup:
		s, _ := AsString(c)
		m.Scan(len(s))
		i, ok := index(key, utf8.RuneCountInString(s))
		if !ok {
			return nil, false
		}
		for ; i > 0; i-- {
			_, n := utf8.DecodeRuneInString(s)
			s = s[n:]
		}
		_, n := utf8.DecodeRuneInString(s)
		return s[:n], true
	}
	return nil, false
}

func index(key any, n int) (int, bool) {
	i, _, isInt, ok := Number(key)
	if !ok || !isInt {
		return 0, false
	}
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// Slice is c[lo:hi:step]; nil bounds are open.
func Slice(m *Meter, c, lo, hi, step any) any {
	st := int64(1)
	if step != nil {
		st = int64(Int(step))
	}
	if st == 0 {
		Throw(KindValue, "slice step cannot be zero")
	}
	switch c := c.(type) {
	case *Undefined:
		c.Fail()
	case *List:
		m.Step(len(c.Items))
		idx := SliceIndexes(len(c.Items), lo, hi, st)
		m.Alloc(16 * len(idx))
		out := &List{Items: make([]any, len(idx)), Tuple: c.Tuple}
		for i, k := range idx {
			out.Items[i] = c.Items[k]
		}
		return out
	case string, Markup:
		s, _ := AsString(c)
		m.Alloc(len(s) * 2)
		r := []rune(s)
		var b strings.Builder
		for _, k := range SliceIndexes(len(r), lo, hi, st) {
			b.WriteRune(r[k])
		}
		if _, isMarkup := any(c).(Markup); isMarkup {
			return Markup(b.String())
		}
		return b.String()
	}
	Throw(KindType, "'%s' object is not subscriptable", TypeName(c))
	return nil
}

// SliceIndexes lists the positions of a slice of a sequence of length n.
func SliceIndexes(n int, lo, hi any, step int64) []int {
	size := int64(n)
	bound := func(v any, def int64) int64 {
		if v == nil {
			return def
		}
		i := int64(Int(v))
		if i < 0 {
			i += size
		}
		if step > 0 {
			return min(max(i, 0), size)
		}
		return min(max(i, -1), size-1)
	}
	var out []int
	if step > 0 {
		end := bound(hi, size)
		for i := bound(lo, 0); i < end; i += min(step, size+1) {
			out = append(out, int(i))
		}
		return out
	}
	end := bound(hi, -1)
	for i := bound(lo, size-1); i > end; i += max(step, -size-1) {
		out = append(out, int(i))
	}
	return out
}
