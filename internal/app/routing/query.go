package routing

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"irori/internal/app/routing/overheard"
	"irori/internal/app/routing/said"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/cascade"
	"irori/internal/route/decide"
	"irori/internal/route/doubt"
	"irori/internal/route/policy"
	"irori/internal/route/predict"
	"irori/internal/route/privacy"
	"irori/internal/route/shield"
	"irori/internal/route/thread"
	"irori/internal/store"
	"irori/internal/store/routed"
	"irori/internal/unit"
)

// Query is a request that a route answers.
type Query struct {
	decide.Asked
	said.Said
	// Route is the policy's, with what the request itself asks for.
	Route *policy.Route
	// turn and place are where it stands in its conversation; keep says that
	// its text may be kept.
	turn  routed.Turn
	place thread.Place
	keep  bool
	// reading is what was found of it that is private.
	reading *shield.Reading

	// vector is the embedding of text by embedder, where a predictor wants it.
	vector   []float32
	embedder string

	// forecasts are what was expected of each local target.
	forecasts map[string]forecast
	judge     *doubt.Judge
	// plain says that only what is plainly wrong is refused.
	plain bool
	// scored names what makes the doubt of the first tokens, or of the whole.
	scored  map[bool]string
	verdict *cascade.Verdict
	// overheard is what either side said, where an audit may want it.
	overheard overheard.Sides

	// known is what was asked of targets, which takes a look at the disk.
	mu    sync.Mutex
	known map[string]About
}

// query reads what a decision has to know out of a request.
func (r *Router) query(ctx context.Context, c gateway.Caller, x *policy.Route, model string, wanted privacy.Level) (*Query, error) {
	own := *x
	q := &Query{Route: &own, reading: r.reading(ctx)}
	a := &q.Asked
	q.Said = r.asked(a, c)
	q.place = r.place(c)
	before := r.threads.Level(q.place)
	wanted = privacy.StricterLevel(wanted, before)
	own.Privacy.Treatment = policy.Treatment(privacy.StricterLevel(level(x), wanted))
	a.Language = said.Language(q.Last)
	if usesDomains(x) {
		a.Domain = r.domain(q.Last)
	}
	var err error
	if a.Pin, err = demand(c, model); err != nil {
		return nil, err
	}
	if err := q.headers(c); err != nil {
		return nil, err
	}
	switch {
	case c.Visit || policy.Vain(c.API):
		a.Stays, a.Private = decide.Vain, decide.Private{Treatment: policy.LocalOnly, Why: "its text is not read"}
		return q, nil
	case len(c.Requests) == 0:
		// What is asked cannot be seen, so nobody can say that it may leave.
		a.Private = decide.Private{Treatment: policy.LocalOnly, Why: "its text is not read"}
		return q, nil
	}
	a.Private = r.private(ctx, q, c.Requests)
	switch {
	case a.Private.Treatment == policy.LocalOnly:
		if before == privacy.LevelLocal {
			a.Private.Why, a.Private.Unread = "its conversation is", false
		}
		if ctx.Err() == nil && !a.Private.Unread { // else its client went away, and it was not read
			r.threads.Private(q.place, privacy.LevelLocal)
		}
	case wanted == privacy.LevelRedact:
		r.threads.Private(q.place, wanted)
	}
	return q, nil
}

// asked tells a what of a request needs no route.
func (r *Router) asked(a *decide.Asked, c gateway.Caller) said.Said {
	a.Key, a.API, a.Client, a.Now = c.Key, c.API, c.Client, r.o.Now()
	return said.Read(a, c.Requests, r.o.SideCall)
}

// place is where a request stands in its conversation.
func (r *Router) place(c gateway.Caller) thread.Place {
	var one *llm.Request
	if len(c.Requests) == 1 {
		one = c.Requests[0]
	}
	return r.threads.Place(c.Key, c.Session, one)
}

