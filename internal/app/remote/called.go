package remote

import (
	"strings"

	"irori/internal/route/privacy"
)

// called reports whether a route calls a model of a server a cloud, and the
// strictest of what such routes say of privacy. A name that nobody knows may
// stand for any model of the server, as where it has one and answers to all
// names: it counts as one that is called so.
func (s *Set) called(x *Server, model string) (level privacy.Level, called bool) {
	var others privacy.Level
	known := s.Lists(x.spec.Name, model)
	for name, l := range s.Routed {
		who, own, _ := strings.Cut(name, "/")
		if who != x.spec.Name && (who != x.spec.Pool || who == "") {
			continue
		}
		others = privacy.StricterLevel(others, l)
		if x.same(own, model) {
			level, known = privacy.StricterLevel(level, l), true
		}
	}
	if !known {
		level = others
	}
	return level, level != ""
}

// same reports whether two names are of one model of a server.
func (x *Server) same(a, b string) bool {
	return strings.EqualFold(a, b) || x.serves([]string{a}, b) || x.serves([]string{b}, a)
}
