// Package ollama is a backend that speaks Ollama's own API to a server of
// somebody else.
//
// It joins the codec in wire/ollama to the transport in package backend.
package ollama

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"irori/internal/backend"
	"irori/internal/llm"
	"irori/internal/wire/ollama"
)

// Backend answers through a server. It is an llm.Backend and an llm.Embedder.
type Backend struct {
	up      *backend.Upstream
	learned atomic.Pointer[map[string]backend.Power]
}

// New makes a Backend at a server whose address ends where /api begins.
func New(up *backend.Upstream) *Backend { return &Backend{up: up} }

// Generate sends a request. See llm.Backend.
func (b *Backend) Generate(ctx context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	if l := b.learned.Load(); l != nil {
		if err := (*l)[r.Model].Check(b.up, r); err != nil {
			return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
		}
	}
	// Always as a stream: only so can an answer be cut short.
	streamed := *r
	streamed.Stream = true
	body, err := ollama.EncodeRequest(&streamed)
	if err != nil {
		return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
	}
	path := "/api/chat"
	if r.Raw {
		path = "/api/generate"
	}
	return b.up.Generate(ctx, &backend.Call{
		Path: path, Body: body, Model: r.Model, ID: r.ID, Lines: true, Fail: ollama.DecodeError,
		Decoder: func() backend.Decoder { return &decoder{Decoder: ollama.NewDecoder()} },
		Whole: func(data []byte) ([]llm.Event, error) {
			d := &decoder{Decoder: ollama.NewDecoder()}
			events, err := d.Event(data)
			if err == nil {
				_, err = d.End()
			}
			return events, err
		},
	})
}

// decoder remembers the usage that went by, and gives calls without an id one:
// clients of other APIs answer by it.
type decoder struct {
	*ollama.Decoder
	began bool
	usage *llm.Usage
}

// Event reads a line.
func (d *decoder) Event(data []byte) ([]llm.Event, error) {
	events, err := d.Line(data)
	for i := range events {
		e := &events[i]
		d.began = true
		if e.Usage != nil {
			d.usage = e.Usage
		}
		if e.Type == llm.EventToolCall && e.ToolCall.ID == "" {
			e.ToolCall.ID = "call_" + rand.Text()
		}
	}
	return events, err
}

// End says whether the answer was whole.
func (d *decoder) End() ([]llm.Event, error) {
	switch {
	case d.Done():
		return nil, nil
	case !d.began:
		return nil, llm.Errorf(llm.CodeBadAnswer, "its answer is empty")
	}
	return nil, llm.Errorf(llm.CodeBadAnswer, "its answer breaks off")
}

// Usage is the newest word on usage.
func (d *decoder) Usage() *llm.Usage { return d.usage }

// Embed asks for vectors. See llm.Embedder.
func (b *Backend) Embed(ctx context.Context, r *llm.EmbedRequest) (*llm.EmbedResult, error) {
	body, err := ollama.EncodeEmbed(r)
	if err != nil {
		return nil, err
	}
	out, err := b.up.Embed(ctx, r, "/api/embed", body, ollama.DecodeError)
	if err != nil {
		return nil, err
	}
	res, err := ollama.DecodeVectors(out, len(r.Inputs))
	if err != nil {
		return nil, llm.Errorf(llm.CodeBadAnswer, "backend %s: %v", b.up.Name(), err)
	}
	if res.Usage.PromptTokens != nil {
		res.Usage.OutputTokens = llm.IntPtr(0)
	}
	return res, nil
}

// Models asks for the names of the models that the server has.
func (b *Backend) Models(ctx context.Context) ([]string, error) {
	out, err := b.up.Get(ctx, "/api/tags")
	if err != nil {
		return nil, err
	}
	var list struct {
		Models []struct {
			Name string `json:"name"`
		} `json:"models"`
	}
	if err := json.Unmarshal(out, &list); err != nil || list.Models == nil {
		return nil, llm.Errorf(llm.CodeBadAnswer, "backend %s: it gave no list of models", b.up.Name())
	}
	var names []string
	for _, m := range list.Models {
		if m.Name != "" {
			names = append(names, m.Name)
		}
	}
	return names, nil
}

// maxShown bounds how many models are asked about one by one.
const maxShown = 64

// Learn asks what models can, and how long their context is.
func (b *Backend) Learn(ctx context.Context, models []string) (every backend.Power, each map[string]backend.Power) {
	each = map[string]backend.Power{}
	for _, name := range models[:min(len(models), maxShown)] {
		body, err := json.Marshal(map[string]string{"model": name})
		if err != nil {
			continue
		}
		out, err := b.up.Fact(ctx, "/api/show", body)
		var card struct {
			Capabilities []string                   `json:"capabilities"`
			Facts        map[string]json.RawMessage `json:"model_info"`
		}
		if err != nil || json.Unmarshal(out, &card) != nil {
			continue
		}
		var p backend.Power
		for key, v := range card.Facts {
			// A number beyond all sense stays unknown.
			if n := 0; strings.HasSuffix(key, ".context_length") && json.Unmarshal(v, &n) == nil {
				p.Context = n
			}
		}
		if card.Capabilities != nil {
			can := func(what string) *bool {
				v := slices.Contains(card.Capabilities, what)
				return &v
			}
			p.Images, p.Tools, p.Embeds = can("vision"), can("tools"), can("embedding")
		}
		each[name] = p
	}
	b.learned.Store(&each)
	return backend.Power{}, each
}
