package grammar

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

const (
	// Days that each month has: the 29th of February, which not every year
	// has, is left out.
	dateFormat = `[0-9]{4} "-" (("0" [13578] | "1" [02]) "-" ("0" [1-9] | [12] [0-9] | "3" [01]) | ` +
		`("0" [469] | "11") "-" ("0" [1-9] | [12] [0-9] | "30") | "02-" ("0" [1-9] | "1" [0-9] | "2" [0-8]))`
	timeFormat = `([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])`
	hostLabel  = `[a-zA-Z0-9] ([-a-zA-Z0-9]{0,30} [a-zA-Z0-9])?`
	hostFormat = hostLabel + ` ("." ` + hostLabel + `){0,5}`
	byteFormat = `("25" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9] [0-9] | [0-9])`
)

// formats are the string formats that are kept, most in their usual spellings
// only; others are annotations.
var formats = map[string]string{
	"date":      dateFormat,
	"time":      timeFormat,
	"date-time": dateFormat + ` "T" ` + timeFormat,
	"duration": `"P" ([0-9]{1,4} "W" | [0-9]{1,4} "Y" ([0-9]{1,2} "M" ([0-9]{1,2} "D")?)? | [0-9]{1,2} "M" ([0-9]{1,2} "D")? | ` +
		`[0-9]{1,4} "D" | ([0-9]{1,4} "D")? "T" ([0-9]{1,4} "H" ([0-9]{1,2} "M" ([0-9]{1,2} "S")?)? | [0-9]{1,4} "M" ([0-9]{1,2} "S")? | [0-9]{1,5} "S"))`,
	"uuid":     `[0-9a-fA-F]{8} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{12}`,
	"hostname": hostFormat,
	"email":    `[a-zA-Z0-9] ([-_+.]? [a-zA-Z0-9]){0,60} "@" ` + hostLabel + ` ("." ` + hostLabel + `){1,5}`,
	"ipv4":     byteFormat + ` ("." ` + byteFormat + `){3}`,
	"ipv6":     `[0-9a-fA-F]{1,4} (":" [0-9a-fA-F]{1,4}){7}`,
}

// keptFormat is the expression of a schema's format, "" where it has none or
// one that is an annotation.
func keptFormat(o *object) string {
	f, _ := o.get("format")
	name, _ := f.(string)
	return formats[name]
}

func (b *builder) stringType(o *object, at string) (string, error) {
	lo, _, err := count(o, "minLength", at)
	if err != nil {
		return "", err
	}
	hi, bounded, err := count(o, "maxLength", at)
	if err != nil {
		return "", err
	}
	format := keptFormat(o)
	if p, ok := o.get("pattern"); ok {
		s, ok := p.(string)
		if !ok {
			return "", refuse(at, "pattern must be a string")
		}
		if format != "" {
			return "", refuse(at, "pattern together with format is not supported")
		}
		if bounded || lo > 0 {
			return "", refuse(at, "pattern together with minLength or maxLength is not supported")
		}
		expr, err := pattern(s, at)
		if err != nil {
			return "", err
		}
		return b.rule(`"\"" ` + expr + ` "\""`)
	}
	if format != "" {
		if bounded || lo > 0 {
			return "", refuse(at, "format together with minLength or maxLength is not supported")
		}
		return b.rule(`"\"" ` + format + ` "\""`)
	}
	if !bounded && lo == 0 {
		return "string", nil
	}
	if !bounded {
		hi = -1
	} else if hi < lo {
		return "", refuse(at, "maxLength %d is less than minLength %d", hi, lo)
	}
	return b.rule(`"\"" ` + repeat("char", lo, hi) + ` "\""`)
}

// integerType restricts integers to a range digit by digit.
func (b *builder) integerType(o *object, at string) (string, error) {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	for _, k := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} {
		v, ok := o.get(k)
		if !ok {
			continue
		}
		num, isNum := v.(json.Number)
		if !isNum {
			return "", refuse(at, "%s must be a number", k)
		}
		down, up, err := whole(num)
		if err != nil {
			return "", refuse(at, "%s must be a number", k)
		}
		switch k {
		case "minimum":
			lo = max(lo, up)
		case "exclusiveMinimum":
			lo = max(lo, down+1)
		case "maximum":
			hi = min(hi, down)
		case "exclusiveMaximum":
			hi = min(hi, up-1)
		}
	}
	if lo > maxInteger || hi < -maxInteger {
		return "", refuse(at, "integers of more than 16 digits are not made")
	}
	if lo < -maxInteger {
		lo = math.MinInt64
	}
	if hi > maxInteger {
		hi = math.MaxInt64
	}
	if lo == math.MinInt64 && hi == math.MaxInt64 {
		return "integer", nil
	}
	if lo > hi {
		return "", refuse(at, "no integer is at least %d and at most %d", lo, hi)
	}
	return b.rule(strings.Join(integers(lo, hi), " | "))
}

