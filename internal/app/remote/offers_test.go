package remote

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"irori/internal/cost"
)

// lister is a server with a list of models; none is a server that has no list.
func lister(t *testing.T, models ...string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case models == nil || r.URL.Path != "/v1/models" && r.URL.Path != "/api/tags":
			http.NotFound(w, r)
		case r.URL.Path == "/api/tags":
			_, _ = w.Write([]byte(`{"models":[{"name":"` + strings.Join(models, `"},{"name":"`) + `"}]}`))
		default:
			_, _ = w.Write([]byte(`{"object":"list","data":[{"id":"` + strings.Join(models, `"},{"id":"`) + `"}]}`))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestOffers checks which models are not a server's, by what it lists, by what
// the owner says, and by what its kind takes besides.
func TestOffers(t *testing.T) {
	one, two := lister(t, "qwen3-4b", "gemma3"), lister(t, "llama3:latest", "other")
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := New([]Spec{
		{Name: "up", Kind: "openai", URL: one, Prices: map[string]cost.Price{"house": {}, "*": {}}},
		{Name: "far", Kind: "openai", URL: lister(t, "gpt-5-2025-08-07", "qwen/qwen3"), Cloud: true},
		{Name: "ol", Kind: "ollama", URL: two},
		{Name: "ll", Kind: "llamaserver", URL: lister(t, "model.gguf")},
		{Name: "lm", Kind: "lmstudio", URL: lister(t, "qwen/qwen3-4b")},
		{Name: "ir", Kind: "openai", URL: lister(t, "irori/auto", "pip:qwen==1.2")},
		{Name: "none", Kind: "openai", URL: lister(t)},
		{Name: "gone", Kind: "openai", URL: gone.URL},
		{Name: "p1", Pool: "pool", Kind: "openai", URL: one},
		{Name: "p2", Pool: "pool", Kind: "openai", URL: two},
		{Name: "q1", Pool: "half", Kind: "openai", URL: one},
		{Name: "q2", Pool: "half", Kind: "openai", URL: gone.URL},
	}, Queue{})
	defer s.Close(0)
	want := map[string]Offer{
		"up/qwen3-4b": {}, "up/house": {}, "up/qwen3-4": {Missing: true, Nearest: "qwen3-4b"}, "up/nosuch": {Missing: true}, "up/qwen3-4b-latest": {Missing: true},
		"far/gpt-5": {}, "far/gpt-5-latest": {}, "far/qwen/qwen3:nitro": {}, "far/gpt-6": {Missing: true}, "far/qwen/qwen4": {Missing: true, Nearest: "qwen/qwen3"},
		"ol/llama3": {}, "ol/Llama3:latest": {}, "ol/llama3:8b": {Missing: true}, "ll/anything": {Doubt: "ll serves more than it lists"},
		"lm/qwen3-4b": {}, "lm/qwen3": {Missing: true},
		"ir/irori/cloud": {}, "ir/pip:qwen": {}, "ir/irori/other": {Missing: true}, "up/irori/cloud": {Missing: true},
		"none/m": {Doubt: "none could not be asked"}, "gone/m": {Doubt: "gone could not be asked"},
		"pool/other": {}, "pool/gemma3": {}, "pool/nosuch": {Missing: true}, "half/gemma3": {}, "half/other": {Doubt: "q2 could not be asked"},
	}
	names := []string{"irori/local", "here"}
	for name := range want {
		names = append(names, name)
	}
	got := s.Offers(context.Background(), names)
	for name, w := range want {
		g, ok := got[name]
		if !ok || g.Missing != w.Missing || g.Doubt != w.Doubt || w.Nearest != "" && g.Nearest != w.Nearest || g.Missing != (len(g.Has) > 0) {
			t.Errorf("%s: %+v, want %+v", name, g, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d of %d", len(got), len(want))
	}
}
