package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"irori/internal/access"
	"irori/internal/gateway/origin"
	"irori/internal/llm"
)

// guard refuses requests that a foreign web page made this machine's browser
// send: a Host that is a name from elsewhere (DNS rebinding), or an Origin
// that is not allowed.
func (g *Gateway) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !origin.HostAllowed(r.Host, g.o.Hosts) {
			g.refuse(w, r, llm.Errorf(llm.CodeForbidden, "the Host %q is not served here", r.Host).
				WithHint("add it to allowed_hosts in the config"))
			return
		}
		from := r.Header.Get("Origin")
		if from == "" {
			next.ServeHTTP(w, r)
			return
		}
		own := origin.Same(from, r.Host)
		allowed := own || slices.Contains(g.o.Origins, from) || slices.Contains(g.o.Origins, "*")
		if !allowed {
			g.refuse(w, r, llm.Errorf(llm.CodeForbidden, "the web origin %q may not call this server", from).
				WithHint("add it to allowed_origins in the config"))
			return
		}
		if !own {
			origin.Answer(w, r, from)
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// authorize finds out who asks. The virtual key is nil where an owner's key,
// or none, was needed.
func (g *Gateway) authorize(r *http.Request) (*access.Key, error) {
	demanded := len(g.o.Keys) > 0 || g.o.Access != nil && g.o.Access.Demanded()
	if !demanded {
		return nil, nil
	}
	given, bearer := r.Header.Get("X-Api-Key"), ""
	if a := r.Header.Get("Authorization"); len(a) > 7 && strings.EqualFold(a[:7], "bearer ") {
		bearer = strings.TrimSpace(a[7:])
	}
	switch {
	case given == "" && bearer == "":
		return nil, llm.Errorf(llm.CodeUnauthorized, "an API key is needed").WithHint("send Authorization: Bearer $IRORI_API_KEY")
	case given == "":
		return g.known(bearer)
	}
	k, err := g.known(given)
	if err != nil && bearer != "" && bearer != given {
		// Agents that have a key for their vendor send it beside the one that
		// was set for this server.
		if k, err := g.known(bearer); err == nil {
			return k, nil
		}
	}
	return k, err
}

// known finds whose a secret is: the owner's is nil.
func (g *Gateway) known(given string) (*access.Key, error) {
	// Hashes have one length, so the comparison's time tells nothing.
	sum := sha256.Sum256([]byte(given))
	owns := func(k string) bool {
		want := sha256.Sum256([]byte(k))
		return k != "" && subtle.ConstantTimeCompare(sum[:], want[:]) == 1
	}
	if owns(g.o.Owner) || slices.ContainsFunc(g.o.Keys, owns) {
		return nil, nil
	}
	if g.o.Access != nil {
		if k, err := g.o.Access.Identify(given); k != nil || err != nil {
			return k, err
		}
	}
	return nil, llm.Errorf(llm.CodeUnauthorized, "this API key is not known")
}

// visit is what belongs to one request: the virtual key that it came with, and
// what it has begun, so that a handler's panic leaves nothing behind.
type visit struct {
	key    *access.Key
	flight *Flight
}

// visitOf is where a request's context has its visit.
type visitOf struct{}

func withVisit(ctx context.Context, v *visit) context.Context {
	return context.WithValue(ctx, visitOf{}, v)
}

// KeyOf is the virtual key that a request came with, nil where none was
// needed.
func KeyOf(ctx context.Context) *access.Key {
	if v, ok := ctx.Value(visitOf{}).(*visit); ok {
		return v.key
	}
	return nil
}
