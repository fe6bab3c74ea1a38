package decide

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"irori/internal/llm"
	"irori/internal/route/policy"
)

// Asked is what a decision has to know of a request.
type Asked struct {
	// Text is what rules look at, Tokens about how many the prompt has.
	Text   string
	Tokens int
	// Turns counts the user's messages.
	Turns                 int
	Key, API, Client      string
	Language, Domain      string
	Tools, Images, Schema bool
	SideCall              string
	// Several says that more than one answer is asked for: nobody judges those,
	// and no bound holds for them.
	Several bool
	// Stays says why it stays here whatever it holds, "" where it need not.
	Stays   string
	Private Private
	// On is the side that the conversation is on, and OnTarget who answered it
	// there; empty where nothing is known, or where it is decided anew.
	On       policy.Side
	OnTarget string
	Now      time.Time
	// Pin is what the request itself demands: local, cloud, or nothing.
	Pin policy.Side
	// MaxCost is the most that the request may be expected to cost, nil for no
	// such bound.
	MaxCost     *float64
	MaxCurrency string
}

// Private is what of a request may leave this machine, and why.
type Private struct {
	Treatment policy.Treatment
	// Why names classes or rules, never the text.
	Why string
	// Unread says that it stays here because what looks for that failed or took
	// too long.
	Unread bool
}

// Vain is why requests stay here whose answer no model writes: there is no
// better one to be had elsewhere.
const Vain = "requests that generate nothing stay here"

// Target is what is known of a model: nil is not known.
type Target struct {
	Name string
	// Context is 0 where it is not known.
	Context       int
	Images, Tools *bool
	// Down says that it is known not to answer.
	Down bool
	// FirstToken is the expected time to the first token.
	FirstToken *time.Duration
	// Cost is what the request is expected to cost there, in the currency; Reread
	// how much of that is saved because it has read the conversation before.
	Cost     *float64
	Reread   float64
	Currency string
}

// Known is what has been found out so far. Every function may be nil.
type Known struct {
	Target func(name string) Target
	// Success is how likely a local target and the cloud's answer well.
	Success func(local, cloud string) (weak, strong float64, ok bool)
	// Spent says which budget is used up, "" where none is.
	Spent func() string
	// Bound is the promise for answers that are accepted before they are
	// generated: the most doubt, nil where nothing is promised; need says in
	// words what is missing.
	Bound func(local string) (threshold *float64, need string)
	// Judged says that an answer of this target can be judged with a promise
	// after it was generated; need says in words what is missing.
	Judged func(local string) (ok bool, need string)
}

// Decision says who answers.
type Decision struct {
	// Targets are who may answer, in turn: the next where one fails.
	Targets []string
	Side    policy.Side
	// Judge says that the answer is judged before the client sees it, and goes
	// to the first of Instead where it is doubtful.
	Judge   bool
	Instead []string
	// Plain says that only what is plainly wrong goes there: a better answer is
	// not worth it, however doubtful this one is.
	Plain  bool
	Reason string
	// Score is what escalation is expected to bring, Weak and Strong how likely
	// either answers well; nil where nothing is known.
	Score, Weak, Strong *float64
	// Open says that the choice was the predictor's: nothing demanded it.
	Open bool
	// Steps are what was looked at, in order and in words.
	Steps []string
}

// decision is one in the making.
type decision struct {
	r    *policy.Route
	a    Asked
	k    Known
	out  Decision
	info map[string]Target
}

// Decide chooses. An error is a refusal, with what to do about it.
func Decide(r *policy.Route, a Asked, k Known) (Decision, error) {
	d := &decision{r: r, a: a, k: k, info: map[string]Target{}}
	local, cloud := d.able(r.Local), d.able(r.Cloud)
	closed := d.closed()
	if closed != "" {
		d.step("the cloud is not asked: %s", closed)
	}
	if a.Pin == policy.Cloud && closed != "" {
		if a.Stays == "" && a.Private.Unread {
			return d.out, unread(llm.Errorf(llm.CodePrivacyCheck, "the request asks for the cloud, and what is private in it could not be found out, so it does not leave this machine"))
		}
		return d.out, llm.Errorf(llm.CodeForbidden, "the request asks for the cloud, which it may not use: %s", closed).WithHint("ask irori/auto or irori/local")
	}
	if closed != "" {
		cloud = nil
	}
	if len(local)+len(cloud) == 0 {
		return d.out, d.nobody(closed)
	}
	if side, why, err := d.demanded(local, cloud); err != nil || side != "" {
		if err != nil {
			return d.out, err
		}
		return d.take(side, why, local, cloud), nil
	}
	switch {
	case len(cloud) == 0:
		why := "no other target can answer it"
		if n := len(d.out.Steps); n > 0 {
			why += ": " + d.out.Steps[n-1]
		}
		return d.take(policy.Local, cmp.Or(closed, why), local, nil), nil
	case len(local) == 0:
		return d.take(policy.Cloud, "no local target can answer it", nil, cloud), nil
	case a.SideCall != "":
		return d.take(policy.Local, a.SideCall+" needs no cloud", local, nil), nil
	}
	return d.weigh(local, cloud), nil
}

