package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/backend"
	"irori/internal/fakellm"
	"irori/internal/llm"
)

const secret = "sk-very-secret"

// rig is a backend at a server, with a clock that only sleeps move.
type rig struct {
	*Backend
	up     *backend.Upstream
	now    time.Time
	sleeps []time.Duration
}

func newRig(t *testing.T, h http.Handler, change func(*backend.Options)) *rig {
	t.Helper()
	s := httptest.NewServer(h)
	r := &rig{now: time.Unix(1000, 0)}
	o := backend.Options{
		Name: "up", URL: s.URL + "/v1", Secret: secret, KeyHint: "set IRORI_BACKEND_UP_KEY", Header: http.Header{"Authorization": {"Bearer " + secret}},
		Now: func() time.Time { return r.now },
		Sleep: func(_ context.Context, d time.Duration) error {
			r.sleeps = append(r.sleeps, d)
			r.now = r.now.Add(d)
			return nil
		},
	}
	if change != nil {
		change(&o)
	}
	r.up = backend.New(o)
	r.Backend = New(Options{Upstream: r.up})
	t.Cleanup(func() {
		r.up.Close()
		s.Close()
	})
	return r
}

// result is what one request brought.
type result struct {
	text     string
	calls    string
	finish   llm.FinishReason
	usage    *llm.Usage
	attempts []llm.Code
	pieces   int
	err      error
}

// ask sends a request; a positive leave gives up after so many pieces.
func (r *rig) ask(ctx context.Context, req *llm.Request, leave int) (out result) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for e, err := range r.Generate(ctx, req) {
		if err != nil {
			out.err = err
			break
		}
		switch e.Type {
		case llm.EventText, llm.EventToolCall:
			out.text += e.Text
			out.calls += e.ToolCall.Name + e.ToolCall.Arguments
			if out.pieces++; out.pieces == leave {
				cancel()
			}
		case llm.EventFinish:
			out.finish = e.Finish
		case llm.EventUsage:
			out.usage = e.Usage
		case llm.EventAttempt:
			out.attempts = append(out.attempts, e.Attempt.Code)
		}
	}
	return out
}

