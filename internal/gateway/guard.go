package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"irori/internal/access"
	"irori/internal/llm"
)

// guard refuses requests that a foreign web page made this machine's browser
// send: a Host that is a name from elsewhere (DNS rebinding), or an Origin
// that is not allowed.
func (g *Gateway) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.hostAllowed(r.Host) {
			g.refuse(w, r, llm.Errorf(llm.CodeForbidden, "the Host %q is not served here", r.Host).
				WithHint("add it to allowed_hosts in the config"))
			return
		}
		origin := r.Header.Get("Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		own := sameOrigin(origin, r.Host)
		allowed := own || slices.Contains(g.o.Origins, origin) || slices.Contains(g.o.Origins, "*")
		if !allowed {
			g.refuse(w, r, llm.Errorf(llm.CodeForbidden, "the web origin %q may not call this server", origin).
				WithHint("add it to allowed_origins in the config"))
			return
		}
		if !own {
			cors(w, r, origin)
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// cors answers for an origin that the config allows.
func cors(w http.ResponseWriter, r *http.Request, origin string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "X-Irori-Id, X-Irori-Backend, X-Irori-Model, X-Irori-Route, X-Irori-Reason, Retry-After")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, HEAD")
		// The SDKs of each dialect send headers of their own, more with each
		// release; to an origin that the owner trusts none is refused.
		if asked := r.Header.Get("Access-Control-Request-Headers"); headerNames(asked) {
			h.Set("Access-Control-Allow-Headers", asked)
			h.Add("Vary", "Access-Control-Request-Headers")
		}
		h.Set("Access-Control-Max-Age", "600")
	}
}

// headerNames reports whether a text is a list of names of headers.
func headerNames(s string) bool {
	return s != "" && len(s) < 4096 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == ',' || r == ' ')
	})
}

// hostAllowed accepts addresses, localhost and what the config names. An
// address cannot be rebound; a foreign name can.
func (g *Gateway) hostAllowed(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return slices.ContainsFunc(g.o.Hosts, func(h string) bool { return strings.EqualFold(h, name) || strings.EqualFold(h, host) })
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
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
