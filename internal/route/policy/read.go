package policy

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"irori/internal/access"
	"irori/internal/tree"
	"irori/internal/tree/form"
	"irori/internal/unit"
)

// The defaults of a route.
const (
	defaultConfidence = .9
	// defaultMargin is what a call must bring where nobody said what a right
	// answer is worth: one more right answer in ten calls.
	defaultMargin = .1
	// defaultStay is half of that: a chance that is neither here nor there sends
	// no conversation to and fro.
	defaultStay = .05
	defaultHold = 32
	// leastFirst is a time within which no first token came anywhere.
	leastFirst = time.Millisecond
)

// reader reads one route; its first fault stays.
type reader struct {
	file  string
	route *Route
	err   error
}

var routeKeys = []string{
	"local", "cloud", "quality", "confidence", "unknown", "value", "margin", "stay", "budget", "first_token", "privacy",
	"providers", "hours", "cascade", "shadow", "rules",
}

func read(file string, pair tree.Pair) *reader {
	r := &reader{file: file, route: &Route{Name: pair.Key, Line: pair.Line, Confidence: defaultConfidence, Margin: defaultMargin, Stay: defaultStay}}
	f := &form.Form{File: file, What: "a route", At: "routes." + pair.Key + ".", Node: pair.Value, Hint: Hint}
	f.Known(routeKeys, map[string]string{
		"shadows": "it is called shadow", "weak": "it is called local", "strong": "it is called cloud", "alpha": "say quality, which is 1 − alpha", "delta": "say confidence, which is 1 − delta",
	})
	if f.Err != nil {
		r.err = f.Err
		return r
	}
	x := r.route
	x.Local, x.Cloud = targets(f, "local"), targets(f, "cloud")
	if v := f.Decimal("confidence", 0, 1); v != nil {
		x.Confidence = *v
		if *v <= 0 || *v >= 1 {
			f.Must(f.Get("confidence"), "confidence", "above 0 and below 1: no promise holds always")
		}
	}
	if v := f.Decimal("quality", 0, 1); v != nil {
		x.Quality, x.QualityLine = v, f.Get("quality").Line
		if *v <= 0 || *v >= 1 {
			f.Must(f.Get("quality"), "quality", "above 0 and below 1: answers that are never wrong cannot be promised")
		}
	}
	if v := f.Decimal("margin", 0, 1); v != nil {
		x.Margin = *v
	}
	if v := f.Decimal("stay", 0, 1); v != nil {
		x.Stay = *v
		if f.Get("quality") != nil && f.Err == nil {
			f.Fail(f.Get("stay").Line, "key %sstay keeps a conversation where it is, and with key %squality its promise decides each request", f.At, f.At)
		}
	}
	x.Unknown = form.OneOf(f, "unknown", Local, Cloud)
	if s := f.Text("value"); s != "" {
		amount, currency, err := unit.ParseMoney(s)
		if err != nil || amount <= 0 {
			f.Must(f.Get("value"), "value", "an amount of money such as 5 JPY")
		}
		x.Value = &Money{Amount: amount, Currency: currency}
	}
	x.Budgets = budgets(f, "budget")
	if s := f.Text("first_token"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < leastFirst {
			f.Must(f.Get("first_token"), "first_token", "a time of 1ms or more such as 3s; nobody answers sooner")
		}
		x.FirstToken = d
	}
	x.Privacy.Treatment = form.OneOf(f, "privacy", Detect, LocalOnly, Redact, Any)
	if n := f.Get("providers"); n != nil && n.Kind == tree.List {
		for _, item := range n.Items {
			if item.Kind != tree.Text {
				f.Must(item, "providers", "a list of texts")
			}
		}
	}
	x.Providers, x.Hours = some(f, "providers"), hours(f, "hours")
	x.Cascade, x.Shadow = cascade(f), shadow(f)
	x.Rules = rules(f)
	if f.Err == nil {
		r.meets(f)
	}
	r.err = f.Err
	return r
}

// Privacy says what of a route's requests may leave this machine.
type Privacy struct {
	Treatment Treatment
}

// Treatment is what becomes of requests.
type Treatment string

