package ollama

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"irori/internal/backend"
	"irori/internal/fakellm"
	"irori/internal/llm"
)

func TestAnswers(t *testing.T) {
	k := fakellm.Defaults()
	f := fakellm.New(k)
	s := httptest.NewServer(f)
	defer s.Close()
	up := backend.New(backend.Options{Name: "oll", URL: s.URL, Sleep: func(context.Context, time.Duration) error { return nil }})
	defer up.Close()
	b := New(up)
	ask := func(req *llm.Request) (text, calls, id string, usage *llm.Usage, err error) {
		for e, err := range b.Generate(t.Context(), req) {
			if err != nil {
				return text, calls, id, usage, err
			}
			text += e.Text
			calls += e.ToolCall.Name + e.ToolCall.Arguments
			id += e.ToolCall.ID
			if e.Usage != nil {
				usage = e.Usage
			}
		}
		return text, calls, id, usage, nil
	}
	set := func(name, value string) {
		if err := f.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	req := &llm.Request{Model: "m", Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hello")}}
	if text, _, _, u, err := ask(req); err != nil || text != k.Text || u == nil || *u.OutputTokens < 5 || *u.PromptTokens == 0 {
		t.Errorf("%q %v %v", text, u, err)
	}
	if r := f.Requests(); !strings.Contains(string(r[0].Body), `"stream":true`) {
		t.Errorf("%s", r[0].Body)
	}
	names, err := b.Models(t.Context())
	if err != nil || len(names) != 1 || names[0] != "fake-model" {
		t.Errorf("%v %v", names, err)
	}
	set("cut", "2")
	if _, _, _, _, err := ask(req); llm.CodeOf(err) != llm.CodeBadAnswer || !strings.HasPrefix(err.Error(), "backend oll: its answer breaks off") {
		t.Error(err)
	}
	set("cut", "-1")
	set("tool", "f")
	set("arguments", `{"a":1}`)
	req.Tools = []llm.Tool{{Name: "f"}}
	if _, calls, id, _, err := ask(req); err != nil || calls != `f{"a":1}` || id == "" {
		t.Errorf("%q %q %v", calls, id, err)
	}
}

// What a model can is what the server says of it.
func TestLearn(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"capabilities":["completion","tools"],"model_info":{"general.architecture":"qwen3","qwen3.context_length":40960}}`)
	}))
	defer s.Close()
	b := New(backend.New(backend.Options{Name: "oll", URL: s.URL}))
	_, each := b.Learn(t.Context(), []string{"m"})
	if p := each["m"]; p.Context != 40960 || !*p.Tools || *p.Images || *p.Embeds {
		t.Errorf("%+v", p)
	}
	picture := &llm.Request{Model: "m", Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{{Type: llm.PartImage, URL: "data:image/png;base64,AA=="}}}}}
	for _, err := range b.Generate(t.Context(), picture) {
		if llm.CodeOf(err) != llm.CodeUnsupported || !strings.Contains(err.Error(), "takes no images") {
			t.Error(err)
		}
	}
}
