package remote

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"irori/internal/cost"
	"irori/internal/fakellm"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/route/shield"
)

func TestNearby(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, "192.168.1.5": true, "10.0.0.1": true, "8.8.8.8": false, "api.openai.com": false, "localhost.example.com": false,
	} {
		if Nearby(host) != want {
			t.Errorf("%s is nearby: %v", host, !want)
		}
	}
}

func TestLease(t *testing.T) {
	set := New([]Spec{
		{Name: "far", Kind: "openai", URL: "https://api.example.com", Prices: map[string]cost.Price{"m": {In: 1, Out: 2, Currency: "USD", Version: "v"}}},
		{Name: "near", Kind: "llamaserver", URL: "http://127.0.0.1:9"},
	}, Queue{})
	if l, err := set.Lease(t.Context(), "other/m"); l != nil || err != nil {
		t.Error(l, err)
	}
	if _, err := set.Lease(t.Context(), "near/"); llm.CodeOf(err) != llm.CodeModelNotFound {
		t.Error(err)
	}
	u := &llm.Usage{PromptTokens: llm.IntPtr(1e6), OutputTokens: llm.IntPtr(1e6), Source: llm.UsageBackend}
	for name, want := range map[string]struct {
		local bool
		cost  float64
	}{"far/m": {false, 3}, "far/a/b": {false, -1}, "near/m": {true, -1}} {
		l, err := set.Lease(t.Context(), name)
		if err != nil || l.Local != want.local {
			t.Fatalf("%s: %+v %v", name, l, err)
		}
		a := l.Account(u)
		if got := a.Cost; want.cost < 0 && (got != nil || a.Currency != "") || want.cost >= 0 && (got == nil || *got != want.cost || a.PriceVersion != "v") {
			t.Errorf("%s costs %+v", name, a)
		}
		if a.EnergyJ != nil || a.Method != "" {
			t.Errorf("%s: energy that nobody measured", name)
		}
	}
}

func TestModels(t *testing.T) {
	s := httptest.NewServer(fakellm.New(fakellm.Defaults()))
	defer s.Close()
	set := New([]Spec{{Name: "up", Kind: "openai", URL: s.URL}, {Name: "down", Kind: "vllm", URL: "http://127.0.0.1:1"}}, Queue{})
	list := set.Models(t.Context())
	if len(list) != 1 || list[0].ID != "up/fake-model" || !list[0].Loaded || list[0].State != "ready" {
		t.Errorf("%+v", list)
	}
	st := set.Status(t.Context())
	if len(st) != 2 || st[0].Name != "down" || st[0].State != "unreachable" || st[0].Fault == "" || st[1].State != "ready" || st[1].Route != "local" {
		t.Errorf("%+v", st)
	}
}

// What a server said that it has and what has a price is listed; a price for
// all lists none.
func TestLists(t *testing.T) {
	s := httptest.NewServer(fakellm.New(fakellm.Defaults()))
	defer s.Close()
	set := New([]Spec{{Name: "up", Kind: "openai", URL: s.URL, Prices: map[string]cost.Price{"priced": {}, "*": {}}}}, Queue{})
	if set.Lists("up", "fake-model") {
		t.Error("listed before the server said so")
	}
	set.Models(t.Context())
	for name, want := range map[string]bool{"fake-model": true, "priced": true, "made-up": false, "*": false} {
		if set.Lists("up", name) != want {
			t.Errorf("%s is listed: %v", name, !want)
		}
	}
	if set.Lists("another", "fake-model") {
		t.Error("no server lists it")
	}
}

// What lies outside of /v1 is found wherever /v1 is.
func TestLearns(t *testing.T) {
	mux := http.NewServeMux()
	answer := func(pattern, text string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, text)
		})
	}
	answer("GET /v1/models", `{"data":[{"id":"m"}]}`)
	answer("GET /props", `{"default_generation_settings":{"n_ctx":77},"modalities":{"vision":true}}`)
	s := httptest.NewServer(mux)
	defer s.Close()
	for _, end := range []string{"", "/", "/v1", "/v1/"} {
		set := New([]Spec{{Name: "x", Kind: "openai", URL: s.URL + end}}, Queue{})
		if st := set.Status(t.Context())[0]; len(st.Details) != 1 || st.Details[0].Context != 77 || st.Details[0].Images == nil || !*st.Details[0].Images {
			t.Errorf("%q: %+v", end, st)
		}
	}
}

// What is private in the name of a model is refused, and no record has it.
func TestPrivateModelNames(t *testing.T) {
	sh, err := shield.Of(privacy.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	set := New([]Spec{{Name: "far", Kind: "openai", URL: "https://api.example.com"}, {Name: "near", Kind: "llamaserver", URL: "http://127.0.0.1:9"}}, Queue{})
	level := privacy.LevelDetect
	set.Terms = func(context.Context, bool) shield.Terms { return shield.Terms{Shield: sh, Level: level} }
	lease := func(name string) *gateway.Lease {
		t.Helper()
		l, err := set.Lease(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Done)
		return l
	}
	const address = "東京都千代田区千代田1-1"
	l := lease("far/" + address)
	if l.Model != shield.Hidden || !l.Hidden {
		t.Errorf("%q is kept", l.Model)
	}
	for _, err := range l.Backend.Generate(t.Context(), &llm.Request{Model: l.Model, Prompt: "hi"}) {
		if llm.CodeOf(err) != llm.CodePrivate {
			t.Error(err)
		}
	}
	if note := l.Note(); note != "private: address" {
		t.Error(note)
	}
	for _, name := range []string{"far/deepseek-ai/DeepSeek-R1-0528", "near/" + address} {
		if l := lease(name); l.Hidden || !strings.HasSuffix(name, "/"+l.Model) {
			t.Errorf("%s: %q", name, l.Model)
		}
	}
	level = privacy.LevelAny
	if l := lease("far/" + address); l.Hidden {
		t.Error("what leaves unread is hidden")
	}
}
