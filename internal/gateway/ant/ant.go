// Package ant holds the handlers of the Anthropic dialect: it reads requests
// with wire/anthropic, sends them on their way, and writes what comes back.
//
// It knows neither backends nor the ledger; package gateway does. The list of
// models that this dialect shares with OpenAI's is not here.
package ant

import (
	"net/http"
	"strings"
	"time"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/wire/anthropic"
	"irori/internal/wire/anthropic/shape"
)

// Handlers are the dialect's endpoints.
type Handlers struct{ G *gateway.Gateway }

// Routes lists the endpoints.
func (h *Handlers) Routes() []gateway.Route {
	return []gateway.Route{
		{Pattern: "POST /v1/messages", Handle: h.messages, Fail: Fail},
		{Pattern: "POST /v1/messages/count_tokens", Handle: h.count, Fail: Fail},
		// What else the vendor has there is refused in its own shape.
		{Pattern: "/v1/messages/", Handle: unknown, Fail: Fail, Open: true},
		{Pattern: "/{$}", Handle: probe, Fail: Fail, Open: true},
	}
}

// probe answers the question whether anybody is there, which clients ask
// before anything else.
func probe(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	return unknown(w, r)
}

func unknown(_ http.ResponseWriter, r *http.Request) error {
	return gateway.NoEndpoint(r, "/v1/models, /v1/messages")
}

// status is the status of an error, with the one that only this dialect has.
func status(e *llm.Error) int {
	if e.Code == llm.CodeOverloaded {
		return shape.StatusOverloaded
	}
	code, _ := gateway.Status(e.Code)
	return code
}

// requestID names a response in the dialect's way: by the id in the ledger,
// or by a new one where the request is in none.
func requestID(h http.Header) string {
	id := h.Get("X-Irori-Id")
	if id == "" {
		id = gateway.NewID(time.Now())
	}
	h.Set("Request-Id", "req_"+id)
	return "req_" + id
}

// Fail writes an error in Anthropic's shape.
func Fail(w http.ResponseWriter, e *llm.Error) {
	gateway.Refusal(w.Header(), e)
	if s := e.Said; s != nil && s.Dialect == llm.DialectAnthropic {
		requestID(w.Header())
		gateway.WriteJSON(w, s.Status, s.Body)
		return
	}
	code := status(e)
	gateway.WriteJSON(w, code, anthropic.EncodeError(e, code, requestID(w.Header())))
}

func (h *Handlers) messages(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	req, err := anthropic.DecodeMessages(body)
	if err != nil {
		return err
	}
	// Who is asked hangs on all that would leave.
	req.Relay = &llm.Relay{Dialect: llm.DialectAnthropic, Body: body, Header: ownHeaders(r.Header), Query: r.URL.Query().Encode()}
	f, err := h.G.Admit(r, "messages", req.Model, req.Stream, req)
	if err != nil {
		return err
	}
	if f.Lease.Local {
		anthropic.DropBilling(req)
		req.Relay.Body = anthropic.CutBilling(body)
	}
	f.Look(r.Context(), []*llm.Request{req})
	f.Header(w.Header())
	requestID(w.Header())
	reply := anthropic.Reply{ID: "msg_" + f.ID, Model: f.Lease.Model}
	if req.Stream {
		return stream(w, r, f, req, reply)
	}
	col := anthropic.NewCollector(reply)
	var raw []byte
	err = f.Generate(r.Context(), []*llm.Request{req}, func(e llm.Event) error {
		if e.Type == llm.EventRaw {
			raw = append(raw, e.Raw...)
			return nil
		}
		col.From(f.Lease.Model)
		col.Event(e)
		return nil
	})
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	out := f.Passed(raw)
	if raw == nil {
		if out, err = col.Encode(f.Usage(), f.Spent()); err != nil {
			return err
		}
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}

// ownHeaders are those of a request's headers that belong to the dialect.
func ownHeaders(h http.Header) map[string][]string {
	out := map[string][]string{}
	for name, v := range h {
		if strings.HasPrefix(name, "Anthropic-") {
			out[name] = v
		}
	}
	return out
}

// stream answers with events. An error before the first one is an ordinary
// response; after it, an event.
func stream(w http.ResponseWriter, r *http.Request, f *gateway.Flight, req *llm.Request, reply anthropic.Reply) error {
	s := f.NewStream(w, "text/event-stream; charset=utf-8", anthropic.Ping)
	enc := anthropic.NewStreamer(reply)
	var buf []byte
	passed := false
	err := f.Generate(r.Context(), []*llm.Request{req}, func(e llm.Event) error {
		if passed = e.Type == llm.EventRaw; passed {
			if len(e.Raw) == 0 {
				return nil // only for the ledger
			}
			return s.Write(e.Raw)
		}
		enc.From(f.Lease.Model)
		if buf = enc.Append(buf[:0], e); len(buf) == 0 {
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
		e := gateway.AsError(err)
		// The client may be the one who left.
		_ = s.Write(anthropic.AppendError(nil, e, status(e), "req_"+f.ID))
		return nil
	}
	if passed {
		return nil // to its end
	}
	// A client that left before the last event has had its answer.
	_ = s.Write(enc.AppendEnd(buf[:0], f.Usage(), f.Spent()))
	return nil
}

// count answers how many tokens the prompt of a request would have. Nothing
// is computed, so the ledger does not have it.
func (h *Handlers) count(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	req, err := anthropic.DecodeCount(body)
	if err != nil {
		return err
	}
	// The choice among several models may hang on what is said.
	lease, err := h.G.Lease(gateway.Asking(r, "count_tokens", []*llm.Request{req}), req.Model)
	if err != nil {
		return err
	}
	defer lease.Done()
	if c, ok := lease.Backend.(llm.PromptCounter); ok {
		req.Model = lease.Model
		req.Relay = &llm.Relay{Dialect: llm.DialectAnthropic, Body: body, Header: ownHeaders(r.Header), Query: r.URL.Query().Encode()}
		n, err := c.CountPrompt(r.Context(), req)
		if err != nil {
			return err
		}
		requestID(w.Header())
		gateway.WriteJSON(w, http.StatusOK, anthropic.EncodeCount(n))
		return nil
	}
	counter, ok := lease.Backend.(llm.TokenCounter)
	if !ok {
		// Clients take this as a word to estimate by themselves.
		return llm.Errorf(llm.CodeNotFound, "backend %s cannot count tokens", lease.Name)
	}
	if lease.Local {
		anthropic.DropBilling(req)
	}
	tokens, err := counter.Tokenize(r.Context(), &llm.TokenizeRequest{Model: lease.Model, Chat: req})
	if err != nil {
		return err
	}
	requestID(w.Header())
	gateway.WriteJSON(w, http.StatusOK, anthropic.EncodeCount(len(tokens.IDs)))
	return nil
}
