package term

import (
	"fmt"
	"io"
	"time"
)

// Status is a line that says how far something is. On a terminal it is drawn
// over and over; elsewhere a line is written now and then. It is not safe for
// concurrent use.
type Status struct {
	o     ProgressOptions
	shown time.Time
	drawn bool
}

// statusEvery is the pace of lines where nobody watches.
const statusEvery = 10 * time.Second

// NewStatus makes a Status.
func NewStatus(o ProgressOptions) *Status {
	if o.Columns == nil {
		o.Columns = func() int { return 80 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Status{o: o}
}

// Update shows text in place of what was shown before, where it is time.
func (s *Status) Update(text string) {
	every := statusEvery
	if s.o.Terminal {
		every = redraw
	}
	now := s.o.Now()
	if now.Sub(s.shown) < every {
		return
	}
	s.shown = now
	if s.o.Terminal {
		fmt.Fprintf(s.o.Out, "\r%s\x1b[K", Truncate(Line(text), s.o.Columns()-1))
		s.drawn = true
		return
	}
	fmt.Fprintln(s.o.Out, Line(text))
}

// Out is where lines go that stay: the line that is drawn makes room.
func (s *Status) Out() io.Writer {
	s.Done()
	return s.o.Out
}

// Done takes the line away.
func (s *Status) Done() {
	if s.drawn {
		fmt.Fprint(s.o.Out, "\r\x1b[K")
	}
	s.drawn = false
}
