package proc

import (
	"sync"
	"time"
)

// Restarts decides what follows a crash: wait longer each time, and give up
// after Limit crashes within Window.
type Restarts struct {
	Limit  int
	Window time.Duration
	First  time.Duration
	Most   time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time

	mu      sync.Mutex
	crashes []time.Time
}

// DefaultRestarts waits half a second, a second, and gives up at the third
// crash within ten minutes.
func DefaultRestarts() *Restarts {
	return &Restarts{Limit: 3, Window: 10 * time.Minute, First: 500 * time.Millisecond, Most: 30 * time.Second}
}

func (r *Restarts) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

// Crashed records a crash. It returns how long to wait before the next start,
// or quarantine: do not start again.
func (r *Restarts) Crashed() (wait time.Duration, quarantine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	kept := r.crashes[:0]
	for _, t := range r.crashes {
		if now.Sub(t) < r.Window {
			kept = append(kept, t)
		}
	}
	r.crashes = append(kept, now)
	if len(r.crashes) >= r.Limit {
		return 0, true
	}
	wait = r.First
	for range len(r.crashes) - 1 {
		wait = min(wait*2, r.Most)
	}
	return wait, false
}

// Crashes is how many crashes are remembered.
func (r *Restarts) Crashes() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.crashes)
}

// Forgive forgets the crashes: somebody lifted the quarantine.
func (r *Restarts) Forgive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.crashes = nil
}