// The treatments: by what is found in a request (also where nothing is said),
// none leaves, all leave masked, or nobody looks.
const (
	Detect    Treatment = "detect"
	LocalOnly Treatment = "local-only"
	Redact    Treatment = "redact"
	Any       Treatment = "any"
)

// targets are models, one or a list.
func targets(f *form.Form, key string) []Target {
	var out []Target
	n := f.Get(key)
	for i, name := range f.Texts(key) {
		line := n.Line
		if n.Kind == tree.List {
			line = n.Items[i].Line
		}
		name = strings.TrimSpace(name)
		if name == "" || len(name) > 500 {
			f.Fail(line, "key %s%s names no model", f.At, key)
		}
		if slices.ContainsFunc(out, func(t Target) bool { return t.Name == name }) {
			f.Fail(line, "key %s%s names %s twice", f.At, key, name)
		}
		out = append(out, Target{Name: name, Line: line})
	}
	return out
}

// budgets are amounts of money or tokens a window, one or a list.
func budgets(f *form.Form, key string) []access.Budget {
	var out []access.Budget
	for _, s := range f.Texts(key) {
		b, err := access.ParseBudget(s)
		switch {
		case err != nil:
			f.Fail(f.Get(key).Line, "key %s%s: %v", f.At, key, err)
		case b.Unit == access.UnitJoules:
			f.Fail(f.Get(key).Line, "key %s%s is an energy; what the cloud takes is not known in joules, so bound money or tokens", f.At, key)
		}
		out = append(out, b)
	}
	return out
}

func cascade(f *form.Form) Cascade {
	n := f.Get("cascade")
	if n == nil {
		return Cascade{}
	}
	if n.Kind == tree.Truth {
		return Cascade{On: n.Text == "true", Hold: defaultHold}
	}
	c := f.Below("cascade")
	if c == nil {
		return Cascade{}
	}
	c.Known([]string{"hold", "doubt", "verifier", "samples"}, nil)
	out := Cascade{On: true, Hold: defaultHold, Verifier: c.Truth("verifier", false), Samples: c.Whole("samples", 0, 16, 0), Doubt: c.Decimal("doubt", 0, 1)}
	if h := c.Get("hold"); h != nil && h.Kind == tree.Text && h.Text == "all" {
		out.Hold = 0
	} else if h != nil {
		if h.Kind != tree.Whole {
			c.Must(h, "hold", "a number of tokens from 1 to 100000, or all")
		}
		out.Hold = c.Whole("hold", 1, 100_000, defaultHold)
	}
	if (out.Verifier || out.Samples > 0) && out.Hold > 0 && c.Err == nil && c.Get("hold") != nil {
		c.Fail(c.Get("hold").Line, "key %shold lets an answer out before it is whole, and a verifier and samples need the whole one; write hold: all", c.At)
	}
	if out.Verifier || out.Samples > 0 {
		out.Hold = 0
	}
	if v, s := c.Get("verifier"), c.Get("samples"); c.Err == nil && (out.Verifier || out.Samples > 0) && out.Doubt == nil && f.Get("quality") == nil {
		line := c.Node.Line
		if out.Verifier {
			line = v.Line
		} else if s != nil {
			line = s.Line
		}
		c.Fail(line, "key %sverifier and samples are asked where a doubt is near its bound, and there is none; write quality, or doubt", c.At)
	}
	f.Take(c)
	return out
}

func shadow(f *form.Form) Shadow {
	c := f.Below("shadow")
	if c == nil {
		return Shadow{}
	}
	c.Known([]string{"share", "budget", "judge"}, nil)
	out := Shadow{Budgets: budgets(c, "budget")}
	for _, b := range out.Budgets {
		if b.Per != access.Day && c.Err == nil {
			c.Fail(c.Get("budget").Line, "key %sbudget is %s; audits are bounded by the day", c.At, b)
		}
	}
	if v := c.Decimal("share", 0, 1); v != nil {
		out.Share = *v
	} else if c.Err == nil {
		c.Fail(c.Node.Line, "key %sshare is missing", c.At)
	}
	if n := c.Get("judge"); n != nil {
		out.Judge = Target{Name: c.Text("judge"), Line: n.Line}
		if strings.HasPrefix(out.Judge.Name, "irori/") && out.Judge.Name != "irori/local" {
			c.Fail(n.Line, "key %sjudge: %s is a route; write irori/local or a model", c.At, out.Judge.Name)
		}
	}
	f.Take(c)
	return out
}

