package anthropic

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

func ask(t *testing.T, k fakellm.Knobs, req *llm.Request) (text, calls string, usage *llm.Usage, attempts int, err error) {
	t.Helper()
	f := fakellm.New(k)
	s := httptest.NewServer(f)
	defer s.Close()
	up := backend.New(backend.Options{
		Name: "ant", URL: s.URL + "/v1", Header: http.Header{"X-Api-Key": {"key"}, "Anthropic-Version": {Version}},
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	defer up.Close()
	for e, err := range New(up).Generate(t.Context(), req) {
		if err != nil {
			return text, calls, usage, attempts, err
		}
		text += e.Text
		calls += e.ToolCall.Name + e.ToolCall.Arguments
		if e.Usage != nil {
			usage = e.Usage
		}
		if e.Type == llm.EventAttempt {
			attempts++
		}
	}
	for _, r := range f.Requests() {
		if !strings.Contains(string(r.Body), `"stream":true`) || r.Header.Get("X-Api-Key") != "key" {
			t.Errorf("%s %v", r.Body, r.Header)
		}
	}
	return text, calls, usage, attempts, nil
}

func TestAnswers(t *testing.T) {
	req := &llm.Request{Model: "m", Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hello")}}
	k := fakellm.Defaults()
	text, _, usage, tries, err := ask(t, k, req)
	if err != nil || text != k.Text || tries != 0 || usage == nil || *usage.OutputTokens < 5 || *usage.PromptTokens == 0 {
		t.Errorf("%q %v %d %v", text, usage, tries, err)
	}
	k.Status, k.Times = 529, 1
	if text, _, _, tries, err = ask(t, k, req); err != nil || text != k.Text || tries != 2 {
		t.Errorf("%q %d %v", text, tries, err)
	}
	k = fakellm.Defaults()
	k.Cut = 3
	if _, _, usage, _, err = ask(t, k, req); llm.CodeOf(err) != llm.CodeBadAnswer || !strings.HasPrefix(err.Error(), "backend ant: its answer breaks off") || *usage.PromptTokens == 0 {
		t.Errorf("%v %v", usage, err)
	}
	k.Cut, k.Tool, k.Arguments = -1, "f", `{"a":1}`
	req.Tools = []llm.Tool{{Name: "f"}}
	if _, calls, _, _, err := ask(t, k, req); err != nil || calls != `f{"a":1}` {
		t.Errorf("%q %v", calls, err)
	}
}
