// Package gemini is a backend that speaks Google's Gemini API.
//
// It joins the codec in wire/gemini to the transport in package backend.
package gemini

import (
	"context"
	"crypto/rand"
	"iter"
	"net/url"

	"irori/internal/backend"
	"irori/internal/llm"
	"irori/internal/wire/gemini"
)

// Backend answers through the API. It is an llm.Backend and an llm.Embedder.
type Backend struct{ up *backend.Upstream }

// New makes a Backend at a server whose address ends where /models begins.
func New(up *backend.Upstream) *Backend { return &Backend{up} }

// Generate sends a request. See llm.Backend.
func (b *Backend) Generate(ctx context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	body, err := gemini.EncodeRequest(r)
	if err != nil {
		return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
	}
	return b.up.Generate(ctx, &backend.Call{
		// Always as a stream: only so can an answer be cut short.
		Path: gemini.Path(url.PathEscape(r.Model), true), Body: body, Model: r.Model, ID: r.ID, Fail: gemini.DecodeError,
		Decoder: func() backend.Decoder { return decoder{gemini.NewDecoder()} },
		Whole: func(data []byte) ([]llm.Event, error) {
			events, err := gemini.DecodeAnswer(data)
			name(events)
			return events, err
		},
	})
}

// decoder gives calls without an id one: clients of other APIs answer by it.
type decoder struct{ *gemini.Decoder }

// Event reads the data of one event.
func (d decoder) Event(data []byte) ([]llm.Event, error) {
	events, err := d.Decoder.Event(data)
	name(events)
	return events, err
}

func name(events []llm.Event) {
	for i := range events {
		if e := &events[i]; e.Type == llm.EventToolCall && e.ToolCall.ID == "" {
			e.ToolCall.ID = "call_" + rand.Text()
		}
	}
}

// Embed asks for vectors. See llm.Embedder.
func (b *Backend) Embed(ctx context.Context, r *llm.EmbedRequest) (*llm.EmbedResult, error) {
	body, err := gemini.EncodeEmbed(r)
	if err != nil {
		return nil, err
	}
	out, err := b.up.Embed(ctx, r, "/models/"+url.PathEscape(r.Model)+":batchEmbedContents", body, gemini.DecodeError)
	if err != nil {
		return nil, err
	}
	res, err := gemini.DecodeEmbed(out, len(r.Inputs))
	if err != nil {
		return nil, llm.Errorf(llm.CodeBadAnswer, "backend %s: %v", b.up.Name(), err)
	}
	return res, nil
}

// maxPages bounds how long a list of models may be.
const maxPages = 20

// Models asks what the API serves.
func (b *Backend) Models(ctx context.Context) ([]gemini.Model, error) {
	var all []gemini.Model
	next := ""
	for range maxPages {
		out, err := b.up.Get(ctx, "/models?pageSize=1000&pageToken="+url.QueryEscape(next))
		if err != nil {
			return nil, err
		}
		var list []gemini.Model
		if list, next, err = gemini.DecodeModels(out); err != nil {
			return nil, llm.Errorf(llm.CodeOf(err), "backend %s: %v", b.up.Name(), err)
		}
		if all = append(all, list...); next == "" {
			break
		}
	}
	return all, nil
}
