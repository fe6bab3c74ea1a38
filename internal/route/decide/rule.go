package decide

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"irori/internal/llm"
	"irori/internal/route/policy"
)

// ruling is what the rules say of a request.
type ruling struct {
	// side is who answers and why the reason, empty where no rule decides.
	side policy.Side
	why  string
	// kept is the reason of a rule that keeps the request here where nobody here
	// can answer, and no later rule says who does.
	kept string
}

// bars says why the rules let nobody ask the cloud, "" where they do.
func (x ruling) bars() string {
	if x.side == policy.Local {
		return x.why
	}
	return x.kept
}

// Barred is the error of a request that names a target of a route's cloud itself,
// nil where the route's rules let it.
func Barred(r *policy.Route, a Asked) error {
	names := func(of []policy.Target) (out []string) {
		for _, t := range of {
			out = append(out, t.Name)
		}
		return out
	}
	d := &decision{r: r, a: a}
	ruled, err := d.rule(names(r.Local), names(r.Cloud))
	if err != nil {
		return err
	}
	if why := ruled.bars(); why != "" {
		return barred(why)
	}
	return nil
}

// rule finds the first rule that holds and of whose targets one can answer, and
// brings that to the front. An error is a refusal.
func (d *decision) rule(local, cloud []string) (out ruling, err error) {
	for i, rule := range d.r.Rules {
		if !d.holds(rule.When) {
			continue
		}
		why := rule.Why
		if why == "" {
			why = fmt.Sprintf("rule %d", i+1)
		}
		if d.a.Unseen && reads(rule.When) {
			if d.sends(rule.Use) {
				continue // nobody can tell that it may
			}
			why += ", and the text of such requests is not read"
		}
		has := func(of []string) bool { return slices.Contains(of, rule.Use) }
		switch {
		case rule.Use == string(policy.Refuse):
			return out, llm.Errorf(llm.CodeForbidden, "the route %s refuses the request: %s", d.r.Name, why).WithHint("irori route check shows the policy")
		case rule.Use == string(policy.Local) && len(local) > 0, rule.Use == string(policy.Cloud) && len(cloud) > 0:
			d.step("the rule of line %d holds", rule.Line)
			return ruling{side: policy.Side(rule.Use), why: why}, nil
		case has(local):
			d.first(local, rule.Use)
			return ruling{side: policy.Local, why: why}, nil
		case has(cloud):
			d.first(cloud, rule.Use)
			return ruling{side: policy.Cloud, why: why}, nil
		}
		d.step("the rule of line %d holds, and nobody of %s can answer", rule.Line, rule.Use)
		if rule.Use == string(policy.Local) && out.kept == "" {
			out.kept = why
		}
	}
	return out, nil
}

// reads reports whether a condition looks at what is asked.
func reads(c policy.Condition) bool {
	return len(c.Contains)+len(c.Languages)+len(c.Domains)+c.PromptOver+c.PromptUnder+c.TurnsOver > 0 || c.Matches != nil || c.Images != nil
}

// sends reports whether a rule that uses something lets a request leave.
func (d *decision) sends(use string) bool {
	return use == string(policy.Cloud) || d.isCloud(use)
}

// first brings a target to the front.
func (d *decision) first(of []string, name string) {
	i := slices.Index(of, name)
	copy(of[1:i+1], of[:i])
	of[0] = name
}

// holds reports whether all parts of a condition hold. Of a text that nobody sees
// here they may, so they do.
func (d *decision) holds(c policy.Condition) bool {
	a := d.a
	among := func(of []string, v string) bool {
		return len(of) == 0 || slices.ContainsFunc(of, func(s string) bool { return strings.EqualFold(s, v) })
	}
	is := func(want *bool, v bool) bool { return want == nil || *want == v }
	if !among(c.Keys, a.Key) || !among(c.APIs, a.API) || !is(c.SideCall, a.SideCall != "") {
		return false
	}
	if len(c.Clients) > 0 && !slices.ContainsFunc(c.Clients, func(s string) bool { return strings.HasPrefix(strings.ToLower(a.Client), strings.ToLower(s)) }) {
		return false
	}
	if len(c.Hours) > 0 && !policy.Hold(c.Hours, a.Now) {
		return false
	}
	if !is(c.Tools, a.Tools) || !is(c.Schema, a.Schema) {
		return false
	}
	if a.Unseen {
		return true
	}
	if !among(c.Languages, a.Language) || !among(c.Domains, a.Domain) || !is(c.Images, a.Images) {
		return false
	}
	if c.PromptOver > 0 && a.Tokens <= c.PromptOver || c.PromptUnder > 0 && a.Tokens >= c.PromptUnder || c.TurnsOver > 0 && a.Turns <= c.TurnsOver {
		return false
	}
	if len(c.Contains) > 0 && !contains(a.Text, c.Contains) {
		return false
	}
	return c.Matches == nil || matches(c.Matches, a.Text)
}

func contains(text string, words []string) bool {
	text = strings.ToLower(norm.NFKC.String(text))
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, strings.ToLower(norm.NFKC.String(w))) })
}

func matches(re *regexp.Regexp, text string) bool { return re.MatchString(norm.NFKC.String(text)) }
