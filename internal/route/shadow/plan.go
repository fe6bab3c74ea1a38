// Package shadow chooses by chance, within a budget, which answered requests
// the other side answers too, asks it in the background, and notes whether the
// two agree.
//
// Nothing that is not free to go anywhere is ever shadowed. It knows no
// backend: who asks and who judges are functions.
package shadow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"irori/internal/store/routed"
)

// Budget holds over restarts what audits took on a day.
type Budget interface {
	// Spend adds to a day, unless that would then be more than most says.
	Spend(ctx context.Context, day string, more, most routed.Spent) (bool, error)
	Spent(ctx context.Context, day string) (routed.Spent, error)
}

// Options are what a Planner is made of.
type Options struct {
	// Share is the probability with which a request is audited; 0 is never.
	Share float64
	// Most is what a day's audits may take; a zero figure is no bound.
	Most   routed.Spent
	Budget Budget
	// Secret makes the coin one that nobody can guess from an id.
	Secret []byte
	Now    func() time.Time
}

// Planner tosses the coin. It is safe for concurrent use.
type Planner struct {
	o  Options
	mu sync.Mutex
	// over is the day whose budget is used up, known the day that was looked
	// up.
	over, known string
}

// New makes a Planner.
func New(o Options) *Planner {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Planner{o: o}
}

// Plan is what becomes of a request.
type Plan struct {
	// Run says that it is audited: Ask is the side to ask, "" where both have
	// answered and only a judge is wanted.
	Run bool
	Ask string
	// Share is the probability with which this request was to be audited.
	Share float64
	// Why says in words why it is not.
	Why string
	// Reserved is what was taken from the budget of Day.
	Reserved routed.Spent
	Day      string
}

// Mark notes the plan in its entry.
func (p Plan) Mark(e *routed.Entry) {
	if e.Share = new(p.Share); p.Run {
		e.Audit = routed.Planned
	}
}

// Plan decides whether an answered request is audited. guess is about what the
// strong model would take: tokens, and money where there is a price.
func (p *Planner) Plan(ctx context.Context, e *routed.Entry, guess routed.Spent) Plan {
	switch {
	case e.Privacy != routed.Any:
		return Plan{Why: "what is private is never shadowed"}
	case e.Answered != routed.Weak && e.Answered != routed.Strong || e.Failure != "":
		return Plan{Why: "there is no answer to compare with"}
	case !(p.o.Share > 0):
		return Plan{Why: "the policy audits nothing"}
	}
	day := p.o.Now().UTC().Format(time.DateOnly)
	// Whether the day has anything left is known before the coin is tossed:
	// the probability that is noted must be the one that was.
	if p.spent(ctx, day) {
		return Plan{Why: "the day's budget for audits is used up"}
	}
	out := Plan{Share: min(1, p.o.Share), Day: day}
	if p.coin(e.ID) >= out.Share {
		out.Why = "chance left it out"
		return out
	}
	switch {
	case e.Answered == routed.Weak:
		out.Ask = routed.Strong
		guess.Requests = 1
		ok, err := p.o.Budget.Spend(ctx, day, guess, p.o.Most)
		if err != nil || !ok {
			if err == nil {
				p.mu.Lock()
				p.over = day
				p.mu.Unlock()
			}
			return Plan{Why: "the day's budget for audits is used up"}
		}
		out.Reserved = guess
	case !e.WeakAsked:
		out.Ask = routed.Weak
	}
	out.Run = true
	return out
}

// spent reports whether a day has nothing left. What cannot be read counts as
// nothing left.
func (p *Planner) spent(ctx context.Context, day string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == day || p.known == day {
		return p.over == day
	}
	is, err := p.o.Budget.Spent(ctx, day)
	if err != nil {
		return true
	}
	p.known = day
	m := p.o.Most
	if m.Requests > 0 && is.Requests >= m.Requests || m.Tokens > 0 && is.Tokens >= m.Tokens || m.Money > 0 && is.Money >= m.Money {
		p.over = day
	}
	return p.over == day
}

// Settle puts what an audit really took in the place of what was reserved.
func (p *Planner) Settle(ctx context.Context, plan Plan, took routed.Spent) error {
	if plan.Ask != routed.Strong || plan.Day == "" {
		return nil
	}
	more := routed.Spent{Requests: took.Requests - plan.Reserved.Requests, Tokens: took.Tokens - plan.Reserved.Tokens, Money: took.Money - plan.Reserved.Money}
	_, err := p.o.Budget.Spend(ctx, plan.Day, more, routed.Spent{})
	return err
}

// coin is a number from 0 to 1 that hangs on the id and the secret.
func (p *Planner) coin(id string) float64 {
	h := hmac.New(sha256.New, p.o.Secret)
	// A hash takes everything.
	_, _ = h.Write([]byte("shadow\x00" + id))
	return float64(binary.LittleEndian.Uint64(h.Sum(nil))>>11) / (1 << 53)
}
