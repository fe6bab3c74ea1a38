// Package oai holds the handlers of the OpenAI dialect: it reads requests with
// wire/openai, sends them on their way, and writes what comes back.
//
// It knows neither backends nor the ledger; package gateway does.
package oai

import (
	"encoding/json"
	"net/http"
	"strings"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/wire/openai"
	"irori/internal/wire/openai/codex"
)

// Handlers are the dialect's endpoints.
type Handlers struct{ G *gateway.Gateway }

// Routes lists the endpoints.
func (h *Handlers) Routes() []gateway.Route {
	route := func(pattern string, f func(http.ResponseWriter, *http.Request) error) gateway.Route {
		return gateway.Route{Pattern: pattern, Handle: f, Fail: Fail}
	}
	list := []gateway.Route{
		route("POST /v1/chat/completions", h.chat),
		route("POST /v1/completions", h.completions),
		route("POST /v1/embeddings", h.embeddings),
		route("GET /v1/models", h.models),
		route("GET /v1/models/{id...}", h.model),
		route("POST /tokenize", h.tokenize),
	}
	for _, pattern := range rerankPaths {
		list = append(list, gateway.Route{Pattern: pattern, Handle: h.rerank, Fail: failRerank})
	}
	return list
}

// Fail writes an error in OpenAI's shape.
func Fail(w http.ResponseWriter, e *llm.Error) {
	status, kind := gateway.Status(e.Code)
	gateway.Refusal(w.Header(), e)
	body, err := openai.EncodeError(e, kind)
	if err != nil {
		body = []byte(`{"error":{"message":"internal error","type":"server_error","param":null,"code":"internal_error"}}`)
	}
	gateway.WriteJSON(w, status, body)
}

func (h *Handlers) chat(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	c, err := openai.DecodeChat(body)
	if err != nil {
		return err
	}
	return h.generate(w, r, c, "chat", body)
}

func (h *Handlers) completions(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	c, err := openai.DecodeCompletion(body)
	if err != nil {
		return err
	}
	return h.generate(w, r, c, "completions", nil)
}

