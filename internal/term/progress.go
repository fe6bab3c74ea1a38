package term

import (
	"fmt"
	"io"
	"strings"
	"time"

	"irori/internal/unit"
)

// The pace of progress: nothing is shown of what takes less than a second; a
// bar is redrawn ten times a second; where nobody watches, a line every five
// seconds is enough.
const (
	quiet      = time.Second
	redraw     = 100 * time.Millisecond
	plainEvery = 5 * time.Second
	rateOver   = 5 * time.Second
)

// ProgressOptions say where progress goes.
type ProgressOptions struct {
	Out io.Writer
	// Terminal draws a bar; without it there are plain lines.
	Terminal bool
	// Columns is the terminal's width now; nil is 80.
	Columns func() int
	// Now is the clock; nil is the real one.
	Now func() time.Time
}

// Progress shows how far a piece of work is, its speed and the time left. It
// is not safe for concurrent use.
type Progress struct {
	o       ProgressOptions
	label   string
	began   time.Time
	since   time.Time // when this piece of work began
	shown   time.Time
	samples []sample
	drawn   bool
}

type sample struct {
	at   time.Time
	done int64
}

// NewProgress makes a Progress.
func NewProgress(o ProgressOptions) *Progress {
	if o.Columns == nil {
		o.Columns = func() int { return 80 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Progress{o: o}
}

// Update says how many bytes of total are done; total 0 is not known. Another
// label begins another piece of work.
func (p *Progress) Update(label string, done, total int64) {
	now := p.o.Now()
	if label != p.label || len(p.samples) > 0 && done < p.samples[len(p.samples)-1].done {
		if p.label == "" {
			p.began = now
		}
		p.label, p.samples, p.since = label, nil, now
	}
	p.samples = append(p.samples, sample{now, done})
	for len(p.samples) > 2 && now.Sub(p.samples[1].at) >= rateOver {
		p.samples = p.samples[1:]
	}
	if n := len(p.samples); n > 512 {
		// Thinned out, the window keeps its ends.
		kept := p.samples[:0]
		for i, s := range p.samples {
			if i%2 == 0 || i == n-1 {
				kept = append(kept, s)
			}
		}
		p.samples = kept
	}
	every := plainEvery
	if p.o.Terminal {
		every = redraw
	}
	if now.Sub(p.began) < quiet || now.Sub(p.shown) < every {
		return
	}
	p.shown = now
	if p.o.Terminal {
		fmt.Fprintf(p.o.Out, "\r%s\x1b[K", p.bar(done, total, p.o.Columns()-1))
		p.drawn = true
		return
	}
	fmt.Fprintln(p.o.Out, strings.Join(append([]string{label}, p.facts(done, total)...), "  "))
}

// Done takes the bar away.
func (p *Progress) Done() {
	if p.drawn {
		fmt.Fprint(p.o.Out, "\r\x1b[K")
	}
	*p = Progress{o: p.o}
}

// rate is bytes a second over the last seconds; 0 while it is not known.
func (p *Progress) rate() float64 {
	first, last := p.samples[0], p.samples[len(p.samples)-1]
	d := last.at.Sub(first.at).Seconds()
	if d < 0.5 || last.done <= first.done {
		return 0
	}
	return float64(last.done-first.done) / d
}

// facts are the figures, the most telling first. Where no amount is known, the
// time that passes shows that something is going on.
func (p *Progress) facts(done, total int64) []string {
	var out []string
	if total <= 0 && done <= 0 {
		return []string{fmt.Sprintf("%d s", int(p.o.Now().Sub(p.since).Seconds()))}
	}
	if total > 0 {
		out = append(out, fmt.Sprintf("%3d%%", min(100, done*100/total)), unit.Bytes(done).String()+" / "+unit.Bytes(total).String())
	} else {
		out = append(out, unit.Bytes(done).String())
	}
	rate := p.rate()
	if rate == 0 {
		return out
	}
	out = append(out, unit.Bytes(rate).String()+"/s")
	if total > done {
		left := time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second)
		text := unit.FormatDuration(left)
		if left < time.Minute {
			text = fmt.Sprintf("%d s", max(1, int(left.Seconds())))
		}
		out = append(out, text+" left")
	}
	return out
}

// bar lays one line out within width cells: the label, the bar, the figures.
// Where there is little room the bar goes first, then the last figures.
func (p *Progress) bar(done, total int64, width int) string {
	const least, most = 10, 40
	facts := p.facts(done, total)
	for {
		tail := strings.Join(facts, "  ")
		room := width - Width(tail) - gap
		if room >= least || len(facts) <= 1 {
			label := Truncate(p.label, max(0, room))
			rest := room - Width(label) - gap
			if total > 0 && rest >= least {
				label += "  " + fill(done, total, min(rest, most))
			}
			return strings.TrimSpace(label + "  " + tail)
		}
		facts = facts[:len(facts)-1]
	}
}

func fill(done, total int64, width int) string {
	n := int(min(int64(width), done*int64(width)/total))
	return strings.Repeat("█", n) + strings.Repeat("░", width-n)
}
