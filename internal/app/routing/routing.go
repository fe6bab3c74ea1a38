package routing

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/access"
	"irori/internal/app/outcomes"
	"irori/internal/app/routing/learnt"
	"irori/internal/app/routing/pace"
	"irori/internal/gateway"
	"irori/internal/gateway/private"
	"irori/internal/llm"
	"irori/internal/route/cascade"
	"irori/internal/route/decide"
	"irori/internal/route/policy"
	"irori/internal/route/predict"
	"irori/internal/route/privacy"
	"irori/internal/route/shadow"
	"irori/internal/route/shield"
	"irori/internal/route/thread"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// Options are a Router's parts. Those that are functions may be nil, but for
// Lease.
type Options struct {
	Policy *policy.Policy
	// Lease leases a target by its name.
	Lease func(ctx context.Context, target string) (*gateway.Lease, error)
	// About says what is known of a target.
	About func(target string) About
	// Home is the folder of what was learnt, Book the log of routed requests.
	Home string
	Book func(context.Context) (*outcomes.Open, error)
	// Ask lets a target answer for an audit.
	Ask func(ctx context.Context, target string, req *llm.Request, heed func(llm.Event)) (shadow.Answer, routed.Use, error)
	// Predictor, where set, is in place of what lies in Home.
	Predictor func(route, local string) *predict.Model
	// Embed makes the vector of a text by a local model that is loaded.
	Embed func(ctx context.Context, model, text string) ([]float32, error)
	// SideCall says what an agent's call beside the conversation is for, ""
	// where a request is none.
	SideCall func(*llm.Request) string
	// Judge, where set, is in place of the judge of answers.
	Judge func(*Query, *llm.Request) cascade.Judge
	// Spent tells what the cloud's answers of a route cost since a time.
	Spent func(route string, since time.Time) (access.Spent, error)
	// KeepAll says that texts of requests without a key may be kept.
	KeepAll bool
	// Keyed says that requests need a key here.
	Keyed bool
	// Privacy are the settings of what is private. Terms completes those of a
	// route with who reads the request, and with what its client and its key
	// want; without it nothing is masked, and what would be stays here.
	Privacy privacy.Settings
	Terms   func(ctx context.Context) shield.Terms
	Log     *slog.Logger
	Now     func() time.Time
}

// About is what is known of a target.
type About struct {
	// Model and Quantization are what answers, Template is a hash of what makes
	// its prompts: calibrations hold for these only.
	Model, Quantization, Template string
	Context                       int
	Images, Tools                 *bool
	Down                          bool
	// Away says of what is down that it is only not asked: it is not on this
	// machine, and nothing may leave that.
	Away bool
	// Served says that another server answers, which may want money for it.
	Served bool
	// Price is what so many tokens cost, some of the prompt's out of a cache;
	// nil where that is not known.
	Price func(prompt, cached, output int) (*float64, string)
}

// Router chooses who answers requests for a route. It is safe for concurrent
// use.
type Router struct {
	o       Options
	shield  *shield.Shield
	threads *thread.Memory
	pace    pace.Pace
	mu      sync.Mutex
	guards  map[string]*spending
	// holds are what lets go what was kept free for audits that run, by request.
	holds map[string]func()
	files files
	// learner learns beside the requests, from the first one on.
	learner  atomic.Pointer[learnt.Learner]
	learning sync.Once
	audits   map[string]*shadowing
	// noting are the requests whose outcome is being noted.
	noting sync.WaitGroup
	// late are requests whose local answer is judged in their audit only.
	late map[string]*late
	// domain is what a text is about, "" where that is not clear.
	domain func(text string) string
}

