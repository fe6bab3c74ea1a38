package gateway

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"irori/internal/llm"
)

// Caller is what a pool hears of who asks for a model.
type Caller struct {
	// Key is the name of the virtual key, "" without one.
	Key string
	// Priority puts a request before those with a lower one.
	Priority int
	// Visit says that a model is needed in memory, and no place in its queue:
	// nothing is generated.
	Visit bool
	// Requests are what is asked, where that is known already.
	Requests []*llm.Request
	// Session names the conversation that a request belongs to, "" where the
	// client does not say.
	Session string
	// API is the endpoint, Client the product that asks, Header what came with
	// the request: nil where it is not known.
	API, Client string
	Header      http.Header
}

// One is what a header says that may say one thing, "" where it is not there. An
// error names two that it says.
func (c Caller) One(header string) (string, error) {
	all := c.Header.Values(header)
	for _, v := range all {
		if !strings.EqualFold(v, all[0]) {
			return "", llm.Errorf(llm.CodeInvalidRequest, "the request demands two things: %s says %.80q and %.80q", header, all[0], v).WithHint("send one of them")
		}
	}
	if len(all) == 0 {
		return "", nil
	}
	return all[0], nil
}

type callerOf struct{}

// CallerOf is who asks, by the context of a lease.
func CallerOf(ctx context.Context) Caller {
	if c, _ := ctx.Value(callerOf{}).(*Caller); c != nil {
		return *c
	}
	if k := KeyOf(ctx); k != nil {
		return Caller{Key: k.Name, Priority: k.Priority}
	}
	return Caller{}
}

// Visiting is ctx for a lease that takes no place.
func Visiting(ctx context.Context) context.Context {
	c := CallerOf(ctx)
	c.Visit = true
	return context.WithValue(ctx, callerOf{}, &c)
}

// sessions are the headers in which agents name their conversation.
var sessions = []string{"Session-Id", "Session_id", "X-Claude-Code-Session-Id", "X-Session-Affinity", "X-Session-Id"}

// Asking is the context of a request's lease.
func Asking(r *http.Request, api string, reqs []*llm.Request) context.Context {
	c := CallerOf(r.Context())
	c.Visit, c.Requests, c.API, c.Client, c.Header = false, reqs, api, client(r.Header), r.Header
	if n, err := strconv.Atoi(r.Header.Get("X-Irori-Priority")); err == nil {
		// Who has a key gives way with it, and does not get past others.
		if n = min(max(n, -1000), 1000); c.Key == "" || n < c.Priority {
			c.Priority = n
		}
	}
	for _, h := range sessions {
		if c.Session = r.Header.Get(h); c.Session != "" {
			break
		}
	}
	return context.WithValue(r.Context(), callerOf{}, &c)
}
