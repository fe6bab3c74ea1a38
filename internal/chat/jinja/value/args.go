package value

import "strings"

// Args are the arguments of one call.
type Args struct {
	Pos []any
	// Kw holds keyword arguments; nil means none.
	Kw *Map
}

// missing marks a parameter that was not given.
type missing struct{}

// Given reports whether a bound parameter was passed.
func Given(v any) bool {
	_, no := v.(missing)
	return !no
}

// Bind sorts the arguments by parameter names. A name that ends in ? is
// optional and may come back as not Given. Too many, unknown or missing
// arguments throw.
func (a *Args) Bind(fn string, params ...string) []any {
	if len(a.Pos) > len(params) {
		Throw(KindType, "%s() takes at most %d arguments (%d given)", fn, len(params), len(a.Pos))
	}
	out := make([]any, len(params))
	used := 0
	for i, p := range params {
		name, optional := strings.CutSuffix(p, "?")
		out[i] = missing{}
		if i < len(a.Pos) {
			out[i] = a.Pos[i]
			continue
		}
		if a.Kw != nil {
			if v, ok := a.Kw.Get(name); ok {
				out[i] = v
				used++
				continue
			}
		}
		if !optional {
			Throw(KindType, "%s() missing argument '%s'", fn, name)
		}
	}
	if a.Kw != nil && used != a.Kw.Len() {
		Throw(KindType, "%s() got an unexpected or repeated keyword argument", fn)
	}
	return out
}

// Or returns v where it was given, else def.
func Or(v, def any) any {
	if !Given(v) {
		return def
	}
	return v
}

// Int reads v as an index or count; it throws on other types.
func Int(v any) int {
	switch v := v.(type) {
	case int64:
		if int64(int(v)) == v {
			return int(v)
		}
	case bool:
		if v {
			return 1
		}
		return 0
	}
	Throw(KindType, "'%s' object cannot be interpreted as an integer", TypeName(v))
	return 0
}

// Text reads v as a string; it throws on other types.
func Text(v any) string {
	s, ok := AsString(v)
	if !ok {
		Throw(KindType, "expected str, got %s", TypeName(v))
	}
	return s
}
