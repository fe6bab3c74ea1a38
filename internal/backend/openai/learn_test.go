package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"irori/internal/backend"
	"irori/internal/llm"
	"irori/internal/wire/openai/ask"
)

// spoken are endpoints that answer with a text, by method and path.
func spoken(t *testing.T, answers map[string]string) (*Backend, *[]string) {
	t.Helper()
	var bodies []string
	mux := http.NewServeMux()
	for pattern, text := range answers {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			var v any
			if json.NewDecoder(r.Body).Decode(&v) == nil {
				b, err := json.Marshal(v)
				if err != nil {
					t.Error(err)
				}
				bodies = append(bodies, r.URL.Path+" "+string(b))
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, text)
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	up := backend.New(backend.Options{Name: "x", URL: s.URL + "/v1", Root: s.URL, Sleep: func(context.Context, time.Duration) error { return nil }})
	t.Cleanup(up.Close)
	return New(Options{Upstream: up}), &bodies
}

var picture = &llm.Request{Model: "m", Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{{Type: llm.PartImage, URL: "data:image/png;base64,AA=="}}}}}

func fault(t *testing.T, b *Backend, r *llm.Request) string {
	t.Helper()
	for _, err := range b.Generate(t.Context(), r) {
		if err != nil {
			return err.Error()
		}
	}
	return ""
}

// What a server is follows from what it answers, not from its name.
func TestLearnLlamaServer(t *testing.T) {
	b, bodies := spoken(t, map[string]string{
		"GET /props":           `{"default_generation_settings":{"n_ctx":2048},"modalities":{"vision":false,"audio":false},"chat_template_caps":{"supports_tools":true}}`,
		"POST /apply-template": `{"prompt":"[user]hi"}`,
		"POST /tokenize":       `{"tokens":[1,2,3]}`,
	})
	if every, _ := b.Learn(t.Context(), []string{"m"}); every.Context != 2048 || *every.Images || !*every.Tools {
		t.Errorf("%+v", every)
	}
	if d := b.dialect.Load(); !d.Grammar || !d.Template || d.Repetition {
		t.Errorf("%+v", d)
	}
	tokens, err := b.Tokenize(t.Context(), &llm.TokenizeRequest{Model: "m", Chat: &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hi")}}})
	if err != nil || len(tokens.IDs) != 3 || tokens.MaxContext != 2048 {
		t.Errorf("%+v %v", tokens, err)
	}
	if got := strings.Join(*bodies, "\n"); got != `/apply-template {"messages":[{"content":"hi","role":"user"}]}`+"\n"+`/tokenize {"add_special":true,"content":"[user]hi","parse_special":true}` {
		t.Error(got)
	}
	if text := fault(t, b, picture); text != "model m of backend x takes no images" {
		t.Error(text)
	}
}

func TestLearnVLLM(t *testing.T) {
	b, bodies := spoken(t, map[string]string{"POST /tokenize": `{"count":2,"max_model_len":4096,"tokens":[5,6],"token_strs":["a","b"]}`})
	b.Learn(t.Context(), []string{"m"})
	if d := b.dialect.Load(); d.Grammar || !d.Template || !d.Repetition {
		t.Errorf("%+v", d)
	}
	tokens, err := b.Tokenize(t.Context(), &llm.TokenizeRequest{Model: "m", Text: "ab", WithPieces: true})
	if err != nil || len(tokens.IDs) != 2 || tokens.MaxContext != 4096 || tokens.Pieces[1] != "b" {
		t.Errorf("%+v %v", tokens, err)
	}
	if got := (*bodies)[1]; got != `/tokenize {"add_special_tokens":false,"model":"m","prompt":"ab","return_token_strs":true}` {
		t.Error(got)
	}
}

func TestLearnLMStudio(t *testing.T) {
	b, _ := spoken(t, map[string]string{"GET /api/v0/models": `{"data":[{"id":"m","type":"llm","max_context_length":8192,"loaded_context_length":4096,"capabilities":["tool_use"]},{"id":"e","type":"embeddings","max_context_length":512}]}`})
	_, each := b.Learn(t.Context(), []string{"m"})
	if m, e := each["m"], each["e"]; m.Context != 4096 || *m.Images || !*m.Tools || *m.Embeds || e.Context != 512 || !*e.Embeds || e.Tools != nil {
		t.Errorf("%+v", each)
	}
	if *b.dialect.Load() != (ask.Dialect{}) {
		t.Error("it is no llama-server")
	}
}

// A type that tells no kinds of input refuses nothing.
func TestLearnOtherType(t *testing.T) {
	b, _ := spoken(t, map[string]string{"GET /api/v0/models": `{"data":[{"id":"m","type":"model","object":"model","max_context_length":8192}]}`})
	_, each := b.Learn(t.Context(), []string{"m"})
	if m := each["m"]; m.Images != nil || m.Embeds != nil || m.Tools != nil || m.Context != 8192 {
		t.Errorf("%+v", m)
	}
	if text := fault(t, b, picture); strings.Contains(text, "takes no images") {
		t.Error(text)
	}
}

// Who says nothing is asked as before, and is no token counter.
func TestLearnNothing(t *testing.T) {
	b, _ := spoken(t, map[string]string{"GET /props": `{"error":"not here"}`, "POST /tokenize": `[]`})
	b.Learn(t.Context(), []string{"m"})
	if *b.dialect.Load() != (ask.Dialect{}) {
		t.Errorf("%+v", b.dialect.Load())
	}
	if _, err := b.Tokenize(t.Context(), &llm.TokenizeRequest{Model: "m", Text: "ab"}); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
	if text := fault(t, b, picture); strings.Contains(text, "takes no images") {
		t.Error(text)
	}
}
