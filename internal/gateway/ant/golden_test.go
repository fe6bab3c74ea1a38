package ant

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
	"testing/synctest"
	"time"

	"irori/internal/gateway"
	"irori/internal/golden"
	"irori/internal/llm"
	"irori/internal/store"
)

// part stands for all that the gateway needs: a pool of one backend, a ledger,
// a meter and an observer.
type part struct {
	events []any
	cloud  bool
	asked  *llm.Request
	opened []store.Record
	closed []store.Record
}

func (p *part) Lease(_ context.Context, model string) (*gateway.Lease, error) {
	switch model {
	case "nope":
		return nil, llm.Errorf(llm.CodeModelNotFound, "model %q is not here", model).WithParam("model").WithHint("irori list")
	case "full":
		e := llm.Errorf(llm.CodeOverloaded, "no place for %s", model)
		e.RetryAfter = 3 * time.Second
		return nil, e
	}
	l := &gateway.Lease{Backend: p, Name: "embedded", Model: "small", Local: !p.cloud, Reason: "asked for", Done: func() {}}
	if model == "blind" {
		l.Backend = struct{ llm.Backend }{p}
	}
	return l, nil
}

func (p *part) Models(context.Context) ([]gateway.ModelEntry, error) { return nil, nil }
func (p *part) Open(r *store.Record) error                           { p.opened = append(p.opened, *r); return nil }
func (p *part) Close(r *store.Record) error                          { p.closed = append(p.closed, *r); return nil }
func (p *part) Begin(string)                                         {}
func (p *part) End(string) gateway.Account {
	return gateway.Account{EnergyJ: num(1.5), Method: "modelled"}
}
func (p *part) Admitted(*store.Record) {}
func (p *part) Finished(*store.Record) {}
func num[T any](v T) *T                { return &v }

