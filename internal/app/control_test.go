package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"irori/internal/app/running"
	"irori/internal/fakellm"
	"irori/internal/llm"
	"irori/internal/power"
	"irori/internal/store"
)

// Who is told that a quarantine was lifted hears it from the server.
func TestUnloadTellsOfAQuarantine(t *testing.T) {
	for answer, want := range map[string]bool{`{"unloaded":true,"quarantine_lifted":true}`: true, `{"unloaded":true}`: false} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
		lifted, err := (&Running{running.Server{URL: s.URL}}).Unload(t.Context(), "m")
		s.Close()
		if err != nil || lifted != want {
			t.Errorf("%s: %v, %v", answer, lifted, err)
		}
	}
}

// A ledger that cannot be written is said with what helps.
func TestHealthHasAHint(t *testing.T) {
	e := &Env{Home: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	l, err := openLedger(e, func() power.Totals { return power.Totals{} })
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	s := &server{ledger: l}
	if err := s.health(httptest.NewRecorder(), nil); err != nil {
		t.Fatal(err)
	}
	// A file stands where the journal's folder should be.
	if err := errors.Join(os.RemoveAll(e.Ledger().Journal()), os.WriteFile(e.Ledger().Journal(), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := l.Open(&store.Record{ID: "a"}); err == nil {
		t.Fatal("an admission without a journal")
	}
	err = s.health(httptest.NewRecorder(), nil)
	if x, ok := errors.AsType[*llm.Error](err); !ok || x.Code != llm.CodeLedgerUnavailable || x.Hint != "irori doctor" {
		t.Errorf("%v %+v", err, x)
	}
}

// Names that nothing answers to have hints that can be typed.
func TestHintsOfNamesThatAreNotThere(t *testing.T) {
	fake := httptest.NewServer(fakellm.New(fakellm.Defaults()))
	t.Cleanup(fake.Close)
	var env *Env
	r, err := up(t, UpOptions{}, func(e *Env) {
		if env = e; e.Config.AddBackend("near=llamaserver:"+fake.URL) != nil {
			t.Fatal("the backend is refused")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"irori/cloud": "irori run irori/local", "irori/foo": "names no route"} {
		if status, _, text := ask(t, r.URL, name); status != http.StatusNotFound || !strings.Contains(text, want) || strings.Contains(text, "irori pull") {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	server, err := env.FindServing()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nope", "qwen3-0.6b", "a/b/c"} {
		_, err := server.Unload(t.Context(), name)
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Code != llm.CodeNotFound || e.Hint != "irori ps" {
			t.Errorf("%s: %v %+v", name, err, e)
		}
	}
}

// Names that a client invents at a backend that takes any leave a model that is
// listed its label.
func TestInventedModelsInMetrics(t *testing.T) {
	fake := httptest.NewServer(fakellm.New(fakellm.Defaults()))
	t.Cleanup(fake.Close)
	r, err := up(t, UpOptions{}, func(e *Env) {
		if e.Config.AddBackend("near=openai:"+fake.URL) != nil {
			t.Fatal("the backend is refused")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if status, _, text := ask(t, r.URL, fmt.Sprint("near/made-up-", i)); status != http.StatusOK {
			t.Fatal(status, text)
		}
	}
	if status, _, text := ask(t, r.URL, "near/fake-model"); status != http.StatusOK {
		t.Fatal(status, text)
	}
	res, err := http.Get(r.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(page), `irori_requests_total{api="chat",model="fake-model",route="local",status="ok"} 1`) {
		t.Error("the listed model has no label", err)
	}
	if n := strings.Count(string(page), `irori_requests_total{api="chat",model="made-up-`); n != 16 {
		t.Errorf("%d invented ones have a label", n)
	}
}

func TestReachable(t *testing.T) {
	for in, want := range map[string]string{
		"http://0.0.0.0:1616": "http://127.0.0.1:1616", "http://[::]:1": "http://127.0.0.1:1", "http://192.0.2.1:1": "http://192.0.2.1:1",
	} {
		if got := reachable(in); got != want {
			t.Errorf("reachable(%s) = %s", in, got)
		}
	}
}
