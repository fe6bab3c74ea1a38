// Package resp holds the handlers of OpenAI's Responses API: it reads requests
// with wire/openai/responses, sends them on their way, and writes and keeps
// what comes back. Work in the background goes on when its client leaves, and
// ends with the server.
//
// It knows neither backends nor the ledger; package gateway does. What keeps
// answers is a store.Answers.
package resp

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/store"
	"irori/internal/wire/openai"
	"irori/internal/wire/openai/responses"
)

// Handlers are the dialect's endpoints.
type Handlers struct {
	G *gateway.Gateway
	// Kept keeps answers, each for a time; nil where none are.
	Kept store.Answers
	For  time.Duration
	// Seal closes compactions, so that only this server can open them.
	Seal *Seal
	Log  *slog.Logger

	mu   sync.Mutex
	runs map[string]*run
	// stopped says that no more work is taken on.
	stopped bool
	working sync.WaitGroup
	// turns has the conversations that are being changed.
	turns sync.Mutex
}

// Routes lists the endpoints.
func (h *Handlers) Routes() []gateway.Route {
	route := func(pattern string, f func(http.ResponseWriter, *http.Request) error) gateway.Route {
		return gateway.Route{Pattern: pattern, Handle: f, Fail: Fail}
	}
	return []gateway.Route{
		route("POST /v1/responses", h.create),
		route("GET /v1/responses/{id}", h.get),
		route("DELETE /v1/responses/{id}", h.delete),
		route("POST /v1/responses/{id}", h.verb),
		route("POST /v1/responses/{id}/cancel", h.cancel),
		route("GET /v1/responses/{id}/input_items", h.items),
		route("POST /v1/conversations", h.conversation(h.open)),
		route("GET /v1/conversations/{id}", h.conversation(h.show)),
		route("POST /v1/conversations/{id}", h.conversation(h.note)),
		route("DELETE /v1/conversations/{id}", h.conversation(h.end)),
		route("GET /v1/conversations/{id}/items", h.conversation(h.lines)),
		route("POST /v1/conversations/{id}/items", h.conversation(h.say)),
		route("GET /v1/conversations/{id}/items/{item}", h.conversation(h.line)),
		route("DELETE /v1/conversations/{id}/items/{item}", h.conversation(h.unsay)),
	}
}

// Fail writes an error in OpenAI's shape. A spent budget is told in the way
// that makes agents stop, not try again.
func Fail(w http.ResponseWriter, e *llm.Error) {
	status, kind := gateway.Status(e.Code)
	if e.Code == llm.CodeBudget {
		spent := *e
		spent.Code, spent.RetryAfter = "insufficient_quota", 0
		e, status, kind = &spent, http.StatusTooManyRequests, "insufficient_quota"
	}
	gateway.Refusal(w.Header(), e)
	body, err := openai.EncodeError(e, kind)
	if err != nil {
		body = []byte(`{"error":{"message":"internal error","type":"server_error","param":null,"code":"internal_error"}}`)
	}
	gateway.WriteJSON(w, status, body)
}

// verb runs what stands where the id of a response may stand too.
func (h *Handlers) verb(w http.ResponseWriter, r *http.Request) error {
	switch r.PathValue("id") {
	case "input_tokens":
		return h.count(w, r)
	case "compact":
		return h.compact(w, r)
	}
	return llm.Errorf(llm.CodeNotFound, "POST %s is not an endpoint here", r.URL.Path).WithHint("see POST /v1/responses")
}

// work is one response on its way.
type work struct {
	h      *Handlers
	q      *responses.Request
	f      *gateway.Flight
	a      *responses.Answer
	reply  responses.Reply
	key    string
	events []byte
}

func (h *Handlers) create(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	q, err := responses.Decode(body)
	if err != nil {
		return err
	}
	if h.Kept == nil {
		q.Store = false
		if q.Background {
			return llm.Errorf(llm.CodeUnsupported, "no answers are kept here, so none can be made in the background").
				WithParam("background").WithHint("set responses.keep in the config")
		}
	}
	past, err := h.past(r, q)
	if err != nil {
		return err
	}
	if err := q.Converse(past); err != nil {
		return err
	}
	f, err := h.G.Admit(r, "responses", q.Model, q.Stream, q.Request)
	if err != nil {
		return err
	}
	f.Look(r.Context(), []*llm.Request{q.Request})
	k := &work{h: h, q: q, f: f, key: keyName(r)}
	k.reply = responses.Reply{Key: f.ID, Model: f.Lease.Model, Created: gateway.CreatedAt(f.ID)}
	k.a = responses.NewAnswer(q, k.reply, q.Stream || q.Background)
	switch {
	case q.Background:
		return h.background(w, r, k)
	case q.Stream:
		return k.stream(w, r)
	}
	return k.plain(w, r)
}

// keyName is whose the answers are that a request makes and asks for.
func keyName(r *http.Request) string {
	if k := gateway.KeyOf(r.Context()); k != nil {
		return k.Name
	}
	return ""
}

