package embedded

import (
	"sync"

	"irori/internal/llm"
	"irori/internal/worker"
)

// The bounds of what is kept for a reader that does not read.
const (
	maxHeldEvents = 1 << 14
	maxHeldBytes  = 4 << 20
)

// stream holds the events of one request between the worker's reader and
// whoever consumes them. The writer never waits: a reader that falls too far
// behind loses its request, nobody else's.
type stream struct {
	id      uint64
	request string

	mu     sync.Mutex
	events []llm.Event
	bytes  int
	err    error
	done   bool
	full   bool
	wake   chan struct{}
}

func newStream(id uint64, request string) *stream {
	return &stream{id: id, request: request, wake: make(chan struct{}, 1)}
}

// push adds an event. It reports false when the bound is reached.
func (s *stream) push(e worker.Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return true
	}
	if e.Event.Type != 0 && (!s.full || e.Done) {
		s.events = append(s.events, e.Event)
		s.bytes += len(e.Event.Text) + 64
	}
	if e.Err != nil {
		s.err = e.Err.Error()
	}
	s.done = e.Done
	ok := true
	if !s.full && (len(s.events) > maxHeldEvents || s.bytes > maxHeldBytes) {
		s.full, ok = true, false
		s.err = llm.Errorf(llm.CodeTimeout, "the reader of this stream did not keep up")
	}
	s.signal()
	return ok
}

// fail ends the stream with an error.
func (s *stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return
	}
	s.err, s.done = err, true
	s.signal()
}

func (s *stream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns what has come since the last call, into dst.
func (s *stream) take(dst []llm.Event) (events []llm.Event, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events = append(dst[:0], s.events...)
	clear(s.events)
	s.events, s.bytes = s.events[:0], 0
	return events, s.done, s.err
}