func hello() *llm.Request {
	return &llm.Request{Model: "fake-model", Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hello there")}}
}

func TestAnswers(t *testing.T) {
	k := fakellm.Defaults()
	for name, set := range map[string]map[string]string{
		"plainly": {}, "usage on the last chunk": {"usage": "final"}, "split in events": {"split": "event"}, "split in writes": {"split": "write"},
	} {
		f := fakellm.New(k)
		for n, v := range set {
			if err := f.Set(n, v); err != nil {
				t.Fatal(err)
			}
		}
		got := newRig(t, f, nil).ask(t.Context(), hello(), 0)
		if got.err != nil || got.text != k.Text || got.finish != llm.FinishStop || got.usage == nil || *got.usage.PromptTokens == 0 || got.attempts != nil {
			t.Errorf("%s: %+v", name, got)
		}
		seen := f.Requests()
		if len(seen) != 1 || seen[0].Header.Get("Authorization") != "Bearer "+secret || !strings.Contains(string(seen[0].Body), `"include_usage":true`) {
			t.Errorf("%s: %v", name, seen)
		}
	}
	k.Tool, k.Arguments = "look", `{"where":"囲炉裏"}`
	req := hello()
	req.Tools = []llm.Tool{{Name: "look"}}
	if got := newRig(t, fakellm.New(k), nil).ask(t.Context(), req, 0); got.err != nil || got.calls != `look{"where":"囲炉裏"}` || got.finish != llm.FinishToolCalls {
		t.Errorf("tools: %+v", got)
	}
	r := newRig(t, fakellm.New(k), nil)
	vectors, err := r.Embed(t.Context(), &llm.EmbedRequest{Model: "m", Inputs: []llm.EmbedInput{{Text: "a"}, {Text: "b"}}})
	if err != nil || len(vectors.Vectors) != 2 || vectors.Usage.PromptTokens == nil {
		t.Errorf("%v %v", vectors, err)
	}
	models, err := r.Models(t.Context())
	if err != nil || len(models) != 1 || models[0].ID != "fake-model" {
		t.Errorf("%v %v", models, err)
	}
}

// says answers with a status, a content type and a body.
func says(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const events = "text/event-stream"

func TestBadServers(t *testing.T) {
	const piece = `data: {"choices":[{"index":0,"delta":{"content":"a"}}]}` + "\n\n"
	for name, c := range map[string]struct {
		h        http.HandlerFunc
		code     llm.Code
		words    string
		attempts int
	}{
		"HTML":             {says(200, "text/html", "<html>hello</html>"), llm.CodeBadAnswer, "text/html", 1},
		"no type":          {says(200, "", "x"), llm.CodeBadAnswer, "no stream", 1},
		"nothing":          {says(200, events, ""), llm.CodeBadAnswer, "empty", 3},
		"cut":              {says(200, events, piece), llm.CodeBadAnswer, "breaks off", 1},
		"cut in an event":  {says(200, events, piece+`data: {"cho`), llm.CodeBadAnswer, "breaks off", 1},
		"no JSON":          {says(200, events, "data: hello\n\n"), llm.CodeBadAnswer, "cannot be read", 3},
		"too long a line":  {says(200, events, "data: "+strings.Repeat("x", 9<<20)), llm.CodeBadAnswer, "too long", 3},
		"too deep":         {says(200, events, "data: "+strings.Repeat("[", 1<<20)+"\n\n"), llm.CodeBadAnswer, "cannot be read", 3},
		"an error's event": {says(200, events, `data: {"error":{"message":"fell over"}}`+"\n\n"), llm.CodeBadAnswer, "fell over", 3},
		"500":              {says(500, "application/json", `{"error":{"message":"oh `+secret+`"}}`), llm.CodeBadAnswer, "oh …", 3},
		"503":              {says(503, "text/plain", ""), llm.CodeUnavailable, "503", 3},
		"504":              {says(504, "text/html", "<h1>late</h1>"), llm.CodeTimeout, "late", 3},
		"400":              {says(400, "application/json", `{"error":{"message":"bad"}}`), llm.CodeInvalidRequest, "bad", 1},
		"404":              {says(404, "application/json", `{"error":{"message":"no such model"}}`), llm.CodeModelNotFound, "no such model", 1},
		"429":              {says(429, "application/json", `{"error":{"message":"slow down"}}`), llm.CodeOverloaded, "slow down", 3},
		"a wrong key":      {says(401, "application/json", `{"error":{"message":"bad key `+secret+`"}}`), llm.CodeBadAnswer, "refuses the key", 1},
		"a redirect":       {says(302, "text/html", ""), llm.CodeBadAnswer, "status 302", 1},
		"a length that lies": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "5000")
			_, _ = io.WriteString(w, `{"choices"`)
		}, llm.CodeBadAnswer, "breaks off", 3},
	} {
		got := newRig(t, c.h, nil).ask(t.Context(), hello(), 0)
		if llm.CodeOf(got.err) != c.code || len(got.attempts) != c.attempts || !strings.Contains(got.err.Error(), c.words) ||
			!strings.HasPrefix(got.err.Error(), "backend up: ") {
			t.Errorf("%s: %s %d tries, %v", name, llm.CodeOf(got.err), len(got.attempts), got.err)
		}
		if e, _ := errors.AsType[*llm.Error](got.err); strings.Contains(fmt.Sprintf("%+v %s", e, e.Hint), secret) {
			t.Errorf("%s: the key is told: %+v", name, e)
		}
	}
	r := newRig(t, says(200, events, ""), func(o *backend.Options) { o.URL = "http://127.0.0.1:1/v1" })
	if got := r.ask(t.Context(), hello(), 0); llm.CodeOf(got.err) != llm.CodeUnreachable || len(got.attempts) != 3 || !strings.Contains(got.err.Error(), "refused") {
		t.Errorf("nobody there: %v", got.err)
	}
}

