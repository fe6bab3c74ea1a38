package app

import (
	"cmp"
	"context"
	"errors"
	"time"

	"irori/internal/app/launch"
	"irori/internal/llm"
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
	if err := e.makeHome(); err != nil {
		return nil, err
	}
	ready := &Ready{}
	child, err := launch.Child(ctx, e.sessionArgs(model), ready)
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