// generate runs the request. Where it may be shortened, its oldest turns go
// until the rest fits.
func (k *work) generate(ctx context.Context, emit func(llm.Event) error) error {
	for {
		begun := false
		err := k.f.Generate(ctx, []*llm.Request{k.q.Request}, func(e llm.Event) error {
			begun = true
			k.a.From(k.f.Lease.Model)
			return emit(e)
		})
		if err == nil || begun || !k.q.Truncate || llm.CodeOf(err) != llm.CodeContextLength || !k.q.Shorten() {
			return err
		}
	}
}

// finish settles the response, and keeps it where that was asked for.
func (k *work) finish(ctx context.Context, dst []byte) []byte {
	dst = k.a.Finish(dst, k.f.Usage(), k.f.Spent(), time.Now().Unix())
	k.keep(ctx, false)
	return dst
}

// keep keeps the response as it is now. That it cannot be kept is told in the
// response, and no reason to lose the answer.
func (k *work) keep(ctx context.Context, pending bool) {
	if !k.q.Store {
		return
	}
	err := k.put(context.WithoutCancel(ctx), pending)
	if err != nil {
		k.a.Unkept()
		k.h.Log.Error("a response could not be kept", "id", k.reply.ID(), "err", err)
	}
}

func (k *work) put(ctx context.Context, pending bool) error {
	body, err := k.a.Response()
	if err != nil {
		return err
	}
	input, err := responses.Joined(k.q.Items(k.reply.Key))
	if err != nil {
		return err
	}
	now := time.Now()
	err = k.h.Kept.Put(ctx, &store.Answer{
		ID: k.reply.ID(), Key: k.key, Previous: k.q.Previous, Created: time.Unix(k.reply.Created, 0), Expires: now.Add(k.h.For),
		Pending: pending, Input: input, Body: body, Events: k.events,
	})
	if err != nil || pending || k.q.Conversation == "" {
		return err
	}
	return k.h.extend(ctx, k.key, k.q.Conversation, append(k.q.Items(k.reply.Key), responses.Output(body)...))
}

func (k *work) plain(w http.ResponseWriter, r *http.Request) error {
	err := k.generate(r.Context(), func(e llm.Event) error {
		k.a.Append(nil, e)
		return nil
	})
	k.f.End(r.Context(), err)
	k.f.Header(w.Header())
	if err != nil {
		return err
	}
	k.finish(r.Context(), nil)
	out, err := k.a.Response()
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	k.f.Trailer(w.Header())
	return nil
}

// stream answers with events. An error before the first one is an ordinary
// response; after it, an event.
func (k *work) stream(w http.ResponseWriter, r *http.Request) error {
	s := k.f.NewStream(w, "text/event-stream; charset=utf-8", sse.Comment)
	var buf []byte
	err := k.generate(r.Context(), func(e llm.Event) error {
		if buf = k.a.Append(buf[:0], e); len(buf) == 0 {
			return nil
		}
		return s.Write(buf)
	})
	k.f.End(r.Context(), err)
	defer s.Close()
	switch {
	case err == nil:
		buf = k.finish(r.Context(), buf[:0])
	case !s.Begun():
		s.Close()
		return err
	default:
		buf = k.a.Fail(buf[:0], err, k.f.Usage(), k.f.Spent())
		if llm.CodeOf(err) != llm.CodeCancelled {
			k.keep(r.Context(), false)
		}
	}
	// A client that left before the last event has had its answer, or is the
	// reason why there is none.
	_ = s.Write(k.a.Last(buf))
	return nil
}

// past is what a request goes on from.
func (h *Handlers) past(r *http.Request, q *responses.Request) (responses.Past, error) {
	p := responses.Past{Find: func(id string) (json.RawMessage, error) { return h.find(r, id) }}
	if h.Seal != nil {
		p.Open = h.Seal.Open
	}
	var err error
	switch {
	case q.Previous != "":
		p.Items, err = h.chain(r, q.Previous)
	case q.Conversation != "":
		p.Items, err = h.said(r, q.Conversation)
	}
	return p, err
}

// count answers how many tokens the prompt of a request would have. Nothing
// is computed, so the ledger does not have it.
func (h *Handlers) count(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	q, err := responses.DecodeCount(body)
	if err != nil {
		return err
	}
	past, err := h.past(r, q)
	if err != nil {
		return err
	}
	if err := q.Converse(past); err != nil {
		return err
	}
	// The choice among several models may hang on what is said.
	lease, err := h.G.Lease(gateway.Asking(r, "count_tokens", []*llm.Request{q.Request}), q.Model)
	if err != nil {
		return err
	}
	defer lease.Done()
	if c, ok := lease.Backend.(llm.PromptCounter); ok {
		q.Request.Model = lease.Model
		n, err := c.CountPrompt(r.Context(), q.Request)
		if err != nil {
			return err
		}
		gateway.WriteJSON(w, http.StatusOK, responses.EncodeTokens(n))
		return nil
	}
	counter, ok := lease.Backend.(llm.TokenCounter)
	if !ok {
		return llm.Errorf(llm.CodeUnsupported, "backend %s cannot count tokens", lease.Name)
	}
	tokens, err := counter.Tokenize(r.Context(), &llm.TokenizeRequest{Model: lease.Model, Chat: q.Request})
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, responses.EncodeTokens(len(tokens.IDs)))
	return nil
}
