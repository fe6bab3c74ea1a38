package oai

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"irori/internal/gateway"
	"irori/internal/golden"
	"irori/internal/llm"
	"irori/internal/store"
)

// part stands for all that the gateway needs: a pool of one backend, a ledger,
// a meter and an observer.
type part struct{ events []any }

func (p *part) Lease(_ context.Context, model string) (*gateway.Lease, error) {
	if model == "nope" {
		return nil, llm.Errorf(llm.CodeModelNotFound, "model %q is not here", model).WithParam("model").WithHint("irori list")
	}
	return &gateway.Lease{Backend: p, Name: "embedded", Model: "small", Local: true, Reason: "asked for", Done: func() {}}, nil
}

func (p *part) Models(context.Context) ([]gateway.ModelEntry, error) {
	return []gateway.ModelEntry{
		{ID: "small", Created: 5, OwnedBy: "local", Loaded: true, State: "ready", Context: 8192, Quantization: "Q4_1"},
		{ID: "broken", Created: 6, OwnedBy: "local", Loaded: true, State: "quarantined"},
		{ID: "far", Created: 7, OwnedBy: "local"},
	}, nil
}

func (p *part) Open(*store.Record) error  { return nil }
func (p *part) Close(*store.Record) error { return nil }
func (p *part) Begin(string)              {}
func (p *part) End(string) gateway.Account {
	return gateway.Account{EnergyJ: num(1.5), Method: "modelled"}
}
func (p *part) Admitted(rec *store.Record) {}
func (p *part) Finished(rec *store.Record) {}
func num[T any](v T) *T                    { return &v }

