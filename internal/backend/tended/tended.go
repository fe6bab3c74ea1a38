// Package tended runs the server behind a backend: it starts a command on a
// port of this machine, waits until it answers, starts it again when it dies,
// gives up when it dies too often, and ends it.
//
// It knows nothing of what the server is asked, only that /health says 200
// once it can be.
package tended

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/dial"
	"irori/internal/llm"
	"irori/internal/proc"
)

// State is what a server is doing.
type State string

// The states of a server.
const (
	StateStarting    State = "starting"
	StateReady       State = "ready"
	StateRestarting  State = "restarting"
	StateQuarantined State = "quarantined"
	StateClosed      State = "closed"
)

// Options say what to run.
type Options struct {
	// Name is the backend's, for errors and the log.
	Name string
	// Command is the program and its arguments; {port} in them is the port.
	// Where they name none, --host and --port are added.
	Command []string
	// URL is where the server will listen; empty takes a free port.
	URL string
	// Patience bounds how long a start may take; 0 means ten minutes, since a
	// large model takes long to read.
	Patience time.Duration
	// Restarts decides what follows a crash; nil is the default.
	Restarts *proc.Restarts
	Log      *slog.Logger
	// OnReady is told each time that the server can be asked.
	OnReady func()
}

// Server is a server of ours. It is safe for concurrent use.
type Server struct {
	o    Options
	url  string
	args []string

	mu      sync.Mutex
	state   State
	changed chan struct{}
	fault   *llm.Error
	child   *proc.Child
	running bool
	over    chan struct{}
}

// New makes a Server. Nothing is started yet.
func New(o Options) (*Server, error) {
	if o.Patience == 0 {
		o.Patience = 10 * time.Minute
	}
	if o.Restarts == nil {
		o.Restarts = proc.DefaultRestarts()
	}
	s := &Server{o: o, url: o.URL, state: StateStarting, changed: make(chan struct{})}
	if s.url == "" {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		s.url = "http://" + ln.Addr().String()
		if err := ln.Close(); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(s.url)
	if err != nil {
		return nil, err
	}
	named := false
	for _, a := range o.Command[1:] {
		named = named || a == "--port" || strings.HasPrefix(a, "--port=") || strings.Contains(a, "{port}")
		s.args = append(s.args, strings.ReplaceAll(a, "{port}", u.Port()))
	}
	if !named {
		s.args = slices.Concat(s.args, []string{"--host", u.Hostname(), "--port", u.Port()})
	}
	return s, nil
}

// URL is where the server listens.
func (s *Server) URL() string { return s.url }

// Status is what is known of a server now.
type Status struct {
	State   State
	PID     int
	Crashes int
	Fault   *llm.Error
}

// Status reports on the server.
func (s *Server) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Status{State: s.state, Crashes: s.o.Restarts.Crashes(), Fault: s.fault}
	if s.child != nil {
		out.PID = s.child.PID()
	}
	return out
}

// Start begins to run the server, also after it was given up.
func (s *Server) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running || s.state == StateClosed {
		return
	}
	s.running, s.over = true, make(chan struct{})
	s.set(StateStarting)
	go s.run(s.over)
}

// Lift forgives a server that was given up, and starts it again; it reports
// whether it was.
func (s *Server) Lift() bool {
	s.mu.Lock()
	given := s.state == StateQuarantined
	s.mu.Unlock()
	if given {
		s.o.Restarts.Forgive()
		s.Start()
	}
	return given
}

// set changes the state and wakes whoever waits for it; mu is held.
func (s *Server) set(state State) {
	s.state = state
	close(s.changed)
	s.changed = make(chan struct{})
}

// Wait waits until the server can be asked.
func (s *Server) Wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		state, changed, fault := s.state, s.changed, s.fault
		s.mu.Unlock()
		switch {
		case state == StateReady:
			return nil
		case state == StateQuarantined:
			return fault
		case state == StateClosed:
			return llm.Errorf(llm.CodeUnavailable, "backend %s is stopped", s.o.Name)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return llm.Wrap(llm.CodeCancelled, ctx.Err(), "waiting for backend %s", s.o.Name)
		}
	}
}

// run keeps the server running. It keeps its thread: on Linux the child ends
// with the thread that started it, so that it does not outlive this process.
func (s *Server) run(over chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(over)
	for s.again(s.once()) {
		continue
	}
	s.mu.Lock()
	s.running = false
	s.mu.Unlock()
}

