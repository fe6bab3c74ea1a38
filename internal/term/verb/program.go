package verb

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"irori/internal/catalog/near"
	"irori/internal/dial"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/flags"
)

// Program is what the verbs make together.
type Program struct {
	// Self is how irori can be typed where it runs.
	Self string
	// About says in a line what it does; First is a line of how to begin.
	About, First string
	// Settings says what --config is a file of.
	Settings string
	// Verbs are in the order of the help. Those of the frame stand last.
	Verbs []*Verb
	// Advise may add a hint to an error.
	Advise func(error) error
}

// usageError is a wrong use of a verb: exit status 2.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

// Wrong is a wrong use of a verb: exit status 2, and a hint of what to type.
func Wrong(msg, hint string) error { return &usageError{msg, hint} }

// ErrEnded is how a verb ends that runs until a person ends it: nothing is
// wrong, and the exit status tells what happened.
var ErrEnded = fmt.Errorf("ended: %w", context.Canceled)

// Run finds the verb that args begin with and runs it; its result is the exit
// status.
func (p *Program) Run(ctx context.Context, args []string, s Streams) int {
	if len(args) == 0 {
		_ = p.help(s.Err) // whoever does not hear it sees the status
		return 2
	}
	name := args[0]
	switch name {
	case "help", "-h", "--help", "-help":
		return p.helpFor(args[1:], s)
	case "--version", "-version":
		name = "version"
	}
	if v := p.find(name); v != nil {
		return p.run(ctx, v, args[1:], s)
	}
	hint := "irori help"
	if meant := p.nearest(name); meant != "" {
		hint = "irori " + meant
	}
	return p.report(s.Err, Wrong(fmt.Sprintf("%q is not a command", name), hint))
}

// all are the verbs with those of the frame.
func (p *Program) all() []*Verb {
	return slices.Concat(p.Verbs, []*Verb{p.complete()})
}

func (p *Program) find(name string) *Verb {
	all := p.all()
	if i := slices.IndexFunc(all, func(v *Verb) bool { return v.Name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

func (p *Program) run(ctx context.Context, v *Verb, args []string, s Streams) int {
	c := p.Call(v, s)
	rest, err := flags.Parse(c.Flags, args)
	if errors.Is(err, flag.ErrHelp) {
		return p.report(s.Err, p.Advise(p.usage(s.Out, v, c.Flags)))
	}
	if wrong, ok := errors.AsType[*flags.Error](err); ok {
		err = Wrong(wrong.Msg, wrong.Hint)
	}
	if err == nil {
		c.Args = rest
		if c.Offline {
			dial.GoOffline()
		}
		err = p.Advise(v.Run(ctx, c))
	}
	return p.report(s.Err, err)
}

// Call prepares a use of a verb: its flags are declared, nothing is read.
func (p *Program) Call(v *Verb, s Streams) *Call {
	c := &Call{Streams: s, Verb: v, Flags: flag.NewFlagSet(v.Name, flag.ContinueOnError), of: p}
	c.Flags.SetOutput(io.Discard)
	if !v.Settled {
		c.Flags.BoolVar(&c.Offline, "offline", false, "let nothing leave this machine")
		c.Flags.StringVar(&c.Config, "config", "", p.Settings)
	}
	if v.Flags != nil {
		v.Flags(c)
	}
	return c
}

// Status maps an error to the contract's exit statuses.
func Status(err error) int {
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	if errors.Is(err, context.Canceled) {
		return 130
	}
	switch llm.CodeOf(err) {
	case llm.CodeNotFound, llm.CodeModelNotFound:
		return 3
	case llm.CodeLicense, llm.CodeDoesNotFit, llm.CodeForbidden, llm.CodeUnauthorized, llm.CodeNoSpace, llm.CodePrivate, llm.CodeOffline, llm.CodeBudget, llm.CodeRateLimited:
		return 4
	case llm.CodeUnreachable, llm.CodeTimeout:
		return 5
	case llm.CodeCancelled:
		return 130
	}
	return 1
}

// report prints an error as people read it and returns the exit status.
func (p *Program) report(w io.Writer, err error) int {
	status := Status(err)
	if err == nil || errors.Is(err, ErrEnded) {
		return status
	}
	hint := ""
	if u, ok := errors.AsType[*usageError](err); ok {
		hint = u.hint
	} else if e, ok := errors.AsType[*llm.Error](err); ok {
		hint = e.Hint
	}
	msg := strings.TrimSpace(err.Error())
	if status == 130 {
		msg = "interrupted"
	}
	fmt.Fprintf(w, "irori: error: %s\n", msg)
	if hint != "" {
		fmt.Fprintf(w, "irori: hint: %s\n", p.typed(hint))
	}
	return status
}

func (p *Program) typed(text string) string {
	return term.Typed(text, p.Self, func(name string) bool { return name == "help" || p.find(name) != nil })
}

// nearest finds the verb that a mistyped one may have meant.
func (p *Program) nearest(name string) string { return near.Best(name, p.shown(), 2) }

// shown are the names of the verbs that the help shows.
func (p *Program) shown() []string {
	var names []string
	for _, v := range p.Verbs {
		if !v.Hidden {
			names = append(names, v.Name)
		}
	}
	return names
}
