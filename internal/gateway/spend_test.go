package gateway

import (
	"context"
	"iter"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"irori/internal/access"
	"irori/internal/cost"
	"irori/internal/llm"
)

// tells answers with these events.
type tells []llm.Event

func (s tells) Generate(context.Context, *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		for _, e := range s {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// priced is the account of a model at 1 in and 10 out, a token.
func priced(u *llm.Usage) Account {
	c := cost.Price{In: 1e6, Out: 10e6}.Of(u)
	return Account{Cost: c.Amount, CostLow: c.Low, CostHigh: c.High, Currency: "JPY"}
}

// An answer whose tokens nobody reported is spent by its characters, and the
// ledger does not hold them.
func TestUncountedAnswerIsSpent(t *testing.T) {
	unknown := llm.Usage{Source: llm.UsageUnknown, Said: 12}
	counted := llm.Usage{Source: llm.UsageBackend, PromptTokens: llm.IntPtr(1), OutputTokens: llm.IntPtr(1)}
	for name, c := range map[string]struct {
		budget string
		answer tells
		spent  bool
	}{
		"tokens, passed":  {"12tokens/day", tells{{Type: llm.EventRaw, Usage: &unknown}}, true},
		"tokens are left": {"13tokens/day", tells{{Type: llm.EventRaw, Usage: &unknown}}, false},
		"money, passed":   {"120JPY/day", tells{{Type: llm.EventRaw, Usage: &unknown}}, true},
		"money is left":   {"121JPY/day", tells{{Type: llm.EventRaw, Usage: &unknown}}, false},
		"tokens, read":    {"2tokens/day", tells{{Type: llm.EventText, Text: "囲炉"}, {Type: llm.EventUsage, Usage: &llm.Usage{Source: llm.UsageUnknown}}}, true},
		"reported":        {"12tokens/day", tells{{Type: llm.EventText, Text: "Hello, how are you?"}, {Type: llm.EventUsage, Usage: &counted}}, false},
	} {
		d := &desk{lease: &Lease{Backend: c.answer, Name: "far", Model: "m", Currency: "JPY", Account: priced, Done: func() {}}}
		b, err := access.ParseBudget(c.budget)
		if err != nil {
			t.Fatal(err)
		}
		book := &access.Book{}
		if _, err := book.Create(access.Key{Name: "anna", Limits: access.Limits{Budgets: []access.Budget{b}}}, time.Now()); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
		guard := access.NewGuard(access.GuardOptions{Book: book, Now: func() time.Time { return at }})
		g := New(Options{Pool: d, Ledger: d, Meter: d, Observer: d, Access: guard, Log: slog.New(slog.DiscardHandler)}, nil, nil)
		r := httptest.NewRequest("POST", "/", nil)
		r = r.WithContext(withKey(r.Context(), book.Key("anna")))
		f, err := g.Admit(r, "chat", "m", false)
		if err != nil {
			t.Fatal(err)
		}
		err = f.Generate(t.Context(), []*llm.Request{{}}, func(llm.Event) error { return nil })
		f.End(t.Context(), err)
		if rec := d.record; err != nil || name != "reported" && (rec.OutputTokens != nil || rec.Cost != nil || rec.UsageSource != "") {
			t.Errorf("%s: %v %+v", name, err, rec)
		}
		if _, err := g.Admit(r, "chat", "m", false); (llm.CodeOf(err) == llm.CodeBudget) != c.spent {
			t.Errorf("%s: the next one: %v", name, err)
		}
	}
}
