package verb

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"irori/internal/term/flags"
)

// Listed is a flag's value that may be one of some, for completion.
type Listed interface {
	flag.Value
	// List names them, as far as they can be told.
	List(c *Call) []string
}

// First completes a verb's first word only.
func First(words func(*Call) []string) func(*Call) []string {
	return func(c *Call) []string {
		if len(c.Args) > 0 {
			return nil
		}
		return words(c)
	}
}

// complete is what the shells' scripts call: the words typed so far, the last
// of them unfinished.
func (p *Program) complete() *Verb {
	return &Verb{
		Name: "__complete", Args: "WORD…", Short: "list what the last word may become", Hidden: true,
		Run: func(_ context.Context, c *Call) error {
			if len(c.Args) == 0 {
				c.Args = []string{""}
			}
			for _, w := range p.candidates(c) {
				if strings.HasPrefix(w, c.Args[len(c.Args)-1]) {
					fmt.Fprintln(c.Out, w)
				}
			}
			return nil
		},
	}
}

func (p *Program) candidates(c *Call) []string {
	typed, current := c.Args[:len(c.Args)-1], c.Args[len(c.Args)-1]
	if len(typed) == 0 {
		return append(p.shown(), "help")
	}
	if typed[0] == "help" {
		return p.shown()
	}
	v := p.find(typed[0])
	if v == nil || v.Hidden {
		return nil
	}
	// What is completed may have flags that are not finished: nothing is
	// reported.
	of := p.Call(v, Streams{In: c.In, Out: c.Out, Err: io.Discard})
	of.Config = c.Config
	words, valued := flags.Unfinished(of.Flags, typed[1:])
	switch {
	case valued != nil:
		return valuesOf(of, valued)
	case strings.HasPrefix(current, "-"):
		var out []string
		if name, _, given := strings.Cut(strings.TrimLeft(current, "-"), "="); given {
			if x := of.Flags.Lookup(name); x != nil {
				for _, v := range valuesOf(of, x) {
					out = append(out, current[:strings.IndexByte(current, '=')+1]+v)
				}
			}
			return out
		}
		of.Flags.VisitAll(func(x *flag.Flag) { out = append(out, "--"+x.Name) })
		return out
	case v.Words == nil:
		return nil
	}
	of.Args = words
	return v.Words(of)
}

// valuesOf are those that a flag may have, where they can be told.
func valuesOf(c *Call, f *flag.Flag) []string {
	switch v := f.Value.(type) {
	case *flags.Choice:
		return v.Of
	case Listed:
		return v.List(c)
	}
	return nil
}
