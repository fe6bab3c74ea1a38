package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/access"
	"irori/internal/gateway/code"
	"irori/internal/gateway/private"
	"irori/internal/gulp"
	"irori/internal/llm"
	"irori/internal/reuse"
)

// Options are the gateway's settings and the parts behind it.
type Options struct {
	Pool     Pool
	Ledger   Ledger
	Meter    Meter
	Observer Observer
	Log      *slog.Logger
	// Keys are the owner's API keys, which may do everything. Access are the
	// virtual ones. With none of either, no key is asked for.
	Keys   []string
	Access *access.Guard
	// Bodies keeps what is asked and answered, where that is wanted: by a
	// virtual key, or with KeepAll for requests without one. It stays for
	// KeepFor.
	Bodies Keeper
	// Reuse answers what was answered before; nil computes everything.
	Reuse   *reuse.Cache
	KeepAll bool
	KeepFor time.Duration
	// Owner is a secret of this run, as good as one of Keys; it makes none
	// needed.
	Owner string
	// Hosts are names, besides loopback and addresses, that the Host header
	// may hold. Origins are the web origins that may call.
	Hosts, Origins []string
	// MaxBody bounds a request's body in bytes.
	MaxBody int64
	// ReadTimeout bounds the reading of a body, WriteTimeout each write.
	ReadTimeout, WriteTimeout time.Duration
	// PingEvery is how long a stream may be silent before a comment is sent.
	PingEvery time.Duration
}

// Route is one endpoint as data.
type Route struct {
	// Pattern is a ServeMux pattern, "POST /v1/embeddings".
	Pattern string
	Handle  func(http.ResponseWriter, *http.Request) error
	// Fail writes an error in the dialect's shape.
	Fail func(http.ResponseWriter, *llm.Error)
	// Open is true for what needs no key, Manage for what a virtual key needs
	// a right of its own for: it changes what is there for all.
	Open, Manage bool
}

// Gateway serves the routes.
type Gateway struct {
	o   Options
	mux *http.ServeMux
	// fallback writes errors of requests that no route takes, fails those of
	// the routes by their patterns.
	fallback func(http.ResponseWriter, *llm.Error)
	fails    map[string]func(http.ResponseWriter, *llm.Error)
}

// New makes a Gateway of routes. fallback writes the errors of paths that no
// route knows.
func New(o Options, routes []Route, fallback func(http.ResponseWriter, *llm.Error)) *Gateway {
	if o.MaxBody == 0 {
		o.MaxBody = 32 << 20
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = time.Minute
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = time.Minute
	}
	if o.PingEvery == 0 {
		o.PingEvery = 15 * time.Second
	}
	g := &Gateway{o: o, mux: http.NewServeMux(), fallback: fallback, fails: map[string]func(http.ResponseWriter, *llm.Error){}}
	paths, methods := map[string]bool{}, map[string][]string{}
	for _, r := range routes {
		// A route of every method answers those that others leave.
		paths[r.Pattern] = true
		if method, path, ok := cutPattern(r.Pattern); ok {
			methods[path] = append(methods[path], method)
		}
	}
	for _, r := range routes {
		g.mux.Handle(r.Pattern, g.serve(r))
		g.fails[r.Pattern] = r.Fail
		if _, path, ok := cutPattern(r.Pattern); ok && !paths[path] {
			paths[path] = true
			g.fails[path] = r.Fail
			g.mux.Handle(path, g.wrongMethod(r, strings.Join(methods[path], ", ")))
		}
	}
	if !paths["/"] {
		g.mux.Handle("/", http.HandlerFunc(g.unknown))
	}
	return g
}

// cutPattern splits "POST /path" into its parts.
func cutPattern(p string) (method, path string, ok bool) {
	for i := range len(p) {
		if p[i] == ' ' {
			return p[:i], p[i+1:], true
		}
	}
	return "", p, false
}

// Use gives a Gateway the parts that exist only after its routes were made.
func (g *Gateway) Use(change func(*Options)) { change(&g.o) }

// Handler is the whole chain.
func (g *Gateway) Handler() http.Handler {
	return g.bound(g.guard(g.mux))
}

// bound limits the reading of each body, also where nothing here reads it: the
// server does then, before it answers. Of a request without a body the next
// read is the client's leaving, for which nobody sets a time.
func (g *Gateway) bound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// A writer without deadlines (a test recorder) reads without one.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.o.ReadTimeout))
		}
		next.ServeHTTP(w, r)
	})
}

// refuse writes the error of a request that does not come to its route, in the
// shape that the route would have written.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, e *llm.Error) {
	_, pattern := g.mux.Handler(r)
	if fail := g.fails[pattern]; fail != nil {
		fail(w, e)
		return
	}
	g.fallback(w, e)
}

func (g *Gateway) unknown(w http.ResponseWriter, r *http.Request) {
	g.fallback(w, NoEndpoint(r, "/v1/models, /v1/chat/completions"))
}

// NoEndpoint is the error of a path that nothing serves; see names some that
// are served.
func NoEndpoint(r *http.Request, see string) *llm.Error {
	return llm.Errorf(llm.CodeNotFound, "%s %s is not an endpoint here", r.Method, r.URL.Path).WithHint("see %s", see)
}

func (g *Gateway) wrongMethod(rt Route, methods string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", methods)
		rt.Fail(methodWriter{w}, llm.Errorf(llm.CodeInvalidRequest, "%s takes %s, not %s", r.URL.Path, methods, r.Method))
	})
}

// methodWriter turns the status of a wrong method into 405.
type methodWriter struct{ http.ResponseWriter }

