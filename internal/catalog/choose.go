package catalog

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/catalog/known"
	"irori/internal/llm"
)

// ChooseOptions describe the machine and its net.
type ChooseOptions struct {
	// Memory is the bytes that a model may take.
	Memory int64
	// MaxActive bounds the parameters that a token passes through, for machines
	// that compute slowly; 0 is no bound.
	MaxActive uint64
	// Reachable tells whether a host answers; nil asks it.
	Reachable func(ctx context.Context, host string) bool
}

// Choice is a model that fits and can be had.
type Choice struct {
	Ref    Ref
	Model  known.Model
	Memory int64 // what it is estimated to take
	Here   bool  // it is on the disk already
}

// smallest is the model that a Python package gives where no model host can be
// reached.
const smallest = "smollm2-135m-instruct"

// probeTime bounds how long all probes take together.
const probeTime = 1500 * time.Millisecond

// Choose returns the best model for a machine. The rule: a chat model whose
// licence is free of forms, whose weights in four bits fit with room for the
// context, whose source answers; of these the one with the most parameters,
// then the most active ones, then the newest. A model on the disk comes before
// one of the same size that is not.
func (l *Library) Choose(ctx context.Context, opt ChooseOptions) (Choice, error) {
	table := known.All()
	reachable := l.probe(ctx, opt.Reachable)
	var fit []Choice
	for _, m := range table.Models {
		lic, ok := table.Licence(m.LicenceID)
		if m.Kind != known.Chat || !ok || !lic.Free || m.Parameters == nil {
			continue
		}
		active := *m.Parameters
		if m.Active != nil {
			active = *m.Active
		}
		need := needBytes(*m.Parameters)
		if need > opt.Memory || opt.MaxActive > 0 && active > opt.MaxActive {
			continue
		}
		_, err := l.store.Get(m.Name)
		if err != nil && !slices.ContainsFunc(m.Get, func(g string) bool { return l.answers(g, reachable) }) {
			continue
		}
		fit = append(fit, Choice{Ref: Ref{Name: m.Name}, Model: m, Memory: need, Here: err == nil})
	}
	if len(fit) == 0 {
		return l.chooseSmallest(opt)
	}
	return slices.MaxFunc(fit, compareChoices), nil
}

func compareChoices(a, b Choice) int {
	active := func(c Choice) uint64 {
		if c.Model.Active != nil {
			return *c.Model.Active
		}
		return *c.Model.Parameters
	}
	here := func(c Choice) int {
		if c.Here {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(*a.Model.Parameters, *b.Model.Parameters),
		cmp.Compare(active(a), active(b)),
		cmp.Compare(here(a), here(b)),
		cmp.Compare(cmp.Or(a.Model.Released, a.Model.Created), cmp.Or(b.Model.Released, b.Model.Created)),
		cmp.Compare(b.Model.Name, a.Model.Name),
	)
}

// chooseSmallest falls back to the package that any package index has.
func (l *Library) chooseSmallest(opt ChooseOptions) (Choice, error) {
	m, _ := known.All().Find(smallest)
	need := needBytes(*m.Parameters)
	if need > opt.Memory {
		return Choice{}, llm.Errorf(llm.CodeDoesNotFit, "no model of the catalog fits in %.2f GB", float64(opt.Memory)/1e9).WithHint("free some memory")
	}
	_, err := l.store.Get(m.Name)
	return Choice{Ref: Ref{Name: m.Name}, Model: m, Memory: need, Here: err == nil}, nil
}

// needBytes estimates what a model takes at four bits: 4.85 bits a weight is
// what Q4_K_M comes to, and a tenth and 200 MB more hold the cache and buffers of
// a short context. The fit package says it exactly once the file is there.
func needBytes(parameters uint64) int64 {
	return int64(float64(parameters)*4.85/8*1.1) + 200_000_000
}

// answers reports whether the host of a reference was reached. Packages do not
// count: the index cannot be asked without downloading, and what it has is the
// fallback.
func (l *Library) answers(ref string, reachable map[string]bool) bool {
	scheme, _, _ := strings.Cut(ref, ":")
	return reachable[hostOf(l.endpoint(Scheme(scheme)))]
}

func (l *Library) endpoint(s Scheme) string {
	switch s {
	case SchemeHF:
		return l.opt.HFEndpoint
	case SchemeOllama:
		return l.opt.OllamaRegistry
	case SchemeModelScope:
		return l.opt.ModelScopeEndpoint
	}
	return ""
}

func hostOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}

// probe asks all hosts at once.
func (l *Library) probe(ctx context.Context, ask func(ctx context.Context, host string) bool) map[string]bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	out := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, s := range []Scheme{SchemeHF, SchemeOllama, SchemeModelScope} {
		wg.Go(func() {
			ok := false
			if ask != nil {
				ok = ask(ctx, hostOf(l.endpoint(s)))
			} else {
				ok = l.reach(ctx, l.endpoint(s))
			}
			mu.Lock()
			defer mu.Unlock()
			out[hostOf(l.endpoint(s))] = ok
		})
	}
	wg.Wait()
	return out
}

// reach reports whether a place answers at all. A proxy that refuses to connect
// is an error here; one that answers in the place's stead with a refusal is
// told by its status.
func (l *Library) reach(ctx context.Context, endpoint string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, endpoint+"/", nil)
	if err != nil {
		return false
	}
	resp, err := l.net.HTTP.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode < 500 && resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusProxyAuthRequired
}
