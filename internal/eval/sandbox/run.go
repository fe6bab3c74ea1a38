package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// order is what the child is told before it becomes the program.
type order struct {
	Host   *Host    `json:"host,omitempty"`
	Args   []string `json:"args"`
	Folder string   `json:"folder"`
	// Apart says that the child has mounts of its own, and may change them.
	Apart  bool   `json:"apart"`
	Limits Limits `json:"limits"`
}

// settle bounds the wait for a child to become the program; what it does until
// then is ours.
const settle = 20 * time.Second

// starts is how often a process may end before it is the program.
const starts = 5

// run runs a program of the host. What limits the program limits the process
// that becomes it for a moment before: on a busy machine, Go's runtime may ask
// for memory just then and end. That is no verdict on the program.
func run(ctx context.Context, p Program, l Limits) (r Result, err error) {
	for range starts {
		r, err = once(ctx, p, l)
		if err != nil || p.Host == nil || !dead(r.Stderr) {
			break
		}
	}
	return r, err
}

// once starts the child and sees it to its end. The thread is kept: on Linux a
// child ends with the thread that started it.
func once(ctx context.Context, p Program, l Limits) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	folder, err := os.MkdirTemp("", "irori-sandbox-")
	if err != nil {
		return Result{}, fmt.Errorf("no folder for a program: %w", err)
	}
	defer os.RemoveAll(folder)
	c, err := start(folder, p, l)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	if err := c.tell(order{Host: p.Host, Args: p.Args, Folder: folder, Apart: c.way != wayNone, Limits: l}); err != nil {
		c.end()
		return Result{}, err
	}
	began := time.Now()
	cause := c.watch(ctx, l.Time)
	wall := time.Since(began)
	r := c.judge(cause, l)
	r.Wall = wall
	return r, ctx.Err()
}

// child is a started process.
type child struct {
	cmd      *exec.Cmd
	out, err *tail
	// full is closed when an output has more than it may.
	full   chan struct{}
	orders *os.File // what the child reads its order from
	words  *os.File // says why it could not become the program
	ended  chan error
	way    int // in which namespaces it was started
}

// start makes the process, in as many namespaces as this machine gives.
func start(folder string, p Program, l Limits) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("this program does not find itself: %w", err)
	}
	for {
		c := &child{full: make(chan struct{}), ended: make(chan error, 1)}
		over := sync.OnceFunc(func() { close(c.full) })
		c.out, c.err = &tail{limit: l.Output, over: over}, &tail{limit: l.Output, over: over}
		c.cmd = exec.Command(self, Verb)
		c.cmd.Dir = folder
		c.cmd.Env = environment(folder, true)
		c.cmd.Stdin = strings.NewReader(p.Input)
		c.cmd.Stdout, c.cmd.Stderr = c.out, c.err
		c.cmd.WaitDelay = 2 * time.Second
		if err := c.begin(p); err != nil {
			c.close()
			if again(c.way, err) {
				continue
			}
			return nil, fmt.Errorf("a process for a program cannot be started: %w", err)
		}
		go func() { c.ended <- c.cmd.Wait() }()
		return c, nil
	}
}

// begin starts the process with its two pipes.
func (c *child) begin(p Program) error {
	if !walled {
		c.cmd.Args = append(c.cmd.Args, p.Args...)
		return c.cmd.Start()
	}
	ordered, orders, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ordered.Close()
	c.orders = orders
	words, said, err := os.Pipe()
	if err != nil {
		return err
	}
	defer said.Close()
	c.words = words
	c.cmd.ExtraFiles = []*os.File{ordered, said}
	c.way = apart(c.cmd)
	return c.cmd.Start()
}

// environment is all that a program finds there: nothing of ours, and the same
// for every program. own says that it is this program again, whose runtime is
// told to be small.
func environment(folder string, own bool) []string {
	env := []string{"PATH=/usr/bin:/bin", "HOME=" + folder, "TMPDIR=" + folder, "LC_ALL=C.UTF-8"}
	if own {
		env = append(env, "GOMAXPROCS=2", "GOTRACEBACK=none")
	}
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		env = append(env, "SYSTEMROOT="+root) // Windows starts nothing without
	}
	return env
}