func (p *part) Generate(context.Context, *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		for _, x := range p.events {
			e, _ := x.(llm.Event)
			err, _ := x.(error)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (p *part) Embed(context.Context, *llm.EmbedRequest) (*llm.EmbedResult, error) {
	return &llm.EmbedResult{Vectors: [][]float32{{0.5, -1}}, Usage: llm.Usage{PromptTokens: num(2)}}, nil
}

func (p *part) Tokenize(_ context.Context, r *llm.TokenizeRequest) (*llm.Tokens, error) {
	t := &llm.Tokens{IDs: []int32{7, 8}, MaxContext: 8192}
	if r.WithPieces {
		t.Pieces = []string{"囲", "炉"}
	}
	return t, nil
}

var id = regexp.MustCompile(`[0-9a-f]{32}|"created":\d{9,}`)

// TestGoldenAnswers pins every byte that clients get: fields, nulls, the order
// of events, and what ends a stream.
func TestGoldenAnswers(t *testing.T) {
	text := func(s string, p float64) llm.Event {
		lp := llm.TokenLogprob{Text: s, Bytes: []byte(s), Logprob: p, Top: []llm.TokenLogprob{{Text: "x", Bytes: []byte("x"), Logprob: -3}}}
		return llm.Event{Type: llm.EventText, Text: s, Logprobs: []llm.TokenLogprob{lp}}
	}
	bare := func(s string) llm.Event { return llm.Event{Type: llm.EventText, Text: s} }
	begin := llm.Event{Type: llm.EventStart, Usage: &llm.Usage{PromptTokens: num(3), CachedTokens: num(2)}}
	end := llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}
	usage := llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{PromptTokens: num(3), CachedTokens: num(2), OutputTokens: num(2)}}
	call := llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{ID: "call_1", Name: "f"}}
	args := llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Arguments: `{"a":1}`}}
	called := llm.Event{Type: llm.EventFinish, Finish: llm.FinishToolCalls}
	hello, logged := []any{begin, bare("火"), bare("!"), end, usage}, []any{begin, text("火", -0.5), text("!", -1), end, usage}
	crash := llm.Errorf(llm.CodeCrashed, "the worker died").WithHint("irori doctor")
	first := llm.TokenLogprob{Text: "囲", Bytes: []byte("囲"), First: true}
	echo := []any{begin, bare("囲"), llm.Event{Type: llm.EventText, Logprobs: []llm.TokenLogprob{first}}, text("火", -0.5), end, usage}
	const chat, completion, ask = "POST /v1/chat/completions ", "POST /v1/completions ", `"messages":[{"role":"user","content":"x"}]`
	const stream = `"stream":true,"stream_options":{"include_usage":true},`
	cases := []struct {
		request string
		events  []any
	}{
		{chat + `{` + ask + `}`, hello},
		{chat + `{"logprobs":true,` + ask + `}`, logged},
		{chat + `{` + stream + ask + `}`, hello},
		{chat + `{"stream":true,` + ask + `}`, hello},
		{chat + `{"stream":true,"logprobs":true,` + ask + `}`, logged},
		{chat + `{"tools":[{"type":"function","function":{"name":"f"}}],` + ask + `}`, []any{begin, call, args, called, usage}},
		{chat + `{"tools":[{"type":"function","function":{"name":"f"}}],` + stream + ask + `}`, []any{begin, call, args, called, usage}},
		{chat + `{` + ask + `} `, []any{begin, llm.Event{Type: llm.EventReasoning, Text: "hm"}, bare("4"), end, usage}},
		{chat + `{"n":2,` + ask + `}`, []any{begin, bare("a"), llm.Event{Type: llm.EventText, Text: "b", Choice: 1}, end, llm.Event{Type: llm.EventFinish, Finish: llm.FinishLength, Choice: 1}, usage}},
		{chat + `{` + ask + `}  `, []any{crash}},
		{chat + `{"stream":true,` + ask + `} `, []any{crash}},
		{chat + `{"stream":true,` + ask + `}  `, []any{begin, bare("火"), crash}},
		{chat + `{` + ask + `}   `, []any{begin, errors.New("something else")}},
		{chat + `{"model":"nope",` + ask + `}`, nil},
		{chat + `{"n":1000,` + ask + `}`, nil},
		{chat + `{"suffix`, nil},
		{completion + `{"prompt":"囲"}`, hello},
		{completion + `{"prompt":"囲","echo":true,"logprobs":1}`, echo},
		{completion + `{"prompt":"囲","echo":true,"logprobs":1,` + stream + `"n":1}`, echo},
		{completion + `{"prompt":["a","b"]}`, hello},
		{"POST /v1/embeddings " + `{"input":"x"}`, nil},
		{"POST /v1/embeddings " + `{"input":"x","encoding_format":"base64"}`, nil},
		{"POST /tokenize " + `{"content":"x"}`, nil},
		{"POST /tokenize " + `{"content":"x","with_pieces":true}`, nil},
		{"GET /v1/models ", nil},
		{"GET /v1/models?client_version=0.169.0 ", nil},
		{"GET /v1/models/SMALL ", nil},
		{"GET /v1/models/nope ", nil},
		{"GET /v1/chat/completions ", nil},
		{"GET /v1/nope ", nil},
	}
	var got strings.Builder
	for _, c := range cases {
		p := &part{events: c.events}
		h := &Handlers{}
		h.G = gateway.New(gateway.Options{Pool: p, Ledger: p, Meter: p, Observer: p, Log: slog.New(slog.DiscardHandler)}, h.Routes(), Fail)
		f := strings.SplitN(c.request, " ", 3)
		r := httptest.NewRequest(f[0], "http://127.0.0.1"+f[1], strings.NewReader(f[2]))
		r.Header.Set("X-Irori-Usage", "1")
		w := httptest.NewRecorder()
		h.G.Handler().ServeHTTP(w, r)
		fmt.Fprintf(&got, "> %s\n%d %s\n", strings.TrimRight(c.request, " "), w.Code, w.Header().Get("Content-Type"))
		for _, k := range slices.Sorted(maps.Keys(w.Header())) {
			if strings.HasPrefix(k, "X-Irori") || k == "Trailer" || k == "Allow" {
				fmt.Fprintf(&got, "%s: %s\n", k, id.ReplaceAllString(w.Header().Get(k), "ID"))
			}
		}
		fmt.Fprintf(&got, "\n%s\n\n", strings.TrimRight(id.ReplaceAllString(w.Body.String(), "ID"), "\n"))
	}
	golden.Check(t, "testdata/answers.txt", got.String())
}
