package measure

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"irori/internal/access"
	"irori/internal/app"
	"irori/internal/app/kept"
	"irori/internal/config"
	"irori/internal/eval/sample"
	"irori/internal/llm"
	"irori/internal/store/body"
)

// TestLedger asks again what keys want kept, and nothing of those that do not.
func TestLedger(t *testing.T) {
	e := &app.Env{Home: t.TempDir(), Config: &config.Config{}}
	open := func() (*app.Env, error) { return e, nil }
	for _, name := range []string{"ledger", "ledger:none"} {
		if _, err := Tasks(open, []string{name}); llm.CodeOf(err) != llm.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := e.EditKeys(t.Context(), func(b *access.Book) error {
		for name, keep := range map[string]string{"open": "full", "shut": "off"} {
			if _, err := b.Create(access.Key{Name: name, Keep: keep}, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	k, err := kept.Open(e.Home, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"open", "shut", "", "gone"} {
		k.Keep(&body.Body{
			ID: string(rune('1' + i)), Time: time.Now(), Expires: time.Now().Add(time.Hour), Key: key,
			Messages: []body.Message{{Role: "user", Content: "why, " + key}}, Answers: []body.Answer{{Text: "so", Finish: "stop"}},
		})
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, keep, want string }{{"ledger", "", "1"}, {"ledger:open", "", "1"}, {"ledger:shut", "", ""}, {"ledger", "full", "13"}} {
		e.Config.Bodies.Keep = c.keep
		got := ""
		tasks, err := Tasks(open, []string{c.name})
		for _, k := range tasks {
			for _, it := range k.Items {
				got += it.ID
			}
		}
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s with %q: %q, %v", c.name, c.keep, got, err)
		}
	}
}

// TestStays keeps what was asked here on this machine.
func TestStays(t *testing.T) {
	here, away := sample.Target{Requested: "m", Where: "local"}, sample.Target{Requested: "x/m", Where: "cloud"}
	for _, c := range []struct {
		on      []string
		targets []sample.Target
		refused bool
	}{
		{[]string{"ledger"}, []sample.Target{here}, false}, {[]string{"gsm8k", "ledger:a"}, []sample.Target{here, away}, true},
		{[]string{"gsm8k", "ledger.yaml"}, []sample.Target{away}, false},
	} {
		if err := stays(c.on, c.targets); (llm.CodeOf(err) == llm.CodeForbidden) != c.refused || (err == nil) == c.refused {
			t.Errorf("%v: %v", c.on, err)
		}
	}
}
