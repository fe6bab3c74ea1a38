// Package olla holds the handlers of Ollama's API: it reads requests with
// wire/ollama, sends them on their way, and writes what comes back.
//
// It knows neither backends nor the ledger, package gateway does, and neither
// files nor processes: those come as gateway's Library, Memory and Shelf.
package olla

import (
	"context"
	"net/http"
	"strings"
	"time"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/wire/ollama"
)

// Handlers are the dialect's endpoints.
type Handlers struct {
	G       *gateway.Gateway
	Library gateway.Library
	Memory  gateway.Memory
	Shelf   gateway.Shelf
	// Version is the program's own.
	Version string
}

// Routes lists the endpoints. Those of GET answer HEAD too.
func (h *Handlers) Routes() []gateway.Route {
	route := func(pattern string, f func(http.ResponseWriter, *http.Request) error) gateway.Route {
		return gateway.Route{Pattern: pattern, Handle: f, Fail: Fail}
	}
	manage := func(pattern string, f func(http.ResponseWriter, *http.Request) error) gateway.Route {
		return gateway.Route{Pattern: pattern, Handle: f, Fail: Fail, Manage: true}
	}
	return []gateway.Route{
		route("POST /api/chat", h.chat),
		route("POST /api/generate", h.generate),
		route("POST /api/embed", h.embed),
		route("POST /api/embeddings", h.embeddings),
		route("GET /api/tags", h.tags),
		route("GET /api/ps", h.running),
		route("POST /api/show", h.show),
		manage("POST /api/pull", h.pull),
		manage("POST /api/create", h.create),
		manage("POST /api/copy", h.copy),
		manage("DELETE /api/delete", h.delete),
		route("GET /api/version", h.version),
		route("POST /api/push", refused("models are not pushed from here", "irori pull is the other way")),
		route("/api/blobs/{digest}", refused("files are not sent to this server", "irori pull file:PATH takes a file on the server's machine")),
		// What else Ollama may have there is refused in its shape.
		{Pattern: "/api", Handle: unknown, Fail: Fail, Open: true},
		{Pattern: "/api/", Handle: unknown, Fail: Fail, Open: true},
		{Pattern: "GET /{$}", Handle: probe, Fail: Fail, Open: true},
	}
}

// refused is an endpoint that is known and not kept.
func refused(why, hint string) func(http.ResponseWriter, *http.Request) error {
	return func(_ http.ResponseWriter, r *http.Request) error {
		return llm.Errorf(llm.CodeUnsupported, "%s is not supported: %s", r.URL.Path, why).WithHint("%s", hint)
	}
}

func unknown(_ http.ResponseWriter, r *http.Request) error {
	return gateway.NoEndpoint(r, "/api/tags, /api/chat")
}