func (p *part) Generate(_ context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	p.asked = r
	return func(yield func(llm.Event, error) bool) {
		for _, x := range p.events {
			if d, ok := x.(time.Duration); ok {
				time.Sleep(d)
				continue
			}
			e, _ := x.(llm.Event)
			err, _ := x.(error)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Tokenize has a token for each letter of the conversation, and ten for each
// tool.
func (p *part) Tokenize(_ context.Context, r *llm.TokenizeRequest) (*llm.Tokens, error) {
	n := 10 * len(r.Chat.Tools)
	for _, m := range r.Chat.Messages {
		n += len(m.Text())
	}
	return &llm.Tokens{IDs: make([]int32, n)}, nil
}

func (p *part) gateway(keys ...string) *gateway.Gateway {
	h := &Handlers{}
	h.G = gateway.New(gateway.Options{Pool: p, Ledger: p, Meter: p, Observer: p, Log: slog.New(slog.DiscardHandler), Keys: keys}, h.Routes(), Fail)
	return h.G
}

var id = regexp.MustCompile(`[0-9a-f]{32}`)

func word(s string) llm.Event { return llm.Event{Type: llm.EventText, Text: s} }

var (
	begin = llm.Event{Type: llm.EventStart, Usage: &llm.Usage{PromptTokens: num(3), CachedTokens: num(2)}}
	end   = llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}
	usage = llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{PromptTokens: num(3), CachedTokens: num(2), OutputTokens: num(2)}}
)

const (
	post  = "POST /v1/messages "
	count = "POST /v1/messages/count_tokens "
	ask   = `"max_tokens":9,"messages":[{"role":"user","content":"x"}]`
)

// TestGoldenAnswers pins every byte that clients get: headers, fields, nulls,
// the order of events, and what ends a stream.
func TestGoldenAnswers(t *testing.T) {
	call := llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{ID: "call_1", Name: "f"}}
	args := llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Arguments: `{"a":1}`}}
	called := llm.Event{Type: llm.EventFinish, Finish: llm.FinishToolCalls}
	hello := []any{begin, word("火"), word("!"), end, usage}
	crash := llm.Errorf(llm.CodeCrashed, "the worker died").WithHint("irori doctor")
	long := llm.Errorf(llm.CodeContextLength, "the prompt has 9 tokens")
	cases := []struct {
		request string
		events  []any
	}{
		{post + `{` + ask + `}`, hello},
		{"POST /v1/messages?beta=true " + `{"stream":true,"some_beta":{},` + ask + `}`, hello},
		{post + `{"tools":[{"name":"f"}],` + ask + `}`, []any{begin, call, args, called, usage}},
		{post + `{"stream":true,"tools":[{"name":"f"}],` + ask + `}`, []any{begin, call, args, called, usage}},
		{post + `{` + ask + `} `, []any{begin, llm.Event{Type: llm.EventReasoning, Text: "hm"}, word("4"), end, usage}},
		{post + `{"stream":true,` + ask + `}`, []any{word("no usage"), end}},
		{post + `{` + ask + `}  `, []any{crash}},
		{post + `{"stream":true,` + ask + `} `, []any{crash}},
		{post + `{"stream":true,` + ask + `}  `, []any{begin, word("火"), crash}},
		{post + `{` + ask + `}   `, []any{begin, errors.New("something else")}},
		{post + `{"stream":true,` + ask + `}   `, []any{long}},
		{post + `{"model":"nope",` + ask + `}`, nil},
		{post + `{"model":"full",` + ask + `}`, nil},
		{post + `{"messages":[{"role":"user","content":"x"}]}`, nil},
		{post + `{"max`, nil},
		{count + `{"system":"abc","tools":[{"name":"f"}],"messages":[{"role":"user","content":"x"}]}`, nil},
		{count + `{"model":"nope","messages":[{"role":"user","content":"x"}]}`, nil},
		{count + `{"model":"blind","messages":[{"role":"user","content":"x"}]}`, nil},
		{count + `{}`, nil},
		{"GET /v1/messages ", nil},
		{"GET /v1/messages/count_tokens ", nil},
		{"GET /v1/messages/batches ", nil},
		{"POST /v1/messages/ {}", nil},
		{"HEAD / ", nil},
		{"GET / ", nil},
	}
	var got strings.Builder
	for _, c := range cases {
		p := &part{events: c.events}
		f := strings.SplitN(c.request, " ", 3)
		r := httptest.NewRequest(f[0], "http://127.0.0.1"+f[1], strings.NewReader(f[2]))
		r.Header.Set("X-Irori-Usage", "1")
		w := httptest.NewRecorder()
		p.gateway().Handler().ServeHTTP(w, r)
		fmt.Fprintf(&got, "> %s\n%d %s\n", strings.TrimRight(c.request, " "), w.Code, w.Header().Get("Content-Type"))
		for _, k := range slices.Sorted(maps.Keys(w.Header())) {
			if strings.HasPrefix(k, "X-Irori") || k == "Trailer" || k == "Allow" || k == "Request-Id" || k == "Retry-After" {
				fmt.Fprintf(&got, "%s: %s\n", k, id.ReplaceAllString(w.Header().Get(k), "ID"))
			}
		}
		for _, rec := range p.closed {
			fmt.Fprintf(&got, "ledger: %s %s %s stream %v\n", rec.API, rec.Status, rec.ErrorCode, rec.Stream)
		}
		fmt.Fprintf(&got, "\n%s\n\n", strings.TrimRight(id.ReplaceAllString(w.Body.String(), "ID"), "\n"))
	}
	golden.Check(t, "testdata/answers.txt", got.String())
}

