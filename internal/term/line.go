package term

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrInterrupt says that Ctrl-C was pressed on a line.
var ErrInterrupt = errors.New("interrupted")

// Console is a terminal in raw mode: keys come in as they are pressed, also
// while something is being written.
type Console struct {
	in      *os.File
	out     io.Writer
	restore func()
	input   chan []byte
	keys    []press
	decode  decoder
	history []string
	size    func() (cols, rows int)
}

// OpenConsole takes the terminal over. Close gives it back.
func OpenConsole(in, out *os.File) (*Console, error) {
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	undo := virtualTerminal(out)
	c := &Console{in: in, out: out, input: make(chan []byte), size: func() (int, int) { return Size(out) }}
	// Without bracketed paste every line of a pasted text would be sent.
	c.write("\x1b[?2004h")
	c.restore = func() {
		c.write("\x1b[?2004l")
		undo()
		// The terminal may be gone; then there is nothing to restore.
		_ = term.Restore(int(in.Fd()), old)
	}
	go c.read()
	return c, nil
}

// read passes bytes on until the terminal ends. A read cannot be called off,
// so that the goroutine may live as long as the process.
func (c *Console) read() {
	defer close(c.input)
	for {
		buf := make([]byte, 4096)
		n, err := c.in.Read(buf)
		if n > 0 {
			c.input <- buf[:n]
		}
		if err != nil {
			return
		}
	}
}

// Close gives the terminal back as it was.
func (c *Console) Close() {
	if c.restore != nil {
		c.restore()
		c.restore = nil
	}
}

// write sends bytes to the terminal. Where it is gone, reading ends too, and
// that is where it is noticed.
func (c *Console) write(s string) { _, _ = io.WriteString(c.out, s) }

// Write shows text; raw mode wants a carriage return with every line feed.
func (c *Console) Write(b []byte) (int, error) {
	c.write(strings.ReplaceAll(string(b), "\n", "\r\n"))
	return len(b), nil
}

// next returns the next key.
func (c *Console) next(ctx context.Context) (press, error) {
	for len(c.keys) == 0 {
		select {
		case b, ok := <-c.input:
			if !ok {
				return press{}, io.EOF
			}
			c.keys = c.decode.push(b)
		case <-ctx.Done():
			return press{}, ctx.Err()
		}
	}
	p := c.keys[0]
	c.keys = c.keys[1:]
	return p, nil
}

// OnInterrupt returns a context that ends when Ctrl-C is pressed, until stop
// is called. Other keys are kept for the next line.
func (c *Console) OnInterrupt(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case b, ok := <-c.input:
				if !ok {
					cancel()
					return
				}
				for _, p := range c.decode.push(b) {
					if p.key == keyInterrupt {
						cancel()
						// What was typed before was meant for the answer that
						// is now cut.
						c.keys = nil
						continue
					}
					c.keys = append(c.keys, p)
				}
			case <-quit:
				return
			}
		}
	}()
	return ctx, func() {
		close(quit)
		<-ended
		cancel()
	}
}

// ReadLine lets a line be typed behind prompt; more stands before the further
// lines of a text in several. The errors are io.EOF (Ctrl-D on an empty line),
// ErrInterrupt and that of ctx.
func (c *Console) ReadLine(ctx context.Context, prompt, more string) (string, error) {
	e := &editing{c: c, prompt: prompt, more: more, past: len(c.history)}
	e.draw()
	for {
		p, err := c.next(ctx)
		if err != nil {
			e.leave()
			return "", err
		}
		switch p.key {
		case keyEnter:
			e.leave()
			if s := e.text; strings.TrimSpace(s) != "" && (len(c.history) == 0 || c.history[len(c.history)-1] != s) {
				c.history = append(c.history, s)
			}
			return e.text, nil
		case keyInterrupt:
			e.leave()
			return "", ErrInterrupt
		case keyEOF:
			if e.text == "" {
				e.leave()
				return "", io.EOF
			}
			p.key = keyDelete
		case keyRedraw:
			c.write("\x1b[H\x1b[2J")
			e.row = 0
		case keyUp, keyDown:
			if !e.vertical(p.key == keyDown) {
				e.recall(p.key == keyDown)
			}
		}
		e.apply(p)
		// A paste or a fast typist gives many keys at once: one drawing does.
		if len(c.keys) == 0 {
			e.draw()
		}
	}
}

// editing is one ReadLine.
type editing struct {
	buffer
	c            *Console
	prompt, more string
	row          int // of the cursor, from the first row drawn
	past         int // the place in the history
	draft        string
}

// recall brings a line of the history back.
func (e *editing) recall(down bool) {
	at := e.past - 1
	if down {
		at = e.past + 1
	}
	if at < 0 || at > len(e.c.history) {
		return
	}
	if e.past == len(e.c.history) {
		e.draft = e.text
	}
	if e.past = at; at == len(e.c.history) {
		e.set(e.draft)
		return
	}
	e.set(e.c.history[at])
}

// draw writes the prompt and the text anew, and puts the cursor in its place.
func (e *editing) draw() {
	cols, height := e.c.size()
	rows, row, col := layout(e.text, e.at, e.prompt, e.more, cols)
	// What does not fit on the screen cannot be drawn over: show the part
	// around the cursor.
	if height > 1 && len(rows) > height {
		from := max(0, min(row-height/2, len(rows)-height))
		rows, row = rows[from:from+height], row-from
	}
	var b strings.Builder
	if e.row > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", e.row)
	}
	b.WriteString("\r\x1b[J" + strings.Join(rows, "\r\n"))
	if up := len(rows) - 1 - row; up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteByte('\r')
	if col > 0 {
		fmt.Fprintf(&b, "\x1b[%dC", col)
	}
	e.row = row
	e.c.write(b.String())
}

// leave draws the whole text once more and goes to the line below it.
func (e *editing) leave() {
	e.at = len(e.text)
	e.draw()
	e.c.write("\r\n")
}

// Size is the terminal's size in cells, 80 by 24 where it does not tell.
func Size(f *os.File) (cols, rows int) {
	cols, rows, err := term.GetSize(int(f.Fd()))
	if err != nil || cols <= 0 || rows <= 0 {
		return 80, 24
	}
	return cols, rows
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