func rules(f *form.Form) []Rule {
	n := f.Get("rules")
	if n == nil {
		return nil
	}
	if n.Kind != tree.List {
		f.Must(n, "rules", "a list")
		return nil
	}
	var out []Rule
	for _, item := range n.Items {
		c := &form.Form{File: f.File, What: "a rule", At: f.At + "rules.", Node: item, Hint: Hint}
		c.Known([]string{"when", "use", "why"}, map[string]string{"if": "it is called when", "then": "it is called use"})
		if c.Err == nil && c.Get("use") == nil {
			c.Fail(item.Line, "key %suse is missing: local, cloud, refuse, or a target", c.At)
		}
		r := Rule{Line: item.Line, Use: c.Text("use"), Why: c.Text("why")}
		if w := c.Below("when"); w != nil {
			r.When = condition(w)
			c.Take(w)
		}
		f.Take(c)
		out = append(out, r)
	}
	return out
}

// apis are the endpoints whose requests come to rules, as the ledger names them;
// counts, which it does not hold, come too.
var apis = []string{
	"chat", "completions", "embeddings", "rerank", "messages", "count_tokens", "responses", "ollama_chat", "ollama_generate", "ollama_embed",
}

// vain are those of them whose answers no model writes.
var vain = []string{"embeddings", "rerank", "count_tokens", "ollama_embed"}

// Vain reports whether requests to an endpoint generate nothing. They stay here.
func Vain(api string) bool { return slices.Contains(vain, strings.ToLower(api)) }

// some is a text or a list of texts; a list of none is refused, since it can
// mean nobody as well as everybody.
func some(f *form.Form, key string) []string {
	out := f.Texts(key)
	if n := f.Get(key); n != nil && n.Kind == tree.List && len(n.Items) == 0 {
		f.Fail(n.Line, "key %s%s is an empty list; name one at least, or leave the key out", f.At, key)
	}
	return out
}

func condition(f *form.Form) Condition {
	f.Known([]string{
		"key", "api", "client", "language", "domain", "contains", "matches", "tools", "images", "schema", "side_call",
		"prompt_over", "prompt_under", "turns_over", "hours",
	}, nil)
	c := Condition{
		Keys: some(f, "key"), APIs: some(f, "api"), Clients: some(f, "client"), Languages: some(f, "language"), Domains: some(f, "domain"),
		Contains: some(f, "contains"), Hours: hours(f, "hours"),
		PromptOver: f.Whole("prompt_over", 1, 1<<30, 0), PromptUnder: f.Whole("prompt_under", 1, 1<<30, 0), TurnsOver: f.Whole("turns_over", 1, 1<<20, 0),
	}
	for _, k := range []struct {
		key string
		of  []string
	}{{"contains", c.Contains}, {"client", c.Clients}} {
		if slices.ContainsFunc(k.of, func(s string) bool { return strings.TrimSpace(s) == "" }) {
			f.Fail(f.Get(k.key).Line, "key %s%s has an empty word, which every request has; leave it out", f.At, k.key)
		}
	}
	for _, a := range c.APIs {
		if !slices.Contains(apis, strings.ToLower(a)) {
			f.Fail(f.Get("api").Line, "key %sapi: %q is no endpoint; write %s", f.At, a, strings.Join(apis, ", "))
		}
	}
	for _, l := range c.Languages {
		if l != "ja" && l != "en" {
			f.Must(f.Get("language"), "language", "ja or en")
		}
	}
	for _, p := range []struct {
		key string
		to  **bool
	}{{"tools", &c.Tools}, {"images", &c.Images}, {"schema", &c.Schema}, {"side_call", &c.SideCall}} {
		if f.Get(p.key) != nil {
			v := f.Truth(p.key, false)
			*p.to = &v
		}
	}
	if s := f.Text("matches"); s != "" {
		re, err := regexp.Compile(s)
		if err != nil {
			f.Fail(f.Get("matches").Line, "key %smatches is no pattern: %v", f.At, err)
		}
		c.Matches = re
	}
	if c.PromptUnder > 0 && c.PromptOver >= c.PromptUnder-1 && c.PromptOver > 0 && f.Err == nil {
		f.Fail(f.Get("prompt_over").Line, "key %sprompt_over: no prompt has over %d and under %d tokens", f.At, c.PromptOver, c.PromptUnder)
	}
	if f.Err == nil && c.Empty() {
		f.Fail(f.Node.Line, "key %s says nothing; leave it out for a rule that always holds", strings.TrimSuffix(f.At, "."))
	}
	return c
}