// tell gives the child its order, and waits until it is the program.
func (c *child) tell(o order) error {
	if !walled {
		return nil
	}
	b, err := json.Marshal(o)
	if err == nil {
		_, err = c.orders.Write(b)
	}
	if err == nil {
		err = c.orders.Close()
	}
	if err != nil {
		return fmt.Errorf("a program cannot be told what to do: %w", err)
	}
	// A pipe of this kind knows deadlines.
	_ = c.words.SetReadDeadline(time.Now().Add(settle))
	said, err := io.ReadAll(io.LimitReader(c.words, 4096))
	switch {
	case len(said) > 0:
		return fmt.Errorf("the walls around a program cannot be built: %s", said)
	case err != nil:
		return fmt.Errorf("the walls around a program were not built in time: %w", err)
	}
	return nil
}

// The causes of an end that is not the program's own.
var (
	errTime = errors.New("time")
	errFull = errors.New("output")
)

// A program that waits for a processor which others have gets more time, up to
// some times its own, so that the verdict is not one on the machine.
const (
	// Patience is how many times.
	Patience = 5
	recheck  = 50 * time.Millisecond
)

// watch waits for the end, or makes it.
func (c *child) watch(ctx context.Context, limit time.Duration) error {
	began := time.Now()
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		select {
		case err := <-c.ended:
			c.ended <- err
			return nil
		case <-t.C:
			if time.Since(began) < Patience*limit && starved(c.cmd.Process.Pid, limit) {
				t.Reset(recheck)
				continue
			}
			c.end()
			return errTime
		case <-c.full:
			c.end()
			return errFull
		case <-ctx.Done():
			c.end()
			return ctx.Err()
		}
	}
}

// end kills the process and all that it may have started, and waits for it.
func (c *child) end() {
	kill(c.cmd.Process)
	err := <-c.ended
	c.ended <- err
}

// close lets go of the pipes.
func (c *child) close() {
	for _, f := range []*os.File{c.orders, c.words} {
		if f != nil {
			_ = f.Close() // it may be closed already
		}
	}
}

// judge says what the end means.
func (c *child) judge(cause error, l Limits) Result {
	<-c.ended
	s := c.cmd.ProcessState
	r := Result{Stdout: c.out.String(), Stderr: c.err.String(), CPU: s.UserTime() + s.SystemTime()}
	r.State, r.Why = verdict(cause, ended(s), r, l)
	return r
}

// ending is how a process ended: an exit status, or what a signal meant.
type ending struct {
	status int
	signal string
	means  State
}

func verdict(cause error, e ending, r Result, l Limits) (State, string) {
	last := lastLine(r.Stderr)
	switch {
	case errors.Is(cause, errTime), e.means == TimedOut, e.means == Crashed && r.CPU >= l.Time:
		return TimedOut, fmt.Sprintf("it took more than %v", l.Time)
	case errors.Is(cause, errFull):
		return Failed, fmt.Sprintf("it wrote more than %d bytes", l.Output)
	case e.means == Forbidden:
		return Forbidden, "it tried what no program here may do"
	case e.status == ExitMemory, e.means == OutOfMemory, strings.HasPrefix(last, "MemoryError"), dead(r.Stderr):
		return OutOfMemory, fmt.Sprintf("it took more than %d MiB", l.Memory>>20)
	case e.means != "":
		return e.means, "it was ended by " + e.signal
	case e.status == 0:
		return Passed, ""
	case strings.HasPrefix(last, "PermissionError"):
		return Forbidden, last
	case last == "":
		last = fmt.Sprintf("its exit status is %d", e.status)
	}
	return Failed, last
}

// dead reports whether a Go program, this one again, got no memory.
func dead(stderr string) bool {
	for _, words := range []string{"fatal error: runtime: out of memory", "fatal error: runtime: cannot allocate", "fatal error: out of memory", "cannot allocate memory", "cannot map pages"} {
		if strings.Contains(stderr, words) && strings.Contains(stderr, "runtime") {
			return true
		}
	}
	return false
}

// maxWhy bounds a reason.
const maxWhy = 300

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
	if len(s) > maxWhy {
		s = s[:maxWhy]
	}
	return strings.ToValidUTF8(s, "�")
}