func (d *decision) step(format string, args ...any) {
	d.out.Steps = append(d.out.Steps, fmt.Sprintf(format, args...))
}

// able are the targets that can take the request, as far as that is known.
func (d *decision) able(of []policy.Target) []string {
	var out []string
	for _, t := range of {
		x := Target{Name: t.Name}
		if d.k.Target != nil {
			x = d.k.Target(t.Name)
		}
		d.info[t.Name] = x
		why := ""
		switch {
		case x.Down:
			why = "does not answer now"
		case x.Context > 0 && d.a.Tokens > x.Context:
			why = fmt.Sprintf("takes %d tokens, and about %d are asked", x.Context, d.a.Tokens)
		case d.a.Images && x.Images != nil && !*x.Images:
			why = "takes no images"
		case d.a.Tools && x.Tools != nil && !*x.Tools:
			why = "calls no tools"
		case d.a.MaxCost != nil && d.dear(x):
			why = fmt.Sprintf("is not known to cost at most %g %s", *d.a.MaxCost, d.a.MaxCurrency)
		case d.r.FirstToken > 0 && x.FirstToken != nil && *x.FirstToken > d.r.FirstToken:
			why = fmt.Sprintf("is expected to begin after %v, and %v are wanted", x.FirstToken.Round(time.Millisecond), d.r.FirstToken)
		}
		if why != "" {
			d.step("%s %s", t.Name, why)
			continue
		}
		out = append(out, t.Name)
	}
	return out
}

// dear reports whether a target of the cloud may cost more than the request
// allows; what is not known may.
func (d *decision) dear(x Target) bool {
	cloud := slices.ContainsFunc(d.r.Cloud, func(t policy.Target) bool { return t.Name == x.Name })
	return cloud && (x.Cost == nil || x.Currency != d.a.MaxCurrency || *x.Cost > *d.a.MaxCost)
}

// closed says why the cloud may not be asked, "" where it may.
func (d *decision) closed() string {
	a := d.a
	switch {
	case a.Stays != "":
		return a.Stays
	case len(d.r.Cloud) == 0:
		return ""
	case a.Private.Treatment == policy.LocalOnly:
		return "private (" + a.Private.Why + ")"
	case len(d.r.Hours) > 0 && !policy.Hold(d.r.Hours, a.Now):
		return "outside its hours"
	}
	if d.k.Spent != nil {
		if b := d.k.Spent(); b != "" {
			return "the budget of " + b + " is spent"
		}
	}
	return ""
}

// nobody is the error of a request that no target may answer. What is private
// stays here also then.
func (d *decision) nobody(closed string) error {
	switch {
	case d.a.Stays != "":
		return llm.Errorf(llm.CodeForbidden, "%s, and no local target of the route %s can answer", d.a.Stays, d.r.Name).
			WithHint("irori route check shows the policy; name a model to ask it itself, as BACKEND/MODEL")
	case d.a.Private.Unread:
		return unread(llm.Errorf(llm.CodePrivacyCheck, "no local target can answer the request, and what is private in it could not be found out, so it does not leave this machine"))
	case d.a.Private.Treatment == policy.LocalOnly:
		return llm.Errorf(llm.CodeForbidden, "the request is private (%s), and no local target can answer it; it does not leave this machine", d.a.Private.Why).
			WithHint("irori ps shows why the local model is not there")
	case closed != "":
		return llm.Errorf(llm.CodeForbidden, "no local target can answer the request, and the cloud is not asked: %s", closed).WithHint("irori route check shows the policy")
	}
	return llm.Errorf(llm.CodeUnavailable, "no target of the route %s can answer the request: %s", d.r.Name, strings.Join(d.out.Steps, "; ")).WithHint("irori ps")
}

// unread is the error of a request of which nobody could find out whether it may
// leave, and that cannot stay: unlike a refusal another try may help.
func unread(err *llm.Error) error {
	return err.WithHint("ask again with less text, or irori ps shows why the local model is not there")
}

