package gateway

import (
	"cmp"
	"context"
	"time"

	"irori/internal/llm"
	"irori/internal/store"
)

// Elsewhere reports whether another backend may do better: this one is not
// there, or not well, or not to see the request. What it understood and
// refused is refused everywhere.
func Elsewhere(c llm.Code) bool {
	switch c {
	case llm.CodeUnreachable, llm.CodeUnavailable, llm.CodeTimeout, llm.CodeBadAnswer, llm.CodeOverloaded,
		llm.CodePrivate, llm.CodePrivacyCheck, llm.CodeOffline, llm.CodeCrashed, llm.CodeQuarantined, llm.CodeModelNotFound, llm.CodeDoesNotFit,
		llm.CodeEscalated:
		return true
	}
	return false
}

// moves goes on to the next lease after a failure, where there is one and
// nothing was relayed. What the failed one took stays in its attempts.
func (f *Flight) moves(ctx context.Context, failed error) bool {
	if failed == nil || f.relayed || f.Lease.Next == nil || ctx.Err() != nil {
		return false
	}
	e := AsError(failed)
	if !Elsewhere(e.Code) {
		return false
	}
	f.settled(failed)
	for {
		next := f.Lease.Next(ctx, e)
		if next == nil {
			return false
		}
		if f.pass != nil && f.pass.Check(next.ask(next.Model)) != nil {
			// The budgets of the key could not count what that one takes.
			f.Lease.Next = next.Next
			next.Done()
			if f.Lease.Next == nil {
				return false
			}
			continue
		}
		if e.Code == llm.CodeEscalated {
			f.rec.EscalatedFrom = f.rec.Model
		}
		f.moveTo(next)
		return true
	}
}

// moveTo makes a lease the one that answers.
func (f *Flight) moveTo(next *Lease) {
	last := f.Lease
	if last.Account == nil || f.pieces != nil {
		a := f.g.o.Meter.End(f.ID)
		if n := len(f.rec.Attempts); n > 0 {
			f.rec.Attempts[n-1].EnergyJ = a.EnergyJ
			f.rec.Attempts[n-1].Cost = cmp.Or(f.rec.Attempts[n-1].Cost, a.Cost)
		}
	}
	last.Done()
	f.held(last)
	f.meter(next)
	// What that one took stays in the attempts: it has a price of its own.
	f.lost, f.before, f.failed = nil, nil, nil
	f.Lease, f.usage, f.taken, f.turn, f.tried = next, nil, nil, time.Now(), len(f.rec.Attempts)
	// An answer of another is no answer to keep for the first one's requests.
	f.again.look, f.again.taker = nil, nil
	next.enter(f.rec)
}

// held notes how long a lease held its answer back to judge it.
func (f *Flight) held(l *Lease) {
	if l.Held == nil {
		return
	}
	if d := l.Held(); d > 0 {
		f.rec.HeldSeconds = seconds(d + time.Duration(value(f.rec.HeldSeconds)*float64(time.Second)))
	}
}

func value(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// enter puts who answers, and why, into a record.
func (l *Lease) enter(r *store.Record) {
	r.Backend, r.Engine, r.Model, r.Quantization, r.DecisionReason, r.Route = l.Name, l.Engine, l.Model, l.Quantization, l.Reason, "cloud"
	if l.Local {
		r.Route = "local"
	}
	if l.Hidden {
		r.ModelRequested = l.Model
	}
	if l.Policy != "" {
		r.DecisionPolicy, r.DecisionScore = l.Policy, l.Score
	}
}

// settled notes the end of a lease's turn, where it told of no attempts itself
// and is one of several.
func (f *Flight) settled(err error) {
	if len(f.rec.Attempts) > f.tried || f.tried == 0 && (err == nil || f.Lease.Next == nil) {
		return
	}
	a := &llm.Attempt{Backend: f.Lease.Name, Model: f.Lease.Model, Took: time.Since(f.turn), Usage: f.usage}
	if err != nil {
		a.Code = llm.CodeOf(err)
	}
	f.attempt(a)
}
