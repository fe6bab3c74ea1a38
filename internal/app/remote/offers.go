package remote

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"irori/internal/backend/tended"
	"irori/internal/catalog/near"
)

// Offer is whether a server has a model.
type Offer struct {
	// Missing says that it does not: all that may answer said what they have.
	Missing bool
	// Has are the names that it has instead, Nearest the one that was meant, ""
	// where none is like it.
	Has     []string
	Nearest string
	// Doubt says why it is not known, "" where it is.
	Doubt string
}

// Offers asks the servers that are named, all at once, whether they have the
// models: each name is BACKEND/MODEL or POOL/MODEL, and others are left out.
func (s *Set) Offers(ctx context.Context, names []string) map[string]Offer {
	var all sync.WaitGroup
	asked, out := map[*Server]bool{}, map[string]Offer{}
	for _, name := range names {
		who, model, _ := strings.Cut(name, "/")
		for _, x := range s.serversOf(who) {
			// One of ours that was not started has nobody to answer.
			if x.priced(model) || asked[x] || !x.running() {
				continue
			}
			asked[x] = true
			all.Go(func() { x.probe(ctx) })
		}
	}
	all.Wait()
	for _, name := range names {
		who, model, _ := strings.Cut(name, "/")
		if list := s.serversOf(who); len(list) > 0 {
			out[name] = offer(list, model)
		}
	}
	return out
}

// priced reports whether the settings give a model a price by its name: then
// its owner knows it, listed or not.
func (x *Server) priced(model string) bool {
	_, ok := x.spec.Prices[model]
	return ok && model != "*"
}

// running reports whether a server is not one of ours that was not started.
func (x *Server) running() bool {
	return x.child == nil || x.child.Status().State == tended.StateReady
}

// offer is what servers that stand for each other said of a model.
func offer(list []*Server, model string) Offer {
	o := Offer{Missing: true}
	for _, x := range list {
		if x.priced(model) {
			return Offer{}
		}
		x.mu.Lock()
		ids, fault, silent := make([]string, len(x.models)), x.fault, x.asked.IsZero()
		for i, m := range x.models {
			ids[i] = m.ID
		}
		x.mu.Unlock()
		switch {
		case fault != nil || silent:
			o.Doubt = x.spec.Name + " could not be asked"
		case x.hides(ids):
			o.Doubt = x.spec.Name + " serves more than it lists"
		case x.serves(ids, model):
			return Offer{}
		}
		o.Has = append(o.Has, ids...)
	}
	if o.Doubt != "" {
		return Offer{Doubt: o.Doubt}
	}
	o.Nearest = near.Best(model, o.Has, max(2, len(model)/3))
	return o
}

// hides reports whether the list of a server says little of what it takes: an
// empty one; that of llama.cpp's server, which has one model and answers to any
// name; that of deployments with names of their owner's.
func (x *Server) hides(ids []string) bool {
	u, err := url.Parse(x.spec.URL)
	return len(ids) == 0 || x.spec.Kind == "llamaserver" && len(ids) == 1 || err == nil && strings.HasSuffix(u.Hostname(), ".azure.com")
}

// serves reports whether a model is in a list, as the server's kind reads names.
func (x *Server) serves(ids []string, model string) bool {
	return slices.ContainsFunc(ids, func(id string) bool {
		switch x.spec.Kind {
		case "ollama":
			return strings.EqualFold(id, model) || strings.EqualFold(id, model+":latest")
		case "lmstudio":
			_, short, _ := strings.Cut(id, "/")
			return strings.EqualFold(id, model) || short != "" && strings.EqualFold(short, model)
		case "vllm", "llamaserver":
			return id == model
		}
		// Another Irori lists its routes, but no sides, and packages by their version.
		if side := strings.ToLower(model); id == "irori/auto" && (side == "irori/local" || side == "irori/cloud") || strings.HasPrefix(id, model+"==") {
			return true
		}
		return id == model || id == model+":latest" || !x.local && alias(id, model)
	})
}

// dated ends the names of models that a provider lists by their version, chosen
// those that only a request has: the newest version, or a way to serve it.
var (
	dated  = regexp.MustCompile(`^(.+?)(-latest|[-@]\d{3}|[-@]\d{8}|-\d{4}-\d{2}-\d{2})$`)
	chosen = regexp.MustCompile(`^(.+?)(-latest|[:@][^/:@]+)$`)
)

// alias reports whether a provider that lists id takes model for it: the same
// without its date, the newest of it, or one way of several to serve it.
func alias(id, model string) bool {
	model = strings.TrimPrefix(model, "models/")
	if m := chosen.FindStringSubmatch(model); m != nil && m[1] != "" {
		model = m[1]
	}
	if id == model {
		return true
	}
	m := dated.FindStringSubmatch(id)
	return m != nil && m[1] == model
}
