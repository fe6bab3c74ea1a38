package anthropic

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"irori/internal/backend"
	"irori/internal/fakellm"
	"irori/internal/llm"
)

func generate(t *testing.T, k fakellm.Knobs, req *llm.Request) (text, calls string, usage *llm.Usage, attempts int, err error) {
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
	text, _, usage, tries, err := generate(t, k, req)
	if err != nil || text != k.Text || tries != 0 || usage == nil || *usage.OutputTokens < 5 || *usage.PromptTokens == 0 {
		t.Errorf("%q %v %d %v", text, usage, tries, err)
	}
	k.Status, k.Times = 529, 1
	if text, _, _, tries, err = generate(t, k, req); err != nil || text != k.Text || tries != 2 {
		t.Errorf("%q %d %v", text, tries, err)
	}
	k = fakellm.Defaults()
	k.Cut = 3
	if _, _, usage, _, err = generate(t, k, req); llm.CodeOf(err) != llm.CodeBadAnswer || !strings.HasPrefix(err.Error(), "backend ant: its answer breaks off") || *usage.PromptTokens == 0 {
		t.Errorf("%v %v", usage, err)
	}
	k.Cut, k.Tool, k.Arguments = -1, "f", `{"a":1}`
	req.Tools = []llm.Tool{{Name: "f"}}
	if _, calls, _, _, err := generate(t, k, req); err != nil || calls != `f{"a":1}` {
		t.Errorf("%q %v", calls, err)
	}
}