// probe answers the question whether anybody is there. A browser gets no such
// answer: its place is for pages.
func probe(w http.ResponseWriter, r *http.Request) error {
	if strings.Contains(r.Header.Get("Accept"), "text/html") && r.Method != http.MethodHead {
		return llm.Errorf(llm.CodeNotFound, "there is no page here").WithHint("see /v1/models, /api/tags")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	// Clients look for these very words.
	_, err := w.Write([]byte("Ollama is running"))
	if err != nil {
		return llm.Wrap(llm.CodeCancelled, err, "the client went away")
	}
	return nil
}

// Fail writes an error in Ollama's shape.
func Fail(w http.ResponseWriter, e *llm.Error) {
	gateway.Refusal(w.Header(), e)
	code, _ := gateway.Status(e.Code)
	gateway.WriteJSON(w, code, ollama.EncodeError(e))
}

const lines = "application/x-ndjson"

func (h *Handlers) chat(w http.ResponseWriter, r *http.Request) error {
	return h.text(w, r, "ollama_chat", ollama.DecodeChat)
}

func (h *Handlers) generate(w http.ResponseWriter, r *http.Request) error {
	return h.text(w, r, "ollama_generate", ollama.DecodeGenerate)
}

// text answers a request for text.
func (h *Handlers) text(w http.ResponseWriter, r *http.Request, api string, read func([]byte) (*ollama.Call, error)) error {
	began := time.Now()
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	c, err := read(body)
	if err != nil {
		return err
	}
	reply := ollama.Reply{Model: c.Model, Generate: c.Generate, Now: time.Now}
	if c.Empty {
		reason, model, err := h.load(r.Context(), c.Model, c.KeepAlive)
		if err != nil {
			return err
		}
		if reply.Model == "" {
			reply.Model = model
		}
		gateway.WriteJSON(w, http.StatusOK, reply.Loaded(reason))
		return nil
	}
	f, err := h.G.Admit(r, api, c.Model, c.Request.Stream, c.Request)
	if err != nil {
		return err
	}
	if reply.Model == "" {
		reply.Model = f.Lease.Model
	}
	f.Look(r.Context(), []*llm.Request{c.Request})
	a := &answer{flight: f, began: began, loaded: time.Now()}
	defer h.Memory.Keep(f.Lease.Model, c.KeepAlive)
	if c.Request.Stream {
		return a.stream(w, r, c, reply)
	}
	col := ollama.NewCollector(reply)
	err = f.Generate(r.Context(), []*llm.Request{c.Request}, func(e llm.Event) error {
		a.note(e)
		col.Event(e)
		return nil
	})
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	out, err := col.Encode(a.end())
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}

// load brings a model into memory, or gives it up, and says which it did.
func (h *Handlers) load(ctx context.Context, name string, keep *time.Duration) (reason, model string, err error) {
	if keep != nil && *keep == 0 {
		if k := gateway.KeyOf(ctx); k != nil && !k.Manage {
			return "", "", llm.Errorf(llm.CodeForbidden, "the key %q may not take a model from the others", k.Name).WithHint("irori keys set %s --manage", k.Name)
		}
		m, err := h.Library.Describe(name)
		if err != nil {
			return "", "", err
		}
		h.Memory.Keep(m.Name, keep)
		return "unload", m.Name, nil
	}
	lease, err := h.G.Lease(ctx, name)
	if err != nil {
		return "", "", err
	}
	defer h.Memory.Keep(lease.Model, keep)
	defer lease.Done()
	return "load", lease.Model, nil
}

// answer is what an answer's last line is made of.
type answer struct {
	flight        *gateway.Flight
	began, loaded time.Time
	timings       *llm.Timings
}

// note takes the backend's times out of an event.
func (a *answer) note(e llm.Event) {
	if e.Timings != nil {
		a.timings = e.Timings
	}
}

func (a *answer) end() ollama.End {
	return ollama.End{
		Total: time.Since(a.began), Load: a.loaded.Sub(a.began), Usage: a.flight.Usage(), Timings: a.timings, Spent: a.flight.Spent(),
	}
}

// stream answers line by line. An error before the first one is an ordinary
// response; after it, a line.
func (a *answer) stream(w http.ResponseWriter, r *http.Request, c *ollama.Call, reply ollama.Reply) error {
	f := a.flight
	s := f.NewStream(w, lines, reply.Ping())
	enc := ollama.NewStreamer(reply)
	var buf []byte
	err := f.Generate(r.Context(), []*llm.Request{c.Request}, func(e llm.Event) error {
		a.note(e)
		if buf = enc.Append(buf[:0], e); len(buf) == 0 {
			return nil
		}
		return s.Write(buf)
	})
	f.End(r.Context(), err)
	defer s.Close()
	if err != nil {
		return failed(s, err)
	}
	// A client that left before the last line has had its answer.
	_ = s.Write(enc.AppendEnd(buf[:0], a.end()))
	return nil
}

// failed ends a stream with an error: a line where it has begun.
func failed(s *gateway.Stream, err error) error {
	if !s.Begun() {
		s.Close()
		return err
	}
	// The client may be the one who left.
	_ = s.Write(append(ollama.EncodeError(gateway.AsError(err)), '\n'))
	return nil
}

func (h *Handlers) embed(w http.ResponseWriter, r *http.Request) error {
	return h.vectors(w, r, ollama.DecodeEmbed)
}

func (h *Handlers) embeddings(w http.ResponseWriter, r *http.Request) error {
	return h.vectors(w, r, ollama.DecodeEmbeddings)
}

func (h *Handlers) vectors(w http.ResponseWriter, r *http.Request, read func([]byte) (*ollama.Embed, error)) error {
	began := time.Now()
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	e, err := read(body)
	if err != nil {
		return err
	}
	if e.Empty {
		if _, _, err := h.load(r.Context(), e.Model, e.KeepAlive); err != nil {
			return err
		}
		out, err := e.Encode(nil, ollama.End{Total: time.Since(began)})
		if err != nil {
			return err
		}
		gateway.WriteJSON(w, http.StatusOK, out)
		return nil
	}
	f, err := h.G.Admit(r, "ollama_embed", e.Model, false)
	if err != nil {
		return err
	}
	defer h.Memory.Keep(f.Lease.Model, e.KeepAlive)
	if e.Model == "" {
		e.Model = f.Lease.Model
	}
	a := &answer{flight: f, began: began, loaded: time.Now()}
	res, err := f.Embed(r.Context(), e.Request)
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	out, err := e.Encode(res.Vectors, a.end())
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}
