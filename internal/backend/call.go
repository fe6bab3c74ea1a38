package backend

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"irori/internal/llm"
	"irori/internal/sse"
)

// Bounds of an answer.
const (
	maxEvent  = 8 << 20
	maxAnswer = 64 << 20
	maxError  = 64 << 10
	maxList   = 16 << 20
	// maxStream bounds a whole stream: one that never ends is cut.
	maxStream = 1 << 30
)

// Decoder reads the events of one answer.
type Decoder interface {
	Event(data []byte) ([]llm.Event, error)
	// Done reports that the stream has said that it ended.
	Done() bool
	// End closes an answer whose bytes have ended.
	End() ([]llm.Event, error)
	// Usage is what is counted so far, nil where nothing is.
	Usage() *llm.Usage
}

// Passer is what a Decoder of answers that pass as they are written can too.
type Passer interface {
	// Pass looks at an event. out is what the client gets of it, nil for what
	// it did not ask for: the event itself, but for characters that are broken
	// between two. pieces are those of the answer in it, events what the
	// ledger wants to know, or all of them where they are to be read too.
	Pass(data []byte) (out []byte, pieces int, events []llm.Event, err error)
	// Tail is the data of the event that a stream lacks which ended without.
	Tail() []byte
}

// Call is one request to an upstream.
type Call struct {
	Path string
	Body []byte
	// Model is the model's name, for the attempts; ID the request's in the
	// ledger, by which the other side's books can be compared with it.
	Model, ID string
	// Decoder makes the reader of one answer.
	Decoder func() Decoder
	// Whole reads an answer that is not a stream.
	Whole func([]byte) ([]llm.Event, error)
	// Fail reads an error's body.
	Fail func(status int, body []byte) *llm.Error
	// Header goes with this call, beside the upstream's own; Named says that
	// events that pass keep their names, Dialect that errors do pass, and of
	// which dialect they are.
	Header  http.Header
	Named   bool
	Dialect string
	// Read says that what passes is wanted in events too.
	Read bool
	// Lines is true for newline-delimited JSON.
	Lines bool
}

// Generate sends a call and yields the events of its answer. It is tried again
// while nothing was relayed; every try but a first one that succeeds is told
// of by an EventAttempt.
func (u *Upstream) Generate(ctx context.Context, c *Call) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		var last *llm.Error
		for n := 1; ; n++ {
			began := u.o.Now()
			t := &try{u: u, c: c, yield: yield}
			err := t.run(ctx)
			if t.left {
				return
			}
			if t.held && last != nil {
				// It was given up between two tries: what was wrong says more.
				yield(llm.Event{}, last)
				return
			}
			if n > 1 || err != nil {
				if !yield(llm.Event{Type: llm.EventAttempt, Attempt: t.attempt(err, u.o.Now().Sub(began))}, nil) {
					return
				}
			}
			if err == nil {
				return
			}
			last = err
			wait, again := u.again(n, err, t)
			if again && u.o.Sleep(ctx, wait) == nil {
				continue
			}
			if ctx.Err() != nil {
				err = llm.Wrap(llm.CodeCancelled, context.Canceled, "the client went away")
			}
			yield(llm.Event{}, err)
			return
		}
	}
}

// The pauses between tries, and the longest that an upstream may ask for.
const (
	firstPause = 250 * time.Millisecond
	mostPause  = 10 * time.Second
)

// again decides whether a try that failed is worth another.
func (u *Upstream) again(n int, err *llm.Error, t *try) (time.Duration, bool) {
	if n >= u.o.Tries || t.relayed || !t.transient {
		return 0, false
	}
	wait := firstPause << (n - 1)
	// Requests that failed together shall not come back together.
	wait += rand.N(wait / 2)
	if err.RetryAfter > mostPause {
		return 0, false
	}
	return max(wait, err.RetryAfter), true
}

// try is one try at a call.
type try struct {
	u     *Upstream
	c     *Call
	yield func(llm.Event, error) bool
	usage *llm.Usage
	// relayed is true once the client has a part of the answer, left once
	// nobody reads any more, transient where another try may do better.
	// held is true where the server is left alone, so that nothing was tried.
	relayed, left, transient, held bool
}