// TestBillingLine checks that a model on this machine never sees the line, and
// that anybody else gets it untouched.
func TestBillingLine(t *testing.T) {
	const line = "x-anthropic-billing-header: cc_version=1;"
	for _, cloud := range []bool{false, true} {
		p := &part{events: []any{begin, end, usage}, cloud: cloud}
		body := `{"system":[{"type":"text","text":"` + line + `"},{"type":"text","text":"agent"}],` + ask + `}`
		w := httptest.NewRecorder()
		p.gateway().Handler().ServeHTTP(w, httptest.NewRequest("POST", "http://127.0.0.1/v1/messages", strings.NewReader(body)))
		if seen := strings.Contains(p.asked.Messages[0].Text(), line); seen != cloud || len(p.opened) != 1 {
			t.Errorf("cloud %v: the model sees %q", cloud, p.asked.Messages[0].Text())
		}
		w = httptest.NewRecorder()
		p.gateway().Handler().ServeHTTP(w, httptest.NewRequest("POST", "http://127.0.0.1/v1/messages/count_tokens", strings.NewReader(body)))
		want := fmt.Sprintf(`{"input_tokens":%d}`, len(p.asked.Messages[0].Text())+1)
		if w.Body.String() != want || len(p.opened) != 1 {
			t.Errorf("cloud %v: counted %s, want %s; %d records", cloud, w.Body, want, len(p.opened))
		}
	}
}

// TestKeys checks that both ways of sending a key are taken, and that its
// refusal is in the dialect's shape. Whether anybody is there needs no key.
func TestKeys(t *testing.T) {
	p := &part{events: []any{begin, end, usage}}
	h := p.gateway("secret").Handler()
	for _, c := range []struct {
		name, value string
		want        int
	}{
		{"X-Api-Key", "secret", 200}, {"Authorization", "Bearer secret", 200}, {"X-Api-Key", "wrong", 401}, {"X-None", "", 401},
	} {
		r := httptest.NewRequest("POST", "http://127.0.0.1/v1/messages", strings.NewReader(`{`+ask+`}`))
		r.Header.Set(c.name, c.value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if refused := strings.Contains(w.Body.String(), `"type":"authentication_error"`); w.Code != c.want || refused != (c.want == 401) {
			t.Errorf("%s %s: %d %s", c.name, c.value, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("HEAD", "http://127.0.0.1/", nil)); w.Code != 200 {
		t.Errorf("HEAD / answers %d", w.Code)
	}
}

// TestPing checks that a long prompt is bridged with the dialect's own event.
func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &part{events: []any{begin, 40 * time.Second, word("a"), end, usage}}
		w := httptest.NewRecorder()
		p.gateway().Handler().ServeHTTP(w, httptest.NewRequest("POST", "http://127.0.0.1/v1/messages", strings.NewReader(`{"stream":true,`+ask+`}`)))
		before, _, _ := strings.Cut(w.Body.String(), "event: content_block_start")
		if n := strings.Count(before, "event: ping\ndata: {\"type\":\"ping\"}\n\n"); n != 3 {
			t.Errorf("%d pings in 40 seconds, want the first and two more:\n%s", n, w.Body)
		}
	})
}

// abroad is a pool whose backend lets its server count.
type abroad struct {
	*part
	counted *llm.Request
}

func (a *abroad) Lease(context.Context, string) (*gateway.Lease, error) {
	return &gateway.Lease{Backend: a, Name: "a", Model: "m", Done: func() {}}, nil
}

func (a *abroad) CountPrompt(_ context.Context, r *llm.Request) (int, error) {
	a.counted = r
	return 42, nil
}

// A server that counts is asked in its client's own words.
func TestCountAbroad(t *testing.T) {
	a := &abroad{part: &part{}}
	h := &Handlers{}
	h.G = gateway.New(gateway.Options{Pool: a, Ledger: a, Meter: a, Observer: a, Log: slog.New(slog.DiscardHandler)}, h.Routes(), Fail)
	r := httptest.NewRequest("POST", "http://127.0.0.1/v1/messages/count_tokens?beta=true", strings.NewReader(`{"own":1,`+ask+`}`))
	r.Header.Set("Anthropic-Beta", "some-2026-01-01")
	w := httptest.NewRecorder()
	h.G.Handler().ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != `{"input_tokens":42}` || a.counted.Model != "m" {
		t.Fatalf("%d %s %+v", w.Code, w.Body, a.counted)
	}
	if q := a.counted.Relay; q.Query != "beta=true" || q.Header["Anthropic-Beta"][0] != "some-2026-01-01" || !strings.Contains(string(q.Body), `"own":1`) {
		t.Errorf("%+v", q)
	}
}
