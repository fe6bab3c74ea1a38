package decide

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

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
	// Unseen says that nobody sees what is asked: conditions on that count as
	// holding where a rule keeps a request here.
	Unseen bool
	// Pin is what the request itself demands: local, cloud, or nothing.
	Pin policy.Side
	// MaxCost is the most that the request may be expected to cost, nil for no
	// such bound.
	MaxCost     *float64
	MaxCurrency string
	// Providers are the backends of the cloud that the request allows, nil for all.
	Providers []string
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
	// outage says that a local target is down, excluded how many of the cloud the
	// request itself does not want.
	outage   bool
	excluded int
	// late counts who is expected to begin too late; patient lets them.
	late    int
	patient bool
}

// Decide chooses. An error is a refusal, with what to do about it.
func Decide(r *policy.Route, a Asked, k Known) (Decision, error) {
	d := &decision{r: r, a: a, k: k, info: map[string]Target{}}
	out, err := d.decide()
	if err == nil || d.late == 0 {
		return out, err
	}
	// Nobody can who begins in time: that is a wish, and no reason to let nobody
	// answer.
	patient := &decision{r: r, a: a, k: k, info: map[string]Target{}, patient: true}
	again, late := patient.decide()
	if late != nil {
		return out, err
	}
	again.Reason += fmt.Sprintf("; nobody is expected to begin within %v", r.FirstToken)
	return again, nil
}

func (d *decision) decide() (Decision, error) {
	r, a := d.r, d.a
	local, cloud := d.able(r.Local), d.able(r.Cloud)
	closed := d.closed()
	if closed != "" {
		d.step("the cloud is not asked: %s", closed)
		cloud = nil
	}
	ruled, err := d.rule(local, cloud)
	if err != nil {
		return d.out, err
	}
	if a.Pin == policy.Cloud {
		if why := ruled.bars(); why != "" {
			return d.out, barred(why)
		}
		if closed != "" && a.Stays == "" && a.Private.Unread {
			return d.out, unread(llm.Errorf(llm.CodePrivacyCheck, "the request asks for the cloud, and what is private in it could not be found out, so it does not leave this machine"))
		}
		if closed != "" {
			return d.out, barred(closed)
		}
	}
	if len(local)+len(cloud) == 0 && a.Pin != policy.Cloud {
		return d.out, d.nobody(closed)
	}
	switch {
	case a.Pin == policy.Local && len(local) == 0:
		return d.out, llm.Errorf(llm.CodeUnavailable, "the request asks for a local target, and none can answer it: %s", d.missing(r.Local, policy.Local)).WithHint("irori ps")
	case a.Pin == policy.Cloud && len(cloud) == 0:
		return d.out, d.noCloud()
	case a.Pin != "":
		return d.take(a.Pin, "the request asks for it", local, cloud), nil
	case ruled.side != "":
		return d.take(ruled.side, ruled.why, local, cloud), nil
	case ruled.kept != "":
		return d.out, llm.Errorf(llm.CodeUnavailable, "the route %s keeps the request here (%s), and no local target can answer it: %s", r.Name, ruled.kept, d.missing(r.Local, policy.Local)).WithHint("irori ps")
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
		why, cloud := "", d.isCloud(t.Name)
		switch {
		case cloud && d.a.Providers != nil && !slices.Contains(d.a.Providers, provider(t.Name)):
			why = "is none of the providers that the request allows"
			d.excluded++
		case x.Down:
			why = "does not answer now"
			d.outage = d.outage || !cloud
		case x.Context > 0 && d.a.Tokens > x.Context:
			why = fmt.Sprintf("takes %d tokens, and about %d are asked", x.Context, d.a.Tokens)
		case d.a.Images && x.Images != nil && !*x.Images:
			why = "takes no images"
		case d.a.Tools && x.Tools != nil && !*x.Tools:
			why = "calls no tools"
		case d.a.MaxCost != nil && d.dear(x):
			why = fmt.Sprintf("is not known to cost at most %g %s", *d.a.MaxCost, d.a.MaxCurrency)
			d.excluded++
		case d.r.FirstToken > 0 && x.FirstToken != nil && *x.FirstToken > d.r.FirstToken:
			why = fmt.Sprintf("is expected to begin after %v, and %v are wanted", x.FirstToken.Round(time.Millisecond), d.r.FirstToken)
			d.late++
			if d.patient {
				d.step("%s %s", t.Name, why)
				why = ""
			}
		}
		if why != "" {
			d.step("%s %s", t.Name, why)
			continue
		}
		out = append(out, t.Name)
	}
	if d.patient {
		slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(d.begins(a), d.begins(b)) })
	}
	return out
}

// begins is when a target is expected to, 0 where that is not known.
func (d *decision) begins(name string) time.Duration {
	if t := d.info[name].FirstToken; t != nil {
		return *t
	}
	return 0
}

// provider is the backend of a target.
func provider(target string) string {
	who, _, _ := strings.Cut(target, "/")
	return who
}

func (d *decision) isCloud(name string) bool {
	return slices.ContainsFunc(d.r.Cloud, func(t policy.Target) bool { return t.Name == name })
}

// dear reports whether a target of the cloud may cost more than the request
// allows; what is not known may.
func (d *decision) dear(x Target) bool {
	return d.isCloud(x.Name) && (x.Cost == nil || x.Currency != d.a.MaxCurrency || *x.Cost > *d.a.MaxCost)
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