// maxInteger is the greatest integer that is made.
const maxInteger = int64(9_999_999_999_999_999)

// whole returns the integers next to a number, exactly; those of numbers far
// beyond maxInteger are beyond it too.
func whole(num json.Number) (down, up int64, err error) {
	f, err := num.Float64()
	switch {
	case f > 1e17:
		return 1e17, 1e17, nil
	case f < -1e17:
		return -1e17, -1e17, nil
	case err != nil:
		return 0, 0, err
	case math.Abs(f) < 1e-9:
		// A tiny fraction may have a million digits.
		if f > 0 {
			return 0, 1, nil
		} else if f < 0 {
			return -1, 0, nil
		}
		return 0, 0, nil
	}
	r, ok := new(big.Rat).SetString(num.String())
	if !ok {
		return 0, 0, strconv.ErrSyntax
	}
	// Euclidean division rounds down: the denominator is positive.
	q := new(big.Int).Div(r.Num(), r.Denom()).Int64()
	if r.IsInt() {
		return q, q, nil
	}
	return q, q + 1, nil
}

// integers lists alternatives for the integers from lo to hi, without leading
// zeros; the extremes of int64 stand for no bound.
func integers(lo, hi int64) []string {
	const most = maxInteger
	var out []string
	if lo < 0 {
		nlo := max(-hi, 1)
		nhi := most
		if lo != math.MinInt64 {
			nhi = -lo
		}
		for _, e := range naturals(nlo, nhi) {
			out = append(out, `"-" `+e)
		}
	}
	if hi >= 0 {
		out = append(out, naturals(max(lo, 0), min(hi, most))...)
	}
	return out
}

// naturals lists alternatives for the numbers from lo to hi, both >= 0, one
// group for each length of digits.
func naturals(lo, hi int64) []string {
	var out []string
	for lo <= hi {
		digits := len(strconv.FormatInt(lo, 10))
		top := int64(math.Pow10(digits)) - 1
		end := min(hi, top)
		out = append(out, sameLength(fmt.Sprintf("%0*d", digits, lo), fmt.Sprintf("%0*d", digits, end)))
		lo = end + 1
	}
	return out
}

// sameLength is an expression for the numbers from a to b, which have equally
// many digits.
func sameLength(a, b string) string {
	if a == b {
		return literal(a)
	}
	if len(a) == 1 {
		return "[" + a + "-" + b + "]"
	}
	if strings.Trim(a[1:], "0") == "" && strings.Trim(b[1:], "9") == "" {
		return digit(a[0], b[0]) + " " + repeat("[0-9]", len(a)-1, len(a)-1)
	}
	if a[0] == b[0] {
		return literal(a[:1]) + " (" + sameLength(a[1:], b[1:]) + ")"
	}
	zeros, nines := strings.Repeat("0", len(a)-1), strings.Repeat("9", len(a)-1)
	var alts []string
	first, last := a[0], b[0]
	if a[1:] != zeros {
		alts = append(alts, literal(a[:1])+" ("+sameLength(a[1:], nines)+")")
		first++
	}
	var end string
	if b[1:] != nines {
		end = literal(b[:1]) + " (" + sameLength(zeros, b[1:]) + ")"
		last--
	}
	if first <= last {
		alts = append(alts, digit(first, last)+" "+repeat("[0-9]", len(a)-1, len(a)-1))
	}
	if end != "" {
		alts = append(alts, end)
	}
	return "(" + strings.Join(alts, " | ") + ")"
}

func digit(a, b byte) string {
	if a == b {
		return literal(string(a))
	}
	return "[" + string(a) + "-" + string(b) + "]"
}

func (b *builder) arrayType(o *object, at string, depth int) (string, error) {
	lo, _, err := count(o, "minItems", at)
	if err != nil {
		return "", err
	}
	hi, bounded, err := count(o, "maxItems", at)
	if err != nil {
		return "", err
	}
	if bounded && hi < lo {
		return "", refuse(at, "maxItems %d is less than minItems %d", hi, lo)
	}
	if !bounded {
		hi = -1
	}
	if p, ok := o.get("prefixItems"); ok {
		return b.tuple(o, p, lo, hi, at, depth)
	}
	item := "value"
	if it, ok := o.get("items"); ok {
		if it == false {
			if lo > 0 {
				return "", refuse(at, "minItems is %d, but items is false", lo)
			}
			return `"[" ws "]"`, nil
		}
		if item, err = b.schema(it, at+"/items", depth+1); err != nil {
			return "", err
		}
		if item, err = b.rule(item); err != nil {
			return "", err
		}
	}
	if hi == 0 {
		return `"[" ws "]"`, nil
	}
	more := `(ws "," ws ` + item + `)`
	list := item + " " + repeat(more, max(lo-1, 0), max(hi-1, -1))
	if hi < 0 {
		list = item + " " + repeat(more, max(lo-1, 0), -1)
	}
	if lo == 0 {
		list = "(" + list + ")?"
	}
	return b.rule(`"[" ws ` + list + ` ws "]"`)
}