func (t *try) attempt(err *llm.Error, took time.Duration) *llm.Attempt {
	a := &llm.Attempt{Backend: t.u.o.Name, Model: t.c.Model, Took: took, Usage: t.usage}
	if err != nil {
		a.Code = err.Code
	}
	return a
}

// run makes the try. What it returns names the backend.
func (t *try) run(ctx context.Context) *llm.Error {
	ok, wait := t.u.breaker.allow()
	if !ok {
		t.held = true
		e := llm.Errorf(llm.CodeUnavailable, "backend %s: it failed several times in a row and is left alone for a while", t.u.o.Name)
		e.RetryAfter = wait
		return e.WithHint("irori ps shows the backends")
	}
	result := unknown
	defer func() { t.u.breaker.done(result) }()
	ctx, a, err := t.u.send(ctx, http.MethodPost, t.u.at(t.c.Path), t.c.Body, "text/event-stream, application/json, application/x-ndjson", t.c.ID, t.c.Header)
	if err == nil {
		defer a.close()
		if err = t.read(a); err == nil {
			result = healthy
			return nil
		}
	}
	e := t.u.fault(ctx, err)
	switch e.Code {
	case llm.CodeCancelled:
	case llm.CodeUnreachable, llm.CodeTimeout, llm.CodeUnavailable, llm.CodeBadAnswer:
		result, t.transient = failed, !errors.Is(err, errIdle) && !errors.Is(context.Cause(ctx), errIdle)
	default:
		// It is there and says no.
		result, t.transient = healthy, e.Code == llm.CodeOverloaded
	}
	var refused *refusal
	if errors.As(err, &refused) {
		result, t.transient = healthy, false
	}
	return e
}

// refusal is an answer that no further try will change.
type refusal struct{ error }

// Unwrap returns what was refused.
func (r *refusal) Unwrap() error { return r.error }

func (t *try) read(a *answer) error {
	if a.StatusCode != http.StatusOK {
		return t.status(a)
	}
	switch kind := a.kind(); {
	case kind == "text/event-stream" || t.c.Lines && kind == "application/x-ndjson":
		return t.stream(a)
	case kind == "application/json":
		b, err := a.whole(maxAnswer)
		if err != nil {
			return err
		}
		events, err := t.c.Whole(b)
		if err != nil {
			return err
		}
		return t.tell(events)
	default:
		// What comes is the fault of an address, most likely.
		b, err := a.whole(maxError)
		if err != nil {
			b = nil
		}
		return &refusal{llm.Errorf(llm.CodeBadAnswer, "it answers with %s, no stream of events: %s", named(kind), excerpt(b))}
	}
}

func named(kind string) string {
	if kind == "" {
		return "no content type"
	}
	return kind
}

func excerpt(b []byte) string {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(b[:min(len(b), 120)]), "\uFFFD")), " ")
	if s == "" {
		return "nothing"
	}
	return strconv.QuoteToGraphic(s)
}

// status is the error of an answer that is not 200.
func (t *try) status(a *answer) error {
	switch {
	case a.StatusCode == http.StatusUnauthorized || a.StatusCode == http.StatusForbidden:
		// What it says may quote the key.
		e := llm.Errorf(llm.CodeBadAnswer, "it refuses the key (status %d)", a.StatusCode)
		if t.u.o.KeyHint != "" {
			e.Hint = t.u.o.KeyHint
		}
		return &refusal{e}
	case a.StatusCode < 400:
		return &refusal{llm.Errorf(llm.CodeBadAnswer, "it answers with status %d; is its address right?", a.StatusCode)}
	}
	b, err := a.whole(maxError)
	if err != nil {
		b = nil
	}
	e := t.c.Fail(a.StatusCode, b)
	if t.c.Dialect != "" && json.Valid(b) {
		e.Said = &llm.Said{Dialect: t.c.Dialect, Status: a.StatusCode, Body: b}
	}
	e.RetryAfter = retryAfter(a.Header.Get("Retry-After"), t.u.o.Now())
	if e.Code == llm.CodeBadAnswer && a.StatusCode < 500 {
		return &refusal{e}
	}
	return e
}

