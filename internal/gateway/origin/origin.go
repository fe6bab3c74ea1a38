// Package origin knows which names and web pages a browser may come from, so
// that a page from elsewhere cannot use this machine's server.
//
// It does not know who asks, and refuses nothing itself.
package origin

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Answer answers for an origin that the config allows.
func Answer(w http.ResponseWriter, r *http.Request, origin string) {
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

// HostAllowed accepts addresses, localhost and what the config names. An
// address cannot be rebound; a foreign name can.
func HostAllowed(host string, also []string) bool {
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
	return slices.ContainsFunc(also, func(h string) bool { return strings.EqualFold(h, name) || strings.EqualFold(h, host) })
}

// Same reports whether a page of an origin lies on the host itself.
func Same(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}
