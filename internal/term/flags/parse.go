package flags

import (
	"flag"
	"fmt"
	"strings"

	"irori/internal/catalog/near"
)

// Error is a wrong use of flags, with a command that helps.
type Error struct{ Msg, Hint string }

// Error returns the sentence.
func (e *Error) Error() string { return e.Msg }

// Parse lets flags stand before, between and behind the other words, until a
// bare "--", behind which everything is a word. Errors are of the type *Error,
// but for flag.ErrHelp.
func Parse(f *flag.FlagSet, args []string) ([]string, error) {
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
	return &Error{fmt.Sprintf(format, args...), "irori help " + f.Name()}
}

// wanted says what a flag's value looks like.
func wanted(x *flag.Flag) string {
	if one, ok := x.Value.(*Choice); ok {
		return ": it is " + OrList(one.Of)
	}
	if n, ok := x.Value.(interface{ must() string }); ok {
		return ": it is " + n.must()
	}
	switch kind, _ := flagArg(x); kind {
	case "DURATION":
		return ": write it like 30s or 5m"
	case "":
		return ": it is true or false"
	}
	return ""
}

// noFlag names the flag that a mistyped one may have meant.
func noFlag(f *flag.FlagSet, arg string) error {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	var names []string
	f.VisitAll(func(x *flag.Flag) { names = append(names, x.Name) })
	hint := "irori help " + f.Name()
	if meant := near.Best(name, names, 2); meant != "" {
		hint = "irori " + f.Name() + " --" + meant
	}
	return &Error{fmt.Sprintf("irori %s has no flag %s", f.Name(), arg), hint}
}

// Unfinished is Parse for a line that is not finished: mistakes are passed over.
// valued is the flag whose value comes next, if one does.
func Unfinished(f *flag.FlagSet, args []string) (words []string, valued *flag.Flag) {
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
		name, _, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		x := f.Lookup(name)
		if x == nil || given || isBool(x) {
			continue
		}
		if len(args) == 0 {
			return words, x
		}
		args = args[1:]
	}
	return words, nil
}
