package verb

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"unicode"

	"irori/internal/term/flags"
)

// help prints all verbs. Like usage it writes once, so that a full disk shows.
func (p *Program) help(to io.Writer) error {
	w := &strings.Builder{}
	fmt.Fprintf(w, "%s\n\nusage: irori VERB [words] [--flags]\n\n", p.About)
	for _, v := range p.Verbs {
		if !v.Hidden {
			fmt.Fprintf(w, "  %-11s %s\n", v.Name, v.Short)
		}
	}
	fmt.Fprintf(w, "  %-11s tell more of a verb, with examples: irori help VERB, or irori VERB --help\n", "help")
	fmt.Fprintf(w, "\n%s\n", p.First)
	_, err := io.WriteString(to, w.String())
	return err
}

func (p *Program) helpFor(args []string, s Streams) int {
	switch len(args) {
	case 0:
		return p.report(s.Err, p.Advise(p.help(s.Out)))
	case 1:
	default:
		return p.report(s.Err, Wrong(fmt.Sprintf("irori help takes one verb, not %d words", len(args)), "irori help "+args[0]))
	}
	if v := p.find(args[0]); v != nil {
		return p.run(context.Background(), v, []string{"-h"}, s)
	}
	if args[0] == "help" {
		return p.report(s.Err, p.Advise(p.help(s.Out)))
	}
	return p.report(s.Err, Wrong(fmt.Sprintf("%q is not a command", args[0]), "irori help"))
}

// usage tells all of a verb.
func (p *Program) usage(to io.Writer, v *Verb, f *flag.FlagSet) error {
	w := &strings.Builder{}
	some := false
	f.VisitAll(func(*flag.Flag) { some = true })
	line := []string{"irori", v.Name}
	if v.Args != "" {
		line = append(line, v.Args)
	}
	if some {
		line = append(line, "[--flags]")
	}
	fmt.Fprintf(w, "usage: %s\n\n%s.\n", strings.Join(line, " "), capital(v.Short))
	if long := strings.Trim(v.Long, "\n"); long != "" {
		fmt.Fprintf(w, "\n%s\n", long)
	}
	if len(v.Examples) > 0 {
		fmt.Fprintf(w, "\nexamples:\n  %s\n", strings.Join(v.Examples, "\n  "))
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
