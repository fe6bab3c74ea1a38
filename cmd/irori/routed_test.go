package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/store"
	"irori/internal/store/routed"
	"irori/internal/store/sqlite"
	routedshelf "irori/internal/store/sqlite/routed"
	"irori/internal/term/verb"
)

// TestRoutedIsTold checks what people are shown of an answer of the cloud: who
// it is from, though a server of others has no model of its own, and how long it
// was held back.
func TestRoutedIsTold(t *testing.T) {
	home := t.TempDir()
	t.Setenv("IRORI_HOME", home)
	const id = "01a201a45d5f0000000000000000abcd"
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	shelf, err := routedshelf.Open(filepath.Join(home, "outcomes.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	e := routed.Entry{ID: id, Time: at, Answered: routed.Strong, Weak: routed.Target{Name: "irori/local", Model: "small"}, Strong: routed.Target{Name: "openai/big"}}
	if err := shelf.Write(t.Context(), []routed.Change{{Entry: &e}}); err != nil {
		t.Fatal(err)
	}
	if err := shelf.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(home, "ledger"), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(filepath.Join(home, "ledger", "records.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	held, joules, yen, low, high := 1.5, 5.0, 12.0, 3.0, 4.0
	in, out := 9, 8
	if err := db.Put(t.Context(), []store.Record{{ID: id, Time: at, API: "chat", Status: store.StatusOK, HeldSeconds: &held, Currency: "JPY", EnergyMethod: store.EnergyModelled, Attempts: []store.Attempt{
		{Backend: "embedded", Model: "small", Status: store.StatusError, ErrorCode: "escalated", Seconds: 1.25, PromptTokens: &in, OutputTokens: &out, EnergyJ: &joules, CostLow: &low, CostHigh: &high},
		{Backend: "openai", Model: "big", Status: store.StatusOK, Seconds: 2, Cost: &yen},
		{Backend: "mute", Model: "m", Status: store.StatusOK, Seconds: 1},
	}}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"route", "outcomes"}, "openai/big"},
		{[]string{"log", "show", id}, "held back to be judged  1.50 s"},
		{[]string{"log", "show", id}, "embedded small: error escalated, 1.25 s, prompt tokens 9, output tokens 8, ≈5.00 J, ¥3–¥4\n"},
		{[]string{"log", "show", id}, "openai big: ok, 2.00 s, ¥12\n"},
		{[]string{"log", "show", id}, "mute m: ok, 1.00 s\n"},
	} {
		var out, told strings.Builder
		if got := dispatch(t.Context(), c.args, verb.Streams{In: strings.NewReader(""), Out: &out, Err: &told}); got != 0 || !strings.Contains(out.String(), c.want) {
			t.Errorf("%q: %d, want %q in\n%s%s", c.args, got, c.want, &out, &told)
		}
	}
}
