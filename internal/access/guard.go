package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"irori/internal/llm"
)

// Spent is what requests took. Money is by currency.
type Spent struct {
	Tokens int64
	Joules float64
	Money  map[string]float64
}

func (s *Spent) add(o Spent) {
	s.Tokens += o.Tokens
	s.Joules += o.Joules
	for c, v := range o.Money {
		if s.Money == nil {
			s.Money = map[string]float64{}
		}
		s.Money[c] += v
	}
}

// Of is how much of a budget's unit was spent.
func (s Spent) Of(b Budget) float64 {
	switch b.Unit {
	case UnitTokens:
		return float64(s.Tokens)
	case UnitJoules:
		return s.Joules
	}
	return s.Money[b.Unit]
}

// GuardOptions say what a Guard goes by.
type GuardOptions struct {
	// Book are the keys at the start; Use brings newer ones.
	Book *Book
	// Before tells what requests of these keys took that were admitted at or
	// after since and before the Guard began.
	Before func(keys []string, since time.Time) (Spent, error)
	// Now is the clock, in the zone of the calendar windows; nil is time.Now.
	Now func() time.Time
}

// Guard decides about requests. It is safe for concurrent use.
type Guard struct {
	o     GuardOptions
	began time.Time

	mu     sync.Mutex
	book   *Book
	byHash map[string]*Key
	keys   map[string]*account
	teams  map[string]*account
}

// account is what a Guard knows of a key or a team.
type account struct {
	limits           Limits
	requests, tokens bucket
	running          int
	// seen is what the Guard saw end, before what the ledger knows of the
	// time before it; both of the newest window only.
	seen, before map[Window]*tally
}

// tally is what was spent in the window that began at start.
type tally struct {
	start time.Time
	Spent
}

// NewGuard makes a Guard.
func NewGuard(o GuardOptions) *Guard {
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Guard{o: o, began: o.Now(), keys: map[string]*account{}, teams: map[string]*account{}}
	g.Use(o.Book)
	return g
}

// Use takes a newer book: what keys have spent stays.
func (g *Guard) Use(b *Book) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.o.Now()
	g.book, g.byHash = b, map[string]*Key{}
	for i := range b.Keys {
		k := &b.Keys[i]
		g.byHash[k.Hash] = k
		g.keys[k.Name] = refresh(g.keys[k.Name], k.Limits, now)
	}
	for _, t := range b.Teams {
		g.teams[t.Name] = refresh(g.teams[t.Name], t.Limits, now)
	}
}

func refresh(a *account, l Limits, now time.Time) *account {
	if a == nil {
		a = &account{seen: map[Window]*tally{}, before: map[Window]*tally{}}
	}
	a.limits = l
	a.requests.set(l.RequestsPerMinute, now)
	a.tokens.set(l.TokensPerMinute, now)
	return a
}

// Demanded reports whether a request needs a key: there is one to be had.
func (g *Guard) Demanded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.book.Live(g.o.Now())
}

// Identify finds the key of a secret; nil where none has it. A key that is
// over is an error that says so, since whoever asks had it once.
func (g *Guard) Identify(secret string) (*Key, error) {
	// The map is by hash, so its timing tells nothing of a secret.
	sum := sha256.Sum256([]byte(secret))
	g.mu.Lock()
	defer g.mu.Unlock()
	var name [2 * sha256.Size]byte
	hex.Encode(name[:], sum[:])
	k := g.byHash[string(name[:])]
	switch {
	case k == nil:
		return nil, nil
	case !k.Revoked.IsZero():
		return nil, llm.Errorf(llm.CodeUnauthorized, "the key %q is revoked", k.Name)
	case !k.Live(g.o.Now()):
		return nil, llm.Errorf(llm.CodeUnauthorized, "the key %q expired at %s", k.Name, k.Expires.Format(time.RFC3339))
	}
	return k, nil
}

// Ask is what answers a request.
type Ask struct {
	Model string
	// Currency is that of its price, "" where no price is known; Local says
	// that it runs on this machine, Metered that its energy will be known.
	Currency       string
	Local, Metered bool
	// Other says that another server answers, whose work only a price counts.
	Other bool
}

