package remote

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"irori/internal/cost"
	"irori/internal/fakellm"
	"irori/internal/llm"
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