// once runs the server until it ends, and says why it did.
func (s *Server) once() error {
	path, err := exec.LookPath(s.o.Command[0])
	if err != nil {
		return llm.Errorf(llm.CodeNotFound, "backend %s: %q is not installed: %v", s.o.Name, s.o.Command[0], err).
			WithHint("install it, or write its whole path in backends.%s.command", s.o.Name)
	}
	child, err := proc.Start(proc.Spec{Path: path, Args: s.args, EndsWithUs: true, OnLine: func(line string) {
		s.o.Log.Debug(line, "backend", s.o.Name)
	}})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.child = child
	closed := s.state == StateClosed
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.child = nil
		s.mu.Unlock()
	}()
	if closed {
		return child.Stop(0)
	}
	s.o.Log.Info("backend started", "backend", s.o.Name, "pid", child.PID(), "url", s.url)
	if err := s.awake(child); err != nil {
		// It is no use, and nobody waits for it.
		_ = child.Kill()
		<-child.Ended()
		return err
	}
	<-child.Ended()
	return died(s.o.Name, child)
}

// maxWords bounds each of the last lines that are shown.
const maxWords = 200

// died says how a server ended, with its last words.
func died(name string, child *proc.Child) error {
	why := "exit status 0"
	if err := child.Err(); err != nil {
		why = err.Error()
	}
	words := child.LastWords()
	if n := len(words); n > 5 {
		words = words[n-5:]
	}
	for i, w := range words {
		if words[i] = strings.Join(strings.Fields(w), " "); len(words[i]) > maxWords {
			words[i] = words[i][:maxWords] + "…"
		}
	}
	if len(words) > 0 {
		why += ": " + strings.Join(words, " | ")
	}
	return llm.Errorf(llm.CodeCrashed, "backend %s: its server ended (%s)", name, why)
}

// awake waits until a server can be asked.
func (s *Server) awake(child *proc.Child) error {
	t := dial.Direct()
	t.DisableKeepAlives = true
	client := &http.Client{Timeout: 2 * time.Second, Transport: t}
	end := time.NewTimer(s.o.Patience)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if healthy(client, s.url+"/health") {
			s.mu.Lock()
			if s.state != StateClosed {
				s.set(StateReady)
			}
			s.mu.Unlock()
			if s.o.OnReady != nil {
				s.o.OnReady()
			}
			return nil
		}
		select {
		case <-child.Ended():
			return died(s.o.Name, child)
		case <-end.C:
			return llm.Errorf(llm.CodeTimeout, "backend %s: its server does not answer %s/health within %v", s.o.Name, s.url, s.o.Patience)
		case <-tick.C:
		}
	}
}

func healthy(c *http.Client, url string) bool {
	res, err := c.Get(url)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	return err == nil && res.StatusCode == http.StatusOK
}

// again records how the server ended, waits, and reports whether to start it
// again.
func (s *Server) again(err error) bool {
	s.mu.Lock()
	if s.state == StateClosed {
		s.mu.Unlock()
		return false
	}
	e, ok := err.(*llm.Error)
	if !ok {
		e = llm.Wrap(llm.CodeCrashed, err, "backend %s", s.o.Name)
	}
	wait, quarantine := s.o.Restarts.Crashed()
	if quarantine || e.Code == llm.CodeNotFound {
		hint := e.Hint
		if hint == "" {
			hint = "irori stop " + s.o.Name + " lifts it; irori ps shows it"
		}
		s.fault = llm.Errorf(llm.CodeQuarantined, "%s; it is not started again", e.Message).WithHint("%s", hint)
		s.set(StateQuarantined)
		s.mu.Unlock()
		s.o.Log.Error("backend given up", "backend", s.o.Name, "err", e.Message)
		return false
	}
	s.fault = e
	s.set(StateRestarting)
	changed := s.changed
	s.mu.Unlock()
	s.o.Log.Warn("backend died; starting it again", "backend", s.o.Name, "in", wait, "err", e.Message)
	select {
	case <-time.After(wait):
	case <-changed: // closed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state != StateClosed
}

// Close ends the server: it is asked to, and killed after grace.
func (s *Server) Close(grace time.Duration) {
	s.mu.Lock()
	child, over := s.child, s.over
	if s.state != StateClosed {
		s.set(StateClosed)
	}
	s.mu.Unlock()
	if child != nil {
		if err := child.Stop(grace); err != nil {
			s.o.Log.Warn("backend could not be ended", "backend", s.o.Name, "err", err)
		}
	}
	if over != nil {
		<-over
	}
}
