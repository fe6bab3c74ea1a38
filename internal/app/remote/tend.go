package remote

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"irori/internal/backend/tended"
)

// tend makes the server of a command.
func (x *Server) tend() {
	if len(x.spec.Command) == 0 {
		return
	}
	child, err := tended.New(tended.Options{
		Name: x.spec.Name, Command: x.spec.Command, URL: x.spec.URL, Log: cmp.Or(x.spec.Log, slog.Default()),
		// Who asks next is to know at once that it is back.
		OnReady: func() { go x.probeUnless(context.Background(), 0) },
	})
	if err != nil {
		return // no port is free: nothing works then, and the first request says so
	}
	x.child, x.spec.URL = child, child.URL()
}

// backAfter is how long a request waits for a server of ours that died under
// it: as long as a start may take. vLLM takes more than a minute.
const backAfter = 10 * time.Minute

// errAway says that another may answer sooner.
var errAway = errors.New("it is not back yet")

// sleep is the pause before another try: a server of ours is on its way back,
// unless others are named to stand in for it.
func (x *Server) sleep(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, backAfter)
	defer cancel()
	if !pause(ctx, d) {
		return ctx.Err()
	}
	if len(x.spec.Failover) > 0 && x.child.Status().State != tended.StateReady {
		return errAway
	}
	return x.child.Wait(ctx)
}

// Start starts the servers that have a command, and waits until they answer.
func (s *Set) Start(ctx context.Context) error {
	for _, x := range s.servers {
		if x.child != nil {
			x.child.Start()
		}
	}
	for _, x := range s.servers {
		if x.child != nil {
			if err := x.child.Wait(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Lift starts a server of ours again that was given up, by its name.
func (s *Set) Lift(name string) bool {
	for _, x := range s.servers {
		if x.spec.Name == name && x.child != nil {
			return x.child.Lift()
		}
	}
	return false
}

// Close refuses who waits for a server, and ends those that were started.
func (s *Set) Close(grace time.Duration) {
	if s.places != nil {
		s.places.Close(0)
	}
	var all sync.WaitGroup
	for _, x := range s.servers {
		if x.child != nil {
			all.Go(func() { x.child.Close(grace) })
		}
	}
	all.Wait()
}