// New makes a Router. An error names what of the policy cannot be kept here,
// with file and line.
func New(o Options) (*Router, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s, err := shield.Of(o.Privacy)
	if err != nil {
		return nil, err
	}
	r := &Router{o: o, shield: s, threads: thread.New(o.Now), guards: map[string]*spending{}, holds: map[string]func(){}, late: map[string]*late{}, domain: learnt.Domain}
	for _, x := range routes(o.Policy) {
		if err := r.budget(x); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Warm makes ready what would let the first request of a language wait, about a
// second of a core and more of a busy one: what is private, and what a text is
// about, where a rule or a trained predictor looks at that. It asks nobody and may
// run beside requests.
func (r *Router) Warm() {
	if len(routes(r.o.Policy)) > 0 {
		r.shield.Warm()
	}
	looks := slices.ContainsFunc(routes(r.o.Policy), func(x *policy.Route) bool {
		return usesDomains(x) || slices.ContainsFunc(x.Local, func(t policy.Target) bool {
			_, err := os.Stat(learnt.PredictorFile(r.o.Home, x.Name, t.Name))
			return r.o.Home != "" && err == nil
		})
	})
	if looks {
		r.domain("question")
		r.domain("何の話ですか。")
	}
}

func routes(p *policy.Policy) []*policy.Route {
	if p == nil {
		return nil
	}
	return p.Routes
}

// Auto reports whether irori/auto stands for a route.
func (r *Router) Auto() bool { return r.o.Policy.Default() != nil }

// Names are the routes' virtual models. A nil Router has none.
func (r *Router) Names() (out []string) {
	if r == nil {
		return nil
	}
	for _, x := range routes(r.o.Policy) {
		out = append(out, "irori/"+x.Name)
	}
	return out
}

// routeHeader is where a request names a route, or demands a side.
const routeHeader = "X-Irori-Route"

// route finds the route that a request takes: the one that its header names,
// or that of the model; nil where it takes none.
func (r *Router) route(c gateway.Caller, model string) (*policy.Route, error) {
	named, err := c.One(routeHeader)
	if err != nil {
		return nil, err
	}
	if named != "" && !strings.EqualFold(named, "local") && !strings.EqualFold(named, "cloud") {
		if x := r.o.Policy.Route(named); x != nil {
			return x, nil
		}
		return nil, llm.Errorf(llm.CodeInvalidRequest, "X-Irori-Route names %.80q, and no route is called so", named).WithHint("irori route check shows the routes")
	}
	name, ok := strings.CutPrefix(strings.ToLower(model), "irori/")
	switch {
	case model == "":
		name = policy.Auto
	case !ok:
		return nil, nil
	case name == "local" || name == "cloud":
		// A side of irori/auto, so that its targets and what it must keep to
		// hold for who names the side.
		if x := r.o.Policy.Default(); x != nil || name == "local" {
			return x, nil // without one it is the model here, which no route calls a cloud
		}
	}
	if x := r.o.Policy.Default(); x != nil && name == policy.Auto {
		return x, nil
	}
	if x := r.o.Policy.Route(name); x != nil || r.o.Policy == nil || name != policy.Auto && name != "cloud" {
		return x, nil
	}
	names := r.Names()
	return nil, llm.Errorf(llm.CodeModelNotFound, "the policy has no route auto, so irori/%s stands for none of its routes: %s", name, strings.Join(names, ", ")).
		WithParam("model").WithHint("irori run %s", names[0])
}

// Lease leases who answers a request for a route; nil where the name is none.
// See gateway.Pool.
func (r *Router) Lease(ctx context.Context, model string) (*gateway.Lease, error) {
	c := gateway.CallerOf(ctx)
	if c.API == auditAPI {
		return nil, nil // its target was chosen
	}
	wanted := private.Of(ctx)
	x, err := r.route(c, model)
	if x == nil || err != nil {
		return nil, err
	}
	q, err := r.query(ctx, c, x, model, wanted)
	if err != nil {
		return nil, err
	}
	q.follow(ctx, r)
	r.embed(ctx, q)
	d, err := decide.Decide(q.Route, q.Asked, r.known(q))
	if err != nil {
		return nil, r.away(q, err)
	}
	if q.Private.Unread && ctx.Err() == nil {
		// Only where it is answered: who was refused may ask again.
		r.threads.Private(q.place, privacy.LevelLocal)
	}
	return r.lease(ctx, q, &d)
}

// away is the error of a request that nobody can answer: where it is only that
// who could is not asked, that says so.
func (r *Router) away(q *Query, err error) error {
	if llm.CodeOf(err) != llm.CodeUnavailable {
		return err
	}
	var names []string
	for _, t := range slices.Concat(q.Route.Local, q.Route.Cloud) {
		switch a := r.about(q, t.Name); {
		case a.Away:
			names = append(names, t.Name)
		case a.Down:
			return err // it may come back
		}
	}
	if len(names) == 0 {
		return err
	}
	return llm.Errorf(llm.CodeOffline, "offline: %s of the route %s would have to be asked, and nothing leaves this machine", strings.Join(names, ", "), q.Route.Name).
		WithHint("name a model here, or stop and start without --offline")
}

// known is what a decision may ask for.
func (r *Router) known(q *Query) decide.Known {
	return decide.Known{
		Target:  func(name string) decide.Target { return r.target(q, name) },
		Spent:   func() string { return r.spent(q.Route) },
		Success: func(local, cloud string) (float64, float64, bool) { return r.success(q, local, cloud) },
		Bound:   func(local string) (*float64, string) { return r.bound(q, local) },
		Judged:  func(local string) (bool, string) { return r.judged(q, local) },
	}
}

// mostPrompts bounds the prompts of one request that are looked at: a decision
// must not wait for a batch.
const mostPrompts = 16

// success is how likely a local target and the cloud answer a request well; of
// several prompts the mean.
func (r *Router) success(q *Query, local, cloud string) (weak, strong float64, ok bool) {
	if q.Last == "" {
		return 0, 0, false
	}
	m := r.predictor(q, local)
	f := forecast{trained: m != nil, decides: m != nil}
	taught, own := r.learner.Load().For(learnt.Pair{Route: q.Route.Name, Local: local, Cloud: cloud})
	if m == nil {
		m = own
	}
	if m == nil {
		return 0, 0, false
	}
	f.base, f.alone, f.version = q.estimate(m), m.Version(), m.Version()
	f.weak, f.strong = f.base.Weak, f.base.Strong
	// What a bound is about are scores that stand still: with a quality to keep
	// nothing corrects them.
	if taught != nil && taught.On && taught.Base == f.alone && q.Route.Quality == nil {
		f.weak, f.strong = taught.Rule.Of(f.weak, f.strong)
		f.version, f.decides = taught.Version(), true
	}
	if math.IsNaN(f.weak + f.strong) {
		return 0, 0, false
	}
	if q.forecasts == nil {
		q.forecasts = map[string]forecast{}
	}
	q.forecasts[local] = f
	return f.weak, f.strong, f.decides
}

// about is what is known of a target, asked once for a request.
func (r *Router) about(q *Query, name string) About {
	if r.o.About == nil {
		return About{Model: name}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	a, ok := q.known[name]
	if !ok {
		a = r.o.About(name)
		if q.known == nil {
			q.known = map[string]About{}
		}
		q.known[name] = a
	}
	return a
}

// target is what is known of one, for a request.
func (r *Router) target(q *Query, name string) decide.Target {
	t := decide.Target{Name: name, FirstToken: r.pace.First(name, q.Now)}
	a := r.about(q, name)
	t.Context, t.Images, t.Tools, t.Down = a.Context, a.Images, a.Tools, a.Down
	if a.Price == nil {
		return t
	}
	out := r.pace.Output(name)
	if out == nil && q.Max > 0 {
		out = &q.Max
	}
	if out == nil {
		return t
	}
	t.Cost, t.Currency = a.Price(q.Tokens, 0, *out)
	if name == q.OnTarget && t.Cost != nil {
		if again, _ := a.Price(q.Tokens, q.Had, *out); again != nil {
			t.Reread, t.Cost = *t.Cost-*again, again
		}
	}
	return t
}

// lease leases the first target of a decision that can be leased.
func (r *Router) lease(ctx context.Context, q *Query, d *decide.Decision) (*gateway.Lease, error) {
	var first error
	for i := range d.Targets {
		l, err := r.take(ctx, q, d, i, d.Reason)
		if err == nil {
			if i > 0 {
				l.Reason = side(l.Local) + "failover (" + string(llm.CodeOf(first)) + ")"
			}
			return l, nil
		}
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || !gateway.Elsewhere(e.Code) {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func side(local bool) string {
	if local {
		return "local: "
	}
	return "cloud: "
}

// take leases the target of a place in a decision, with those behind it to
// stand in.
func (r *Router) take(ctx context.Context, q *Query, d *decide.Decision, i int, reason string) (*gateway.Lease, error) {
	name := d.Targets[i]
	l, cloud, err := r.plain(ctx, q, d, name)
	if err != nil {
		return nil, err
	}
	l.Reason = reason
	if d.Judge && i == 0 && !cloud {
		q.plain = d.Plain
		r.judge(q, name, l)
	}
	l.Next = r.next(q, d, d.Targets[i+1:], false)
	return l, nil
}

// plain leases a target with what its record has to know.
func (r *Router) plain(ctx context.Context, q *Query, d *decide.Decision, name string) (l *gateway.Lease, cloud bool, err error) {
	if cloud = q.isCloud(name); cloud {
		ctx = shield.With(ctx, shield.Terms{Level: level(q.Route), Read: q.reading})
	}
	if l, err = r.o.Lease(ctx, name); err != nil {
		return nil, cloud, err
	}
	if cloud && l.Local && r.o.Terms != nil {
		// Its server is near, and yet the policy calls it a cloud.
		t := r.o.Terms(ctx)
		b, note := t.Guard(l.Name, l.Backend)
		if l.Backend = b; note != nil {
			l.Note, l.Privacy = note.String, string(t.Level)
		}
	}
	if q.Route.Shadow.Share > 0 && d.Open && q.One != nil {
		side := routed.Weak
		if cloud {
			side = routed.Strong
		}
		q.overheard.Listen(l, side)
	}
	r.pace.Try(name, r.o.Now())
	l.Local, l.Policy, l.Score = !cloud, q.Route.Name+"@"+r.o.Policy.Version, d.Score
	l.Ended = func(rec *store.Record) { r.ended(q, d, name, rec) }
	return l, cloud, nil
}

// next gives who stands in: for an answer that was judged doubtful the cloud,
// and the same local target unjudged where the cloud fails too; else whoever
// comes next.
func (r *Router) next(q *Query, d *decide.Decision, rest []string, doubted bool) func(context.Context, *llm.Error) *gateway.Lease {
	return func(ctx context.Context, failed *llm.Error) *gateway.Lease {
		reason, list := "failover ("+string(failed.Code)+")", rest
		if failed.Code == llm.CodeEscalated {
			reason, list = "escalated: "+failed.Message, append(slices.Clone(d.Instead), d.Targets[0])
			doubted = true
		}
		for i, name := range list {
			l, cloud, err := r.plain(ctx, q, d, name)
			if err != nil {
				continue // the next may do; the first one's error is told
			}
			l.Reason = side(!cloud) + reason
			if doubted && !cloud {
				l.Reason = "local: nobody else can answer, and the answer was doubtful"
			}
			l.Next = r.next(q, d, list[i+1:], doubted)
			return l
		}
		return nil
	}
}

// judge lets a lease's answer be judged before the client sees it.
func (r *Router) judge(q *Query, local string, l *gateway.Lease) {
	model := l.Backend
	b := cascade.New(model, cascade.Options{
		Judge: func(req *llm.Request) cascade.Judge {
			if r.o.Judge != nil {
				return r.o.Judge(q, req)
			}
			return r.judgeOf(q, local, model, req)
		},
		Hold: q.Route.Cascade.Hold, Top: top, Name: l.Name, Model: l.Model,
		Judged: func(v cascade.Verdict) { q.verdict = &v },
	})
	l.Backend, l.Held = b, b.Held
}

// ended learns from a record how fast and how long a target answers, what the
// route has spent, and where the conversation is now.
func (r *Router) ended(q *Query, d *decide.Decision, name string, rec *store.Record) {
	if rec.Backend != "cache" {
		if rec.Status == store.StatusOK {
			r.pace.Saw(name, rec, r.o.Now())
		}
		r.answered(q, d, name, rec)
	}
	if rec.Route == "cloud" {
		r.pay(q.Route, rec)
	}
	r.noting.Go(func() { r.note(q, d, name, rec) })
}
