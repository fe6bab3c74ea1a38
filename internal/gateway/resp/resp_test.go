package resp

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/gateway"
	"irori/internal/golden"
	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/store/sqlite/answers"
)

// part stands for all that the gateway needs: a pool of one backend, a ledger,
// a meter and an observer. What is kept is really kept.
type part struct {
	mu     sync.Mutex
	events []any
	// limit, where not 0, is how many messages fit.
	limit  int
	asked  *llm.Request
	closed []store.Record
	h      *Handlers
}

func (p *part) Lease(_ context.Context, model string) (*gateway.Lease, error) {
	switch model {
	case "nope":
		return nil, llm.Errorf(llm.CodeModelNotFound, "model %q is not here", model).WithParam("model").WithHint("irori list")
	case "spent":
		e := llm.Errorf(llm.CodeBudget, "the budget is spent")
		e.RetryAfter = time.Hour
		return nil, e
	}
	return &gateway.Lease{Backend: p, Name: "embedded", Model: "small", Local: true, Reason: "asked for", Done: func() {}}, nil
}

func (p *part) Models(context.Context) ([]gateway.ModelEntry, error) { return nil, nil }
func (p *part) Open(*store.Record) error                             { return nil }
func (p *part) Close(r *store.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = append(p.closed, *r)
	return nil
}
func (p *part) Begin(string) {}
func (p *part) End(string) gateway.Account {
	return gateway.Account{EnergyJ: num(1.5), Method: "modelled"}
}
func (p *part) Admitted(*store.Record) {}
func (p *part) Finished(*store.Record) {}
func num[T any](v T) *T                { return &v }

