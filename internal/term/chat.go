package term

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Partner is who answers in a chat.
type Partner interface {
	// Ask sends what was said and shows the answer as it comes. The note is
	// a line about the answer, "" for none.
	Ask(ctx context.Context, text string, show func(Piece)) (note string, err error)
	// Set changes a setting; the error says which there are.
	Set(name, value string) error
	// Clear forgets what was said so far.
	Clear()
}

// Piece is a piece of an answer.
type Piece struct {
	Text string
	// Thinking marks what a model says to itself before the answer.
	Thinking bool
}

// ChatOptions describe a chat.
type ChatOptions struct {
	Console *Console
	Partner Partner
	// Title is who answers.
	Title string
	// Explain turns an error into the lines that people read.
	Explain func(error) string
}

const (
	prompt   = ">>> "
	more     = "... "
	chatHelp = `/set system TEXT    what the model is told before everything ("" for nothing)
/set NAME VALUE     temperature, max-tokens or seed ("" for the default)
/clear              forget what was said so far
/bye                end; so does Ctrl-D
"""                 begin and end a text of several lines; so does \ at the end of a line
Ctrl-C              stop the answer
`
)

// Chat talks until the person ends it.
func Chat(ctx context.Context, o ChatOptions) error {
	c := o.Console
	fmt.Fprintf(c, "%s   /help for help, Ctrl-D to end\n", Line(o.Title))
	idle := 0
	for {
		text, err := readText(ctx, c)
		switch {
		case errors.Is(err, ErrInterrupt):
			// Once clears the line; twice in a row asks how to leave.
			if idle++; idle > 1 {
				fmt.Fprintln(c, "Ctrl-D or /bye ends the chat")
			}
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		idle = 0
		switch said := strings.TrimSpace(text); {
		case said == "":
		case strings.HasPrefix(said, "/"):
			if command(c, o, said) {
				return nil
			}
		default:
			if err := answer(ctx, o, text); err != nil {
				return err
			}
		}
	}
}

// readText reads a line, or several where they say so.
func readText(ctx context.Context, c *Console) (string, error) {
	line, err := c.ReadLine(ctx, prompt, more)
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(strings.TrimSpace(line), `"""`); ok {
		for !strings.HasSuffix(strings.TrimRight(rest, " "), `"""`) {
			next, err := c.ReadLine(ctx, more, more)
			if err != nil {
				return "", err
			}
			rest += "\n" + next
		}
		rest = strings.TrimRight(rest, " ")
		return strings.Trim(strings.TrimSuffix(rest, `"""`), "\n"), nil
	}
	for strings.HasSuffix(line, `\`) {
		next, err := c.ReadLine(ctx, more, more)
		if err != nil {
			return "", err
		}
		line = strings.TrimSuffix(line, `\`) + "\n" + next
	}
	return line, nil
}

// command does what a line with a slash says; true ends the chat.
func command(c *Console, o ChatOptions, line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "/bye", "/exit", "/quit":
		return true
	case "/help", "/?":
		fmt.Fprint(c, chatHelp)
	case "/clear":
		o.Partner.Clear()
		fmt.Fprintln(c, "what was said is forgotten")
	case "/set":
		name, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
		value = strings.TrimSpace(value)
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if err := o.Partner.Set(name, value); err != nil {
			fmt.Fprintln(c, o.Explain(err))
		} else if value == "" {
			fmt.Fprintf(c, "%s is back to the default\n", Line(name))
		} else {
			fmt.Fprintf(c, "%s is set\n", Line(name))
		}
	default:
		fmt.Fprintf(c, "%s is not a command; /help lists them\n", Line(verb))
	}
	return false
}

// answer asks the partner. What goes wrong is said and the chat goes on; only
// the end of ctx ends it.
func answer(ctx context.Context, o ChatOptions, text string) error {
	actx, stop := o.Console.OnInterrupt(ctx)
	v := &Voice{Out: o.Console, Dim: true}
	note, err := o.Partner.Ask(actx, text, v.Show)
	cut := actx.Err() != nil
	stop()
	v.End()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case cut:
		fmt.Fprintln(o.Console, "(stopped)")
	case err != nil:
		fmt.Fprintln(o.Console, o.Explain(err))
	}
	if note != "" {
		fmt.Fprintf(o.Console, "%s%s%s\n", dim, Line(note), plain)
	}
	fmt.Fprintln(o.Console)
	return nil
}

const (
	dim   = "\x1b[2m"
	plain = "\x1b[0m"
)

// Voice writes an answer piece by piece, thinking apart from the rest.
type Voice struct {
	Out io.Writer
	// Dim shows thinking, in a fainter colour; without it thinking is left
	// out and text passes as it is, for files and pipes.
	Dim bool

	thinking, any, lineEnd bool
	err                    error
}

// Err is why something could not be written, nil where all was.
func (v *Voice) Err() error { return v.err }

// Show writes a piece.
func (v *Voice) Show(p Piece) {
	text := p.Text
	if v.Dim {
		text = Clean(text)
	}
	if p.Thinking && !v.Dim || text == "" {
		return
	}
	if p.Thinking != v.thinking {
		if p.Thinking {
			v.write(dim)
		} else {
			v.leaveThinking()
			text = strings.TrimLeft(text, "\n")
		}
		v.thinking = p.Thinking
	}
	if text != "" {
		v.write(text)
		v.any, v.lineEnd = true, strings.HasSuffix(text, "\n")
	}
}

func (v *Voice) leaveThinking() {
	v.write(plain)
	if !v.lineEnd {
		v.write("\n")
	}
	v.write("\n")
}

// End closes the answer's last line.
func (v *Voice) End() {
	if v.thinking {
		v.write(plain)
		v.thinking = false
	}
	if v.any && !v.lineEnd {
		v.write("\n")
		v.lineEnd = true
	}
}

// write ignores a reader that is gone: the request is cancelled elsewhere.
func (v *Voice) write(s string) {
	if v.err == nil {
		_, v.err = io.WriteString(v.Out, s)
	}
}
