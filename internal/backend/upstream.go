package backend

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"irori/internal/dial"
	"irori/internal/gulp"
	"irori/internal/llm"
)

// Options say where an upstream is and how long to wait for it.
type Options struct {
	// Name is the backend's name, in errors and in the ledger.
	Name string
	// URL is what endpoints are added to: http://127.0.0.1:8080/v1.
	URL string
	// Root is where endpoints outside of URL are added to; empty is URL.
	Root string
	// Header goes with each request: the key, and what the dialect wants.
	Header http.Header
	// Secret is the key; it is cut out of whatever the upstream says.
	Secret string
	// KeyHint says where the key is set.
	KeyHint string
	// HeaderTimeout bounds the wait for an answer's begin, IdleTimeout each
	// pause within it. 0 means 10 and 5 minutes: a prompt may take long.
	HeaderTimeout, IdleTimeout time.Duration
	// Tries bounds the tries of one request; 0 means 3.
	Tries int
	// Transport sends; nil means one of its own. It follows no redirect: one
	// would take the key to where nobody said it may go.
	Transport http.RoundTripper
	// Now and Sleep are the clock; nil means the machine's.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// Upstream is a server of somebody else. It is safe for concurrent use.
type Upstream struct {
	o       Options
	breaker breaker
}

// New makes an Upstream. Nothing is sent yet.
func New(o Options) *Upstream {
	if o.HeaderTimeout == 0 {
		o.HeaderTimeout = 10 * time.Minute
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 5 * time.Minute
	}
	if o.Root == "" {
		o.Root = o.URL
	}
	if o.Tries == 0 {
		o.Tries = 3
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Transport == nil {
		t := dial.Transport()
		// What came together is read, and goes on, together.
		t.ReadBufferSize = 16 << 10
		t.MaxIdleConns, t.MaxIdleConnsPerHost, t.MaxResponseHeaderBytes = 0, 64, 64<<10
		o.Transport = t
	}
	return &Upstream{o: o, breaker: breaker{now: o.Now}}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Name is the backend's name.
func (u *Upstream) Name() string { return u.o.Name }

// State says whether requests go through.
func (u *Upstream) State() State { return u.breaker.state() }

// Recovered says that the server answers questions again: requests go through,
// and the first one that fails holds them back anew.
func (u *Upstream) Recovered() { u.breaker.recover() }

// Close gives idle connections back.
func (u *Upstream) Close() {
	if t, ok := u.o.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// errIdle ends a request whose answer does not come or go on.
var errIdle = errors.New("nothing came for too long")

// answer is a response whose silence ends it.
type answer struct {
	*http.Response
	cancel context.CancelCauseFunc
	idle   *time.Timer
	after  time.Duration
}

// Read reads from the body.
func (a *answer) Read(p []byte) (int, error) {
	a.idle.Reset(a.after)
	n, err := a.Body.Read(p)
	a.idle.Stop()
	return n, err
}

// close ends the request, whatever of it still runs.
func (a *answer) close() {
	a.idle.Stop()
	a.cancel(nil)
	// The connection is gone or given back; there is nobody to tell.
	_ = a.Body.Close()
}

// send sends one request and returns its answer's begin. ctx is set in the
// answer so that its cause tells a pause from a client's leaving.
func (u *Upstream) send(parent context.Context, method, to string, body []byte, accept, id string, header http.Header) (context.Context, *answer, error) {
	ctx, cancel := context.WithCancelCause(parent)
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		cancel(nil)
		return parent, nil, err
	}
	for _, from := range []http.Header{u.o.Header, header} {
		for k, v := range from {
			req.Header[k] = v
		}
	}
	// The names are as Set would write them.
	own := [...]string{accept, "irori", "application/json", id}
	req.Header["Accept"], req.Header["User-Agent"] = own[:1:1], own[1:2:2]
	if body != nil {
		req.Header["Content-Type"] = own[2:3:3]
	}
	if id != "" {
		req.Header["X-Client-Request-Id"] = own[3:]
	}
	idle := time.AfterFunc(u.o.HeaderTimeout, func() { cancel(errIdle) })
	// A client around the transport would only copy headers for redirects.
	if who := req.URL.User; who != nil && req.Header.Get("Authorization") == "" {
		password, _ := who.Password()
		req.SetBasicAuth(who.Username(), password)
	}
	res, err := u.o.Transport.RoundTrip(req)
	idle.Stop()
	if err != nil {
		err = &url.Error{Op: method, URL: "", Err: err}
		cause := context.Cause(ctx)
		cancel(nil)
		if errors.Is(cause, errIdle) {
			err = errIdle
		}
		return parent, nil, err
	}
	return ctx, &answer{Response: res, cancel: cancel, idle: idle, after: u.o.IdleTimeout}, nil
}

// at is the address of an endpoint.
func (u *Upstream) at(path string) string { return strings.TrimSuffix(u.o.URL, "/") + path }

// kind is the media type of an answer.
func (a *answer) kind() string {
	t, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// whole reads a body of at most so many bytes.
func (a *answer) whole(max int) ([]byte, error) {
	b, err := gulp.All(io.LimitReader(a, int64(max)+1), a.ContentLength)
	if err == nil && len(b) > max {
		err = llm.Errorf(llm.CodeBadAnswer, "its answer is larger than %d bytes", max)
	}
	return b, err
}

// fault makes an error that names the backend, and holds no key.
func (u *Upstream) fault(ctx context.Context, err error) *llm.Error {
	out := &llm.Error{Code: llm.CodeBadAnswer}
	if e, ok := errors.AsType[*llm.Error](err); ok {
		*out = *e
	}
	text := err.Error()
	var op *net.OpError
	var away *dial.Refused
	switch {
	case errors.Is(context.Cause(ctx), errIdle), errors.Is(err, errIdle):
		out.Code, text = llm.CodeTimeout, "it does not answer, or stopped in the middle; the wait is over"
	case ctx.Err() != nil:
		return llm.Wrap(llm.CodeCancelled, context.Canceled, "the client went away")
	case errors.As(err, &away):
		return llm.Errorf(llm.CodeOffline, "backend %s: %v", u.o.Name, away).WithHint("name a model here, or stop and start without --offline")
	case errors.As(err, &op) && op.Op == "dial", isDNS(err):
		out.Code, text = llm.CodeUnreachable, "it cannot be reached: "+inner(err)
		out.Hint = "irori ps shows the backends"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op), errors.Is(err, io.EOF):
		text = "its answer breaks off: " + inner(err)
	}
	// A shorter key would be found in words.
	if len(u.o.Secret) >= 6 {
		text = strings.ReplaceAll(text, u.o.Secret, "…")
		if out.Said != nil {
			said := *out.Said
			said.Body = bytes.ReplaceAll(said.Body, []byte(u.o.Secret), []byte("…"))
			out.Said = &said
		}
	}
	out.Message, out.Err = "backend "+u.o.Name+": "+text, nil
	return out
}

func isDNS(err error) bool {
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// inner is an error without the address in front of it, which may carry a
// key in its query.
func inner(err error) string {
	if e, ok := errors.AsType[interface {
		error
		Unwrap() error
		Timeout() bool
	}](err); ok && e.Unwrap() != nil {
		return e.Unwrap().Error()
	}
	return err.Error()
}