// meets refuses what contradicts itself or can never be met.
func (r *reader) meets(f *form.Form) {
	x := r.route
	at := func(key string) int { return f.Get(key).Line }
	switch {
	case len(x.Local)+len(x.Cloud) == 0:
		f.Fail(x.Line, "key routes.%s names no target: write local, cloud or both", x.Name)
	case len(x.Cloud) > 0 && x.Privacy.Treatment == LocalOnly:
		f.Fail(at("privacy"), "key %sprivacy is local-only and key %scloud names targets; one of them must go", f.At, f.At)
	case len(x.Local) == 0 && x.Quality != nil:
		f.Fail(at("quality"), "key %squality bounds the error of local answers, and key %slocal names none", f.At, f.At)
	case len(x.Cloud) == 0 && x.Quality != nil:
		f.Fail(at("quality"), "key %squality can never be met: key %scloud names nobody to ask what is doubtful", f.At, f.At)
	case x.Unknown == Local && len(x.Local) == 0, x.Unknown == Cloud && len(x.Cloud) == 0:
		f.Fail(at("unknown"), "key %sunknown is %s, and no target is there", f.At, x.Unknown)
	}
	for _, k := range []struct {
		key  string
		both bool
	}{{"cascade", true}, {"shadow", true}, {"budget", false}, {"hours", false}, {"providers", false}, {"value", true}, {"margin", true}, {"stay", true}} {
		if f.Get(k.key) == nil || f.Err != nil || k.key == "cascade" && !x.Cascade.On {
			continue
		}
		if len(x.Cloud) == 0 || k.both && len(x.Local) == 0 {
			f.Fail(at(k.key), "key %s%s needs local and cloud targets; one of them is missing", f.At, k.key)
		}
	}
	for _, t := range x.Cloud {
		if slices.ContainsFunc(x.Local, func(l Target) bool { return l.Name == t.Name }) {
			f.Fail(t.Line, "key %scloud names %s, which key %slocal names too", f.At, t.Name, f.At)
		}
		who, _, other := strings.Cut(t.Name, "/")
		if !other || who == "irori" {
			f.Fail(t.Line, "key %scloud: %s is no model of a backend; write BACKEND/MODEL", f.At, t.Name)
		}
	}
	for _, t := range x.Local {
		if strings.HasPrefix(t.Name, "irori/") && t.Name != "irori/local" {
			f.Fail(t.Line, "key %slocal: %s is a route; write irori/local or a model", f.At, t.Name)
		}
	}
	x.Cloud = r.allowed(f)
	r.rules(f)
}

// allowed are the cloud's targets of the allowed providers.
func (r *reader) allowed(f *form.Form) []Target {
	x := r.route
	if len(x.Providers) == 0 {
		return x.Cloud
	}
	var out []Target
	for _, t := range x.Cloud {
		if who, _, _ := strings.Cut(t.Name, "/"); slices.Contains(x.Providers, who) {
			out = append(out, t)
		}
	}
	if len(out) == 0 && f.Err == nil {
		f.Fail(f.Get("providers").Line, "key %sproviders allows none of the targets of key %scloud", f.At, f.At)
	}
	return out
}

// never says why what holds for a condition can never go to the cloud, "" where
// it can.
func (r *Route) never(c Condition) string {
	if len(c.APIs) > 0 && !slices.ContainsFunc(c.APIs, func(api string) bool { return !Vain(api) }) {
		return "requests that generate nothing (" + strings.Join(c.APIs, ", ") + ") stay here"
	}
	if len(r.Hours) > 0 && len(c.Hours) > 0 && !meet(r.Hours, c.Hours) {
		return "its hours and those of the route have no time in common"
	}
	return ""
}
