package routing

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/app/routing/learnt"
	"irori/internal/app/routing/overheard"
	"irori/internal/llm"
	"irori/internal/route/cascade"
	"irori/internal/route/decide"
	"irori/internal/route/doubt"
	"irori/internal/route/feature"
	"irori/internal/route/policy"
	"irori/internal/route/predict"
	"irori/internal/route/promise"
	"irori/internal/route/shadow"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// files are what was learnt, read once and again where a file is newer.
type files struct {
	mu    sync.Mutex
	files map[string]*onDisk
}

type onDisk struct {
	model   *predict.Model
	doubt   *doubt.Model
	version string
	at      time.Time
	seen    time.Time
}

// again is how often files are looked at.
const again = 10 * time.Second

// predictor is that of a pair of targets, nil where none was trained.
func (r *Router) predictor(q *Query, local string) *predict.Model {
	if r.o.Predictor != nil {
		return r.o.Predictor(q.Route.Name, local)
	}
	if r.o.Home == "" {
		return nil
	}
	return r.files.read(learnt.PredictorFile(r.o.Home, q.Route.Name, local), func(file string) (*onDisk, error) {
		m, err := predict.Load(file, predict.Options{Domain: r.domain})
		if err == nil {
			err = learnt.Fits(m.Summary(), r.o.Policy.Route(q.Route.Name), local, func(t string) string { return r.about(&Query{}, t).Model })
		}
		return &onDisk{model: m}, err
	}, r.o.Log).model
}

// forecast is what was expected of a local target and the cloud.
type forecast struct {
	// base is what the predictor says, and alone its version; version is that of
	// what decided, with what was learnt since.
	base           predict.Estimate
	alone, version string
	// weak and strong are what that says, decides that it may.
	weak, strong float64
	decides      bool
	// trained says that its owner trained it: only such a predictor makes scores
	// that a bound can be about.
	trained bool
}

// expected is what a judge may know of a question before its answer, nil where
// nobody trained a predictor: what judges must not move by itself.
func (q *Query) expected(local string) *predict.Estimate {
	if f := q.forecasts[local]; f.trained {
		return &f.base
	}
	return nil
}

// Learn begins to learn of what becomes of requests, beside them: what is known
// is read at once.
func (r *Router) Learn(open *outcomes.Open) {
	r.learning.Do(func() {
		pairs := map[learnt.Pair]learnt.Stake{}
		for _, x := range routes(r.o.Policy) {
			for _, local := range x.Local {
				for _, cloud := range x.Cloud {
					p := learnt.Pair{Route: x.Name, Local: local.Name, Cloud: cloud.Name}
					pairs[p] = learnt.Stake{Margin: x.Margin, Cloud: x.Unknown == policy.Cloud}
				}
			}
		}
		l, err := learnt.NewLearner(context.Background(), learnt.LearnerOptions{
			Store: open, Log: r.o.Log, Now: r.o.Now, Keyed: r.o.Keyed, Pairs: pairs,
			Trained: func(p learnt.Pair) string {
				if m := r.predictor(&Query{Route: &policy.Route{Name: p.Route}}, p.Local); m != nil {
					return m.Version()
				}
				return ""
			},
			Stands: func(part string) bool {
				return slices.ContainsFunc(open.Promises.Status(), func(c promise.Calibration) bool { return c.Stands() && strings.Contains(c.Scorer, part) })
			},
		})
		if err != nil {
			r.o.Log.Warn("nothing is learnt of what becomes of requests", "err", err)
			return
		}
		l.Run()
		r.learner.Store(l)
	})
}

