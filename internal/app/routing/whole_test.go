package routing

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"irori/internal/app/outcomes"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/route/shadow"
	"irori/internal/route/shield"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// heardOf are private values, by what becomes of them.
var heardOf = map[string]string{
	"key": "sk-proj-9aB3xQ7LmZt2VwYp4RkN8sHd6FgJ1cUe", "card": "4111 1111 1111 1111", "my number": "マイナンバー 123456789018",
	"email": "tanaka.hanako@mail-example.co.jp", "name": "佐藤健太郎さん", "phone": "090-8123-4567",
}

// beside puts a value into each place of a request that is none of what is said.
func beside(v string) map[string]*llm.Request {
	q, _ := json.Marshal(map[string]any{"type": "object", "properties": map[string]any{"x": map[string]any{"type": "string", "description": v}}})
	id, _ := json.Marshal(v)
	hello := func(change func(*llm.Request)) *llm.Request {
		r := turns("hello")
		change(r)
		return r
	}
	body := func(s string) *llm.Request {
		return hello(func(r *llm.Request) {
			r.Relay = &llm.Relay{Dialect: llm.DialectOpenAIChat, Body: []byte(strings.ReplaceAll(s, "$", string(id)))}
		})
	}
	return map[string]*llm.Request{
		"schema":   hello(func(r *llm.Request) { r.Format = llm.Format{Kind: llm.FormatJSONSchema, Schema: q} }),
		"grammar":  hello(func(r *llm.Request) { r.Format = llm.Format{Kind: llm.FormatGrammar, Grammar: `root ::= "` + v + `"`} }),
		"stop":     hello(func(r *llm.Request) { r.Stop = []string{v} }),
		"breaker":  hello(func(r *llm.Request) { r.Sampling.DRYBreakers = []string{v} }),
		"name":     hello(func(r *llm.Request) { r.Messages[0].Name = v }),
		"user":     hello(func(r *llm.Request) { r.User = v }),
		"template": hello(func(r *llm.Request) { r.TemplateArgs = map[string]json.RawMessage{"x": q} }),
		"raw tool": hello(func(r *llm.Request) { r.Tools = []llm.Tool{{Name: "f", Raw: q}} }),
		"thought": hello(func(r *llm.Request) {
			r.Messages = append(r.Messages, llm.Message{Role: llm.RoleAssistant, Thoughts: []llm.Thought{{Text: v}}}, llm.TextMessage(llm.RoleUser, "go on"))
		}),
		"metadata":        body(`{"metadata":{"n":$}}`),
		"user_id":         body(`{"metadata":{"user_id":$}}`),
		"a safety id":     body(`{"safety_identifier":$}`),
		"the cache's key": body(`{"prompt_cache_key":$}`),
		"unknown":         body(`{"x_extra":{"deep":[$]}}`),
	}
}

// far is a cloud that remembers what it got.
type far struct {
	mu  sync.Mutex
	got []*llm.Request
}

func (f *far) Generate(_ context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		f.mu.Lock()
		f.got = append(f.got, r)
		f.mu.Unlock()
		if yield(llm.Event{Type: llm.EventText, Text: "far"}, nil) {
			yield(llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}, nil)
		}
	}
}

// has reports whether a value came there, in any of its parts.
func (f *far) has(v string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, _ := json.Marshal(f.got)
	all := string(b)
	for _, r := range f.got {
		if r.Relay != nil {
			all += string(r.Relay.Body)
		}
	}
	return strings.Contains(all, v)
}

