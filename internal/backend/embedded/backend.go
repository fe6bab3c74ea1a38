package embedded

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/llm"
	"irori/internal/proc"
	"irori/internal/worker"
)

// Options say how a Backend runs its worker.
type Options struct {
	// Command starts a worker: the path of the executable and its arguments.
	Command []string
	// Load is what the worker is told first.
	Load worker.Load
	Log  *slog.Logger
	// OnStep, when not nil, sees the work of every step, in order. It must
	// not block.
	OnStep func(Step)
	// Restarts decides what follows a crash; nil is the usual policy.
	Restarts *proc.Restarts
	// HangAfter is how long a worker may say nothing while it has work; 0
	// means two minutes.
	HangAfter time.Duration
	// HelloWithin is how long its libraries may take to load; 0 is half a
	// minute.
	HelloWithin time.Duration
}

// Step is what one step of the worker did.
type Step struct {
	Start    time.Time
	Duration time.Duration
	// Decode is the part of Duration inside the library's decode.
	Decode time.Duration
	// CPU is the processor time of the worker since its last step.
	CPU   time.Duration
	Works []Work
}

// Work is one request's part in a step.
type Work struct {
	Request         string
	Prefill, Decode int
}

// State says what a Backend's worker is doing.
type State string

// The states of a worker.
const (
	StateIdle        State = "idle"
	StateLoading     State = "loading"
	StateReady       State = "ready"
	StateRestarting  State = "restarting"
	StateQuarantined State = "quarantined"
	StateClosed      State = "closed"
)

// Backend answers requests for one model from one worker process.
type Backend struct {
	o    Options
	next atomic.Uint64

	mu      sync.Mutex
	state   State
	link    *link
	changed chan struct{}
	fault   *llm.Error
	hello   worker.Hello
	ready   worker.Ready
}

// New makes a Backend. Its worker is started by Start.
func New(o Options) *Backend {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Restarts == nil {
		o.Restarts = proc.DefaultRestarts()
	}
	if o.HelloWithin == 0 {
		o.HelloWithin = 30 * time.Second
	}
	if o.HangAfter == 0 {
		o.HangAfter = 2 * time.Minute
	}
	return &Backend{o: o, state: StateIdle, changed: make(chan struct{})}
}

// Start starts the worker and waits until the model is loaded.
func (b *Backend) Start(ctx context.Context) error {
	b.mu.Lock()
	if b.state == StateIdle {
		b.set(StateLoading)
		go b.run()
	}
	b.mu.Unlock()
	_, err := b.connected(ctx)
	return err
}

// set changes the state and wakes whoever waits for it; mu is held.
func (b *Backend) set(s State) {
	b.state = s
	close(b.changed)
	b.changed = make(chan struct{})
}

// Status is what is known of the worker now.
type Status struct {
	State State
	PID   int
	Hello worker.Hello
	Ready worker.Ready
	// Fault is why the worker last ended, where it did.
	Fault *llm.Error
	// InFlight counts the requests in the worker.
	InFlight int
	Crashes  int
}

// Status reports on the worker.
func (b *Backend) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{State: b.state, Hello: b.hello, Ready: b.ready, Fault: b.fault, Crashes: b.o.Restarts.Crashes()}
	if b.link != nil {
		s.PID, s.InFlight = b.link.child.PID(), b.link.inFlight()
	}
	return s
}

// connected waits for a ready worker.
func (b *Backend) connected(ctx context.Context) (*link, error) {
	for {
		b.mu.Lock()
		state, l, changed, fault := b.state, b.link, b.changed, b.fault
		b.mu.Unlock()
		switch state {
		case StateReady:
			if !l.over() {
				return l, nil
			}
			// Its end is not in the state yet.
		case StateQuarantined:
			return nil, fault
		case StateClosed, StateIdle:
			if fault != nil {
				return nil, fault
			}
			return nil, llm.Errorf(llm.CodeUnavailable, "model %s is not loaded", b.o.Load.Model)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "waiting for model %s", b.o.Load.Model)
		}
	}
}

// reach hands something to a ready worker. One that died before it took it
// costs nothing: the next is waited for.
func (b *Backend) reach(ctx context.Context, hand func(*link) error) (*link, error) {
	for {
		l, err := b.connected(ctx)
		if err != nil {
			return nil, err
		}
		if err = hand(l); err != errGone {
			return l, err
		}
		select {
		case <-l.ended:
		case <-ctx.Done():
			return nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "waiting for model %s", b.o.Load.Model)
		}
	}
}

// run keeps a worker running until the backend is closed, the model cannot be
// loaded, or it has crashed too often.
func (b *Backend) run() {
	for {
		l, err := b.launch()
		if err == nil {
			b.mu.Lock()
			if b.state == StateClosed {
				b.mu.Unlock()
				l.stop()
				return
			}
			b.link = l
			b.set(StateReady)
			b.mu.Unlock()
			err = l.wait()
		}
		if b.ended(err) {
			return
		}
	}
}