// A request of the server's own dialect passes as it is written, with its
// headers, and so do the answer and the words of an error.
func TestPasses(t *testing.T) {
	f := fakellm.New(fakellm.Defaults())
	s := httptest.NewServer(f)
	defer s.Close()
	up := backend.New(backend.Options{
		Name: "ant", URL: s.URL + "/v1", Secret: "sk-secret-key", Header: http.Header{"X-Api-Key": {"sk-secret-key"}, "Anthropic-Version": {Version}},
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	defer up.Close()
	const body = `{"model":"ant/m","max_tokens":9,"stream":STREAM,"context_management":{"edits":[]},"messages":[{"role":"user","content":"hello"}]}`
	pass := func(stream bool) (raw string, last llm.Event, err error) {
		b := strings.Replace(body, "STREAM", map[bool]string{true: "true", false: "false"}[stream], 1)
		r := &llm.Request{Model: "m", Stream: stream, Relay: &llm.Relay{
			Dialect: llm.DialectAnthropic, Body: []byte(b), Header: map[string][]string{"Anthropic-Beta": {"some-2026-01-01"}, "Anthropic-Version": {"2026-01-01"}},
			Query: "beta=true",
		}}
		for e, err := range New(up).Generate(t.Context(), r) {
			if err != nil {
				return raw, last, err
			}
			raw += string(e.Raw)
			if e.Usage != nil {
				last = e
			}
		}
		return raw, last, nil
	}
	raw, last, err := pass(true)
	if err != nil || !strings.HasPrefix(raw, "event: message_start\ndata: {") || !strings.Contains(raw, "event: message_stop\n") || *last.Usage.OutputTokens != 9 {
		t.Errorf("%v %q %+v", err, raw, last)
	}
	raw, last, err = pass(false)
	if err != nil || !strings.Contains(raw, `"type":"message"`) || *last.Usage.OutputTokens != 9 || last.Finish != llm.FinishLength {
		t.Errorf("plain: %v %q %+v", err, raw, last)
	}
	for _, r := range f.Requests() {
		if r.Query != "beta=true" || !strings.Contains(string(r.Body), `"context_management":{"edits":[]}`) || !strings.Contains(string(r.Body), `"model":"m"`) ||
			r.Header.Get("Anthropic-Beta") != "some-2026-01-01" || r.Header.Get("Anthropic-Version") != "2026-01-01" || r.Header.Get("X-Api-Key") != "sk-secret-key" {
			t.Errorf("it was asked %s %v", r.Body, r.Header)
		}
	}
	if err := f.Set("status", "413"); err != nil {
		t.Fatal(err)
	}
	_, _, err = pass(true)
	e, ok := err.(*llm.Error)
	if !ok || e.Said == nil || e.Said.Status != 413 || !strings.Contains(string(e.Said.Body), `"request_too_large"`) {
		t.Errorf("%v %+v", err, e)
	}
}

// What stands before an answer that passes is no answer: a stream that breaks
// off behind it is asked for again, and one that breaks off later is not.
func TestPassesFromTheFirstPiece(t *testing.T) {
	for cut, want := range map[int]int{0: 3, 1: 1} {
		k := fakellm.Defaults()
		k.Cut = cut
		f := fakellm.New(k)
		s := httptest.NewServer(f)
		up := backend.New(backend.Options{Name: "ant", URL: s.URL + "/v1", Sleep: func(context.Context, time.Duration) error { return nil }})
		const body = `{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hello"}]}`
		raw, tried, failed := "", 0, error(nil)
		for e, err := range New(up).Generate(t.Context(), &llm.Request{Model: "m", Stream: true, Relay: &llm.Relay{Dialect: llm.DialectAnthropic, Body: []byte(body)}}) {
			raw += string(e.Raw)
			failed = err
			if e.Attempt != nil && e.Attempt.Usage != nil && *e.Attempt.Usage.PromptTokens > 0 {
				tried++
			}
		}
		if llm.CodeOf(failed) != llm.CodeBadAnswer || len(f.Requests()) != want || tried != want ||
			strings.Contains(raw, "message_start") != (cut > 0) || strings.Count(raw, "content_block_delta\n") != cut {
			t.Errorf("cut at %d: %d tries, %d told, %v, %q", cut, len(f.Requests()), tried, failed, raw)
		}
		up.Close()
		s.Close()
	}
}

// Prompts are counted by the server, in the words and with the headers of who
// asks; only a server without the endpoint cannot.
func TestCountsPrompts(t *testing.T) {
	var seen []string
	status, answer := 200, `{"input_tokens":42}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		seen = append(seen, r.URL.String()+" "+r.Header.Get("Anthropic-Beta")+" "+string(body))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer s.Close()
	up := backend.New(backend.Options{Name: "a", URL: s.URL + "/v1", Sleep: func(context.Context, time.Duration) error { return nil }})
	defer up.Close()
	r := &llm.Request{Model: "m", Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hello")}}
	n, err := New(up).CountPrompt(t.Context(), r)
	if want := `/v1/messages/count_tokens  {"messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}],"model":"m"}`; err != nil || n != 42 || seen[0] != want {
		t.Errorf("%d %v %q", n, err, seen)
	}
	r.Relay = &llm.Relay{
		Dialect: llm.DialectAnthropic, Body: []byte(`{"model":"a/m","own":1,"messages":[]}`), Query: "beta=true",
		Header: map[string][]string{"Anthropic-Beta": {"some-2026-01-01"}},
	}
	n, err = New(up).CountPrompt(t.Context(), r)
	if want := `/v1/messages/count_tokens?beta=true some-2026-01-01 {"model":"m","own":1,"messages":[]}`; err != nil || n != 42 || seen[1] != want {
		t.Errorf("%d %v %q", n, err, seen)
	}
	for _, c := range []struct {
		status int
		answer string
		code   llm.Code
		text   string
	}{
		{404, `{"type":"error","error":{"type":"not_found_error","message":"what"}}`, llm.CodeNotFound, "backend a cannot count tokens"},
		{405, `no`, llm.CodeNotFound, "backend a cannot count tokens"},
		{400, `{"type":"error","error":{"type":"invalid_request_error","message":"messages: wrong"}}`, llm.CodeInvalidRequest, "backend a: messages: wrong"},
		{200, `{}`, llm.CodeBadAnswer, "backend a: its count of tokens cannot be read"},
	} {
		status, answer = c.status, c.answer
		if _, err := New(up).CountPrompt(t.Context(), r); llm.CodeOf(err) != c.code || err.Error() != c.text {
			t.Errorf("%d: %v", c.status, err)
		}
	}
}
