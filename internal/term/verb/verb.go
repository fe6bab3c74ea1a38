package verb

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
)

// Streams are where a verb reads and writes: results to Out, everything for
// people to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Verb is one command.
type Verb struct {
	Name, Args, Short string
	// Long is shown by the help of the verb, under the usage line; Examples are
	// lines that can be typed as they are.
	Long     string
	Examples []string
	Run      func(ctx context.Context, c *Call) error
	// Flags declares the verb's flags on c.Flags.
	Flags func(c *Call)
	// Words lists what the next word may be, for completion.
	Words func(c *Call) []string
	// Hidden keeps the verb out of the help; Settled says that no settings bear
	// on it.
	Hidden, Settled bool
}

// Call is one use of a verb.
type Call struct {
	Streams
	Verb  *Verb
	Flags *flag.FlagSet
	// Args are the words that are no flags.
	Args []string
	// Config is the file of the settings, where one was named.
	Config string
	JSON   bool
	// Offline says that nothing may leave this machine.
	Offline bool
	// Opts is what the verb's own flags are read into.
	Opts any

	of *Program
}

// PrintJSON writes one object on one line.
func (c *Call) PrintJSON(v any) error {
	e := json.NewEncoder(c.Out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Say writes a line for people, with its commands as they can be typed.
func (c *Call) Say(format string, args ...any) {
	fmt.Fprintln(c.Err, c.Typed(fmt.Sprintf(format, args...)))
}

// Typed turns the commands in a text for people into what can be typed here.
func (c *Call) Typed(text string) string { return c.of.typed(text) }

// Report prints an error as people read it, and returns the exit status.
func (c *Call) Report(w io.Writer, err error) int { return c.of.report(w, err) }

// JSONFlag declares --json; what says how many objects there are, of what.
func (c *Call) JSONFlag(what string) {
	c.Flags.BoolVar(&c.JSON, "json", false, "write JSON to standard output: "+what)
}

// Want checks how many words a verb was given, from low to high; below 0 there
// is no bound.
func (c *Call) Want(low, high int) error {
	n := len(c.Args)
	if n >= low && (high < 0 || n <= high) {
		return nil
	}
	takes := c.Verb.Args
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
	return Wrong(fmt.Sprintf("irori %s takes %s, not %s", c.Verb.Name, takes, got), "irori help "+c.Verb.Name)
}