// demanded is the side that the request or a rule demands, "" where neither
// does.
func (d *decision) demanded(local, cloud []string) (side policy.Side, why string, err error) {
	if p := d.a.Pin; p != "" {
		if p == policy.Local && len(local) == 0 {
			return "", "", llm.Errorf(llm.CodeUnavailable, "the request asks for a local target, and none can answer it: %s", strings.Join(d.out.Steps, "; ")).WithHint("irori ps")
		}
		if p == policy.Cloud && len(cloud) == 0 {
			return "", "", llm.Errorf(llm.CodeUnavailable, "the request asks for the cloud, and no target of the route %s can answer it", d.r.Name).WithHint("irori route check shows the policy")
		}
		return p, "the request asks for it", nil
	}
	for i, rule := range d.r.Rules {
		if !d.holds(rule.When) {
			continue
		}
		why := rule.Why
		if why == "" {
			why = fmt.Sprintf("rule %d", i+1)
		}
		has := func(of []string) bool { return slices.Contains(of, rule.Use) }
		switch {
		case rule.Use == string(policy.Refuse):
			return "", "", llm.Errorf(llm.CodeForbidden, "the route %s refuses the request: %s", d.r.Name, why).WithHint("irori route check shows the policy")
		case rule.Use == string(policy.Local) && len(local) > 0, rule.Use == string(policy.Cloud) && len(cloud) > 0:
			d.step("the rule of line %d holds", rule.Line)
			return policy.Side(rule.Use), why, nil
		case has(local):
			d.first(local, rule.Use)
			return policy.Local, why, nil
		case has(cloud):
			d.first(cloud, rule.Use)
			return policy.Cloud, why, nil
		}
		d.step("the rule of line %d holds, and nobody of %s can answer", rule.Line, rule.Use)
	}
	return "", "", nil
}

// first brings a target to the front.
func (d *decision) first(of []string, name string) {
	i := slices.Index(of, name)
	copy(of[1:i+1], of[:i])
	of[0] = name
}