// A server that only answers plainly is read all the same.
func TestPlainAnswer(t *testing.T) {
	h := says(200, "application/json", `{"choices":[{"index":0,"message":{"content":"hi","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}`)
	got := newRig(t, h, nil).ask(t.Context(), hello(), 0)
	if got.err != nil || got.text != "hi" || got.calls != "f{}" || got.finish != llm.FinishToolCalls || *got.usage.OutputTokens != 2 {
		t.Errorf("%+v", got)
	}
}

// relayed asks as a client of the same dialect does.
func relayed(body string, stream bool) *llm.Request {
	r := hello()
	r.Stream = stream
	r.Relay = &llm.Relay{Dialect: llm.DialectOpenAIChat, Body: []byte(body)}
	return r
}

// raw collects what passes, and the events that did not.
func (r *rig) raw(t *testing.T, req *llm.Request) (raw, text string, last llm.Event, err error) {
	t.Helper()
	for e, err := range r.Generate(t.Context(), req) {
		if err != nil {
			return raw, text, last, err
		}
		raw += string(e.Raw)
		text += e.Text
		if e.Usage != nil {
			last = e
		}
	}
	return raw, text, last, nil
}

// A request of the server's own dialect passes as it is written, and so does
// its answer, but for what the client did not ask for.
func TestPasses(t *testing.T) {
	k := fakellm.Defaults()
	f := fakellm.New(k)
	r := newRig(t, f, nil)
	const body = `{"model":"up/m","stream":true,"unheard_of":[1.50],"messages":[{"role":"user","content":"hello there"}]}`
	raw, text, last, err := r.raw(t, relayed(body, true))
	if err != nil || text != "" || !strings.HasSuffix(raw, "data: [DONE]\n\n") || strings.Contains(raw, `"prompt_tokens":`) || last.Type != llm.EventRaw || last.Usage.OutputTokens == nil {
		t.Errorf("%v %q %q %+v", err, raw, text, last)
	}
	if got := string(f.Requests()[0].Body); got != strings.Replace(body[:len(body)-1], `"up/m"`, `"fake-model"`, 1)+`,"stream_options":{"include_usage":true}}` {
		t.Errorf("it was asked %s", got)
	}
	raw, _, last, err = r.raw(t, relayed(strings.Replace(body, "true", "false", 1), false))
	if err != nil || !strings.HasPrefix(raw, "{") || !strings.Contains(raw, k.Text) || last.Finish != llm.FinishStop || last.Usage.PromptTokens == nil {
		t.Errorf("plain: %v %q %+v", err, raw, last)
	}
	// Where nothing is reported, it is told how long the answer is.
	if err := f.Set("usage", "none"); err != nil {
		t.Fatal(err)
	}
	_, _, last, err = r.raw(t, relayed(strings.Replace(body, "true", "false", 1), false))
	if err != nil || last.Usage.Source != llm.UsageUnknown || last.Usage.Said != len(k.Text) {
		t.Errorf("nothing reported: %v %+v", err, last.Usage)
	}
	if err := f.Set("usage", "asked"); err != nil {
		t.Fatal(err)
	}
	// Of events that split a character only its text changes.
	if err := f.Set("split", "event"); err != nil {
		t.Fatal(err)
	}
	raw, text, _, err = r.raw(t, relayed(body, true))
	if err != nil || text != "" || !utf8.ValidString(raw) || !strings.Contains(raw, `{"content":"囲"}`) || !strings.HasSuffix(raw, "data: [DONE]\n\n") {
		t.Errorf("split: %v %q %q", err, raw, text)
	}
	// What this server takes under another name does not pass.
	req := relayed(body, true)
	low := float32(1.1)
	req.Sampling.RepeatPenalty = &low
	if raw, text, _, err = r.raw(t, req); raw != "" || text == "" || err != nil {
		t.Errorf("%v %q %q", err, raw, text)
	}
}