// reading begins to read a request by the settings that hold where it leaves.
func (r *Router) reading(ctx context.Context) *shield.Reading {
	s := r.shield
	if r.o.Terms != nil {
		s = cmp.Or(r.o.Terms(ctx).Shield, s)
	}
	return s.Reading()
}

// follow recognises what a request says of earlier answers of its conversation.
func (q *Query) follow(ctx context.Context, r *Router) {
	key := gateway.KeyOf(ctx)
	q.keep = r.o.KeepAll
	if key != nil {
		q.keep = key.Keep == "full"
	}
	if q.One == nil || !learns(q.Route) || q.SideCall != "" {
		return
	}
	if open := r.open(); open != nil {
		q.turn = open.Asked(q.Key, q.One)
	}
	on := r.threads.Find(q.place)
	q.turn.On = on.Side
	switch q.turn.Again = cmp.Or(q.turn.Again, on.Failed); {
	case q.turn.Again != "" || q.Route.Stay == 0:
	case on.Side == routed.Weak:
		q.On, q.OnTarget = policy.Local, on.Target
	case on.Side == routed.Strong:
		q.On, q.OnTarget = policy.Cloud, on.Target
	}
}

// answered notes who has read the conversation now.
func (r *Router) answered(q *Query, d *decide.Decision, name string, rec *store.Record) {
	if q.One == nil || q.SideCall != "" || rec.Status != store.StatusOK {
		return
	}
	on := thread.On{Side: routed.Weak, Target: name}
	if q.isCloud(name) {
		on.Side = routed.Strong
	}
	switch {
	case rec.EscalatedFrom != "":
		on.Failed = "escalated"
	case name != d.Targets[0]:
		on.Failed = "failover"
	}
	r.threads.Answered(q.place, on)
}

// embedWithin bounds how long a decision waits for an embedding: without it the
// rest of what is known decides.
const embedWithin = 250 * time.Millisecond

// embed makes the vector of a question, where a predictor was trained with such.
func (r *Router) embed(ctx context.Context, q *Query) {
	if r.o.Embed == nil || q.Last == "" {
		return
	}
	for _, t := range q.Route.Local {
		m := r.predictor(q, t.Name)
		if m == nil || m.Summary().Embedder == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, embedWithin)
		defer cancel()
		q.embedder = m.Summary().Embedder
		v, err := r.o.Embed(ctx, q.embedder, q.Last)
		if err != nil {
			r.o.Log.Debug("a question has no embedding", "err", err)
			return
		}
		q.vector = v
		return
	}
}

// usesDomains reports whether any rule looks at what a text is about.
func usesDomains(x *policy.Route) bool {
	for _, r := range x.Rules {
		if len(r.When.Domains) > 0 {
			return true
		}
	}
	return false
}

// demand is the side that a request demands by its model or a header, "" for none.
func demand(c gateway.Caller, model string) (policy.Side, error) {
	var pin policy.Side
	switch strings.ToLower(model) {
	case "irori/local":
		pin = policy.Local
	case "irori/cloud":
		pin = policy.Cloud
	}
	v, err := c.One(routeHeader)
	side := policy.Side(strings.ToLower(v))
	if err != nil || side != policy.Local && side != policy.Cloud {
		return pin, err
	}
	if pin != "" && pin != side {
		return "", llm.Errorf(llm.CodeInvalidRequest, "the request demands two things: its model is %s, and %s says %s", model, routeHeader, v).WithHint("send one of them")
	}
	return side, nil
}