// read is what a file has, read again where it is newer; nothing where there is
// none, or where it cannot be read.
func (l *files) read(file string, load func(string) (*onDisk, error), log *slog.Logger) *onDisk {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.files == nil {
		l.files = map[string]*onDisk{}
	}
	d, now := l.files[file], time.Now()
	if d != nil && now.Sub(d.seen) < again {
		return d
	}
	st, err := os.Stat(file)
	switch {
	case err != nil:
		d = &onDisk{}
	case d == nil || !d.at.Equal(st.ModTime()):
		at := st.ModTime()
		if d, err = load(file); err != nil {
			log.Warn("what was learnt cannot be used, so it says nothing", "file", file, "err", err)
			d = &onDisk{}
		}
		d.at = at
	}
	d.seen = now
	l.files[file] = d
	return d
}

// order is the version of the order of answers that needs no audits.
const order = "order-1"

// doubts is what judges answers of a local target, nil for the order that needs
// no audits, and the name of its version.
func (r *Router) doubts(q *Query, local, point string) (*doubt.Model, string) {
	if r.o.Home == "" {
		return nil, order
	}
	a := r.about(q, local)
	j := learnt.Judging{Route: q.Route.Name, Local: local, Origin: doubt.Origin{Model: a.Model, Template: a.Template, Point: point}}
	d := r.files.read(j.File(r.o.Home), func(file string) (*onDisk, error) {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m, err := doubt.Load(bytes.NewReader(b), j.Origin)
		return &onDisk{doubt: m, version: "learnt-" + Hash(string(b))}, err
	}, r.o.Log)
	if d.doubt == nil {
		return nil, order
	}
	return d.doubt, d.version
}

// open is the log of routed requests, nil where there is none.
func (r *Router) open() *outcomes.Open {
	if r.o.Book == nil {
		return nil
	}
	o, err := r.o.Book(context.Background())
	if err != nil {
		r.o.Log.Warn("what becomes of routed requests cannot be kept", "err", err)
		return nil
	}
	r.Learn(o)
	return o
}

// learns reports whether what becomes of a route's requests teaches anything:
// it has to have a choice.
func learns(x *policy.Route) bool { return len(x.Local) > 0 && len(x.Cloud) > 0 }

// entry is what the log keeps of a request.
func (r *Router) entry(q *Query, d *decide.Decision, name string, rec *store.Record) routed.Entry {
	local, cloud := q.sides(d)
	if q.isCloud(name) {
		cloud = name
	} else {
		local = name
	}
	a := r.about(q, local)
	e := routed.Entry{
		ID: rec.ID, Time: rec.Time, Key: rec.Key, Route: q.Route.Name, Version: r.o.Policy.Version,
		Weak:   routed.Target{Name: local, Model: a.Model, Quantization: a.Quantization, Template: a.Template},
		Strong: routed.Target{Name: cloud}, Point: routed.Before, Reason: rec.DecisionReason, Language: q.Language, Group: q.Domain,
		Keyless: rec.Key == "" && !r.o.Keyed, Privacy: string(q.Private.Treatment), Turn: q.turn,
	}
	if f, ok := q.forecasts[local]; ok {
		e.Base, e.BaseWeak, e.BaseStrong = f.alone, &f.base.Weak, &f.base.Strong
		if f.decides {
			e.Predictor, e.PWeak, e.PStrong, e.Score = f.version, &f.weak, &f.strong, new(f.strong-f.weak)
		}
		if f.trained {
			doubt := 1 - f.base.Weak
			e.Scorer, e.Doubt = f.alone, &doubt
		}
	}
	asked := float64(0)
	if d.Side == policy.Cloud {
		asked = 1
	}
	here := 1 - asked
	e.Propensity, e.WeakPropensity = &asked, &here
	if v := q.verdict; v != nil {
		e.Point, e.Scorer, e.Doubt, e.Flaw = routed.Prefix, q.scored[v.Whole], v.Doubt, v.Flaw
		if v.Whole {
			e.Point = routed.Answer
		}
		if q.judge != nil {
			e.Signals = q.judge.Signals()
		}
		if v.Escalate {
			*e.Propensity = 1
		}
	}
	use := routed.Use{
		PromptTokens: rec.PromptTokens, OutputTokens: rec.OutputTokens, Cost: rec.Cost, Currency: rec.Currency, EnergyJ: rec.EnergyJ, Seconds: rec.TotalSeconds,
	}
	e.Answered = routed.Weak
	if rec.Route == "cloud" {
		e.Answered, e.UsedStrong = routed.Strong, use
	} else {
		e.UsedWeak = use
	}
	if rec.EscalatedFrom != "" && len(rec.Attempts) > 0 {
		e.WeakAsked = true
		x := rec.Attempts[0]
		e.UsedWeak = routed.Use{PromptTokens: x.PromptTokens, OutputTokens: x.OutputTokens, Cost: x.Cost, EnergyJ: x.EnergyJ, Seconds: &x.Seconds}
	}
	if rec.Status != store.StatusOK {
		e.Failure = string(rec.Status) + " " + rec.ErrorCode
	}
	var v feature.Vector
	feature.NewExtractor().Vector(q.Last, &v)
	e.Features = []byte(v.Kept())
	if q.keep {
		e.Question = q.Last
	}
	return e
}