// ended records how a worker ended and waits before the next start. It
// reports true when there is to be none.
func (b *Backend) ended(err error) (final bool) {
	b.mu.Lock()
	b.link = nil
	if b.state == StateClosed {
		b.mu.Unlock()
		return true
	}
	if e, ok := err.(*loadError); ok {
		// The library said no: trying again gives the same answer.
		b.fault = e.cause
		b.set(StateClosed)
		b.mu.Unlock()
		return true
	}
	wait, quarantine := b.o.Restarts.Crashed()
	name := b.o.Load.Model
	if quarantine {
		b.fault = llm.Errorf(llm.CodeQuarantined, "model %s is quarantined after %d crashes; the last: %v", name, b.o.Restarts.Crashes(), err).
			WithHint("irori stop %s lifts it; irori doctor looks for the cause", name)
		b.set(StateQuarantined)
		b.mu.Unlock()
		b.o.Log.Error("model quarantined", "model", name, "err", err)
		return true
	}
	b.fault = llm.Errorf(llm.CodeCrashed, "the engine of model %s died: %v", name, err)
	b.set(StateRestarting)
	changed := b.changed
	b.mu.Unlock()
	b.o.Log.Warn("engine worker died; restarting", "model", name, "in", wait, "err", err)
	select {
	case <-time.After(wait):
	case <-changed:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state == StateClosed
}

// Close ends the worker after what runs in it, at most within grace.
func (b *Backend) Close(grace time.Duration) {
	b.mu.Lock()
	l := b.link
	if b.state != StateClosed {
		b.set(StateClosed)
	}
	b.mu.Unlock()
	if l != nil {
		l.drain(grace)
		l.stop()
	}
}

// Generate answers a request. See llm.Backend.
func (b *Backend) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		s := newStream(b.next.Add(1), req.ID)
		l, err := b.reach(ctx, func(l *link) error { return l.submit(s, req) })
		if err != nil {
			yield(llm.Event{}, err)
			return
		}
		defer l.forget(s.id)
		b.pump(ctx, l, s, yield)
	}
}

// cancelWait is how long a cancelled request may take to report its usage.
// A step of a long prompt on a busy machine takes seconds.
const cancelWait = 30 * time.Second

// pump hands events out until the stream ends. After a cancellation it goes
// on to the usage event, so that the ledger is exact.
func (b *Backend) pump(ctx context.Context, l *link, s *stream, yield func(llm.Event, error) bool) {
	var buf []llm.Event
	done := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case <-s.wake:
		case <-done:
			done = nil
			l.cancel(s.id)
			t := time.NewTimer(cancelWait)
			defer t.Stop()
			late = t.C
		case <-late:
			yield(llm.Event{}, llm.Wrap(llm.CodeCancelled, ctx.Err(), "cancelled"))
			return
		}
		events, end, err := s.take(buf)
		buf = events
		for _, e := range events {
			if !yield(e, nil) {
				l.cancel(s.id)
				return
			}
		}
		if !end {
			if err != nil {
				l.cancel(s.id)
			}
			continue
		}
		if err == nil && ctx.Err() != nil {
			err = llm.Wrap(llm.CodeCancelled, ctx.Err(), "cancelled")
		}
		if err != nil {
			yield(llm.Event{}, err)
		}
		return
	}
}

// Embed makes vectors. See llm.Embedder.
func (b *Backend) Embed(ctx context.Context, req *llm.EmbedRequest) (*llm.EmbedResult, error) {
	rep, err := b.call(ctx, worker.KindEmbed, worker.Call{Embed: req}, req.ID)
	if err != nil {
		return nil, err
	}
	return rep.Embed, nil
}

// Rerank ranks documents, with a model that is made for it. See llm.Reranker.
func (b *Backend) Rerank(ctx context.Context, req *llm.RerankRequest) (*llm.RerankResult, error) {
	rep, err := b.call(ctx, worker.KindRank, worker.Call{Rank: req}, req.ID)
	if err != nil {
		return nil, err
	}
	return rep.Rank, nil
}

// Tokenize counts exactly. See llm.TokenCounter.
func (b *Backend) Tokenize(ctx context.Context, req *llm.TokenizeRequest) (*llm.Tokens, error) {
	rep, err := b.call(ctx, worker.KindTokenize, worker.Call{Tokenize: req}, "")
	if err != nil {
		return nil, err
	}
	return rep.Tokens, nil
}

// Ping waits for the worker's loop to answer between two steps.
func (b *Backend) Ping(ctx context.Context) error {
	_, err := b.call(ctx, worker.KindPing, worker.Call{}, "")
	return err
}

func (b *Backend) call(ctx context.Context, kind worker.Kind, c worker.Call, request string) (*worker.Reply, error) {
	c.ID = b.next.Add(1)
	var rep *worker.Reply
	_, err := b.reach(ctx, func(l *link) (err error) {
		rep, err = l.call(ctx, kind, c, request)
		return err
	})
	if err != nil {
		return nil, err
	}
	if rep.Err != nil {
		return nil, rep.Err.Error()
	}
	return rep, nil
}

// loadError is a worker's own word that it cannot serve this model.
type loadError struct{ cause *llm.Error }

func (e *loadError) Error() string { return e.cause.Error() }

// crash describes how a worker ended, with the library's last words.
func crash(c *proc.Child) error {
	words := c.LastWords()
	how := "it ended"
	if err := c.Err(); err != nil {
		how = err.Error()
	}
	if len(words) == 0 {
		return fmt.Errorf("%s", how)
	}
	return fmt.Errorf("%s; last words: %s", how, strings.Join(telling(words), " | "))
}

// telling picks the lines that say why: from the first that names an
// assertion, an exception or a panic, else the last ones.
func telling(words []string) []string {
	for i, w := range words {
		for _, mark := range []string{"GGML_ASSERT", "GGML_ABORT", "terminate called", "panic:", "fatal error:", "worker:"} {
			if strings.Contains(w, mark) {
				return words[i:min(i+4, len(words))]
			}
		}
	}
	return words[max(0, len(words)-6):]
}