// retryAfter reads seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 && n < 1e6 {
		return time.Duration(n * float64(time.Second))
	}
	if at, err := http.ParseTime(s); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// stream reads events until the answer says that it ended.
func (t *try) stream(a *answer) error {
	r := sse.NewReader(io.LimitReader(a, maxStream), maxEvent)
	defer r.Release()
	d := t.c.Decoder()
	defer func() { t.usage = d.Usage() }()
	if p, ok := d.(Passer); ok {
		return t.pass(d, p, r)
	}
	for !d.Done() {
		data, cut, err := t.next(r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t.counted(d, err)
		}
		events, err := d.Event(data)
		if err != nil {
			if cut {
				err = io.ErrUnexpectedEOF
			}
			return t.counted(d, err)
		}
		if err := t.tell(events); err != nil {
			return err
		}
	}
	events, err := d.End()
	if err != nil {
		return t.counted(d, err)
	}
	return t.tell(events)
}

func (t *try) next(r *sse.Reader) (data []byte, cut bool, err error) {
	if t.c.Lines {
		return r.Line()
	}
	e, err := r.Next()
	return e.Data, e.Cut, err
}

// counted tells what was counted before a fault, for the record.
func (t *try) counted(d Decoder, err error) error {
	if u := d.Usage(); u != nil && t.relayed {
		if terr := t.tell([]llm.Event{{Type: llm.EventUsage, Usage: u}}); terr != nil {
			return terr
		}
	}
	return err
}

var errLeft = errors.New("nobody reads any more")

func (t *try) tell(events []llm.Event) error {
	for _, e := range events {
		switch e.Type {
		case llm.EventStart:
			// It commits to nothing: the client has nothing of it yet.
			if e.Usage == nil {
				continue
			}
		case llm.EventUsage:
			t.usage = e.Usage
			t.relayed = true
		case llm.EventRaw:
			if e.Usage != nil {
				t.usage = e.Usage
			}
			t.relayed = true
		default:
			t.relayed = true
		}
		if !t.yield(e, nil) {
			t.left = true
			return errLeft
		}
	}
	return nil
}

// Embed sends the body of a request for vectors, tries included, and returns
// the whole answer.
func (u *Upstream) Embed(ctx context.Context, r *llm.EmbedRequest, path string, body []byte, fail func(int, []byte) *llm.Error) ([]byte, error) {
	var out []byte
	c := &Call{Path: path, Body: body, Model: r.Model, ID: r.ID, Fail: fail, Whole: func(b []byte) ([]llm.Event, error) {
		out = b
		return nil, nil
	}}
	for e, err := range u.Generate(ctx, c) {
		if err != nil {
			return nil, err
		}
		if e.Attempt != nil && r.Attempt != nil {
			r.Attempt(e.Attempt)
		}
	}
	return out, nil
}

// Get asks for a list or a fact, once.
func (u *Upstream) Get(ctx context.Context, path string) ([]byte, error) {
	return u.once(ctx, http.MethodGet, u.at(path), nil)
}

// Fact asks an endpoint below the server's root, once: with a body by POST.
func (u *Upstream) Fact(ctx context.Context, path string, body []byte) ([]byte, error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	return u.once(ctx, method, strings.TrimSuffix(u.o.Root, "/")+path, body)
}

func (u *Upstream) once(ctx context.Context, method, to string, body []byte) ([]byte, error) {
	ctx, a, err := u.send(ctx, method, to, body, "application/json", "", nil)
	if err != nil {
		return nil, u.fault(ctx, err)
	}
	defer a.close()
	t := &try{u: u, c: &Call{Fail: func(status int, b []byte) *llm.Error {
		return llm.Errorf(llm.CodeBadAnswer, "it answers %d: %s", status, excerpt(b))
	}}}
	if a.StatusCode != http.StatusOK {
		return nil, u.fault(ctx, t.status(a))
	}
	if kind := a.kind(); kind != "application/json" {
		return nil, u.fault(ctx, llm.Errorf(llm.CodeBadAnswer, "it answers with %s, no JSON", named(kind)))
	}
	b, err := a.whole(maxList)
	if err != nil {
		return nil, u.fault(ctx, err)
	}
	return b, nil
}
