package backend

import (
	"sync"
	"time"
)

// State is how a breaker stands.
type State string

// The states of a breaker.
const (
	// StateReady lets requests through.
	StateReady State = "ready"
	// StateBroken lets none through for a while.
	StateBroken State = "broken"
	// StateTrying lets one through, which decides.
	StateTrying State = "trying"
)

// breakAfter failures in a row open a breaker, for breakFor.
const (
	breakAfter = 5
	breakFor   = 15 * time.Second
)

// breaker counts failures in a row. Its clock is given.
type breaker struct {
	now func() time.Time

	mu     sync.Mutex
	failed int
	until  time.Time
	// trying is true while one request tries what the breaker holds back.
	trying bool
}

// allow reports whether a request may go, and when to ask again where not.
// Whoever may go says with done how it went.
func (b *breaker) allow() (ok bool, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < breakAfter {
		return true, 0
	}
	if d := b.until.Sub(b.now()); d > 0 {
		return false, d
	}
	if b.trying {
		return false, time.Second
	}
	b.trying = true
	return true, 0
}

// outcome is how a try went, as the breaker sees it.
type outcome int

const (
	healthy outcome = iota
	failed
	// unknown is a try that the client ended: it says nothing of the server.
	unknown
)

func (b *breaker) done(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	switch o {
	case healthy:
		b.failed = 0
	case failed:
		b.failed++
		b.until = b.now().Add(breakFor)
	}
}

// recover closes a breaker that is open, by a hair.
func (b *breaker) recover() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = min(b.failed, breakAfter-1)
}

func (b *breaker) state() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failed < breakAfter:
		return StateReady
	case b.until.After(b.now()):
		return StateBroken
	}
	return StateTrying
}
