package remote

import (
	"strings"

	"irori/internal/route/privacy"
)

// called reports whether a route calls a model of a server a cloud, and the
// strictest of what such routes say of privacy.
func (s *Set) called(x *Server, model string) (level privacy.Level, called bool) {
	for _, name := range s.calls(x, model) {
		level = privacy.StricterLevel(level, s.Routed[name])
	}
	return level, level != ""
}

// calls are the targets of routes' clouds that a model of a server may be. A name
// that nobody knows may stand for any model of the server, as where it has one and
// answers to all names: it may be each of them.
func (s *Set) calls(x *Server, model string) (names []string) {
	var others []string
	known := s.Lists(x.spec.Name, model)
	for name, l := range s.Routed {
		who, own, _ := strings.Cut(name, "/")
		if who != x.spec.Name && (who != x.spec.Pool || who == "") {
			continue
		}
		same := x.same(own, model)
		known = known || same
		switch {
		case l == "":
		case same:
			names = append(names, name)
		default:
			others = append(others, name)
		}
	}
	if !known {
		return others
	}
	return names
}

// Called are the targets of routes' clouds that a name, BACKEND/MODEL or
// POOL/MODEL, may stand for; none where it is no server's.
func (s *Set) Called(name string) (names []string) {
	who, model, _ := strings.Cut(name, "/")
	for _, x := range s.serversOf(who) {
		names = append(names, s.calls(x, model)...)
	}
	return names
}

// same reports whether two names are of one model of a server.
func (x *Server) same(a, b string) bool {
	return strings.EqualFold(a, b) || x.serves([]string{a}, b) || x.serves([]string{b}, a)
}