// What stands before an answer that passes is no answer: a stream that breaks
// off behind it is asked for again, and one that breaks off later is not.
func TestPassesFromTheFirstPiece(t *testing.T) {
	const body = `{"model":"up/m","stream":true,"messages":[{"role":"user","content":"hello there"}]}`
	for cut, want := range map[int]struct{ tries, pieces int }{0: {3, 0}, 1: {1, 1}} {
		k := fakellm.Defaults()
		k.Cut = cut
		f := fakellm.New(k)
		raw, _, _, err := newRig(t, f, nil).raw(t, relayed(body, true))
		if llm.CodeOf(err) != llm.CodeBadAnswer || len(f.Requests()) != want.tries || strings.Count(raw, "data: ") != 2*want.pieces {
			t.Errorf("cut at %d: %d tries, %v, %q", cut, len(f.Requests()), err, raw)
		}
	}
	// Half a character is no piece yet: what is held waits for the rest.
	k := fakellm.Defaults()
	k.Split, k.Text = fakellm.SplitEvent, "火"
	raw, text, _, err := newRig(t, fakellm.New(k), nil).raw(t, relayed(body, true))
	if err != nil || strings.Count(raw, `"role":"assistant"`) != 1 || text != "" || !strings.Contains(raw, `{"content":"火"}`) {
		t.Errorf("split: %v %q %q", err, raw, text)
	}
}

func TestTriesAgain(t *testing.T) {
	k := fakellm.Defaults()
	k.Status, k.Times, k.RetryAfter = 429, 2, "3"
	r := newRig(t, fakellm.New(k), nil)
	got := r.ask(t.Context(), hello(), 0)
	if diff := cmp.Diff([]llm.Code{llm.CodeOverloaded, llm.CodeOverloaded, ""}, got.attempts); diff != "" || got.err != nil || got.text != k.Text {
		t.Errorf("%v %s", got.err, diff)
	}
	if diff := cmp.Diff([]time.Duration{3 * time.Second, 3 * time.Second}, r.sleeps); diff != "" {
		t.Error(diff)
	}
	k.Times, k.RetryAfter = 0, "3600"
	got = newRig(t, fakellm.New(k), nil).ask(t.Context(), hello(), 0)
	if e, ok := errors.AsType[*llm.Error](got.err); !ok || e.RetryAfter != time.Hour || len(got.attempts) != 1 {
		t.Errorf("an hour is waited for: %v %v", got.attempts, got.err)
	}
	// What was relayed is never asked for twice.
	k = fakellm.Defaults()
	k.Cut = 3
	f := fakellm.New(k)
	got = newRig(t, f, nil).ask(t.Context(), hello(), 0)
	if got.pieces != 3 || len(f.Requests()) != 1 || llm.CodeOf(got.err) != llm.CodeBadAnswer {
		t.Errorf("%+v, %d requests", got, len(f.Requests()))
	}
}

// A redirect would take the key, and what is asked, to where nobody said.
func TestKeyStaysHere(t *testing.T) {
	elsewhere := fakellm.New(fakellm.Defaults())
	s := httptest.NewServer(elsewhere)
	defer s.Close()
	r := newRig(t, http.RedirectHandler(s.URL+"/v1/chat/completions", http.StatusTemporaryRedirect), nil)
	if got := r.ask(t.Context(), hello(), 0); llm.CodeOf(got.err) != llm.CodeBadAnswer || len(elsewhere.Requests()) != 0 {
		t.Errorf("%v, %d requests elsewhere", got.err, len(elsewhere.Requests()))
	}
}

