package learnt

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

// TestEmbed checks that questions get their own vectors, in batches, that a model
// learns from them, and that what a server does not say fails.
func TestEmbed(t *testing.T) {
	asked, broken := 0, false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Model string
			Input []string
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.URL.Path != "/v1/embeddings" || r.Header.Get("Authorization") != "Bearer t" {
			t.Error(err, r.URL.Path, r.Header)
		}
		asked++
		fmt.Fprint(w, `{"model":"full-name","data":[`)
		for i := range q.Input {
			if broken && i == 0 {
				continue
			}
			if i > 0 && !(broken && i == 1) {
				fmt.Fprint(w, ",")
			}
			fmt.Fprintf(w, `{"index":%d,"embedding":[%d,1]}`, i, len(q.Input[i])%2)
		}
		fmt.Fprint(w, `]}`)
	}))
	defer s.Close()
	var records []outcome.Record
	for i := range 210 {
		v, one := float64(i%2), 1.0
		text := fmt.Sprintf("%04d", i)
		if i%2 == 1 {
			text += "x"
		}
		records = append(records, outcome.Record{Question: text, Weak: &v, Strong: &one})
	}
	examples := predict.Examples(records)
	by, err := Embed(t.Context(), s.URL, "t", "short", examples)
	if err != nil || by != "full-name" || asked != 7 {
		t.Fatal(by, err, asked)
	}
	for i, e := range examples {
		if len(e.Embedding) != 2 || e.Embedding[0] != float32(i%2) || e.EmbeddedBy != "full-name" {
			t.Fatalf("%d: %v by %s", i, e.Embedding, e.EmbeddedBy)
		}
	}
	m, err := predict.Fit(examples, predict.Options{Seed: 1})
	if err != nil || m.Summary().Embedder != "full-name" {
		t.Fatal(m.Summary(), err)
	}
	even := m.Of(predict.Question{Text: "new", Embedding: []float32{0, 1}, EmbeddedBy: "full-name"})
	odd := m.Of(predict.Question{Text: "new", Embedding: []float32{1, 1}, EmbeddedBy: "full-name"})
	if even.Weak >= odd.Weak {
		t.Errorf("the vector says nothing: %v, %v", even, odd)
	}
	broken = true
	if _, err := Embed(t.Context(), s.URL, "t", "short", predict.Examples(records)); llm.CodeOf(err) != llm.CodeBadAnswer {
		t.Error(err)
	}
}
