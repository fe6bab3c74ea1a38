package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/app/routing/learnt"
	"irori/internal/app/routing/policies"
	"irori/internal/llm"
	"irori/internal/route/policy"
	"irori/internal/route/predict"
	"irori/internal/term"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
)

// policyOptions are those of the verbs on a policy.
type policyOptions struct {
	backends flags.Several
}

// routePrice is what --price says: of models, or in a stream what a call is
// worth.
type routePrice struct {
	share  float64
	models flags.Several
}

// String is the flag as help shows it.
func (p *routePrice) String() string { return p.models.String() }

// Set takes one of both.
func (p *routePrice) Set(s string) (err error) {
	if strings.Contains(s, "=") {
		return p.models.Set(s)
	}
	if p.share, err = strconv.ParseFloat(s, 64); err != nil {
		return errors.New("it is a share, or NAME/MODEL=IN,OUT")
	}
	return nil
}

func (o *policyOptions) flags(c *verb.Call) {
	c.Flags.Var(&o.backends, "backend", "`NAME=KIND:URL` check: another server beside those of the settings; may be repeated")
}

// routePolicy runs the verbs on a policy and on what it decided; ok is false
// for others.
func routePolicy(ctx context.Context, c *verb.Call, o *routeOptions, words []string) (ok bool, err error) {
	switch {
	case c.Args[0] == "check":
	case c.Args[0] == "explain" && len(words) == 1:
	case c.Args[0] == "train" && o.in == "" && o.out == "":
	default:
		return false, nil
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return true, err
	}
	switch c.Args[0] {
	case "check":
		return true, o.policy.check(ctx, c, env, o.price.models, words)
	case "explain":
		return true, explainRequest(ctx, c, o, env, words[0])
	}
	return true, trainHere(ctx, c, o, env, words)
}

// check says whether a policy can be kept, and what it comes to.
func (o *policyOptions) check(ctx context.Context, c *verb.Call, env *app.Env, prices flags.Several, words []string) error {
	if len(words) > 2 {
		return verb.Wrong(sprintf("irori route check takes one policy and the model of irori up, not %d words", len(words)), "irori route check policy.yaml")
	}
	if err := (&upOptions{backends: o.backends, prices: prices}).others(env); err != nil {
		return err
	}
	file, model := "", ""
	if len(words) > 0 {
		file = words[0]
	}
	if len(words) > 1 {
		model = words[1]
	}
	p, doubts, err := env.CheckPolicy(ctx, file, model)
	if err != nil {
		return err
	}
	if p == nil {
		return llm.Errorf(llm.CodeNotFound, "there is no policy: %s/%s does not exist", env.Home, policies.DefaultFile).WithHint("irori route check FILE")
	}
	for _, d := range doubts {
		c.Say("%s", d)
	}
	names := func(of []policy.Target) (out []string) {
		for _, t := range of {
			out = append(out, t.Name)
		}
		return out
	}
	t := term.NewTable(term.Column{Title: "MODEL"}, term.Column{Title: "LOCAL"}, term.Column{Title: "CLOUD"}, term.Column{Title: "KEEPS TO"})
	for _, r := range p.Routes {
		keeps := keptTo(r)
		if c.JSON {
			if err := c.PrintJSON(struct {
				Route   string   `json:"route"`
				Version string   `json:"version"`
				Local   []string `json:"local"`
				Cloud   []string `json:"cloud"`
				Keeps   []string `json:"keeps_to"`
			}{r.Name, p.Version, names(r.Local), names(r.Cloud), keeps}); err != nil {
				return err
			}
			continue
		}
		t.Row("irori/"+r.Name, strings.Join(names(r.Local), ", "), strings.Join(names(r.Cloud), ", "), strings.Join(keeps, "; "))
	}
	if c.JSON {
		return nil
	}
	c.Say("%s can be kept: version %s.", p.File, p.Version)
	return t.Write(c.Out, columns(c.Out))
}

// keptTo is what a route keeps to, in words.
func keptTo(r *policy.Route) []string {
	out := []string{}
	add := func(format string, args ...any) { out = append(out, sprintf(format, args...)) }
	if r.Quality != nil {
		add("at least %s right, with %s confidence", percent(*r.Quality), percent(r.Confidence))
	}
	for _, b := range r.Budgets {
		add("%s", b)
	}
	if r.FirstToken > 0 {
		add("first token within %v", r.FirstToken)
	}
	if t := r.Privacy.Treatment; t != "" {
		add("privacy %s", t)
	} else if len(r.Cloud) > 0 {
		add("privacy detect")
	}
	if len(r.Hours) > 0 {
		add("cloud within its hours")
	}
	if r.Cascade.On {
		if r.Cascade.Hold > 0 {
			add("answers judged after %d tokens", r.Cascade.Hold)
		} else {
			add("answers judged whole")
		}
	}
	if r.Shadow.Share > 0 {
		add("%s audited", percent(r.Shadow.Share))
	}
	if n := len(r.Rules); n > 0 {
		add("%s", plural(n, "rule", "rules"))
	}
	return out
}

// explainRequest says why a request was answered by whom it was.
func explainRequest(ctx context.Context, c *verb.Call, o *routeOptions, env *app.Env, id string) error {
	rec, err := env.Ledger().Find(ctx, id)
	if err != nil {
		return err
	}
	e, err := learnt.Explain(ctx, env.Home, &rec, o.lang.Value)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(e)
	}
	_, err = c.Out.Write([]byte(strings.Join(e.Words, "\n") + "\n"))
	return err
}

// trainHere learns from what was routed in this home.
func trainHere(ctx context.Context, c *verb.Call, o *routeOptions, env *app.Env, words []string) error {
	if err := noWords(c, words); err != nil {
		return err
	}
	begin := time.Now()
	all, err := learnt.Learn(ctx, env.Home, env.Keyed(), predict.Options{Seed: o.seed})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return llm.Errorf(llm.CodeNotFound, "no answer that was routed here has a label, so there is nothing to learn from").
			WithHint("irori route feedback ID good, or shadow: {share: 0.05} in the policy; irori route train --in FILE --out FILE learns from a file")
	}
	t := term.NewTable(term.Column{Title: "ROUTE"}, term.Column{Title: "LOCAL"}, term.Column{Title: "CLOUD"}, term.Column{Title: "LABELS", Right: true}, term.Column{Title: "PREDICTOR"})
	for _, x := range all {
		if c.JSON {
			if err := c.PrintJSON(x); err != nil {
				return err
			}
			continue
		}
		made := x.Version
		if made == "" {
			made = x.Why
		}
		t.Row(x.Route, x.Local, x.Cloud, sprintf("%d and %d", x.Weak, x.Strong), made)
	}
	if c.JSON {
		return nil
	}
	c.Say("learnt in %.1f s; a server that runs takes it within ten seconds", time.Since(begin).Seconds())
	return t.Write(c.Out, columns(c.Out))
}