// tuple is an array with a schema for each of its first items, and none or
// more of items after them.
func (b *builder) tuple(o *object, p any, lo, hi int, at string, depth int) (string, error) {
	list, ok := p.([]any)
	if !ok || len(list) == 0 {
		return "", refuse(at, "prefixItems must be a list of schemas")
	}
	if lo > len(list) || hi >= 0 && hi != len(list) || lo != 0 && lo != len(list) {
		return "", refuse(at, "prefixItems with minItems or maxItems other than their number is not supported")
	}
	var parts []string
	for i, s := range list {
		e, err := b.schema(s, at+"/prefixItems/"+strconv.Itoa(i), depth+1)
		if err != nil {
			return "", err
		}
		parts = append(parts, e)
	}
	expr := strings.Join(parts, ` ws "," ws `)
	if it, ok := o.get("items"); ok && it != false && hi < 0 {
		e, err := b.schema(it, at+"/items", depth+1)
		if err != nil {
			return "", err
		}
		expr += ` (ws "," ws ` + e + `)*`
	}
	return b.rule(`"[" ws ` + expr + ` ws "]"`)
}

func (b *builder) objectType(o *object, at string, depth int) (string, error) {
	required, err := requiredOf(o, at)
	if err != nil {
		return "", err
	}
	props := &object{values: map[string]any{}}
	if p, ok := o.get("properties"); ok {
		if props, ok = p.(*object); !ok {
			return "", refuse(at, "properties must be an object")
		}
	}
	extra, hasExtra := o.get("additionalProperties")
	// A schema that names no properties speaks of any object; one that names
	// some means those, unless it says otherwise.
	if !hasExtra {
		extra = len(props.keys) == 0
	}
	all := props.clone()
	for _, r := range required {
		if _, ok := all.get(r); !ok {
			if hasExtra && extra == false {
				return "", refuse(at, "%q is required and not allowed: additionalProperties is false", r)
			}
			if extra == false {
				extra = true
			}
			all.set(r, true)
		}
	}
	if len(all.keys) == 0 && extra == true {
		return "object", nil
	}
	return b.members(all, required, extra, at, depth)
}

func requiredOf(o *object, at string) ([]string, error) {
	v, ok := o.get("required")
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, refuse(at, "required must be a list of names")
	}
	var out []string
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			return nil, refuse(at, "required must be a list of names")
		}
		out = append(out, s)
	}
	return out, nil
}

// members builds the rules from the last member to the first: for each place
// one rule where something stands before it, and one where nothing does.
func (b *builder) members(props *object, required []string, extra any, at string, depth int) (string, error) {
	first, next, err := b.extras(props, extra, at, depth)
	if err != nil {
		return "", err
	}
	for i := len(props.keys) - 1; i >= 0; i-- {
		key := props.keys[i]
		val, err := b.schema(props.values[key], at+"/properties/"+key, depth+1)
		if err != nil {
			return "", err
		}
		name, err := jsonLiteral(key)
		if err != nil {
			return "", refuse(at, "property %q: %v", key, err)
		}
		pair, err := b.rule(name + ` ws ":" ws ` + val)
		if err != nil {
			return "", err
		}
		withFirst, withNext := pair+" "+next, `ws "," ws `+pair+" "+next
		if !slices.Contains(required, key) {
			withFirst, withNext = withFirst+" | "+first, withNext+" | "+next
		}
		if first, err = b.rule(withFirst); err != nil {
			return "", err
		}
		if next, err = b.rule(withNext); err != nil {
			return "", err
		}
	}
	return b.rule(`"{" ws ` + first + ` ws "}"`)
}

// extras are the rules for members that no property names.
func (b *builder) extras(props *object, extra any, at string, depth int) (first, next string, err error) {
	if extra == false {
		return `""`, `""`, nil
	}
	val, err := b.schema(extra, at+"/additionalProperties", depth+1)
	if err != nil {
		return "", "", err
	}
	key := "string"
	if len(props.keys) > 0 {
		if key, err = b.otherString(props.keys); err != nil {
			return "", "", err
		}
	}
	pair, err := b.rule(key + ` ws ":" ws ` + val)
	if err != nil {
		return "", "", err
	}
	if next, err = b.rule(`(ws "," ws ` + pair + `)*`); err != nil {
		return "", "", err
	}
	first, err = b.rule("(" + pair + " " + next + ")?")
	return first, next, err
}