// sides are the local and the cloud's target of a decision.
func (q *Query) sides(d *decide.Decision) (local, cloud string) {
	for _, n := range slices.Concat(d.Targets, d.Instead) {
		if q.isCloud(n) {
			cloud = cmp.Or(cloud, n)
		} else {
			local = cmp.Or(local, n)
		}
	}
	return cmp.Or(local, q.Route.Local[0].Name), cmp.Or(cloud, q.Route.Cloud[0].Name)
}

// isCloud reports whether a target is one of the route's cloud.
func (q *Query) isCloud(name string) bool {
	for _, t := range q.Route.Cloud {
		if t.Name == name {
			return true
		}
	}
	return false
}

// note keeps what became of a request, and lets the other side answer too where
// chance and budget say so. Nobody waits for it.
func (r *Router) note(q *Query, d *decide.Decision, name string, rec *store.Record) {
	if q.One == nil || !learns(q.Route) || rec.Backend == "cache" {
		return
	}
	open := r.open()
	if open == nil {
		return
	}
	e := r.entry(q, d, name, rec)
	run := r.shadows(open, q.Route)
	weak, strong := q.overheard.Answer(routed.Weak), q.overheard.Answer(routed.Strong)
	e.WeakAsked = e.WeakAsked && (weak != nil || q.overheard == nil)
	if run == nil || !d.Open || rec.Status != store.StatusOK || weak == nil && strong == nil {
		open.Decided(e)
		return
	}
	guess := shadow.Guess{Judge: r.judging(q, rec.OutputTokens)}
	if t := r.target(q, e.Strong.Name); t.Cost != nil {
		guess.Strong.Money = *t.Cost
	}
	guess.Strong.Tokens = int64(q.Tokens + q.Max)
	letGo := r.hold(q.Route, guess.Takes(&e), r.currency(q, e.Strong.Name))
	guess.Broke = letGo == nil
	p := run.planner.Plan(context.Background(), &e, guess)
	switch {
	case p.Run && letGo != nil:
		r.mu.Lock()
		r.holds[e.ID] = letGo
		r.mu.Unlock()
	case letGo != nil:
		letGo()
	}
	p.Mark(&e)
	open.Decided(e)
	if !p.Run {
		return
	}
	if p.Ask == routed.Weak && q.Route.Cascade.On {
		r.mu.Lock()
		if len(r.late) > mostLate {
			clear(r.late) // their audits found no room
		}
		r.late[e.ID] = &late{q, e}
		r.mu.Unlock()
	}
	run.runner.Run(e, p, q.One, weak, strong)
}

// shadowing is what audits a route's requests.
type shadowing struct {
	planner *shadow.Planner
	runner  *shadow.Runner
}

