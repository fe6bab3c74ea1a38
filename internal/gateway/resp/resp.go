// Package resp holds the handlers of OpenAI's Responses API: it reads requests
// with wire/openai/responses, sends them on their way, and writes and keeps
// what comes back.
//
// It knows neither backends nor the ledger; package gateway does.
package resp

import (
	"net/http"
	"strconv"
	"time"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/wire/openai"
	"irori/internal/wire/openai/responses"
)

// Handlers are the dialect's endpoints.
type Handlers struct{ G *gateway.Gateway }

// Routes lists the endpoints.
func (h *Handlers) Routes() []gateway.Route {
	route := func(pattern string, f func(http.ResponseWriter, *http.Request) error) gateway.Route {
		return gateway.Route{Pattern: pattern, Handle: f, Fail: Fail}
	}
	return []gateway.Route{
		route("POST /v1/responses", h.create),
		route("POST /v1/responses/{id}", h.verb),
	}
}

// Fail writes an error in OpenAI's shape.
func Fail(w http.ResponseWriter, e *llm.Error) {
	status, kind := gateway.Status(e.Code)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds()+0.999)))
	}
	w.Header().Del("Trailer")
	body, err := openai.EncodeError(e, kind)
	if err != nil {
		body = []byte(`{"error":{"message":"internal error","type":"server_error","param":null,"code":"internal_error"}}`)
	}
	gateway.WriteJSON(w, status, body)
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
	if err := q.Converse(responses.Past{}); err != nil {
		return err
	}
	f, err := h.G.Admit(r, "responses", q.Model, q.Stream)
	if err != nil {
		return err
	}
	reply := responses.Reply{Key: f.ID, Model: f.Lease.Model, Created: gateway.CreatedAt(f.ID)}
	a := responses.NewAnswer(q, reply, q.Stream)
	if q.Stream {
		return stream(w, r, f, q, a)
	}
	return plain(w, r, f, q, a)
}

func plain(w http.ResponseWriter, r *http.Request, f *gateway.Flight, q *responses.Request, a *responses.Answer) error {
	err := f.Generate(r.Context(), []*llm.Request{q.Request}, func(e llm.Event) error {
		a.Append(nil, e)
		return nil
	})
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	a.End(nil, f.Usage(), f.Spent(), time.Now().Unix())
	out, err := a.Response()
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}

// stream answers with events. An error before the first one is an ordinary
// response; after it, an event.
func stream(w http.ResponseWriter, r *http.Request, f *gateway.Flight, q *responses.Request, a *responses.Answer) error {
	s := f.NewStream(w, "text/event-stream; charset=utf-8", sse.Comment)
	var buf []byte
	err := f.Generate(r.Context(), []*llm.Request{q.Request}, func(e llm.Event) error {
		if buf = a.Append(buf[:0], e); len(buf) == 0 {
			return nil
		}
		return s.Write(buf)
	})
	f.End(r.Context(), err)
	defer s.Close()
	if err != nil {
		if !s.Begun() {
			s.Close()
			return err
		}
		// The client may be the one who left.
		_ = s.Write(a.Fail(nil, err, f.Usage(), f.Spent()))
		return nil
	}
	// A client that left before the last event has had its answer.
	_ = s.Write(a.End(buf[:0], f.Usage(), f.Spent(), time.Now().Unix()))
	return nil
}

// verb runs what stands where the id of a response may stand too.
func (h *Handlers) verb(w http.ResponseWriter, r *http.Request) error {
	switch r.PathValue("id") {
	case "input_tokens":
		return h.count(w, r)
	}
	return llm.Errorf(llm.CodeNotFound, "POST %s is not an endpoint here", r.URL.Path).WithHint("see POST /v1/responses")
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
	if err := q.Converse(responses.Past{}); err != nil {
		return err
	}
	lease, err := h.G.Lease(r.Context(), q.Model)
	if err != nil {
		return err
	}
	defer lease.Done()
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