// holds reports whether all parts of a condition hold.
func (d *decision) holds(c policy.Condition) bool {
	a := d.a
	among := func(of []string, v string) bool {
		return len(of) == 0 || slices.ContainsFunc(of, func(s string) bool { return strings.EqualFold(s, v) })
	}
	is := func(want *bool, v bool) bool { return want == nil || *want == v }
	if !among(c.Keys, a.Key) || !among(c.APIs, a.API) || !among(c.Languages, a.Language) || !among(c.Domains, a.Domain) ||
		!is(c.Tools, a.Tools) || !is(c.Images, a.Images) || !is(c.Schema, a.Schema) || !is(c.SideCall, a.SideCall != "") {
		return false
	}
	if len(c.Clients) > 0 && !slices.ContainsFunc(c.Clients, func(s string) bool { return strings.HasPrefix(strings.ToLower(a.Client), strings.ToLower(s)) }) {
		return false
	}
	if c.PromptOver > 0 && a.Tokens <= c.PromptOver || c.PromptUnder > 0 && a.Tokens >= c.PromptUnder || c.TurnsOver > 0 && a.Turns <= c.TurnsOver {
		return false
	}
	if len(c.Hours) > 0 && !policy.Hold(c.Hours, a.Now) {
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

// take is the decision for a side that something demanded. Who is on the other
// side stands in where nothing speaks against it.
func (d *decision) take(side policy.Side, why string, local, cloud []string) Decision {
	out := &d.out
	out.Side, out.Targets = side, local
	if side == policy.Cloud {
		out.Targets = cloud
	}
	out.Reason = string(side) + ": " + why
	d.step("%s", out.Reason)
	return *out
}

// weigh decides by what escalation is expected to bring.
func (d *decision) weigh(local, cloud []string) Decision {
	for _, of := range [][]string{local, cloud} {
		if slices.Contains(of, d.a.OnTarget) && d.r.Quality == nil {
			d.first(of, d.a.OnTarget)
		}
	}
	best := d.best(local, cloud)
	out := &d.out
	out.Open, out.Instead = true, cloud
	if best.ok {
		d.first(local, best.local)
		out.Weak, out.Strong = &best.weak, &best.strong
		score := best.strong - best.weak
		out.Score = &score
		d.step("%s answers well with %.0f %%, %s with %.0f %%", best.local, 100*best.weak, cloud[0], 100*best.strong)
	}
	judged := d.r.Cascade.On && !d.a.Several
	up := func(why string) Decision {
		out.Side, out.Reason, out.Targets = policy.Cloud, "cloud: "+why, slices.Concat(cloud, local)
		d.step("%s", out.Reason)
		return *out
	}
	stay := func(why string) Decision {
		out.Side, out.Reason, out.Targets, out.Judge = policy.Local, "local: "+why, slices.Concat(local, cloud), judged
		d.step("%s", out.Reason)
		return *out
	}
	if d.r.Quality != nil {
		return d.promised(best, local, stay, up)
	}
	if !best.ok {
		return d.blind(stay, up)
	}
	w := d.worth(best, cloud[0])
	// here is why the conversation stays where it is, where that decided.
	here := ""
	if (w.gain > w.bar) != (w.gain > w.fresh) {
		here = "the conversation is here already, and "
	}
	switch {
	case w.gain > w.bar && judged && d.a.On != policy.Cloud:
		d.step("a better answer is worth it (%s), once the local one is seen to be doubtful", w.what)
		return stay("the answer is judged first")
	case w.gain > w.bar && here != "":
		return up(fmt.Sprintf("%schanging is not worth it (%s)", here, w.what))
	case w.gain > w.bar:
		return up(fmt.Sprintf("a better answer is worth it (%s)", w.what))
	}
	out.Plain = true
	return stay(fmt.Sprintf("%sa better answer is not worth it (%s)", here, w.what))
}

// blind decides where nothing is predicted: the conversation stays where it is.
func (d *decision) blind(stay, up func(string) Decision) Decision {
	const unknown = "nothing is known of such questions yet"
	to, why := d.r.Unknown, unknown
	if to == "" {
		to = policy.Local
	}
	if on := d.a.On; on != "" && on != to {
		to, why = on, "the conversation is here already, and "+unknown
	}
	if to == policy.Cloud {
		return up(why)
	}
	return stay(why)
}

// promised decides where the share of right answers is bounded: local is who is
// within a calibrated bound, before the answer or after it.
func (d *decision) promised(best pair, local []string, stay, up func(string) Decision) Decision {
	name, missing := local[0], ""
	if d.a.Several {
		missing = several
		d.step("no bound: %s", several)
	}
	if d.k.Bound != nil && best.ok && !d.a.Several {
		threshold, need := d.k.Bound(name)
		doubt := 1 - best.weak
		switch {
		case threshold != nil && doubt <= *threshold:
			return stay(fmt.Sprintf("within the bound (doubt %.3f ≤ %.3f)", doubt, *threshold))
		case threshold != nil:
			d.step("doubt %.3f is above the bound of %.3f", doubt, *threshold)
		case need != "":
			d.step("no bound before the answer: %s", need)
			missing = need
		}
	}
	if d.r.Cascade.On && d.k.Judged != nil && !d.a.Several {
		ok, need := d.k.Judged(name)
		if ok {
			return stay("the answer is judged within a bound")
		}
		d.step("no bound on judged answers: %s", need)
		missing = need
	}
	if missing == "" && !best.ok {
		missing = unjudged
		d.step("no bound: %s", unjudged)
	}
	if missing != "" {
		missing = ": " + missing
	}
	if d.r.Unknown == policy.Local {
		return stay("the policy says so until a bound is promised" + missing)
	}
	return up("no bound allows a local answer" + missing)
}

// unjudged says what a bound lacks where neither a predictor nor a judge is there.
const unjudged = "nothing says how doubtful an answer is: irori route train learns that from audits, or cascade judges answers"

// several is what a bound lacks where more than one answer is asked for: it was
// made of requests for one.
const several = "more than one answer is asked for at once"

// pair is a local target with its chances beside the cloud's.
type pair struct {
	local        string
	weak, strong float64
	ok           bool
}

// best is the local target that is most likely to answer well; of several that
// are alike the preferred one.
func (d *decision) best(local, cloud []string) (out pair) {
	if d.k.Success == nil {
		return out
	}
	const alike = .02
	for _, name := range local {
		weak, strong, ok := d.k.Success(name, cloud[0])
		if ok && !math.IsNaN(weak+strong) && (!out.ok || weak > out.weak+alike) {
			out = pair{local: name, weak: weak, strong: strong, ok: true}
		}
	}
	return out
}

// worthwhile is what escalation brings, and from what on it is wanted: bar for
// this conversation, fresh for one that neither side has read.
type worthwhile struct {
	gain, bar, fresh float64
	what             string
}

// worth is what escalation brings and costs, in money where both are known,
// else as a probability against the margin. Who has read the conversation need
// not read it again.
func (d *decision) worth(p pair, cloud string) worthwhile {
	w := worthwhile{gain: p.strong - p.weak, fresh: d.r.Margin}
	v, x, l := d.r.Value, d.info[cloud], d.info[p.local]
	if v == nil || x.Cost == nil || x.Currency != v.Currency {
		w.bar = w.fresh
		switch d.a.On {
		case policy.Local:
			w.bar += d.r.Stay
		case policy.Cloud:
			w.bar -= d.r.Stay
		}
		w.what = fmt.Sprintf("%+.0f points, %.0f wanted", 100*w.gain, 100*w.bar)
		return w
	}
	w.gain *= v.Amount
	w.bar, w.fresh = *x.Cost, *x.Cost+x.Reread
	if l.Cost != nil && l.Currency == v.Currency {
		w.bar -= *l.Cost
		w.fresh -= *l.Cost + l.Reread
	}
	w.what = fmt.Sprintf("%.4g %s, for a cost of %.4g", w.gain, v.Currency, w.bar)
	return w
}