// shadows is what audits a route's requests, nil where none are.
func (r *Router) shadows(open *outcomes.Open, x *policy.Route) *shadowing {
	if x.Shadow.Share == 0 || r.o.Ask == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.audits[x.Name]; s != nil {
		return s
	}
	var most routed.Spent
	for _, b := range x.Shadow.Budgets {
		if b.Money() {
			most.Money = b.Amount
		} else {
			most.Tokens = int64(b.Amount)
		}
	}
	s := &shadowing{planner: open.Planner(x.Shadow.Share, most)}
	s.runner = shadow.Start(shadow.RunnerOptions{Planner: s.planner, Notes: open.Log, Ask: r.ask(x), Judge: r.compare(x), Over: r.over, Log: r.o.Log})
	if r.audits == nil {
		r.audits = map[string]*shadowing{}
	}
	r.audits[x.Name] = s
	return s
}

// over lets go what was held for an audit; what it took is paid by its records.
func (r *Router) over(id string) {
	r.mu.Lock()
	letGo := r.holds[id]
	delete(r.holds, id)
	r.mu.Unlock()
	if letGo != nil {
		letGo()
	}
}

// mostLate bounds the requests whose audit is waited for.
const mostLate = 1024

// late is a request whose local answer was not judged before the cloud was
// asked: what audits find out of such answers is what promises on judged ones
// begin with.
type late struct {
	q *Query
	e routed.Entry
}

// ask lets a target answer for an audit of a route. A local answer that comes
// only now is judged as it would have been.
func (r *Router) ask(x *policy.Route) shadow.Ask {
	asks := r.asks(x)
	return func(ctx context.Context, target routed.Target, req *llm.Request) (shadow.Answer, routed.Use, error) {
		r.mu.Lock()
		l := r.late[req.ID]
		delete(r.late, req.ID)
		r.mu.Unlock()
		if l == nil || target.Name != l.e.Weak.Name {
			return asks(ctx, target.Name, req, nil)
		}
		e := l.e
		e.Point = l.q.point()
		prefix, first := r.doubts(l.q, target.Name, routed.Prefix)
		answer, last := r.doubts(l.q, target.Name, routed.Answer)
		version := map[bool]string{false: first, true: last}
		heard := r.heard(l.q, target.Name)
		bounded := l.q.bounded()
		o := doubt.JudgeOptions{
			Prefix: doubt.Point{Model: prefix, Unpredicted: bounded}, Whole: doubt.Point{Model: answer, Unpredicted: bounded},
			Expected: l.q.expected(target.Name), Always: bounded,
		}
		o.Further = l.q.further(overheard.Audited{Ask: asks, Target: target.Name}, heard)
		j := doubt.NewJudge(req, o)
		var v *cascade.Verdict
		judge := func(whole bool) {
			x := j.Verdict(ctx, whole)
			v = &x
			e.Scorer, e.Signals, e.Doubt, e.Flaw = l.q.scorer(target.Name, version[whole], heard), j.Signals(), v.Doubt, v.Flaw
		}
		visible := 0
		a, use, err := asks(ctx, target.Name, req, func(ev llm.Event) {
			j.Add(ev)
			if ev.Type == llm.EventText {
				visible++
			}
			if v == nil && e.Point == routed.Prefix && visible >= l.q.Route.Cascade.Hold {
				judge(false)
			}
		})
		if err != nil {
			return a, use, err
		}
		if v == nil {
			e.Point = routed.Answer // it may have ended before so much had come
			judge(true)
		}
		if v.Escalate || v.Doubt == nil {
			most := 1.0 // it would not have been given out at any threshold
			e.Doubt = &most
		}
		if open := r.open(); open != nil {
			open.Decided(e)
		}
		return a, use, nil
	}
}

// Close ends the audits, and what is learnt beside the requests, once what was
// answered is noted.
func (r *Router) Close() {
	if r == nil {
		return
	}
	r.noting.Wait()
	if l := r.learner.Load(); l != nil {
		l.Close()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.audits {
		s.runner.Close()
	}
}