func (p *part) Generate(ctx context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	p.mu.Lock()
	q := *r
	p.asked = &q
	events := p.events
	p.mu.Unlock()
	return func(yield func(llm.Event, error) bool) {
		if p.limit > 0 && len(r.Messages) > p.limit {
			yield(llm.Event{}, llm.Errorf(llm.CodeContextLength, "%d messages are too many", len(r.Messages)))
			return
		}
		for _, x := range events {
			e, _ := x.(llm.Event)
			err, _ := x.(error)
			switch x := x.(type) {
			case chan struct{}:
				select {
				case <-x:
					continue
				case <-ctx.Done():
					err = ctx.Err()
				}
			case string:
				panic(x)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Tokenize has a token for each letter of the conversation.
func (p *part) Tokenize(_ context.Context, r *llm.TokenizeRequest) (*llm.Tokens, error) {
	n := 0
	for _, m := range r.Chat.Messages {
		n += len(m.Text())
	}
	return &llm.Tokens{IDs: make([]int32, n)}, nil
}

// serve makes a gateway with a store in path.
func (p *part) serve(t *testing.T, path string) http.Handler {
	t.Helper()
	kept, err := answers.Open(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	seal, err := NewSeal(make([]byte, SealKey))
	if err != nil {
		t.Fatal(err)
	}
	p.h = &Handlers{Kept: kept, For: time.Hour, Seal: seal, Log: slog.New(slog.DiscardHandler)}
	p.h.G = gateway.New(gateway.Options{Pool: p, Ledger: p, Meter: p, Observer: p, Log: slog.New(slog.DiscardHandler)}, p.h.Routes(), Fail)
	if err := p.h.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.h.Close(10 * time.Second)
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return p.h.G.Handler()
}

func (p *part) new(t *testing.T) http.Handler {
	return p.serve(t, filepath.Join(t.TempDir(), "answers.db"))
}

// do asks one thing.
func do(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	r.Header.Set("X-Irori-Usage", "1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// field reads a text of an answer.
func field(t *testing.T, w *httptest.ResponseRecorder, name string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	s, _ := m[name].(string)
	return s
}

func word(s string) llm.Event { return llm.Event{Type: llm.EventText, Text: s} }

var (
	begin = llm.Event{Type: llm.EventStart, Usage: &llm.Usage{PromptTokens: num(3), CachedTokens: num(2)}}
	end   = llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}
	usage = llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{PromptTokens: num(3), CachedTokens: num(2), OutputTokens: num(2)}}
	hello = []any{begin, word("火"), word("!"), end, usage}
)

const (
	base = "/v1/responses"
	post = "POST " + base + " "
	ask  = `"input":"x"`
)

var masks = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`[0-9a-f]{32}`), "ID"},
	{regexp.MustCompile(`"(created_at|completed_at)":\d+`), `"$1":0`},
}

func mask(s string) string {
	for _, m := range masks {
		s = m.what.ReplaceAllString(s, m.with)
	}
	return s
}

// TestGoldenAnswers pins every byte that clients get: headers, fields, nulls,
// the order of events, and what ends a stream.
func TestGoldenAnswers(t *testing.T) {
	crash := llm.Errorf(llm.CodeCrashed, "the worker died").WithHint("irori doctor")
	cases := []struct {
		request string
		events  []any
	}{
		{post + `{` + ask + `}`, hello},
		{post + `{"store":false,"stream":true,` + ask + `}`, hello},
		{post + `{` + ask + `} `, []any{crash}},
		{post + `{"stream":true,` + ask + `} `, []any{crash}},
		{post + `{"stream":true,` + ask + `}  `, []any{begin, word("火"), crash}},
		{post + `{"model":"nope",` + ask + `}`, nil},
		{post + `{"model":"spent",` + ask + `}`, nil},
		{post + `{"previous_response_id":"resp_nope",` + ask + `}`, nil},
		{post + `{"conversation":"conv_nope",` + ask + `}`, nil},
		{post + `{"in`, nil},
		{"POST /v1/responses/input_tokens " + `{"instructions":"abc",` + ask + `}`, nil},
		{"POST /v1/responses/input_tokens " + `{}`, nil},
		{"POST /v1/responses/compact " + `{"input":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}`, []any{begin, end, usage}},
		{"POST /v1/responses/other {}", nil},
		{"GET /v1/responses/resp_nope ", nil},
		{"GET /v1/responses/resp_nope/input_items ", nil},
		{"DELETE /v1/responses/resp_nope ", nil},
		{"POST /v1/responses/resp_nope/cancel ", nil},
		{"PUT /v1/responses/resp_nope ", nil},
		{"GET /v1/responses ", nil},
		{"POST /v1/conversations " + `{"metadata":{"a":"b"},"items":[{"role":"user","content":"x"}]}`, nil},
		{"POST /v1/conversations " + `{"items":[{"content":"x"}]}`, nil},
		{"GET /v1/conversations/conv_nope ", nil},
	}
	var got strings.Builder
	for _, c := range cases {
		p := &part{events: c.events}
		f := strings.SplitN(c.request, " ", 3)
		w := do(p.new(t), f[0], f[1], f[2])
		fmt.Fprintf(&got, "> %s\n%d %s\n", strings.TrimRight(c.request, " "), w.Code, w.Header().Get("Content-Type"))
		for _, k := range slices.Sorted(maps.Keys(w.Header())) {
			if strings.HasPrefix(k, "X-Irori") || k == "Trailer" || k == "Allow" || k == "Retry-After" {
				fmt.Fprintf(&got, "%s: %s\n", k, mask(w.Header().Get(k)))
			}
		}
		for _, rec := range p.closed {
			fmt.Fprintf(&got, "ledger: %s %s %s stream %v\n", rec.API, rec.Status, rec.ErrorCode, rec.Stream)
		}
		fmt.Fprintf(&got, "\n%s\n\n", strings.TrimRight(mask(w.Body.String()), "\n"))
	}
	golden.Check(t, "testdata/answers.txt", got.String())
}

// texts are the messages that the model was asked with.
func (p *part) texts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, m := range p.asked.Messages {
		out = append(out, string(m.Role)+": "+m.Text())
	}
	return out
}

func TestGoesOnFromWhatIsKept(t *testing.T) {
	p := &part{events: hello}
	path := filepath.Join(t.TempDir(), "answers.db")
	h := p.serve(t, path)
	first := do(h, "POST", base, `{"instructions":"be brief","input":"one"}`)
	id := field(t, first, "id")
	if got := do(h, "GET", base+"/"+id, ""); got.Body.String() != first.Body.String() {
		t.Errorf("kept is %s, answered was %s", got.Body, first.Body)
	}
	h = p.serve(t, path) // another server
	second := field(t, do(h, "POST", base, `{"previous_response_id":"`+id+`","input":[{"role":"user","content":"two"}]}`), "id")
	do(h, "POST", base, `{"previous_response_id":"`+second+`","input":"three"}`)
	// Instructions hold for their own request only.
	want := []string{"user: one", "assistant: 火!", "user: two", "assistant: 火!", "user: three"}
	if d := cmp.Diff(want, p.texts()); d != "" {
		t.Error(d)
	}
	// A reference finds an item of an answer that is not in the chain.
	item := "msg_" + strings.TrimPrefix(id, "resp_") + "0000"
	do(h, "POST", base, `{"store":false,"input":[{"type":"item_reference","id":"`+item+`"},{"role":"user","content":"and?"}]}`)
	if d := cmp.Diff([]string{"assistant: 火!", "user: and?"}, p.texts()); d != "" {
		t.Error(d)
	}
	if w := do(h, "DELETE", base+"/"+id, ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"deleted":true`) {
		t.Errorf("DELETE: %d %s", w.Code, w.Body)
	}
	for _, c := range [][3]string{
		{"GET", base + "/" + id, ""}, {"DELETE", base + "/" + id, ""}, {"POST", base, `{"previous_response_id":"` + second + `","input":"x"}`},
	} {
		if w := do(h, c[0], c[1], c[2]); w.Code != 404 {
			t.Errorf("%s %s after the deletion: %d %s", c[0], c[1], w.Code, w.Body)
		}
	}
	unkept := field(t, do(h, "POST", base, `{"store":false,"input":"x"}`), "id")
	if w := do(h, "GET", base+"/"+unkept, ""); w.Code != 404 {
		t.Errorf("store: false keeps %s", w.Body)
	}
}

func TestAnotherKeysResponseIsNotThere(t *testing.T) {
	p := &part{events: hello}
	h := p.new(t)
	a := &store.Answer{ID: "resp_1", Key: "other", Created: time.Now(), Expires: time.Now().Add(time.Hour), Body: []byte(`{"status":"completed"}`)}
	if err := p.h.Kept.Put(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{
		{"GET", "/resp_1", ""}, {"GET", "/resp_1?stream=true", ""}, {"GET", "/resp_1/input_items", ""}, {"DELETE", "/resp_1", ""},
		{"POST", "/resp_1/cancel", ""}, {"POST", "", `{"previous_response_id":"resp_1","input":"x"}`},
	} {
		if w := do(h, c[0], base+c[1], c[2]); w.Code != 404 {
			t.Errorf("%s %s: %d %s", c[0], c[1], w.Code, w.Body)
		}
	}
}

func TestInputItems(t *testing.T) {
	p := &part{events: hello}
	h := p.new(t)
	id := field(t, do(h, "POST", base, `{"input":[{"role":"user","content":"a"},{"id":"msg_mine","role":"assistant","content":"b"},{"role":"user","content":"c"}]}`), "id")
	type page struct {
		Data []struct {
			ID      string
			Content []struct{ Type, Text string }
		}
		FirstID string `json:"first_id"`
		LastID  string `json:"last_id"`
		HasMore bool   `json:"has_more"`
	}
	read := func(query string) (p page, texts string) {
		w := do(h, "GET", base+"/"+id+"/input_items"+query, "")
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%s: %s", query, w.Body)
		}
		for _, it := range p.Data {
			texts += it.Content[0].Text
		}
		return p, texts
	}
	if got, texts := read(""); texts != "cba" || got.HasMore {
		t.Errorf("all are %+v", got)
	}
	got, texts := read("?order=asc&limit=2")
	if texts != "ab" || !got.HasMore || got.LastID != "msg_mine" || got.Data[1].Content[0].Type != "output_text" {
		t.Errorf("the first page is %+v", got)
	}
	if got, texts = read("?order=asc&limit=2&after=msg_mine"); texts != "c" || got.HasMore || got.FirstID != got.LastID {
		t.Errorf("the second page is %+v", got)
	}
	for query, want := range map[string]int{"?limit=0": 400, "?limit=x": 400, "?order=up": 400, "?after=nope": 404} {
		if w := do(h, "GET", base+"/"+id+"/input_items"+query, ""); w.Code != want {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

func TestTruncation(t *testing.T) {
	p := &part{events: hello, limit: 3}
	h := p.new(t)
	const input = `"instructions":"i","input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}]`
	if w := do(h, "POST", base, `{`+input+`}`); w.Code != 400 || !strings.Contains(w.Body.String(), "context_length_exceeded") {
		t.Errorf("without it: %d %s", w.Code, w.Body)
	}
	w := do(h, "POST", base, `{"truncation":"auto",`+input+`}`)
	if d := cmp.Diff([]string{"developer: i", "user: e"}, p.texts()); w.Code != 200 || d != "" {
		t.Errorf("%d %s\n%s", w.Code, w.Body, d)
	}
	if len(p.closed) != 2 {
		t.Errorf("%d records of two requests", len(p.closed))
	}
}

func TestCompaction(t *testing.T) {
	p := &part{events: []any{begin, word("they met"), end, usage}}
	path := filepath.Join(t.TempDir(), "answers.db")
	h := p.serve(t, path)
	id := field(t, do(h, "POST", base, `{"input":"one"}`), "id")
	w := do(h, "POST", base+"/compact", `{"previous_response_id":"`+id+`","input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"secret"}]}`)
	var c struct {
		Object string
		Output []json.RawMessage
		Usage  struct {
			Total int `json:"total_tokens"`
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || c.Object != "response.compaction" || len(c.Output) != 2 || c.Usage.Total != 5 {
		t.Fatalf("%d %s (%v)", w.Code, w.Body, err)
	}
	if texts := p.texts(); !strings.Contains(strings.Join(texts, "\n"), "secret") || len(texts) != 4 {
		t.Errorf("the model summarises %q", texts)
	}
	if n := p.asked.MaxTokens; n == nil || *n != 256 {
		t.Errorf("the summary has no bound: %v", n)
	}
	if strings.Contains(string(c.Output[1]), "they met") {
		t.Errorf("the item is open: %s", c.Output[1])
	}
	h = p.serve(t, path)
	next, err := json.Marshal(map[string]any{"input": append(c.Output, json.RawMessage(`{"role":"user","content":"go on"}`))})
	if err != nil {
		t.Fatal(err)
	}
	if w := do(h, "POST", base, string(next)); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if texts := p.texts(); len(texts) != 3 || texts[0] != "user: one" || !strings.HasSuffix(texts[1], "they met") || texts[2] != "user: go on" {
		t.Errorf("the model reads %q", texts)
	}
	forged := strings.Replace(string(next), sealMark, sealMark+"AAAA", 1)
	if w := do(h, "POST", base, forged); w.Code != 400 {
		t.Errorf("forged: %d %s", w.Code, w.Body)
	}
}

func TestConversation(t *testing.T) {
	p := &part{events: hello}
	h := p.new(t)
	const at = "/v1/conversations"
	id := field(t, do(h, "POST", at, `{"items":[{"role":"user","content":"before"}],"metadata":{"a":"b"}}`), "id")
	w := do(h, "POST", base, `{"conversation":"`+id+`","input":"one"}`)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"conversation":{"id":"`+id+`"}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(h, "POST", at+"/"+id+"/items", `{"items":[{"role":"user","content":"two"}]}`); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	do(h, "POST", base, `{"conversation":{"id":"`+id+`"},"store":false,"input":"three"}`)
	want := []string{"user: before", "user: one", "assistant: 火!", "user: two", "user: three"}
	if d := cmp.Diff(want, p.texts()); d != "" {
		t.Error(d)
	}
	var items struct{ Data []struct{ ID string } }
	if err := json.Unmarshal(do(h, "GET", at+"/"+id+"/items?order=asc", "").Body.Bytes(), &items); err != nil || len(items.Data) != 4 {
		t.Fatalf("%+v (%v)", items, err)
	}
	one := at + "/" + id + "/items/" + items.Data[0].ID
	for _, c := range []struct {
		method, path, body string
		want               int
		has                string
	}{
		{"GET", one, "", 200, "before"}, {"DELETE", one, "", 200, `"conversation"`}, {"GET", one, "", 404, "no item"},
		{"DELETE", one, "", 404, "no item"}, {"POST", at + "/" + id, `{"metadata":{"c":"d"}}`, 200, `{"c":"d"}`},
		{"GET", at + "/" + id, "", 200, `{"c":"d"}`}, {"DELETE", at + "/" + id, "", 200, "conversation.deleted"},
		{"GET", at + "/" + id, "", 404, "no conversation"}, {"POST", base, `{"conversation":"` + id + `","input":"x"}`, 404, "no conversation"},
	} {
		if w := do(h, c.method, c.path, c.body); w.Code != c.want || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
}

// What broke off has the output that was counted, and no usage at all where a
// count is missing.
func TestUsageOfWhatBrokeOff(t *testing.T) {
	fault := llm.Errorf(llm.CodeBadAnswer, "its answer breaks off")
	told := llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{PromptTokens: num(5), Source: llm.UsageBackend}}
	for want, events := range map[string][]any{
		`"output_tokens":2,`: {begin, told, word("a"), word("b"), fault},
		`"usage":null`:       {llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{CachedTokens: num(1)}}, word("a"), word("b"), fault},
	} {
		p := &part{events: events}
		s := do(p.new(t), "POST", base, `{"model":"m","stream":true,"input":"x"}`).Body.String()
		if _, last, _ := strings.Cut(s, "event: response.failed\n"); !strings.Contains(last, want) {
			t.Errorf("no %s: %s", want, s)
		}
		if r := p.last(); r.UsageSource != "counted" || *r.OutputTokens != 2 {
			t.Errorf("%+v", r)
		}
	}
}
