package measure

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// A run names files by their whole paths: it is gone on with from anywhere.
func TestPlaced(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"own.jsonl", "quick"} {
		if err := os.WriteFile(name, []byte(`{"q":"1+1?","a":2}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(wd, "own.jsonl")
	names := []string{"quick", "own.jsonl", "gsm8k=own.jsonl", "ledger:k", "standard@7", "gone.yaml", whole}
	want := []string{"quick", whole, "gsm8k=" + whole, "ledger:k", "standard@7", "gone.yaml", whole}
	if diff := cmp.Diff(want, placed(names)); diff != "" {
		t.Error(diff)
	}
	was, is := &sample.Run{Settings: map[string]string{"on": "quick,own.jsonl"}}, &sample.Run{Settings: map[string]string{"on": "quick," + whole}}
	if list := changed(was, is); len(list) > 0 {
		t.Errorf("the same file: %v", list)
	}
	e := &app.Env{Home: t.TempDir(), Config: &config.Config{}}
	o := Defaults()
	o.On, o.Resume = []string{"gone.yaml"}, "runs/a"
	_, err = Make(t.Context(), e, o)
	if x, ok := errors.AsType[*llm.Error](err); !ok || x.Code != llm.CodeNotFound || !strings.Contains(x.Hint, "go on in the folder") {
		t.Errorf("%v, %+v", err, x)
	}
	o.On, o.Resume, o.Models = []string{"own.jsonl"}, "", nil
	p, err := Make(t.Context(), e, o)
	if err != nil || p.Run.Settings["on"] != whole || p.Run.Suite != "own.jsonl" {
		t.Errorf("%v, %+v", err, p)
	}
}
