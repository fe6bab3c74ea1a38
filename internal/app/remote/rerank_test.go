package remote

import (
	"strings"
	"testing"

	"irori/internal/store"
)

const rank = `{"model":"up/m","query":"green tea","documents":["a red car","green tea is hot","black tea"],"top_n":2,"return_documents":true}`

// Documents are ranked where a server does that, on the paths of all clients,
// recorded and priced; elsewhere it is refused by name.
func TestRerank(t *testing.T) {
	h := newHouse(t, "llamaserver")
	for _, path := range []string{"/v1/rerank", "/rerank", "/v2/rerank"} {
		status, _, text := h.post(t, path, rank, 0)
		r := h.record()
		if status != 200 || !strings.Contains(text, `"results":[{"index":1,"relevance_score":1,"document":{"text":"green tea is hot"}},{"index":2,`) || strings.Contains(text, "red car") {
			t.Errorf("%s: %d %s", path, status, text)
		}
		if r.API != "rerank" || r.Status != store.StatusOK || r.PromptTokens == nil || *r.OutputTokens != 0 || r.Cost == nil || *r.Cost != float64(*r.PromptTokens)/1e6 {
			t.Errorf("%s: %+v", path, r)
		}
	}
	h.set(t, map[string]string{"status": "501"})
	if status, _, text := h.post(t, "/v1/rerank", rank, 0); status != 400 || !strings.Contains(text, `"message":"backend up: it does not rerank`) || h.record().ErrorCode != "unsupported" {
		t.Errorf("%d %s", status, text)
	}
	if status, _, text := h.post(t, "/v1/rerank", `{"model":"up/m"}`, 0); status != 400 || !strings.Contains(text, `"message":"query is missing"`) {
		t.Errorf("%d %s", status, text)
	}
	h = newHouse(t, "anthropic")
	if status, _, text := h.post(t, "/v1/rerank", rank, 0); status != 400 || !strings.Contains(text, "model m of backend up does not rerank") || h.record().ErrorCode != "unsupported" {
		t.Errorf("%d %s", status, text)
	}
}

// One that fails gives way.
func TestRerankFailsOver(t *testing.T) {
	_, spec := second(t, "vllm")
	h := newHouse(t, "openai", spec)
	h.set(t, map[string]string{"status": "503"})
	status, _, text := h.post(t, "/v1/rerank", rank, 0)
	if r := h.record(); status != 200 || r.Backend != "stand" || r.PriceVersion != "v2" || len(r.Attempts) != 4 {
		t.Errorf("%d %s %+v", status, text, r)
	}
}
