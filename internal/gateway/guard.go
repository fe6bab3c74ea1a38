package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"irori/internal/llm"
)

// guard refuses requests that a foreign web page made this machine's browser
// send: a Host that is a name from elsewhere (DNS rebinding), or an Origin
// that is not allowed.
func (g *Gateway) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.hostAllowed(r.Host) {
			g.fallback(w, llm.Errorf(llm.CodeForbidden, "the Host %q is not served here", r.Host).
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
			g.fallback(w, llm.Errorf(llm.CodeForbidden, "the web origin %q may not call this server", origin).
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
	h.Set("Access-Control-Expose-Headers", "X-Irori-Id, X-Irori-Backend, X-Irori-Model, X-Irori-Route, X-Irori-Reason")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, HEAD")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Irori-Usage, X-Api-Key")
		h.Set("Access-Control-Max-Age", "600")
	}
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

// authorize checks the key of a request where keys are set.
func (g *Gateway) authorize(r *http.Request) *llm.Error {
	if len(g.o.Keys) == 0 {
		return nil
	}
	given := r.Header.Get("X-Api-Key")
	if a := r.Header.Get("Authorization"); given == "" && len(a) > 7 && strings.EqualFold(a[:7], "bearer ") {
		given = strings.TrimSpace(a[7:])
	}
	if given == "" {
		return llm.Errorf(llm.CodeUnauthorized, "an API key is needed").WithHint("send Authorization: Bearer $IRORI_API_KEY")
	}
	// Hashes have one length, so the comparison's time tells nothing.
	sum := sha256.Sum256([]byte(given))
	for _, k := range g.o.Keys {
		want := sha256.Sum256([]byte(k))
		if subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
			return nil
		}
	}
	return llm.Errorf(llm.CodeUnauthorized, "this API key is not known")
}