func (h *Handlers) generate(w http.ResponseWriter, r *http.Request, c *openai.Chat, api string, body []byte) (err error) {
	if body != nil && !c.Legacy && len(c.Requests) == 1 {
		// Who is asked hangs on all that would leave.
		c.Requests[0].Relay = &llm.Relay{Dialect: llm.DialectOpenAIChat, Body: body, Usage: c.IncludeUsage}
	}
	f, err := h.G.Admit(r, api, c.Model, c.Stream, c.Requests...)
	if err != nil {
		return err
	}
	f.Look(r.Context(), c.Requests)
	prefix := "chatcmpl-"
	if c.Completion {
		prefix = "cmpl-"
	}
	reply := openai.Reply{ID: prefix + f.ID, Model: f.Lease.Model, Created: gateway.CreatedAt(f.ID), Completion: c.Completion, Legacy: c.Legacy}
	if c.Stream {
		return stream(w, r, f, c, reply)
	}
	var col *openai.Collector
	collect := func() *openai.Collector {
		if col == nil {
			n := 0
			for _, q := range c.Requests {
				n += q.Choices()
			}
			col = openai.NewCollector(reply, n)
		}
		return col
	}
	var raw []byte
	err = f.Generate(r.Context(), c.Requests, func(e llm.Event) error {
		if e.Type == llm.EventRaw {
			// Whole answers come in one piece, which nobody writes to any more.
			if raw == nil {
				raw = e.Raw[:len(e.Raw):len(e.Raw)]
			} else {
				raw = append(raw, e.Raw...)
			}
			return nil
		}
		collect().From(f.Lease.Model)
		collect().Event(e)
		return nil
	})
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	out := f.Passed(raw)
	if raw == nil {
		if out, err = collect().Encode(f.Usage(), f.Spent()); err != nil {
			return err
		}
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}

// stream answers with chunks. An error before the first one is an ordinary
// response; after it, an event.
func stream(w http.ResponseWriter, r *http.Request, f *gateway.Flight, c *openai.Chat, reply openai.Reply) error {
	s := f.NewStream(w, "text/event-stream; charset=utf-8", sse.Comment)
	enc := openai.NewStreamer(reply)
	var buf []byte
	passed := false
	err := f.Generate(r.Context(), c.Requests, func(e llm.Event) error {
		if passed = e.Type == llm.EventRaw; passed {
			if len(e.Raw) == 0 {
				return nil // only for the ledger
			}
			return s.Write(e.Raw)
		}
		enc.From(f.Lease.Model)
		chunks, err := enc.Event(e)
		if err != nil || len(chunks) == 0 {
			return err
		}
		buf = buf[:0]
		for _, chunk := range chunks {
			buf = sse.Append(buf, chunk)
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
		return streamError(s, err)
	}
	if passed {
		return nil // to its end
	}
	buf = buf[:0]
	if c.IncludeUsage {
		chunk, err := enc.Usage(f.Usage(), f.Spent())
		if err != nil {
			return streamError(s, err)
		}
		buf = sse.Append(buf, chunk)
	}
	// A client that left before the last line has had its answer.
	_ = s.Write(sse.Append(buf, openai.Done))
	return nil
}

// streamError ends a stream that has begun with an error event.
func streamError(s *gateway.Stream, err error) error {
	e := gateway.AsError(err)
	_, kind := gateway.Status(e.Code)
	body, merr := openai.EncodeError(e, kind)
	if merr != nil {
		return nil
	}
	// The client may be the one who left.
	_ = s.Write(sse.Append(nil, body))
	return nil
}

func (h *Handlers) embeddings(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	req, err := openai.DecodeEmbeddings(body)
	if err != nil {
		return err
	}
	f, err := h.G.Admit(r, "embeddings", req.Model, false)
	if err != nil {
		return err
	}
	res, err := f.Embed(r.Context(), req.Request)
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	out, err := openai.EncodeEmbeddings(req, f.Lease.Model, res, f.Spent())
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}

func (h *Handlers) models(w http.ResponseWriter, r *http.Request) error {
	list, err := h.G.Models(r.Context())
	if err != nil {
		return err
	}
	out := make([]openai.Model, 0, len(list))
	for _, m := range list {
		out = append(out, modelOf(m))
	}
	var catalogue json.RawMessage
	if r.URL.Query().Has("client_version") {
		// Codex says so who asks.
		if catalogue, err = codex.Catalogue(catalogued(list)); err != nil {
			return err
		}
	}
	body, err := openai.EncodeModels(out, catalogue)
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, body)
	return nil
}

func catalogued(list []gateway.ModelEntry) []codex.Model {
	out := make([]codex.Model, len(list))
	for i, m := range list {
		out[i] = codex.Model{ID: m.ID, Context: m.Context}
	}
	return out
}

func modelOf(m gateway.ModelEntry) openai.Model {
	// A model that crashed too often is still held, and does not answer.
	loaded := m.Loaded && (m.State == "" || m.State == "ready")
	return openai.Model{
		ID: m.ID, Created: m.Created, OwnedBy: m.OwnedBy, Loaded: &loaded, State: m.State,
		ContextLength: m.Context, Quantization: m.Quantization,
	}
}

func (h *Handlers) model(w http.ResponseWriter, r *http.Request) error {
	list, err := h.G.Models(r.Context())
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	for _, m := range list {
		if strings.EqualFold(m.ID, id) {
			body, err := openai.EncodeModel(modelOf(m))
			if err != nil {
				return err
			}
			gateway.WriteJSON(w, http.StatusOK, body)
			return nil
		}
	}
	return llm.Errorf(llm.CodeModelNotFound, "model %q is not here", id).WithParam("model").WithHint("irori list")
}

func (h *Handlers) tokenize(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	req, err := openai.DecodeTokenize(body)
	if err != nil {
		return err
	}
	lease, err := h.G.Lease(r.Context(), req.Model)
	if err != nil {
		return err
	}
	defer lease.Done()
	counter, ok := lease.Backend.(llm.TokenCounter)
	if !ok {
		return llm.Errorf(llm.CodeUnsupported, "backend %s cannot tokenize", lease.Name)
	}
	tokens, err := counter.Tokenize(r.Context(), req)
	if err != nil {
		return err
	}
	out, err := openai.EncodeTokenize(tokens)
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}
