// Package policies reads how requests are routed from a home, checks that it can
// be kept there, and sums what its routes took. It decides nothing.
package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irori/internal/access"
	"irori/internal/eval/topic"
	"irori/internal/llm"
	"irori/internal/route/calibrate"
	"irori/internal/route/policy"
	"irori/internal/route/privacy"
	"irori/internal/route/promise"
	"irori/internal/store"
	"irori/internal/tree/form"
)

// DefaultFile is the policy's name in the home folder.
const DefaultFile = "policy.yaml"

// virtualLocal names the model that is served here, whichever that is.
const virtualLocal = "irori/local"

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

// Targets are all that the routes of a policy name, each once.
func Targets(p *policy.Policy) []string {
	var out []string
	for _, r := range p.Routes {
		for _, t := range slices.Concat(r.Local, r.Cloud, []policy.Target{r.Shadow.Judge}) {
			if t.Name != "" && !slices.Contains(out, t.Name) {
				out = append(out, t.Name)
			}
		}
	}
	return out
}

// Routed are the targets of all routes. Those that any route calls a cloud have
// the strictest level of such routes, by which a request goes there that came by
// no route; the others have "".
func Routed(p *policy.Policy) map[string]privacy.Level {
	out := map[string]privacy.Level{}
	for _, r := range p.Routes {
		for _, t := range r.Local {
			out[t.Name] = privacy.StricterLevel(out[t.Name], "")
		}
		for _, t := range r.Cloud {
			out[t.Name] = privacy.StricterLevel(out[t.Name], privacy.Level(cmp.Or(r.Privacy.Treatment, policy.Detect)))
		}
	}
	return out
}

// Here is what a policy is checked against.
type Here struct {
	// Missing says why a target is not there, or nothing, and what can be typed
	// about it.
	Missing func(target string) (why, hint string)
	// Is says what stands behind a name, as far as that is known: a model that is
	// named twice is refused.
	Is func(target string) string
	// Given says whether a calibration is kept that promises at most a share
	// alpha of errors with confidence 1 − delta; nil where none can be.
	Given func(alpha, delta float64) bool
}

// Check refuses what a policy asks for and is not to be had here.
func Check(p *policy.Policy, h Here) error {
	for _, r := range p.Routes {
		if err := reachable(p.File, r, h.Given); err != nil {
			return err
		}
		named := map[string]policy.Target{}
		for _, k := range []struct {
			key string
			of  []policy.Target
		}{{"local", r.Local}, {"cloud", r.Cloud}, {"shadow.judge", []policy.Target{r.Shadow.Judge}}} {
			for _, t := range k.of {
				if t.Name == "" {
					continue
				}
				if why, hint := h.Missing(t.Name); why != "" {
					return form.Wrong(p.File, t.Line, hint, "key routes.%s.%s: %s", r.Name, k.key, why)
				}
				if k.key == "shadow.judge" {
					continue // it may be one of those that it judges
				}
				model := h.Is(t.Name)
				if first, ok := named[model]; ok {
					hint := policy.Hint
					if model != virtualLocal && (t.Name == virtualLocal || first.Name == virtualLocal) {
						hint = "irori up MODEL serves another model as " + virtualLocal
					}
					return form.Wrong(p.File, t.Line, hint, "key routes.%s.%s: %s is the model that line %d names as %s", r.Name, k.key, t.Name, first.Line, first.Name)
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

// reachable refuses a quality that no number of audits can promise here, unless
// somebody gave a calibration that does.
func reachable(file string, r *policy.Route, given func(alpha, delta float64) bool) error {
	if r.Quality == nil {
		return nil
	}
	alpha, delta := 1-*r.Quality, 1-r.Confidence
	// What is computed of decimals is off by a little.
	least := promise.Strictest(delta)
	if alpha >= least*(1-1e-9) || given != nil && given(alpha, delta) {
		return nil
	}
	return form.Wrong(file, r.QualityLine, fmt.Sprintf("irori route calibrate --in AUDITED.jsonl --score doubt --alpha %.3g --delta %.3g --into HOME keeps a promise of more answers, made elsewhere", alpha, delta),
		"key routes.%s.quality can never be met: with key confidence at %g the half of the last %d audits that is calibrated on promises %g at most, even without an error; %g would take about %d audits",
		r.Name, r.Confidence, promise.Window, math.Floor((1-least)*1e4)/1e4, *r.Quality, promise.Audits(calibrate.LearnThenTest(nil, alpha, delta).Need))
}

// Doubts say in words what of a policy can be kept and will hardly do what was
// meant. given says whether a calibration is kept that promises as much.
func Doubts(p *policy.Policy, given func(alpha, delta float64) bool) (out []string) {
	for _, r := range p.Routes {
		say := func(line int, format string, args ...any) {
			out = append(out, fmt.Sprintf("%s:%d: key routes.%s.", p.File, line, r.Name)+fmt.Sprintf(format, args...))
		}
		if q := r.Quality; q != nil && r.Shadow.Share == 0 && !given(1-*q, 1-r.Confidence) {
			say(r.QualityLine, "quality: no promise will ever come, since nothing is audited and no calibration is here that promises as much; write shadow: {share: 0.05, budget: …}")
		}
		if r.Shadow.Share > 0 && len(r.Shadow.Budgets)+len(r.Budgets) == 0 {
			say(r.Line, "shadow audits %.3g %% of the answers and has no budget, so nothing bounds what that takes of the cloud; write budget, such as 100k tokens/day", 100*r.Shadow.Share)
		}
	}
	return out
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
// nor on disk. lacks says that of a server's model.
func Missing(servers []string, resolve func(string) error, lacks func(target string) (why, hint string)) func(target string) (why, hint string) {
	return func(target string) (string, string) {
		who, _, other := strings.Cut(target, "/")
		switch {
		case target == virtualLocal:
			return "", ""
		case other && slices.Contains(servers, who):
			// A request for it goes to the server, whatever is on disk.
			return lacks(target)
		case resolve(target) == nil:
			return "", ""
		case !other:
			return target + " is not here", "irori pull " + target
		}
		return "no backend is called " + who, "irori up --backend " + who + "=openai:URL"
	}
}
