package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"irori/internal/catalog"
	"irori/internal/term"
)

func sprintf(f string, a ...any) string { return fmt.Sprintf(f, a...) }

// interactive reports whether a stream is a terminal.
func interactive(s any) bool {
	f, ok := s.(*os.File)
	return ok && term.IsTerminal(f)
}

// columns is the width to lay a table out for: that of the terminal, or none
// where the output goes elsewhere.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok && term.IsTerminal(f) {
		cols, _ := term.Size(f)
		return cols
	}
	return 0
}

// progress shows how far a pull is. It goes on by itself while nothing is
// reported: a server that lets one wait, a package that is being fetched.
type progress struct {
	mu   sync.Mutex
	p    *term.Progress
	last func()
	stop chan struct{}
}

func newProgress(w io.Writer) *progress {
	return &progress{p: term.NewProgress(term.ProgressOptions{
		Out: w, Terminal: interactive(w), Columns: func() int { return columns(w) },
	})}
}

var phases = map[string]string{
	"resolve": "look up", "download": "download", "package": "fetch the package", "unpack": "unpack", "hash": "check",
}

func (p *progress) pull(ref string, x catalog.Progress) {
	what := phases[x.Phase]
	if what == "" {
		what = x.Phase
	}
	p.update(ref+"  "+what, x.Done, x.Total)
}

func (p *progress) update(label string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = func() { p.p.Update(term.Line(label), done, total) }
	p.last()
	if p.stop == nil {
		p.stop = make(chan struct{})
		go p.tick(p.stop)
	}
}

func (p *progress) tick(stop chan struct{}) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			p.mu.Lock()
			if p.stop == stop {
				p.last()
			}
			p.mu.Unlock()
		}
	}
}

func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop != nil {
		close(p.stop)
		p.stop = nil
	}
	p.p.Done()
}

// yesNo is a fact in a table.
func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// plural is a number with its word.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// percent is a share as it was written: a hundred times 0.57 is not
// 56.99999999999999.
func percent(share float64) string { return fmt.Sprintf("%.12g %%", 100*share) }

// count is a number of parameters as people write it: 135M, 7.6B.
func count(n uint64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}} {
		if v := float64(n); v >= u.size {
			s := fmt.Sprintf("%.1f", v/u.size)
			if v >= 100*u.size {
				s = fmt.Sprintf("%.0f", v/u.size)
			}
			return strings.TrimSuffix(s, ".0") + u.name
		}
	}
	return fmt.Sprint(n)
}

func counted(n *uint64) string {
	if n == nil {
		return ""
	}
	return count(*n)
}
