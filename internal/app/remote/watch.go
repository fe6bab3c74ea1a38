package remote

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"irori/internal/backend/tended"
	"irori/internal/llm"
)

// How often a server is asked how it is: one of the owner's own, another, and
// one of the owner's own that does not answer. Each pause is up to a fifth shorter or longer, so
// that many servers, or many of us, do not ask all at once.
const (
	everyNear = 15 * time.Second
	everyFar  = 2 * time.Minute
	everyDown = 3 * time.Second
)

// stale is how long what was learned of a server holds.
const stale = 10 * time.Minute

// Watch asks all servers again and again how they are, until ctx ends. One
// that comes back is used at once: no request has to try it first.
func (s *Set) Watch(ctx context.Context) {
	var all sync.WaitGroup
	for _, x := range s.servers {
		all.Go(func() {
			for pause(ctx, x.due()) {
				x.probeUnless(ctx, 0)
			}
		})
	}
	all.Wait()
}

// due is when to ask next.
func (x *Server) due() time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	d := everyFar
	switch {
	case x.local && x.state() != stateReady:
		d = everyDown
	case x.local, x.state() != stateReady:
		d = everyNear
	}
	return d - d/5 + rand.N(2*d/5)
}

// pause waits, and reports whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// learnOf finds out what the models of a list can, where they are others than
// those known before or it was long ago, and says which are known now;
// x.asking is held.
func (x *Server) learnOf(ctx context.Context, list []Model, known string) string {
	var names []string
	for _, m := range list {
		names = append(names, m.ID)
	}
	now := strings.Join(names, "\x00")
	if x.learn != nil && (now != known || time.Since(x.since) > stale) {
		x.every, x.each = x.learn(ctx, names)
		x.since = time.Now()
	}
	for i := range list {
		m := &list[i]
		m.Power = m.Power.Over(x.every).Over(x.each[m.ID])
		if m.Power.Context > 0 {
			m.Context = m.Power.Context
		}
	}
	return now
}

// down reports whether the server did not answer when it was asked last, which
// was not long ago.
func (x *Server) down() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.child != nil && x.child.Status().State != tended.StateReady {
		return true
	}
	return x.fault != nil && time.Since(x.asked) < everyNear
}

// away reports whether a server is not asked, since nothing may leave this
// machine.
func (x *Server) away() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return llm.CodeOf(x.fault) == llm.CodeOffline
}