func TestSilenceEnds(t *testing.T) {
	k := fakellm.Defaults()
	k.Stall = 2
	got := newRig(t, fakellm.New(k), func(o *backend.Options) { o.IdleTimeout = 20 * time.Millisecond }).ask(t.Context(), hello(), 0)
	if llm.CodeOf(got.err) != llm.CodeTimeout || got.pieces != 2 {
		t.Errorf("%d %v", got.pieces, got.err)
	}
	stuck := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	got = newRig(t, stuck, func(o *backend.Options) { o.HeaderTimeout = 20 * time.Millisecond }).ask(t.Context(), hello(), 0)
	if llm.CodeOf(got.err) != llm.CodeTimeout || len(got.attempts) != 1 {
		t.Errorf("%v %v", got.attempts, got.err)
	}
}

func TestBreaker(t *testing.T) {
	k := fakellm.Defaults()
	k.Status, k.Times = 500, 5
	f := fakellm.New(k)
	r := newRig(t, f, func(o *backend.Options) { o.Tries = 1 })
	for range 5 {
		r.ask(t.Context(), hello(), 0)
	}
	if r.up.State() != backend.StateBroken {
		t.Fatal(r.up.State())
	}
	got := r.ask(t.Context(), hello(), 0)
	if e, ok := errors.AsType[*llm.Error](got.err); !ok || e.Code != llm.CodeUnavailable || e.RetryAfter == 0 || len(f.Requests()) != 5 {
		t.Errorf("%v after %d requests", got.err, len(f.Requests()))
	}
	// One that opens between the tries of a request does not hide what is wrong.
	k.Times = 9
	k.Status = 500
	late := newRig(t, fakellm.New(k), func(o *backend.Options) { o.Tries = 3 })
	late.ask(t.Context(), hello(), 0)
	got = late.ask(t.Context(), hello(), 0)
	if late.up.State() != backend.StateBroken || llm.CodeOf(got.err) == llm.CodeUnavailable || !strings.Contains(got.err.Error(), "500") || len(got.attempts) != 2 {
		t.Errorf("%s: %v after %v", late.up.State(), got.err, got.attempts)
	}

	r.now = r.now.Add(time.Minute)
	if r.up.State() != backend.StateTrying {
		t.Error(r.up.State())
	}
	if got := r.ask(t.Context(), hello(), 0); got.err != nil || r.up.State() != backend.StateReady {
		t.Errorf("%v %s", got.err, r.up.State())
	}
}

// The counts that the server keeps are those that are reported, whatever
// happens on the way; where it could not report, none are.
func TestBooksAgree(t *testing.T) {
	f := fakellm.New(fakellm.Defaults())
	r := newRig(t, f, nil)
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.IntRange(0, 12).Draw(rt, "words")
		max := rapid.IntRange(1, 14).Draw(rt, "max")
		cut := rapid.IntRange(-1, 5).Draw(rt, "cut")
		leave := rapid.IntRange(0, 6).Draw(rt, "leave")
		usage := rapid.SampledFrom([]string{"asked", "own", "final"}).Draw(rt, "usage")
		for k, v := range map[string]string{"text": strings.Repeat("囲", words), "cut": strconv.Itoa(cut), "usage": usage} {
			if err := f.Set(k, v); err != nil {
				rt.Fatal(err)
			}
		}
		req := hello()
		req.MaxTokens = &max
		n := min(words, max)
		r.now = r.now.Add(time.Hour) // the cuts shall not break the circuit
		got := r.ask(t.Context(), req, leave)
		switch {
		case cut >= 0 && cut <= n, leave > 0 && leave <= n:
			if got.err == nil && (leave == 0 || got.pieces < n) {
				rt.Fatalf("a stream that was cut at %d, left at %d, ended well: %+v", cut, leave, got)
			}
		default:
			if got.err != nil || *got.usage.OutputTokens != n || *got.usage.PromptTokens == 0 || got.usage.Source != llm.UsageBackend {
				rt.Fatalf("%d tokens: %+v", n, got)
			}
		}
	})
}