// newFar is a home whose cloud remembers, with audits of all.
func newFar(t *testing.T, keys string) (*house, *far, *outcomes.Book) {
	t.Helper()
	f := &far{}
	own, err := shield.Of(privacy.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	book := outcomes.At(t.TempDir(), slog.New(slog.DiscardHandler))
	terms := func(ctx context.Context) shield.Terms {
		x, _ := shield.From(ctx)
		x.Shield = own
		return x
	}
	var h *house
	h = newHouse(t, "local: a\ncloud: c/x\nshadow: {share: 1.0, budget: 10M tokens/day, judge: c/x}\n"+keys, func(o *Options) {
		near := o.Lease
		o.Book, o.Terms = book.Open, terms
		o.Lease = func(ctx context.Context, name string) (*gateway.Lease, error) {
			l, err := near(ctx, name)
			if err == nil && name != "a" {
				l.Backend = f
			}
			return l, err
		}
		o.Ask = func(ctx context.Context, name string, req *llm.Request, heed func(llm.Event)) (a shadow.Answer, use routed.Use, err error) {
			off := &office{r: h.Router, backend: f}
			g := gateway.New(gateway.Options{Pool: off, Ledger: off, Meter: off, Observer: off, Log: slog.New(slog.DiscardHandler)}, nil, nil)
			return Ask(ctx, g, name, req, heed)
		}
	})
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, f, book
}

// TestNothingPrivateLeavesByAnyWay checks of every place of a request that what
// is private there comes to no cloud: neither when it is decided, nor when the
// local answer fails, nor by an audit, nor in a later turn, and that nothing is
// learnt of it.
func TestNothingPrivateLeavesByAnyWay(t *testing.T) {
	for _, unknown := range []string{"local", "cloud"} {
		h, f, book := newFar(t, "unknown: "+unknown)
		n := 0
		ids := map[string]string{}
		ask := func(req *llm.Request, header map[string]string) *gateway.Lease {
			l, err := h.Lease(asks(header, req), "irori/auto")
			if err != nil {
				t.Fatal(err)
			}
			for range l.Backend.Generate(t.Context(), req) { // what comes is of no interest
			}
			n++
			rec := &store.Record{ID: fmt.Sprintf("%032x", n), Status: store.StatusOK, Route: "cloud", Backend: l.Name, Model: l.Model}
			if l.Local {
				rec.Route = "local"
			}
			l.Ended(rec)
			// The local answer fails.
			if next := l.Next(t.Context(), llm.Errorf(llm.CodeUnavailable, "down")); next != nil {
				for range next.Backend.Generate(t.Context(), req) { // as above
				}
			}
			ids[rec.ID] = fmt.Sprint(header["Session-Id"])
			return l
		}
		for what, v := range heardOf {
			for where, req := range beside(v) {
				at := what + " as " + where
				l := ask(req, map[string]string{"Session-Id": at})
				if f.has(v) {
					t.Fatalf("%s, unknown %s: it arrived (%s)", at, unknown, l.Reason)
				}
				if what == "email" || what == "name" || what == "phone" {
					continue // it is masked, and nothing of it is left
				}
				if !strings.HasPrefix(l.Reason, "local: private (") {
					t.Errorf("%s: %s", at, l.Reason)
				}
				for _, c := range []struct {
					header map[string]string
					req    *llm.Request
				}{
					{map[string]string{"Session-Id": at}, turns("another")},
					{nil, &llm.Request{Messages: append(req.Messages[:len(req.Messages):len(req.Messages)], turns("", "near", "go on").Messages[1:]...)}},
				} {
					if l := ask(c.req, c.header); l.Reason != "local: private (its conversation is)" {
						t.Errorf("%s, then: %s", at, l.Reason)
					}
				}
			}
		}
		h.Close() // what is planned is noted now, and what waits is not audited
		open, err := book.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for id, at := range ids {
			row, err := open.Get(t.Context(), id)
			if err != nil || row.Privacy == routed.Any || row.Audit != "" || len(row.Labels) > 0 {
				t.Errorf("%s: %+v %v", at, row, err)
			}
		}
	}
}

// TestAuditsStandBehindAShield checks the second wall: what an audit or a judge
// asks of a cloud is read again as it leaves.
func TestAuditsStandBehindAShield(t *testing.T) {
	h, f, _ := newFar(t, "")
	x := h.o.Policy.Route("auto")
	for what, v := range heardOf {
		for where, req := range beside(v) {
			// Nobody has decided of these.
			req.Relay = nil
			_, _, err := h.ask(x)(t.Context(), routed.Target{Name: "c/x"}, req)
			if len(f.got) > 0 && f.has(v) {
				t.Fatalf("%s as %s arrived", what, where)
			}
			if written := strings.Contains(fmt.Sprintf("%+v %s %s", req, req.Format.Schema, req.TemplateArgs["x"]), v); written && llm.CodeOf(err) != llm.CodePrivate {
				t.Errorf("%s as %s: %v", what, where, err)
			}
		}
		judge := h.compare(x)
		if _, _, err := judge(t.Context(), turns("Who is it?"), shadow.Answer{Text: "It is " + v}, shadow.Answer{Text: "nobody"}); llm.CodeOf(err) != llm.CodePrivate || f.has(v) {
			t.Errorf("%s in an answer that is judged: %v", what, err)
		}
	}
	f.got = nil
	if a, _, err := h.ask(x)(t.Context(), routed.Target{Name: "c/x"}, turns("hello")); err != nil || a.Text != "far" || len(f.got) != 1 {
		t.Errorf("what is not private is not audited: %v", err)
	}
	if _, _, err := h.ask(x)(t.Context(), routed.Target{Name: "a"}, turns(heardOf["key"])); err != nil {
		t.Errorf("an audit here: %v", err)
	}
}
