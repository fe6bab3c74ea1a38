package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"irori/internal/app"
	"irori/internal/catalog/near"
	"irori/internal/dial"
	"irori/internal/llm"
	"irori/internal/term/flags"
)

// streams are where a verb reads and writes: results to out, everything for
// people to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// verb is one command.
type verb struct {
	name, args, short string
	// long is shown by `irori help VERB`, under the usage line; examples are
	// lines that can be typed as they are.
	long     string
	examples []string
	run      func(ctx context.Context, c *call) error
	// flags declares the verb's flags on c.flags.
	flags func(c *call)
	// words lists what the next word may be, for completion.
	words func(c *call) []string
	// hidden keeps the verb out of the help; settled says that no settings
	// bear on it.
	hidden, settled bool
}

// call is one use of a verb.
type call struct {
	streams
	verb   *verb
	flags  *flag.FlagSet
	args   []string
	config string
	json   bool
	// offline says that nothing may leave this machine.
	offline bool
	opts    any
}

// verbs is the command table, in the order of the help.
func verbs() []*verb {
	return []*verb{
		upVerb(), runVerb(), pullVerb(), listVerb(), showVerb(), rmVerb(), aliasVerb(), psVerb(), logVerb(), keysVerb(), measureVerb(), routeVerb(), forgetVerb(), connectVerb(), stopVerb(),
		doctorVerb(), completionVerb(), versionVerb(), completeVerb(),
	}
}

// usageError is a wrong use of a verb: exit status 2.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

// errEnded is how a verb ends that runs until a person ends it: nothing is
// wrong, and the exit status tells what happened.
var errEnded = fmt.Errorf("ended: %w", context.Canceled)

// dispatch finds the verb and runs it; its result is the exit status.
func dispatch(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		_ = help(s.err) // whoever does not hear it sees the status
		return 2
	}
	name := args[0]
	switch name {
	case "help", "-h", "--help", "-help":
		return helpFor(args[1:], s)
	case "--version", "-version":
		name = "version"
	}
	all := verbs()
	i := slices.IndexFunc(all, func(v *verb) bool { return v.name == name })
	if i < 0 {
		hint := "irori help"
		if meant := nearest(name, all); meant != "" {
			hint = "irori " + meant
		}
		return report(s.err, &usageError{fmt.Sprintf("%q is not a command", name), hint})
	}
	return runVerbOn(ctx, all[i], args[1:], s)
}

func runVerbOn(ctx context.Context, v *verb, args []string, s streams) int {
	c := newCall(v, s)
	rest, err := flags.Parse(c.flags, args)
	if errors.Is(err, flag.ErrHelp) {
		return report(s.err, app.Advise(usage(s.out, v, c.flags)))
	}
	if wrong, ok := errors.AsType[*flags.Error](err); ok {
		err = &usageError{wrong.Msg, wrong.Hint}
	}
	if err == nil {
		c.args = rest
		if c.offline {
			dial.GoOffline()
		}
		err = app.Advise(v.run(ctx, c))
	}
	return report(s.err, err)
}

// newCall prepares a use of a verb: its flags are declared, nothing is read.
func newCall(v *verb, s streams) *call {
	c := &call{streams: s, verb: v, flags: flag.NewFlagSet(v.name, flag.ContinueOnError)}
	c.flags.SetOutput(io.Discard)
	if !v.settled {
		c.flags.BoolVar(&c.offline, "offline", false, "let nothing leave this machine")
		c.flags.StringVar(&c.config, "config", "", "`FILE` the settings (default IRORI_HOME/config.yaml)")
	}
	if v.flags != nil {
		v.flags(c)
	}
	return c
}

// exitStatus maps error codes to the contract's exit statuses.
func exitStatus(err error) int {
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
func report(w io.Writer, err error) int {
	status := exitStatus(err)
	if err == nil || errors.Is(err, errEnded) {
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
		fmt.Fprintf(w, "irori: hint: %s\n", typed(hint))
	}
	return status
}

// printJSON writes one object on one line.
func (c *call) printJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// say writes a line for people.
func (c *call) say(format string, args ...any) {
	fmt.Fprintln(c.err, typed(fmt.Sprintf(format, args...)))
}

// want checks how many words a verb was given.
func (c *call) want(low, high int) error {
	n := len(c.args)
	if n >= low && (high < 0 || n <= high) {
		return nil
	}
	takes := c.verb.args
	if takes == "" {
		takes = "no words"
	}
	got := fmt.Sprintf("%d words", n)
	switch n {
	case 0:
		got = "nothing"
	case 1:
		got = "1 word"
	}
	return &usageError{fmt.Sprintf("irori %s takes %s, not %s", c.verb.name, takes, got), "irori help " + c.verb.name}
}

// nearest finds the verb that a mistyped one may have meant.
func nearest(name string, all []*verb) string {
	var names []string
	for _, v := range all {
		if !v.hidden {
			names = append(names, v.name)
		}
	}
	return near.Best(name, names, 2)
}
