// Package proc runs child processes for those who depend on them: it starts
// one, keeps its last words, says when and how it ended, and decides when to
// try again and when to give up.
//
// It knows nothing of what the child does or says on its pipes.
package proc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Spec says what to run.
type Spec struct {
	Path string
	Args []string
	// Env is added to the environment of this process; an entry "NAME="
	// removes NAME.
	Env []string
	Dir string
	// Pipes connects the child's stdin and stdout to Child.In and Child.Out.
	// Without it stdin is empty and stdout is kept as last words too.
	Pipes bool
	// OnLine, when not nil, sees every line that the child writes to stderr
	// (and stdout without Pipes).
	OnLine func(string)
	// EndsWithUs ends the child when this process dies, however it does, where
	// the system can (Linux), and the child's own children with it. The caller
	// keeps the thread that it started the child from: the child ends with
	// that.
	EndsWithUs bool
}

// Child is a running or ended process.
type Child struct {
	// In and Out are the child's stdin and stdout, with Pipes.
	In  io.WriteCloser
	Out io.ReadCloser

	cmd   *exec.Cmd
	words *words
	ended chan struct{}
	err   error
}

// Start starts a process.
func Start(s Spec) (*Child, error) {
	cmd := exec.Command(s.Path, s.Args...)
	cmd.Env = environ(s.Env)
	cmd.Dir = s.Dir
	c := &Child{cmd: cmd, words: &words{onLine: s.OnLine}, ended: make(chan struct{})}
	var err error
	if s.Pipes {
		if c.In, err = cmd.StdinPipe(); err != nil {
			return nil, err
		}
		if c.Out, err = cmd.StdoutPipe(); err != nil {
			return nil, err
		}
	}
	var streams []io.ReadCloser
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	streams = append(streams, stderr)
	if !s.Pipes {
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		streams = append(streams, stdout)
	}
	isolate(cmd)
	if s.EndsWithUs {
		bind(cmd)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Path, err)
	}
	var reading sync.WaitGroup
	for _, r := range streams {
		reading.Go(func() { c.words.read(r) })
	}
	go func() {
		defer close(c.ended)
		if s.EndsWithUs {
			c.err = c.outlive(&reading, streams)
			return
		}
		reading.Wait()
		c.err = cmd.Wait()
	}()
	return c, nil
}

// environ is the environment of this process with changes.
func environ(changes []string) []string {
	set := map[string]string{}
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		set[name] = value
	}
	var out []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if _, ok := set[name]; !ok {
			out = append(out, e)
		}
	}
	for name, value := range set {
		if value != "" {
			out = append(out, name+"="+value)
		}
	}
	return out
}

// PID is the process id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Ended is closed once the process has ended and its last words are read.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Err says how the process ended: nil for exit status 0. It is valid once
// Ended is closed.
func (c *Child) Err() error { return c.err }

// LastWords are the last lines that the process wrote. The stacks and
// registers that a dying Go program adds are not among them: what it, or a
// library in it, said before would be lost behind them.
func (c *Child) LastWords() []string { return c.words.last() }

// Kill ends the process at once.
func (c *Child) Kill() error {
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// wordsTime bounds the wait for the last words of a child that has ended.
const wordsTime = 2 * time.Second

// outlive waits for a child that may have children of its own. They hold its
// pipes, so that its end is not that of its words; they end with it.
func (c *Child) outlive(reading *sync.WaitGroup, streams []io.ReadCloser) error {
	state, err := c.cmd.Process.Wait()
	killGroup(c.PID())
	silent := make(chan struct{})
	go func() {
		reading.Wait()
		close(silent)
	}()
	select {
	case <-silent:
	case <-time.After(wordsTime):
	}
	for _, r := range streams {
		// Whoever still reads stops by that.
		_ = r.Close()
	}
	if err == nil && !state.Success() {
		err = &exec.ExitError{ProcessState: state}
	}
	return err
}

// Stop closes the child's stdin and gives it time to leave by itself, then
// kills it.
func (c *Child) Stop(grace time.Duration) error {
	if c.In != nil {
		// The child may be gone already; then there is nothing to close.
		_ = c.In.Close()
	} else if err := interrupt(c.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-c.ended:
		return nil
	case <-t.C:
		err := c.Kill()
		<-c.ended
		return err
	}
}

// keepLines is how many of the child's lines are kept.
const keepLines = 60

// words keeps the last lines of a process.
type words struct {
	mu     sync.Mutex
	lines  []string
	onLine func(string)
}

// dump begins the stacks or the registers of a Go program that dies; nothing
// but more of them follows.
var dump = regexp.MustCompile(`^(goroutine \d+ .*\[.*\]:|runtime stack:|(rax|r0) +0x[0-9a-f]+)$`)

// keep adds a line, and reports whether further ones may be worth keeping.
func (w *words) keep(line string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if dump.MatchString(line) {
		return false
	}
	if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "PC=0x") {
		return true
	}
	if w.lines = append(w.lines, line); len(w.lines) > keepLines {
		w.lines = w.lines[len(w.lines)-keepLines:]
	}
	return true
}

func (w *words) read(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4096), 1<<20)
	keeping := true
	for s.Scan() {
		line := s.Text()
		keeping = keeping && w.keep(line)
		if w.onLine != nil {
			w.onLine(line)
		}
	}
	// A line beyond the buffer ends the scan; the rest must still be drained
	// or the child would block.
	if s.Err() != nil {
		_, _ = io.Copy(io.Discard, r)
	}
}

func (w *words) last() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.lines...)
}
