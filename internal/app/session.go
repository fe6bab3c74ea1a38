package app

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"time"

	"irori/internal/llm"
	"irori/internal/proc"
)

// Session is a server that answers: the one that runs on this home, or one
// that was started for the while.
type Session struct {
	URL, Key string
	// Running is the server as its owner asks it.
	*Running

	end func() error
}

// Close ends the server if the session started it.
func (s *Session) Close() error { return s.end() }

// OpenSession finds the server of this home, or starts one with a model on a
// free port that ends with the session, and with this process however that
// ends.
func (e *Env) OpenSession(ctx context.Context, model string) (*Session, error) {
	key := ""
	if n := len(e.Config.APIKeys); n > 0 {
		key = e.Config.APIKeys[n-1] // the one of the environment stands last
	}
	r, err := e.awaitServing(ctx)
	if err != nil {
		return nil, err
	}
	if r != nil {
		// Who can read the home's files is its owner.
		return &Session{URL: reachable(r.URL), Key: cmp.Or(key, r.Token), Running: r, end: func() error { return nil }}, nil
	}
	child, ready, err := e.startChild(ctx, model)
	if err != nil {
		return nil, err
	}
	if r, err = e.FindRunning(); err != nil || r == nil {
		return nil, errors.Join(err, llm.Errorf(llm.CodeUnavailable, "the server ended before it was asked"), child.Stop(time.Second))
	}
	return &Session{URL: reachable(ready.URL), Key: cmp.Or(key, r.Token), Running: r, end: func() error {
		// The session may end because ctx did.
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		if err := e.Stop(stop, r); err == nil {
			return nil
		}
		return child.Stop(time.Second)
	}}, nil
}

// leaving is how long a server that is stopping is waited for: that of a
// session that was killed is gone soon.
const leaving = 30 * time.Second

// awaitServing returns the server of this home once it answers, nil where none
// runs or the one that ran is gone.
func (e *Env) awaitServing(ctx context.Context) (*Running, error) {
	for until := time.Now().Add(leaving); ; {
		r, err := e.FindServing()
		if err == nil && r != nil {
			_, err = r.Status(ctx)
		}
		if err == nil || time.Now().After(until) || ctx.Err() != nil {
			return r, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// startChild starts a server as a child, and waits until it can answer.
func (e *Env) startChild(ctx context.Context, model string) (*proc.Child, *Ready, error) {
	if err := e.makeHome(); err != nil {
		return nil, nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	type started struct {
		child *proc.Child
		err   error
	}
	begun := make(chan started)
	go func() {
		// The child ends with the thread that it was started from.
		runtime.LockOSThread()
		c, err := proc.Start(proc.Spec{Path: exe, Args: append([]string{"up", "--json"}, e.sessionArgs(model)...), Pipes: true, EndsWithUs: true})
		begun <- started{c, err}
		if err == nil {
			<-c.Ended()
		}
	}()
	s := <-begun
	if s.err != nil {
		return nil, nil, s.err
	}
	line := make(chan []byte, 1)
	go func() {
		b, _ := bufio.NewReader(s.child.Out).ReadBytes('\n') // an end without a line is told by Ended
		line <- b
	}()
	select {
	case b := <-line:
		ready := &Ready{}
		if json.Unmarshal(b, ready) == nil {
			return s.child, ready, nil
		}
		<-s.child.Ended()
	case <-s.child.Ended():
	case <-ctx.Done():
		_ = s.child.Stop(5 * time.Second) // nobody will use it
		return nil, nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "interrupted")
	}
	return nil, nil, backgroundError(s.child.LastWords(), s.child.Err())
}
