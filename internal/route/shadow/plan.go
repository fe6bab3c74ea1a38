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
	// known is the day that was looked up, when it had taken is; "" where that
	// has changed since.
	known string
	is    routed.Spent
	// waits is how many planned audits are not settled yet.
	waits int
}

// waiting is how many audits may wait: some megabytes of questions and answers,
// and as much as a burst of a few clients leaves behind.
const waiting = 512

// Guess is about what an audit would take: tokens, and money where there is a
// price.
type Guess struct {
	// Strong is what the strong model's answer takes, Judge what comparing
	// does; none where nobody judges.
	Strong, Judge routed.Spent
	// Broke says that nothing may be spent now, on whatever takes something.
	Broke bool
}

// Takes is what an audit of an entry would take; none where it asks nobody who
// is paid.
func (g Guess) Takes(e *routed.Entry) routed.Spent { return g.of(asks(e)) }

// asks is the side that an audit asks, "" where both have answered.
func asks(e *routed.Entry) string {
	switch {
	case e.Answered == routed.Weak:
		return routed.Strong
	case !e.WeakAsked:
		return routed.Weak
	}
	return ""
}

// of is what is reserved for an audit that asks a side. A local answer takes
// nothing of a day's budget.
func (g Guess) of(ask string) routed.Spent {
	out := g.Judge
	if ask == routed.Strong {
		out.Tokens += g.Strong.Tokens
		out.Money += g.Strong.Money
		out.Requests = 1
	}
	if out != (routed.Spent{}) {
		out.Requests = 1
	}
	return out
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

// Plan decides whether an answered request is audited. What it plans to run is
// settled once.
func (p *Planner) Plan(ctx context.Context, e *routed.Entry, guess Guess) Plan {
	switch {
	case e.Privacy != routed.Any:
		return Plan{Why: "what is private is never shadowed"}
	case e.Answered != routed.Weak && e.Answered != routed.Strong || e.Failure != "":
		return Plan{Why: "there is no answer to compare with"}
	case !(p.o.Share > 0):
		return Plan{Why: "the policy audits nothing"}
	}
	ask := asks(e)
	need := guess.of(ask)
	if guess.Broke && need != (routed.Spent{}) {
		return Plan{Why: noRoom}
	}
	day := p.o.Now().UTC().Format(time.DateOnly)
	// Whether the day has anything left is known before the coin is tossed:
	// the probability that is noted must be the one that was.
	if p.spent(ctx, day, need) {
		return Plan{Why: usedUp}
	}
	if !p.enter() {
		return Plan{Why: "too many audits wait"}
	}
	out := Plan{Share: min(1, p.o.Share), Day: day}
	if p.coin(e.ID) >= out.Share {
		p.leave()
		out.Why = "chance left it out"
		return out
	}
	if need != (routed.Spent{}) {
		ok, err := p.o.Budget.Spend(ctx, day, need, p.o.Most)
		p.changed()
		if err != nil || !ok {
			p.leave()
			return Plan{Why: usedUp}
		}
		out.Reserved = need
	}
	out.Run, out.Ask = true, ask
	return out
}

// enter takes room for an audit, and reports whether there was some.
func (p *Planner) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waits >= waiting {
		return false
	}
	p.waits++
	return true
}

func (p *Planner) leave() {
	p.mu.Lock()
	p.waits--
	p.mu.Unlock()
}

const (
	usedUp = "the day's budget for audits is used up"
	noRoom = "the route's own budget has no room for an audit"
)

// spent reports whether a day has no room for what is needed. What cannot be
// read counts as no room.
func (p *Planner) spent(ctx context.Context, day string, need routed.Spent) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != day {
		is, err := p.o.Budget.Spent(ctx, day)
		if err != nil {
			return true
		}
		p.known, p.is = day, is
	}
	is, m := p.is, p.o.Most
	return m.Requests > 0 && (is.Requests >= m.Requests || is.Requests+need.Requests > m.Requests) ||
		m.Tokens > 0 && (is.Tokens >= m.Tokens || is.Tokens+need.Tokens > m.Tokens) ||
		m.Money > 0 && (is.Money >= m.Money || is.Money+need.Money > m.Money)
}

// changed lets the day be looked up again.
func (p *Planner) changed() {
	p.mu.Lock()
	p.known = ""
	p.mu.Unlock()
}

// Settle puts what an audit really took, its judge included, in the place of
// what was reserved.
func (p *Planner) Settle(ctx context.Context, plan Plan, took routed.Spent) error {
	if !plan.Run {
		return nil
	}
	p.leave()
	more := routed.Spent{Requests: took.Requests - plan.Reserved.Requests, Tokens: took.Tokens - plan.Reserved.Tokens, Money: took.Money - plan.Reserved.Money}
	if more == (routed.Spent{}) {
		return nil
	}
	_, err := p.o.Budget.Spend(ctx, plan.Day, more, routed.Spent{})
	p.changed()
	return err
}

// coin is a number from 0 to 1 that hangs on the id and the secret.
func (p *Planner) coin(id string) float64 {
	h := hmac.New(sha256.New, p.o.Secret)
	// A hash takes everything.
	_, _ = h.Write([]byte("shadow\x00" + id))
	return float64(binary.LittleEndian.Uint64(h.Sum(nil))>>11) / (1 << 53)
}
