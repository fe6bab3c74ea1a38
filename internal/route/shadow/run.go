package shadow

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"irori/internal/llm"
	"irori/internal/route/log"
	"irori/internal/store/routed"
)

// Ask lets a target answer, with the least priority.
type Ask func(ctx context.Context, target routed.Target, req *llm.Request) (Answer, routed.Use, error)

// Verdict is what a judge says of two answers.
type Verdict struct {
	Weak float64
	// Strong is 1 where the judge says nothing of it: the weak answer is held
	// against it.
	Strong *float64
	// Used is what the judge took, where that is known.
	Used routed.Use
}

// Judge compares two answers where Agree is not sure; ok is false where it
// cannot tell.
type Judge func(ctx context.Context, req *llm.Request, weak, strong Answer) (v Verdict, ok bool, err error)

// Notes is where outcomes go.
type Notes interface {
	Label(id, side string, score float64, source string)
	Audit(id, state string)
	AuditFailed(id, why string)
	Used(id, side string, u routed.Use)
}

// RunnerOptions are what a Runner is made of.
type RunnerOptions struct {
	Planner *Planner
	Notes   Notes
	Ask     Ask
	// Judge may be nil: what cannot be compared is then undecided, and counts
	// as wrong where promises are made.
	Judge Judge
	// Over, where set, is told the id of each request whose audit is over.
	Over func(id string)
	Log  *slog.Logger
	// Within bounds one audit; 0 is five minutes.
	Within time.Duration
}

// Runner asks in the background, one audit at a time.
type Runner struct {
	o     RunnerOptions
	queue chan job
	ctx   context.Context
	stop  context.CancelFunc
	done  sync.WaitGroup
	once  sync.Once
}

type job struct {
	entry        routed.Entry
	plan         Plan
	req          *llm.Request
	weak, strong *Answer
}

// Start makes a Runner.
func Start(o RunnerOptions) *Runner {
	if o.Within == 0 {
		o.Within = 5 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Runner{o: o, queue: make(chan job, waiting)}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.done.Go(func() {
		for {
			select {
			case <-r.ctx.Done():
				return
			case j := <-r.queue:
				r.run(j)
			}
		}
	})
	return r
}

// Run audits a request as planned, once its answer is out. It does not wait:
// its Planner plans no more than there is room for.
func (r *Runner) Run(e routed.Entry, p Plan, req *llm.Request, weak, strong *Answer) {
	if !p.Run {
		return
	}
	if e.Privacy != routed.Any {
		// Whoever planned it: it does not leave.
		r.fail(job{entry: e, plan: p}, routed.Spent{}, private)
		return
	}
	own := *req
	own.Stream, own.Relay, own.N = false, nil, 0
	j := job{entry: e, plan: p, req: &own, weak: weak, strong: strong}
	select {
	case r.queue <- j:
	default:
		r.fail(j, routed.Spent{}, crowded)
	}
}

// Close ends it; what waits is not audited.
func (r *Runner) Close() {
	r.once.Do(r.stop)
	r.done.Wait()
	for {
		select {
		case j := <-r.queue:
			r.fail(j, routed.Spent{}, context.Canceled)
		default:
			return
		}
	}
}

func (r *Runner) fail(j job, took routed.Spent, err error) {
	r.o.Log.Info("an answer was not audited", "id", j.entry.ID, "route", j.entry.Route, "err", err)
	r.o.Notes.AuditFailed(j.entry.ID, why(err))
	r.settle(j, took)
}

// The reasons of its own for which an audit fails.
const (
	private reason = "what is private is never shadowed"
	crowded reason = "too many audits wait"
	missing reason = "an answer is missing"
	stopped reason = "the server stopped"
	late    reason = "it took too long"
)

// reason is one that holds nobody's text.
type reason string

// Error is the reason.
func (r reason) Error() string { return string(r) }

// why is what of an error may be kept: what a server says of a request may hold
// parts of it.
func why(err error) string {
	if own, ok := errors.AsType[reason](err); ok {
		return string(own)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return string(stopped)
	case errors.Is(err, context.DeadlineExceeded):
		return string(late)
	}
	return string(llm.CodeOf(err))
}

func (r *Runner) settle(j job, took routed.Spent) {
	if r.o.Over != nil {
		defer r.o.Over(j.entry.ID)
	}
	if err := r.o.Planner.Settle(context.WithoutCancel(r.ctx), j.plan, took); err != nil {
		r.o.Log.Error("what an audit took could not be noted", "id", j.entry.ID, "err", err)
	}
}

func (r *Runner) run(j job) {
	ctx, cancel := context.WithTimeout(r.ctx, r.o.Within)
	defer cancel()
	var took routed.Spent
	if j.plan.Ask != "" {
		target, to := j.entry.Weak, &j.weak
		if j.plan.Ask == routed.Strong {
			target, to = j.entry.Strong, &j.strong
		}
		answer, use, err := r.o.Ask(ctx, target, j.req)
		if err != nil {
			r.fail(j, took, err)
			return
		}
		*to = &answer
		r.o.Notes.Used(j.entry.ID, j.plan.Ask, use)
		if j.plan.Ask == routed.Strong {
			took = spentOf(use)
		}
	}
	if j.weak == nil || j.strong == nil {
		r.fail(j, took, missing)
		return
	}
	score, sure := Agree(j.req, *j.weak, *j.strong)
	v, ok := Verdict{Weak: score}, sure
	if !sure && r.o.Judge != nil {
		var err error
		v, ok, err = r.o.Judge(ctx, j.req, *j.weak, *j.strong)
		if used := spentOf(v.Used); v.Used != (routed.Use{}) {
			took.Tokens += used.Tokens
			took.Money += used.Money
			took.Requests = max(took.Requests, 1)
		}
		if err != nil {
			r.fail(j, took, err)
			return
		}
	}
	r.settle(j, took)
	if !ok {
		r.o.Notes.Audit(j.entry.ID, routed.Undecided)
		return
	}
	strong := 1.0
	if v.Strong != nil {
		strong = *v.Strong
	}
	r.o.Notes.Label(j.entry.ID, routed.Weak, v.Weak, log.ShadowJudge)
	r.o.Notes.Label(j.entry.ID, routed.Strong, strong, log.ShadowJudge)
	r.o.Notes.Audit(j.entry.ID, routed.Audited)
}

func spentOf(u routed.Use) routed.Spent {
	s := routed.Spent{Requests: 1}
	for _, n := range []*int{u.PromptTokens, u.OutputTokens} {
		if n != nil {
			s.Tokens += int64(*n)
		}
	}
	if u.Cost != nil {
		s.Money = *u.Cost
	}
	return s
}
