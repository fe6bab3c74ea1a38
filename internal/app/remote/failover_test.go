package remote

import (
	"net/http/httptest"
	"strings"
	"testing"

	"irori/internal/cost"
	"irori/internal/fakellm"
	"irori/internal/store"
)

// second is a backend of another API that stands in.
func second(t *testing.T, kind string) (*fakellm.Server, Spec) {
	t.Helper()
	fake := fakellm.New(fakellm.Defaults())
	s := httptest.NewServer(fake)
	t.Cleanup(s.Close)
	return fake, Spec{Name: "stand", Kind: kind, URL: s.URL, Prices: map[string]cost.Price{"*": {In: 2, Out: 20, Currency: "USD", Version: "v2"}}}
}

// Until the first of its answer is relayed, a backend that fails gives way to
// the one that is named for that, whatever the APIs; the record names who
// answered, at its price, and holds all attempts.
func TestFailover(t *testing.T) {
	for _, path := range []string{"/v1/chat/completions", "/v1/messages"} {
		for _, kind := range []string{"openai", "anthropic", "ollama", "gemini"} {
			for _, stream := range []string{"true", "false"} {
				t.Run(path+" "+kind+" "+stream, func(t *testing.T) {
					t.Parallel()
					failsOver(t, path, kind, stream)
				})
			}
		}
	}
}

func failsOver(t *testing.T, path, kind, stream string) {
	fake, spec := second(t, kind)
	h := newHouse(t, "openai", spec)
	h.set(t, map[string]string{"status": "503", "text": "wrong"})
	if err := fake.Set("text", "right"); err != nil {
		t.Fatal(err)
	}
	status, header, text := h.post(t, path, `{"model":"up/m","stream":`+stream+`,"max_tokens":9,"messages":[{"role":"user","content":"hello"}]}`, 0)
	r := <-h.books.done
	if status != 200 || !strings.Contains(text, "right") || strings.Contains(text, "wrong") {
		t.Fatalf("%d %s", status, text)
	}
	if r.Backend != "stand" || r.Engine != kind || r.Model != "m" || r.ModelRequested != "up/m" || r.PriceVersion != "v2" || r.DecisionReason != "local: failover (backend_unavailable)" || r.Status != store.StatusOK {
		t.Errorf("%+v", r)
	}
	if header.Get("X-Irori-Backend") != "stand" {
		t.Errorf("%v", header)
	}
	if n := len(r.Attempts); n != 4 || r.Attempts[2].Backend != "up" || r.Attempts[2].ErrorCode == "" || r.Attempts[3].Backend != "stand" || r.Attempts[3].ErrorCode != "" {
		t.Errorf("%+v", r.Attempts)
	}
}

// What was relayed is not asked for again, and what was refused is refused.
func TestNoFailover(t *testing.T) {
	fake, spec := second(t, "openai")
	h := newHouse(t, "openai", spec)
	for _, knobs := range []map[string]string{{"cut": "1"}, {"cut": "-1", "status": "400"}} {
		h.set(t, knobs)
		_, _, text := h.post(t, "/v1/messages", `{"model":"up/m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"hello"}]}`, 0)
		if r := <-h.books.done; r.Backend != "up" || r.Status != store.StatusError || !strings.Contains(text, "backend up: ") {
			t.Errorf("%v: %+v %s", knobs, r, text)
		}
	}
	if n := len(fake.Requests()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// Vectors fail over too, and where all fail the last one says why.
func TestFailoverOfVectors(t *testing.T) {
	fake, spec := second(t, "openai")
	h := newHouse(t, "openai", spec)
	h.set(t, map[string]string{"status": "503"})
	status, _, text := h.post(t, "/v1/embeddings", `{"model":"up/m","input":"hello"}`, 0)
	if r := <-h.books.done; status != 200 || r.Backend != "stand" || len(r.Attempts) != 4 {
		t.Errorf("%d %s %+v", status, text, r)
	}
	if err := fake.Set("status", "503"); err != nil {
		t.Fatal(err)
	}
	status, _, text = h.post(t, "/v1/embeddings", `{"model":"up/m","input":"hello"}`, 0)
	if r := <-h.books.done; status != 503 || !strings.Contains(text, "backend stand: ") || r.Backend != "stand" || r.Status != store.StatusError {
		t.Errorf("%d %s %+v", status, text, r)
	}
}
