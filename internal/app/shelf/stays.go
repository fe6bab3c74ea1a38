package shelf

import (
	"sync"
	"time"

	"irori/internal/wire/ollama"
)

// stays gives models up that nobody used for as long as was asked. Those of
// which nothing was asked stay until another needs their place.
type stays struct {
	// release is the pool's.
	release func(name string, idle time.Duration) (wait time.Duration, held bool)

	mu     sync.Mutex
	all    map[string]*stay
	closed bool
}

type stay struct {
	idle  time.Duration
	until time.Time
	timer *time.Timer
}

func newStays(release func(string, time.Duration) (time.Duration, bool)) *stays {
	return &stays{release: release, all: map[string]*stay{}}
}

// set says how long a model stays after its last use; nil takes back what was
// said.
func (s *stays) set(name string, idle *time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.all[name]; old != nil {
		old.timer.Stop()
		delete(s.all, name)
	}
	if idle == nil || *idle == ollama.Forever || s.closed {
		return
	}
	x := &stay{idle: *idle, until: time.Now().Add(*idle)}
	if x.idle == 0 {
		// At once: who looks next should not see it.
		if _, held := s.release(name, 0); !held {
			return
		}
	}
	s.all[name] = x
	x.timer = time.AfterFunc(max(x.idle, again), func() { s.look(name, x) })
}

// again is how soon a model that was in use is looked at again.
const again = time.Second

// look gives a model up if its time has come.
func (s *stays) look(name string, x *stay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[name] != x || s.closed {
		return // something else was said meanwhile
	}
	wait, held := s.release(name, x.idle)
	if !held {
		delete(s.all, name)
		return
	}
	wait = max(wait, again)
	x.until = time.Now().Add(wait)
	x.timer.Reset(wait)
}

// until is when a model is given up if nobody uses it; zero where it stays.
func (s *stays) until(name string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.all[name]; x != nil {
		return x.until.UTC()
	}
	return time.Time{}
}

// close stops looking.
func (s *stays) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, x := range s.all {
		x.timer.Stop()
	}
}