// headers takes what the request itself asks for. It may ask for less than the
// policy allows, and never for more.
func (q *Query) headers(c gateway.Caller) error {
	if c.Header == nil {
		return nil
	}
	bad := func(name, want string) error {
		return llm.Errorf(llm.CodeInvalidRequest, "%s must be %s, not %.60q", name, want, c.Header.Get(name)).WithHint("leave the header out for what the policy says")
	}
	x := q.Route
	if v := c.Header.Get("X-Irori-Quality"); v != "" {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || !(f > 0 && f < 1) {
			return bad("X-Irori-Quality", "a share above 0 and below 1")
		}
		if len(x.Cloud) == 0 || len(x.Local) == 0 {
			return llm.Errorf(llm.CodeInvalidRequest, "X-Irori-Quality needs a route with local and cloud targets, and %s has not both", x.Name).WithHint("irori route check shows the policy")
		}
		if x.Quality == nil || f > *x.Quality {
			x.Quality = &f
		}
	}
	if v := c.Header.Get("X-Irori-First-Token"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return bad("X-Irori-First-Token", "a time such as 3s")
		}
		if x.FirstToken == 0 || d < x.FirstToken {
			x.FirstToken = d
		}
	}
	if v := c.Header.Get("X-Irori-Max-Cost"); v != "" {
		amount, currency, err := unit.ParseMoney(v)
		if err != nil || amount < 0 {
			return bad("X-Irori-Max-Cost", "an amount of money such as 2 JPY")
		}
		q.MaxCost, q.MaxCurrency = &amount, currency
	}
	if v := c.Header.Get("X-Irori-Providers"); v != "" {
		q.Providers = []string{}
		for p := range strings.SplitSeq(v, ",") {
			q.Providers = append(q.Providers, strings.TrimSpace(p))
		}
		if len(x.Local) == 0 && !slices.ContainsFunc(x.Cloud, func(t policy.Target) bool {
			who, _, _ := strings.Cut(t.Name, "/")
			return slices.Contains(q.Providers, who)
		}) {
			return llm.Errorf(llm.CodeForbidden, "X-Irori-Providers allows none of the targets of the route %s", x.Name).WithHint("irori route check shows the policy")
		}
	}
	return nil
}

// level is a route's, detect where it says nothing.
func level(x *policy.Route) privacy.Level {
	if x.Privacy.Treatment == "" {
		return privacy.LevelDetect
	}
	return privacy.Level(x.Privacy.Treatment)
}

// private says what of the requests may leave this machine: what is refused or
// masked where they leave is known here, so that nobody else gets it either, and
// nothing is learnt of it.
func (r *Router) private(ctx context.Context, q *Query, reqs []*llm.Request) decide.Private {
	x := q.Route
	switch x.Privacy.Treatment {
	case policy.LocalOnly:
		return decide.Private{Treatment: policy.LocalOnly, Why: "it is to stay here"}
	case policy.Any:
		return decide.Private{Treatment: policy.Any}
	}
	if len(x.Cloud) == 0 {
		return decide.Private{} // nothing can leave
	}
	d := q.reading.Decide(ctx, level(x), reqs)
	out := decide.Private{Treatment: policy.Treatment(d.Treatment)}
	var names []string
	for _, c := range d.Classes {
		names = append(names, string(c))
	}
	out.Why = strings.Join(names, ", ")
	if d.Failed {
		out.Why, out.Unread = "it could not be read", d.Unread
	}
	if x.Privacy.Treatment == policy.Redact && out.Treatment == policy.Any {
		out.Treatment = policy.Redact
	}
	if out.Treatment == policy.Redact && r.o.Terms == nil {
		out.Treatment = policy.LocalOnly // nobody is there to mask it
	}
	return out
}

// question is what the predictor sees.
func (q *Query) question(text string) predict.Question {
	return predict.Question{Text: text, Domain: q.Domain, Embedding: q.vector, EmbeddedBy: q.embedder, At: q.Now}
}

// estimate is what a predictor expects, of several prompts the mean.
func (q *Query) estimate(m *predict.Model) (e predict.Estimate) {
	texts := q.Texts[:min(mostPrompts, len(q.Texts))]
	if len(texts) < 2 {
		return m.Of(q.question(q.Last))
	}
	n := float64(len(texts))
	for _, text := range texts {
		of := m.Of(q.question(text))
		e.Weak, e.Strong = e.Weak+of.Weak/n, e.Strong+of.Strong/n
	}
	return e
}