// Pass is a request that was let in. End gives back what it holds.
type Pass struct {
	g     *Guard
	held  []holder
	at    time.Time
	ended bool
	// Rate is how its key stands, for the client.
	Rate Rate
}

// Rate is how the rates of a key stand after a request. A limit of 0 is none.
type Rate struct {
	Requests, RequestsLeft int
	RequestsReset          time.Duration
	Tokens, TokensLeft     int
	TokensReset            time.Duration
}

// Stand is how the rates of a key stand before its next request.
func (g *Guard) Stand(k *Key) Rate {
	g.mu.Lock()
	defer g.mu.Unlock()
	own := g.keys[k.Name]
	if own == nil {
		return Rate{}
	}
	now := g.o.Now()
	own.requests.fill(now)
	own.tokens.fill(now)
	return own.stand()
}

func may(k *Key, model string) error {
	if k.May(model) {
		return nil
	}
	return llm.Errorf(llm.CodeForbidden, "the key %q may not ask for the model %.100q", k.Name, model).WithParam("model")
}

// Turn lets a call in that computes nothing worth a record: it counts against
// rates and among the requests that run, not against budgets. done gives the
// place back.
func (g *Guard) Turn(k *Key, model string) (done func(), err error) {
	if err := may(k, model); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	held := g.held(k)
	if err := take(held, g.o.Now()); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, h := range held {
			h.running--
		}
	}), nil
}

// take gives a request its place with all who hold it, or says which limit
// stands against it; mu is held.
func take(held []holder, now time.Time) error {
	for _, h := range held {
		if n := h.limits.Concurrent; n > 0 && h.running >= n {
			e := llm.Errorf(llm.CodeRateLimited, "%s has %d requests running, its limit", h.name(), n)
			e.RetryAfter = time.Second
			return e
		}
		if err := h.rate(now); err != nil {
			return err
		}
	}
	for _, h := range held {
		h.requests.take(1)
		h.running++
	}
	return nil
}

// Admit lets a request for a model in, or says which limit stands against it.
// Budgets are spent by what has ended: requests that run beside each other may
// overdraw one by what they take themselves.
func (g *Guard) Admit(k *Key, model string) (*Pass, error) {
	if err := may(k, model); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.o.Now()
	held := g.held(k)
	for _, h := range held {
		if err := g.budget(h, now); err != nil {
			return nil, err
		}
	}
	if err := take(held, now); err != nil {
		return nil, err
	}
	return &Pass{g: g, held: held, at: now, Rate: held[0].stand()}, nil
}

