package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/fakellm"
	"irori/internal/llm"
)

// up serves on a home of its own without an engine, until the test ends.
func up(t *testing.T, o UpOptions, settings func(*Env)) (Ready, error) {
	t.Helper()
	t.Setenv("IRORI_HOME", t.TempDir())
	t.Setenv("IRORI_ENGINE_DIR", t.TempDir())
	env, err := Open("", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	settings(env)
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan Ready, 1), make(chan error, 1)
	o.Addr, o.OnReady = "127.0.0.1:0", func(r Ready) { ready <- r }
	go func() { ended <- env.Up(ctx, o) }()
	t.Cleanup(cancel)
	select {
	case r := <-ready:
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
		return r, nil
	case err := <-ended:
		return Ready{}, err
	}
}

func ask(t *testing.T, url, model string) (int, http.Header, string) {
	t.Helper()
	body := `{"model":"` + model + `","messages":[{"role":"user","content":"Hello"}]}`
	res, err := http.Post(url+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// With a backend and no model named, neither engine nor model is needed.
func TestUpWithBackendsOnly(t *testing.T) {
	fake := httptest.NewServer(fakellm.New(fakellm.Defaults()))
	defer fake.Close()
	r, err := up(t, UpOptions{}, func(e *Env) {
		if err := e.Config.AddBackend("near=llamaserver:" + fake.URL); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Model != "near/fake-model" || r.Engine != "" || !strings.Contains(r.Placement, "near (llamaserver at ") {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{"irori/local", "irori/auto", "near/fake-model"} {
		status, h, text := ask(t, r.URL, name)
		if status != http.StatusOK || h.Get("X-Irori-Backend") != "near" || h.Get("X-Irori-Model") != "fake-model" || h.Get("X-Irori-Route") != "local" {
			t.Errorf("%s: %d %v %s", name, status, h, text)
		}
	}
	status, _, text := ask(t, r.URL, "irori/cloud")
	if status != http.StatusNotFound || !strings.Contains(text, "no cloud backend") {
		t.Errorf("%d %s", status, text)
	}
	res, err := http.Get(r.URL + "/v1/models")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var list struct{ Data []struct{ ID, State string } }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, m := range list.Data {
		names[m.ID] = m.State
	}
	if names["irori/local"] != "ready" || names["near/fake-model"] != "ready" {
		t.Errorf("%v", names)
	}
}

// A model that is named needs the engine, whatever backends there are.
func TestUpWithAModelNeedsTheEngine(t *testing.T) {
	_, err := up(t, UpOptions{Model: "smollm2-135m-instruct"}, func(e *Env) {
		if err := e.Config.AddBackend("near=llamaserver:http://127.0.0.1:9"); err != nil {
			t.Fatal(err)
		}
	})
	if llm.CodeOf(err) != llm.CodeUnavailable || !strings.Contains(err.Error(), "libraries were not found") {
		t.Error(err)
	}
}

// A server that is not there yet stops nothing, and says so.
func TestUpBeforeItsBackend(t *testing.T) {
	r, err := up(t, UpOptions{}, func(e *Env) {
		if err := e.Config.AddBackend("near=llamaserver:http://127.0.0.1:9"); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil || r.Model != "" {
		t.Fatalf("%+v %v", r, err)
	}
	if status, _, text := ask(t, r.URL, "irori/local"); status != http.StatusServiceUnavailable || !strings.Contains(text, "no local backend has one now") {
		t.Errorf("%d %s", status, text)
	}
}

// What another program on this machine computes has a share of what was
// measured meanwhile, here played from a file, and the price of electricity.
func TestEnergyOfABackendHere(t *testing.T) {
	knobs := fakellm.Defaults()
	fake := httptest.NewServer(fakellm.New(knobs))
	defer fake.Close()
	trace := filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(trace, []byte("t_s,watts\n0,50\n600,50\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := up(t, UpOptions{}, func(e *Env) {
		e.Config.Energy.Replay = trace
		if err := e.Config.AddBackend("near=llamaserver:" + fake.URL); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/v1/chat/completions",
		strings.NewReader(`{"model":"near/fake-model","messages":[{"role":"user","content":"Hello"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Irori-Usage", "1")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Usage struct{ Irori llm.Spent }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	s := answer.Usage.Irori
	if s.EnergyMethod != "measured" || s.EnergyJ == nil || *s.EnergyJ <= 0 || s.PowerW == nil || *s.PowerW < 49 || *s.PowerW > 51 || s.Cost == nil || s.Currency != "JPY" {
		t.Errorf("%+v", s)
	}
}