// WriteHeader writes 405 whatever the code's table says.
func (w methodWriter) WriteHeader(int) { w.ResponseWriter.WriteHeader(http.StatusMethodNotAllowed) }

// serve runs one route with what all routes need.
func (g *Gateway) serve(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, v := time.Now(), &visit{}
		r = r.WithContext(withVisit(r.Context(), v))
		defer g.recovered(w, r, rt, v)
		if !rt.Open {
			key, err := g.authorize(r)
			if err == nil && rt.Manage && key != nil && !key.Manage {
				err = llm.Errorf(llm.CodeForbidden, "the key %q may not do this: it changes what is there for all", key.Name).
					WithHint("irori keys set %s --manage", key.Name)
			}
			if err != nil {
				rt.Fail(w, AsError(err))
				return
			}
			if key != nil {
				// A refusal tells it too; who is let in hears what is left then.
				rates(w.Header(), g.o.Access.Stand(key))
				v.key = key
			}
		}
		ctx, err := private.With(r.Context(), r.Header, v.key)
		if err == nil {
			r = r.WithContext(ctx)
			err = rt.Handle(w, r)
		}
		if err != nil {
			e := AsError(Blame(r.Context(), err))
			if e.Code == llm.CodeCancelled {
				g.o.Log.Debug("client went away", "path", r.URL.Path)
			} else {
				rt.Fail(w, e)
			}
			g.o.Log.Info("request failed", "path", r.URL.Path, "code", e.Code, "err", e.Error(), "took", time.Since(began))
		}
	})
}

// Interrupted is why a request ended that the server did not outlive.
func Interrupted() *llm.Error {
	return llm.Errorf(llm.CodeInterrupted, "the server ended before the answer did").WithHint("ask again")
}

// Blame tells apart who ended a request that was cancelled: a context that has
// an error of ours as its cause was ended here, any other by the client.
func Blame(ctx context.Context, err error) error {
	cause, ours := errors.AsType[*llm.Error](context.Cause(ctx))
	if ours && (llm.CodeOf(err) == llm.CodeCancelled || errors.Is(err, context.Canceled)) {
		return cause
	}
	return err
}

// AsError is the error to tell a client of.
func AsError(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	return llm.Wrap(llm.CodeInternal, err, "")
}

// recovered keeps a panic in one handler from ending the server, and from
// leaving its request open.
func (g *Gateway) recovered(w http.ResponseWriter, r *http.Request, rt Route, v *visit) {
	p := recover()
	if p == nil {
		return
	}
	err := llm.Errorf(llm.CodeInternal, "internal error")
	begun := v.flight.crash(r.Context(), err)
	if p == http.ErrAbortHandler {
		panic(p)
	}
	g.o.Log.Error("panic in a handler", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
	if begun {
		// What was sent is no whole answer: the client must not take it for one.
		panic(http.ErrAbortHandler)
	}
	rt.Fail(w, err)
}

// Body reads a request's body within its bounds.
func (g *Gateway) Body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, llm.Errorf(llm.CodeUnsupported, "a body in the encoding %q is not read", e[:min(len(e), 40)]).
			WithHint("send it without Content-Encoding")
	}
	if r.ContentLength > g.o.MaxBody {
		// What is announced need not come first.
		return nil, g.tooLarge()
	}
	b, err := gulp.All(http.MaxBytesReader(w, r.Body, g.o.MaxBody), r.ContentLength)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, g.tooLarge()
		}
		// The server gives a request up whose reading fails, so this comes
		// before the question whether the client is still there.
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, llm.Errorf(llm.CodeRequestTimeout, "the body did not come within %v", g.o.ReadTimeout)
		}
		// So does this: a client may have sent all that it will, and wait.
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "the body is cut short after %d bytes", len(b))
		}
		if r.Context().Err() != nil {
			return nil, llm.Wrap(llm.CodeCancelled, err, "the client went away")
		}
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the body could not be read")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return b, nil
}

func (g *Gateway) tooLarge() error {
	return llm.Errorf(llm.CodeTooLarge, "the body is larger than %d bytes", g.o.MaxBody).
		WithHint("raise max_body_bytes in the config")
}

// Status returns the HTTP status of a code and its type in OpenAI's words.
func Status(c llm.Code) (status int, name string) { return code.Status(c) }

// Refusal sets what the headers of an error say in every dialect: when to try
// again, in whole seconds, and that no trailers follow.
func Refusal(h http.Header, e *llm.Error) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds()+0.999)))
	}
	h.Del("Trailer")
}

// WriteJSON sends a whole JSON body.
func WriteJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	if h.Get("Trailer") == "" {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	// A client that is gone cannot be told.
	_, _ = w.Write(body)
}

// Models lists the pool's models, those that the caller's key may ask for.
func (g *Gateway) Models(ctx context.Context) ([]ModelEntry, error) {
	list, err := g.o.Pool.Models(ctx)
	if k := KeyOf(ctx); k != nil && err == nil {
		list = slices.DeleteFunc(list, func(m ModelEntry) bool { return !k.May(m.ID) })
	}
	return list, err
}

// Lease leases a model for a call that is not in the ledger (tokenize). It
// counts against the rate of the caller's key and among its requests that run,
// and not against its budgets.
func (g *Gateway) Lease(ctx context.Context, model string) (*Lease, error) {
	end := func() {}
	if k := KeyOf(ctx); k != nil {
		var err error
		if end, err = g.o.Access.Turn(k, model); err != nil {
			return nil, err
		}
	}
	l, err := g.o.Pool.Lease(Visiting(ctx), model)
	if err != nil {
		end()
		return nil, err
	}
	given, done := *l, l.Done
	given.Done = func() {
		done()
		end()
	}
	return &given, nil
}