// Check refuses what the budgets of a request could not count, once it is
// known what answers it.
func (p *Pass) Check(a Ask) error {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	for _, h := range p.held {
		for _, b := range h.limits.Budgets {
			if err := keepable(h.name(), b, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// holder is an account with the words for it.
type holder struct {
	*account
	what, who string
	keys      []string
}

func (h holder) name() string { return fmt.Sprintf("the %s %q", h.what, h.who) }

// held are the accounts that a key's requests go to: its own, then its
// team's; mu is held.
func (g *Guard) held(k *Key) []holder {
	own := g.keys[k.Name]
	if own == nil {
		own = refresh(nil, k.Limits, g.o.Now())
		g.keys[k.Name] = own
	}
	out := []holder{{own, "key", k.Name, []string{k.Name}}}
	if team := g.teams[k.Team]; team != nil {
		h := holder{team, "team", k.Team, nil}
		for _, other := range g.book.Keys {
			if other.Team == k.Team {
				h.keys = append(h.keys, other.Name)
			}
		}
		out = append(out, h)
	}
	return out
}

// rate says whether the rates allow one more request.
func (h holder) rate(now time.Time) error {
	if d := h.requests.wait(1, now); d > 0 {
		return limited(d, "%s has asked %d times within a minute, its limit", h.name(), h.requests.perMinute)
	}
	// What a request will take is not known: it may come while anything is
	// left.
	if d := h.tokens.wait(1, now); d > 0 {
		return limited(d, "%s has used its %d tokens a minute", h.name(), h.tokens.perMinute)
	}
	return nil
}

func limited(after time.Duration, format string, args ...any) error {
	e := llm.Errorf(llm.CodeRateLimited, format, args...)
	e.RetryAfter = after
	return e
}

// budget says whether the budgets of one account allow a request; mu is held.
func (g *Guard) budget(h holder, now time.Time) error {
	for _, b := range h.limits.Budgets {
		before, err := g.before(h, b.Per, now)
		if err != nil {
			return err
		}
		spent := before.Of(b)
		if t := h.seen[b.Per]; t != nil && t.start.Equal(b.Per.Start(now)) {
			spent += t.Of(b)
		}
		if spent >= b.Amount {
			until := ""
			if end := b.Per.End(now); !end.IsZero() {
				until = "; the next " + string(b.Per) + " begins at " + end.Format(time.RFC3339)
			}
			return llm.Errorf(llm.CodeBudget, "the budget of %s is spent: %s of %s%s", h.name(), b.Shown(spent), b, until)
		}
	}
	return nil
}

// keepable refuses what a budget could not count.
func keepable(name string, b Budget, a Ask) error {
	switch {
	case b.Unit == UnitTokens:
		return nil
	case b.Unit == UnitJoules:
		if a.Local && !a.Metered {
			return llm.Errorf(llm.CodeForbidden, "%s has a budget of energy, and the energy of %q is not known here", name, a.Model).
				WithHint("irori doctor says why")
		}
		return nil
	case a.Currency == b.Unit, a.Local && !a.Other && a.Currency == "":
		return nil
	case a.Currency == "":
		return llm.Errorf(llm.CodeForbidden, "%s has a budget of money, and the model %q has no price", name, a.Model).
			WithHint("irori up --price %s=IN,OUT, and =0,0 where nobody is paid", a.Model)
	}
	return llm.Errorf(llm.CodeForbidden, "%s has a budget in %s, and the model %q is paid in %s", name, b.Unit, a.Model, a.Currency).
		WithHint("give the model a price in %s in the config, or the key a budget in %s", b.Unit, a.Currency)
}

// before is what was spent in the running window before the Guard began; mu
// is held.
func (g *Guard) before(h holder, w Window, now time.Time) (Spent, error) {
	start := w.Start(now)
	if t := h.account.before[w]; t != nil && t.start.Equal(start) {
		return t.Spent, nil
	}
	t := &tally{start: start}
	if g.o.Before != nil && start.Before(g.began) {
		var err error
		if t.Spent, err = g.o.Before(h.keys, start); err != nil {
			return t.Spent, llm.Wrap(llm.CodeLedgerUnavailable, err, "what %s has spent cannot be read", h.name()).WithHint("irori doctor")
		}
	}
	h.account.before[w] = t
	return t.Spent, nil
}

func (a *account) stand() Rate {
	return Rate{
		Requests: a.requests.perMinute, RequestsLeft: max(0, int(a.requests.left)), RequestsReset: a.requests.full(),
		Tokens: a.tokens.perMinute, TokensLeft: max(0, int(a.tokens.left)), TokensReset: a.tokens.full(),
	}
}

// End gives back the place of a request and books what it took, in the window
// that it was admitted in. A second End does nothing.
func (p *Pass) End(s Spent) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	for _, a := range p.held {
		a.running--
		a.book(p.at, s)
	}
}

// Book counts against the budgets of a key what was taken, or is about to be,
// at a time, also where they are used up; less than nothing takes back what was
// booked for the same time.
func (g *Guard) Book(k *Key, at time.Time, s Spent) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.held(k) {
		a.book(at, s)
	}
}

// book counts what was taken in the windows of its time; the guard is locked.
func (a *account) book(at time.Time, s Spent) {
	a.tokens.take(float64(s.Tokens))
	for _, w := range Windows {
		start := w.Start(at)
		t := a.seen[w]
		if t == nil || t.start.Before(start) {
			t = &tally{start: start}
			a.seen[w] = t
		}
		if t.start.Equal(start) {
			t.add(s)
		}
	}
}
