package gemini

import (
	"context"
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
	f := fakellm.New(fakellm.Defaults())
	s := httptest.NewServer(f)
	defer s.Close()
	up := backend.New(backend.Options{
		Name: "gem", URL: s.URL + "/v1beta", Header: http.Header{"X-Goog-Api-Key": {"key"}}, Sleep: func(context.Context, time.Duration) error { return nil },
	})
	defer up.Close()
	b := New(up)
	ask := func(r *llm.Request, knobs ...string) (text, calls string, usage *llm.Usage, tries int, err error) {
		for i := 0; i < len(knobs); i += 2 {
			if err := f.Set(knobs[i], knobs[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		for e, err := range b.Generate(t.Context(), r) {
			if err != nil {
				return text, calls, usage, tries, err
			}
			text += e.Text
			calls += e.ToolCall.ID + " " + e.ToolCall.Name + e.ToolCall.Arguments
			if e.Usage != nil {
				usage = e.Usage
			}
			if e.Type == llm.EventAttempt {
				tries++
			}
		}
		return text, calls, usage, tries, nil
	}
	r := &llm.Request{Model: "m", Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hello")}}
	want := fakellm.Defaults().Text
	if text, _, usage, _, err := ask(r); err != nil || text != want || usage == nil || *usage.OutputTokens < 5 || *usage.PromptTokens == 0 {
		t.Errorf("%q %+v %v", text, usage, err)
	}
	if text, _, _, tries, err := ask(r, "status", "503", "times", "1"); err != nil || text != want || tries != 2 {
		t.Errorf("%q %d %v", text, tries, err)
	}
	if _, _, _, _, err := ask(r, "status", "0", "times", "0", "cut", "2"); llm.CodeOf(err) != llm.CodeBadAnswer || !strings.Contains(err.Error(), "backend gem: its answer breaks off") {
		t.Error(err)
	}
	r.Tools = []llm.Tool{{Name: "f"}}
	if _, calls, _, _, err := ask(r, "cut", "-1", "tool", "f", "arguments", `{"a":1}`); err != nil || !strings.Contains(calls, `call_1 f{"a":1}`) {
		t.Errorf("%q %v", calls, err)
	}
	for _, q := range f.Requests() {
		if q.Path != "/v1beta/models/m:streamGenerateContent" || q.Header.Get("X-Goog-Api-Key") != "key" {
			t.Errorf("%+v", q)
		}
	}
	if list, err := b.Models(t.Context()); err != nil || len(list) != 1 || list[0].ID != "fake-model" || list[0].Context == 0 {
		t.Errorf("%+v %v", list, err)
	}
}
