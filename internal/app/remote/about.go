package remote

import (
	"slices"
	"strings"

	"irori/internal/llm"
)

// About is what is known of a model of a server.
type About struct {
	Context       int
	Images, Tools *bool
	// Down says that the server is known not to answer.
	Down bool
	// Away says that it is not asked, since it is not on this machine and
	// nothing may leave it.
	Away bool
	// Price is what so many tokens cost there, some of the prompt out of its
	// cache; nil where that is not known.
	Price func(prompt, cached, output int) (*float64, string)
}

// About says what is known of BACKEND/MODEL; false where the name is of no
// server here. Nothing is asked.
func (s *Set) About(name string) (a About, ok bool) {
	who, model, ok := strings.Cut(name, "/")
	list := s.serversOf(who)
	if !ok || len(list) == 0 {
		return a, false
	}
	a.Down = !slices.ContainsFunc(list, func(x *Server) bool { return !x.down() })
	a.Away = !slices.ContainsFunc(list, func(x *Server) bool { return !x.away() })
	x := list[0]
	x.mu.Lock()
	for _, m := range x.models {
		if m.ID == model {
			a.Context, a.Images, a.Tools = m.Context, m.Power.Images, m.Power.Tools
		}
	}
	x.mu.Unlock()
	if p, priced := x.price(model); priced {
		a.Price = func(prompt, cached, output int) (*float64, string) {
			return p.Of(&llm.Usage{PromptTokens: &prompt, CachedTokens: &cached, OutputTokens: &output}).Amount, p.Currency
		}
	}
	return a, true
}
