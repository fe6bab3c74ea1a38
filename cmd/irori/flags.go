package main

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
)

// parse lets flags stand before, between and behind the other words, until a
// bare "--", behind which everything is a word.
func parse(f *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			return append(words, args...), nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			words = append(words, arg)
			continue
		}
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name == "h" || name == "help" {
			return nil, flag.ErrHelp
		}
		x := f.Lookup(name)
		if x == nil {
			return nil, noFlag(f, arg)
		}
		switch {
		case given:
		case isBool(x):
			value = "true"
		case len(args) == 0:
			return nil, wrongFlag(f, "--%s needs a value", name)
		default:
			value, args = args[0], args[1:]
		}
		if err := f.Set(name, value); err != nil {
			return nil, wrongFlag(f, "--%s cannot be %q%s", name, value, wanted(x))
		}
	}
	return words, nil
}

func isBool(x *flag.Flag) bool {
	b, ok := x.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func wrongFlag(f *flag.FlagSet, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), "irori help " + f.Name()}
}

// wanted says what a flag's value looks like.
func wanted(x *flag.Flag) string {
	kind, _ := flag.UnquoteUsage(x)
	switch kind {
	case "duration":
		return ": write it like 30s or 5m"
	case "int", "uint", "float", "number":
		return ": it must be a number"
	case "":
		return ": it is true or false"
	}
	return ""
}

// noFlag names the flag that a mistyped one may have meant.
func noFlag(f *flag.FlagSet, arg string) error {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	best, near := 3, ""
	f.VisitAll(func(x *flag.Flag) {
		if d := distance(name, x.Name); d < best {
			best, near = d, x.Name
		}
	})
	hint := "irori help " + f.Name()
	if near != "" {
		hint = "irori " + f.Name() + " --" + near
	}
	return &usageError{fmt.Sprintf("irori %s has no flag %s", f.Name(), arg), hint}
}

// optional is a flag whose absence differs from every value.
type optional[T any] struct {
	value *T
	parse func(string) (T, error)
}

func (o *optional[T]) String() string { return "" }

func (o *optional[T]) Set(s string) error {
	v, err := o.parse(s)
	if err == nil {
		o.value = &v
	}
	return err
}

func optionalInt() *optional[int] { return &optional[int]{parse: strconv.Atoi} }

func optionalFloat() *optional[float64] {
	return &optional[float64]{parse: func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }}
}

func optionalInt64() *optional[int64] {
	return &optional[int64]{parse: func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }}
}
