// Package policies reads how requests are routed from a home, checks that it can
// be kept there, and sums what its routes took. It decides nothing.
package policies

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irori/internal/access"
	"irori/internal/eval/topic"
	"irori/internal/llm"
	"irori/internal/route/policy"
	"irori/internal/store"
	"irori/internal/tree/form"
)

// DefaultFile is the policy's name in the home folder.
const DefaultFile = "policy.yaml"

// Load reads the policy of a file, or with none named that of the home folder;
// nil where there is none.
func Load(home, file string) (*policy.Policy, error) {
	named := file != ""
	if !named {
		file = filepath.Join(home, DefaultFile)
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no policy %s", file).WithHint("irori help route")
	}
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the policy cannot be read")
	}
	return policy.Parse(file, b)
}

// Check refuses targets that are not there: missing says why one is not, or
// nothing, and what can be typed about it.
// A model that is named twice is refused too: is says what stands behind a name,
// as far as that is known.
func Check(p *policy.Policy, missing func(target string) (why, hint string), is func(target string) string) error {
	for _, r := range p.Routes {
		named := map[string]policy.Target{}
		for _, k := range []struct {
			key string
			of  []policy.Target
		}{{"local", r.Local}, {"cloud", r.Cloud}, {"shadow.judge", []policy.Target{r.Shadow.Judge}}} {
			for _, t := range k.of {
				if t.Name == "" {
					continue
				}
				if why, hint := missing(t.Name); why != "" {
					return form.Wrong(p.File, t.Line, hint, "key routes.%s.%s: %s", r.Name, k.key, why)
				}
				if k.key == "shadow.judge" {
					continue // it may be one of those that it judges
				}
				model := is(t.Name)
				if first, ok := named[model]; ok {
					return form.Wrong(p.File, t.Line, policy.Hint, "key routes.%s.%s: %s is the model that line %d names as %s", r.Name, k.key, t.Name, first.Line, first.Name)
				}
				named[model] = t
			}
		}
		for _, x := range r.Rules {
			for i, d := range x.When.Domains {
				id, ok := topic.Find(d)
				x.When.Domains[i] = id
				if !ok {
					return form.Wrong(p.File, x.Line, "irori measure topics --list", "key routes.%s.rules.when.domain: %q is no domain", r.Name, d)
				}
			}
		}
	}
	return nil
}

// Spending sums what the cloud took for a route since a time, out of the
// ledger.
func Spending(list func(context.Context, store.Filter) iter.Seq2[store.Record, error]) func(string, time.Time) (access.Spent, error) {
	return func(route string, since time.Time) (access.Spent, error) {
		out := access.Spent{Money: map[string]float64{}}
		for r, err := range list(context.Background(), store.Filter{Since: since}) {
			if err != nil {
				return out, err
			}
			if r.Route != "cloud" || !strings.HasPrefix(r.DecisionPolicy, route+"@") {
				continue
			}
			s := Taken(&r)
			out.Tokens += s.Tokens
			for c, v := range s.Money {
				out.Money[c] += v
			}
		}
		return out, nil
	}
}

// Taken is what a record's answer took. Where money is not known exactly, its
// upper end counts.
func Taken(r *store.Record) access.Spent {
	var out access.Spent
	for _, n := range []*int{r.PromptTokens, r.OutputTokens} {
		if n != nil {
			out.Tokens += int64(*n)
		}
	}
	if v := cmp.Or(r.Cost, r.CostHigh); v != nil {
		out.Money = map[string]float64{r.Currency: *v}
	}
	return out
}

// Missing says why a target of a policy is not there: it is neither of a server,
// nor on disk.
func Missing(servers []string, resolve func(string) error) func(string) (why, hint string) {
	return func(target string) (string, string) {
		who, _, other := strings.Cut(target, "/")
		if target == "irori/local" || resolve(target) == nil {
			return "", ""
		}
		if !other {
			return target + " is not here", "irori pull " + target
		}
		if slices.Contains(servers, who) {
			return "", ""
		}
		return "no backend is called " + who, "irori up --backend " + who + "=openai:URL"
	}
}
