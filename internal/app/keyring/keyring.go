// Package keyring keeps the virtual keys of a home in a file, and tells what
// they have spent by the ledger.
//
// What a key may do, package access decides. Secrets are in no file.
package keyring

import (
	"context"

	"os"
	"path/filepath"
	"time"

	"irori/internal/access"
	"irori/internal/llm"
	"irori/internal/proc"
	"irori/internal/store"
)

// Ring is the keys of a home.
type Ring struct{ home string }

// New makes a Ring. Nothing is read or written yet.
func New(home string) Ring { return Ring{home} }

func (r Ring) file() string { return filepath.Join(r.home, "keys.json") }

// Read reads the keys; a home without a file has none.
func (r Ring) Read() (*access.Book, error) { return access.Read(r.file()) }

// lockWait bounds how long another command may take with the keys.
const lockWait = 5 * time.Second

// Edit changes the keys: all that change does, or nothing.
func (r Ring) Edit(ctx context.Context, change func(*access.Book) error) error {
	if err := os.MkdirAll(r.home, 0o700); err != nil {
		return llm.Wrap(llm.CodeInternal, err, "the home folder cannot be made").WithHint("set IRORI_HOME to a folder of your own")
	}
	// A file of its own: the keys' own file is another one after each change.
	f, err := os.OpenFile(filepath.Join(r.home, "keys.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return llm.Wrap(llm.CodeInternal, err, "the keys cannot be changed").WithHint("ls -ld %s", r.home)
	}
	// Closing gives the lock back.
	defer func() { _ = f.Close() }()
	ctx, cancel := context.WithTimeoutCause(ctx, lockWait, llm.Errorf(llm.CodeTimeout, "another command is changing the keys").WithHint("try again"))
	defer cancel()
	for {
		ok, err := proc.TryLock(f)
		if err != nil {
			return err
		}
		if ok {
			break
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
	b, err := r.Read()
	if err != nil {
		return err
	}
	if err := change(b); err != nil {
		return err
	}
	return b.Write(r.file())
}

// Summer adds the ledger up.
type Summer interface {
	Sums(context.Context, store.SumQuery) ([]store.Sum, error)
}

// Spent returns what the ledger knows of keys from since on.
func Spent(ctx context.Context, s Summer, keys []string, since time.Time) (access.Spent, error) {
	var out access.Spent
	if len(keys) == 0 {
		return out, nil
	}
	sums, err := s.Sums(ctx, store.SumQuery{Filter: store.Filter{Keys: keys, Since: since}})
	if err != nil {
		return out, err
	}
	for _, x := range sums {
		for _, n := range []*int64{x.PromptTokens, x.OutputTokens} {
			if n != nil {
				out.Tokens += *n
			}
		}
		for _, e := range x.Energy {
			out.Joules += e.Joules
		}
		out.Money = x.Charged
	}
	return out, nil
}

// Line is what a key or a team spent within one of its windows.
type Line struct {
	Key   string        `json:"key,omitempty"`
	Team  string        `json:"team,omitempty"`
	Per   access.Window `json:"per"`
	Since time.Time     `json:"since,omitzero"`
	// Tokens are of prompts and answers; what no record knew is absent.
	Requests int64                                  `json:"requests"`
	Tokens   *int64                                 `json:"tokens,omitempty"`
	Energy   map[store.EnergyMethod]store.EnergySum `json:"energy,omitempty"`
	Cost     map[string]store.CostSum               `json:"cost,omitempty"`
	Budgets  []Stand                                `json:"budgets,omitempty"`
}

// Stand is how a budget stands.
type Stand struct {
	access.Budget
	Spent float64 `json:"spent"`
	Left  float64 `json:"left"`
}

// Lines tells what keys and teams of a book spent: in each window that has a
// budget, and in the running month.
func Lines(ctx context.Context, b *access.Book, s Summer, only string, now time.Time) ([]Line, error) {
	if only != "" && b.Key(only) == nil && b.Team(only) == nil {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no key and no team %q", only).WithHint("irori keys list")
	}
	var out []Line
	add := func(l Line, keys []string, budgets []access.Budget) error {
		for _, w := range access.Windows {
			has := w == access.Month
			l.Budgets = nil
			for _, x := range budgets {
				if x.Per == w {
					has, l.Budgets = true, append(l.Budgets, Stand{Budget: x})
				}
			}
			if !has {
				continue
			}
			l.Per, l.Since = w, w.Start(now)
			if err := l.fill(ctx, s, keys); err != nil {
				return err
			}
			out = append(out, l)
		}
		return nil
	}
	for _, k := range b.Keys {
		if only == "" && k.Live(now) || only == k.Name {
			if err := add(Line{Key: k.Name, Team: k.Team}, []string{k.Name}, k.Budgets); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range b.Teams {
		if only != "" && only != t.Name {
			continue
		}
		var keys []string
		for _, k := range b.Keys {
			if k.Team == t.Name {
				keys = append(keys, k.Name)
			}
		}
		if err := add(Line{Team: t.Name}, keys, t.Budgets); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fill adds up what keys spent in the line's window.
func (l *Line) fill(ctx context.Context, s Summer, keys []string) error {
	l.Requests, l.Tokens, l.Energy, l.Cost = 0, nil, nil, nil
	spent, err := Spent(ctx, s, keys, l.Since)
	var sums []store.Sum
	if err == nil && len(keys) > 0 {
		sums, err = s.Sums(ctx, store.SumQuery{Filter: store.Filter{Keys: keys, Since: l.Since}})
	}
	if err != nil {
		return llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger cannot be read").WithHint("irori doctor")
	}
	for _, x := range sums {
		l.Requests, l.Energy, l.Cost = x.Requests, x.Energy, x.Cost
		if x.PromptTokens != nil || x.OutputTokens != nil {
			l.Tokens = &spent.Tokens
		}
	}
	for i := range l.Budgets {
		b := &l.Budgets[i]
		b.Spent = spent.Of(b.Budget)
		b.Left = max(0, b.Amount-b.Spent)
	}
	return nil
}

// None is a ledger that has no records yet.
type None struct{}

// Sums returns nothing.
func (None) Sums(context.Context, store.SumQuery) ([]store.Sum, error) { return nil, nil }

// Guard makes the guard of a server whose ledger is s.
func (r Ring) Guard(s Summer) (*access.Guard, error) {
	b, err := r.Read()
	if err != nil {
		return nil, err
	}
	return access.NewGuard(access.GuardOptions{Book: b, Before: func(keys []string, since time.Time) (access.Spent, error) {
		ctx, cancel := context.WithTimeout(context.Background(), lockWait)
		defer cancel()
		return Spent(ctx, s, keys, since)
	}}), nil
}

// Renew gives a guard the keys as they are now.
func (r Ring) Renew(g *access.Guard) error {
	b, err := r.Read()
	if err == nil {
		g.Use(b)
	}
	return err
}

// Unlocked reports whether anybody may ask: no key is live.
func (r Ring) Unlocked() (bool, error) {
	b, err := r.Read()
	if err != nil {
		return false, err
	}
	return !b.Live(time.Now()), nil
}
