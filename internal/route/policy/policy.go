package policy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"irori/internal/access"
	"irori/internal/tree"
	"irori/internal/tree/form"
)

// Hint is what a person can type about a policy that is not right.
const Hint = "irori route check FILE"

// Auto is the route that irori/auto asks for.
const Auto = "auto"

// Policy is a file of routes.
type Policy struct {
	File string
	// Version names the text of the file: the ledger keeps it with each
	// decision.
	Version string
	Routes  []*Route
}

// Route is one way to choose who answers.
type Route struct {
	Name string
	Line int
	// Local and Cloud are targets, the preferred first. Whatever is named under
	// Cloud counts as such, wherever its server stands.
	Local, Cloud []Target
	// Quality is the least share of right answers among those that stay local,
	// nil where nothing is asked; Confidence that of the promise.
	Quality    *float64
	Confidence float64
	// QualityLine is where Quality stands.
	QualityLine int
	// Unknown says who answers while nothing is known of a question.
	Unknown Side
	// Value is what a right answer is worth; Margin what escalation must bring
	// at least, as a probability, where no value and no price is known.
	Value  *Money
	Margin float64
	// Stay is how much more than Margin, or less, it must be for a conversation
	// to change sides: who has not answered it yet has to read all of it.
	Stay float64
	// Budgets bound what the cloud may cost.
	Budgets []access.Budget
	// FirstToken bounds the expected time to the first token; 0 does not.
	FirstToken time.Duration
	Privacy    Privacy
	// Providers are the backends that may be asked, empty for all that are
	// named.
	Providers []string
	// Hours are when the cloud may be asked, empty for always.
	Hours   []Hours
	Cascade Cascade
	Shadow  Shadow
	Rules   []Rule
}

// Target is a model, with the line that names it.
type Target struct {
	Name string
	Line int
}

// Side is one of two places.
type Side string

// The sides, and what else a rule can say.
const (
	Local  Side = "local"
	Cloud  Side = "cloud"
	Refuse Side = "refuse"
)

// Money is an amount of a currency.
type Money struct {
	Amount   float64
	Currency string
}

// Cascade says how a local answer is judged before the client sees it.
type Cascade struct {
	On bool
	// Hold is how many tokens of a stream are held back; 0 holds all of it.
	Hold int
	// Doubt is the most that is given out, where a person sets it; nil leaves
	// that to what was calibrated.
	Doubt *float64
	// Verifier asks the local model whether its answer is right; Samples is how
	// many more answers are compared with it.
	Verifier bool
	Samples  int
}

// Shadow says which local answers are compared with the cloud's.
type Shadow struct {
	Share   float64
	Budgets []access.Budget
	// Judge is the target that compares answers which cannot be compared by
	// what they say, its name empty where nobody does.
	Judge Target
}

// Rule decides where its condition holds.
type Rule struct {
	Line int
	When Condition
	// Use is local, cloud, refuse, or the name of a target.
	Use string
	Why string
}

// Condition holds where all of its parts that are set do.
type Condition struct {
	Keys, APIs, Clients, Languages, Domains []string
	// Contains are words, in any case as NFKC folds them; Matches a pattern.
	Contains []string
	Matches  *regexp.Regexp
	// Tools, Images, Schema and SideCall say whether a request has them.
	Tools, Images, Schema, SideCall *bool
	// PromptOver and PromptUnder bound the prompt's tokens, TurnsOver the turns.
	PromptOver, PromptUnder, TurnsOver int
	Hours                              []Hours
}

// Empty reports whether a condition always holds.
func (c Condition) Empty() bool {
	return len(c.Keys)+len(c.APIs)+len(c.Clients)+len(c.Languages)+len(c.Domains)+len(c.Contains)+len(c.Hours) == 0 &&
		c.Matches == nil && c.Tools == nil && c.Images == nil && c.Schema == nil && c.SideCall == nil &&
		c.PromptOver == 0 && c.PromptUnder == 0 && c.TurnsOver == 0
}

// Route finds a route by its name.
func (p *Policy) Route(name string) *Route {
	if p == nil {
		return nil
	}
	for _, r := range p.Routes {
		if strings.EqualFold(r.Name, name) {
			return r
		}
	}
	return nil
}

// Default is the route that irori/auto asks for: auto, or where none is called so
// the only one; nil where there are several others.
func (p *Policy) Default() *Route {
	if x := p.Route(Auto); x != nil || p == nil || len(p.Routes) != 1 {
		return x
	}
	return p.Routes[0]
}

// Parse reads a policy. An error names file, line and key.
func Parse(file string, b []byte) (*Policy, error) {
	n, err := tree.Parse(b)
	if err != nil {
		line := 1
		if e, ok := errors.AsType[*tree.Error](err); ok {
			line = e.Line
		}
		return nil, form.Wrong(file, line, Hint, "%v", err)
	}
	sum := sha256.Sum256(b)
	p := &Policy{File: file, Version: hex.EncodeToString(sum[:6])}
	f := &form.Form{File: file, What: "a policy", Node: n, Hint: Hint}
	f.Known([]string{"routes"}, nil)
	if f.Err == nil && f.Get("routes") == nil {
		f.Fail(n.Line, "key routes is missing")
	}
	routes := f.Below("routes")
	f.Take(routes)
	if f.Err != nil {
		return nil, f.Err
	}
	for _, pair := range routes.Node.Pairs {
		if !validName(pair.Key) {
			return nil, form.Wrong(file, pair.Line, Hint, "key routes.%s: a route's name is letters, digits, dots and dashes", pair.Key)
		}
		if pair.Key == "local" || pair.Key == "cloud" {
			return nil, form.Wrong(file, pair.Line, Hint, "key routes.%s: irori/%s is a side already; take another name", pair.Key, pair.Key)
		}
		if p.Route(pair.Key) != nil {
			return nil, form.Wrong(file, pair.Line, Hint, "key routes.%s is there twice", pair.Key)
		}
		r := read(file, pair)
		if r.err != nil {
			return nil, r.err
		}
		p.Routes = append(p.Routes, r.route)
	}
	if len(p.Routes) == 0 {
		return nil, form.Wrong(file, n.Line, Hint, "key routes names no route")
	}
	return p, nil
}

// validName reports whether a route can be called so.
func validName(s string) bool {
	for _, r := range s {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r)) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// String is a money amount as people write it.
func (m Money) String() string { return fmt.Sprintf("%g %s", m.Amount, m.Currency) }

// Example is a commented file.
//
//go:embed policy.example.yaml
var Example string
