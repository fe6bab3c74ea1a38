package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"unicode"

	"irori/internal/app"
	"irori/internal/term/flags"
)

// help prints all verbs. Like usage it writes once, so that a full disk shows.
func help(to io.Writer) error {
	w := &strings.Builder{}
	fmt.Fprint(w, "irori serves language models on this machine and accounts for every request.\n\nusage: irori VERB [words] [--flags]\n\n")
	for _, v := range verbs() {
		if !v.hidden {
			fmt.Fprintf(w, "  %-11s %s\n", v.name, v.short)
		}
	}
	fmt.Fprintf(w, "  %-11s %s\n", "help", "tell more of a verb, with examples: irori help VERB, or irori VERB --help")
	fmt.Fprint(w, "\nA first answer:  irori run smollm2-135m-instruct \"Hello\"\n")
	_, err := io.WriteString(to, w.String())
	return err
}

func helpFor(args []string, s streams) int {
	switch len(args) {
	case 0:
		return report(s.err, app.Advise(help(s.out)))
	case 1:
	default:
		return report(s.err, &usageError{fmt.Sprintf("irori help takes one verb, not %d words", len(args)), "irori help " + args[0]})
	}
	for _, v := range verbs() {
		if v.name == args[0] {
			return runVerbOn(context.Background(), v, []string{"-h"}, s)
		}
	}
	if args[0] == "help" {
		return report(s.err, app.Advise(help(s.out)))
	}
	return report(s.err, &usageError{fmt.Sprintf("%q is not a command", args[0]), "irori help"})
}

// usage tells all of a verb.
func usage(to io.Writer, v *verb, f *flag.FlagSet) error {
	w := &strings.Builder{}
	some := false
	f.VisitAll(func(*flag.Flag) { some = true })
	line := []string{"irori", v.name}
	if v.args != "" {
		line = append(line, v.args)
	}
	if some {
		line = append(line, "[--flags]")
	}
	fmt.Fprintf(w, "usage: %s\n\n%s.\n", strings.Join(line, " "), capital(v.short))
	if long := strings.Trim(v.long, "\n"); long != "" {
		fmt.Fprintf(w, "\n%s\n", long)
	}
	if len(v.examples) > 0 {
		fmt.Fprintf(w, "\nexamples:\n  %s\n", strings.Join(v.examples, "\n  "))
	}
	if some {
		flags.Usage(w, f)
	}
	_, err := io.WriteString(to, w.String())
	return err
}

func capital(s string) string {
	for i, r := range s {
		return string(unicode.ToUpper(r)) + s[i+len(string(r)):]
	}
	return s
}
