// Package openai is a backend that speaks OpenAI's API to a server of somebody
// else: llama-server, vLLM, LM Studio, OpenAI itself.
//
// It joins the codec in wire/openai/ask to the transport in package backend,
// and knows no server but by what its dialect takes.
package openai

import (
	"context"
	"encoding/json"
	"iter"
	"sync/atomic"

	"irori/internal/backend"
	"irori/internal/llm"
	"irori/internal/wire/openai/ask"
	"irori/internal/wire/openai/pass"
)

// Options say which server, and what it takes.
type Options struct {
	// Upstream is the server; its address ends where /chat/completions begins.
	Upstream *backend.Upstream
	Dialect  ask.Dialect
}

// Backend answers through a server. It is an llm.Backend, an llm.Embedder and
// an llm.TokenCounter.
type Backend struct {
	o Options
	// dialect is that of the options, and what was learned of it since.
	dialect atomic.Pointer[ask.Dialect]
	learned atomic.Pointer[learned]
}

// New makes a Backend. Nothing is sent yet.
func New(o Options) *Backend {
	b := &Backend{o: o}
	b.dialect.Store(&o.Dialect)
	return b
}

// encode writes a request as the server takes it.
func (b *Backend) encode(r *llm.Request) ([]byte, error) {
	if l := b.learned.Load(); l != nil {
		if err := l.power(r.Model).Check(b.o.Upstream, r); err != nil {
			return nil, err
		}
	}
	return ask.EncodeRequest(r, *b.dialect.Load())
}

// Generate sends a request. See llm.Backend.
func (b *Backend) Generate(ctx context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	if b.passes(r) {
		return b.pass(ctx, r)
	}
	body, err := b.encode(r)
	if err != nil {
		return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
	}
	return b.o.Upstream.Generate(ctx, &backend.Call{
		Path: ask.Path(r), Body: body, Model: r.Model, ID: r.ID, Whole: ask.DecodeAnswer, Fail: ask.DecodeError,
		Decoder: func() backend.Decoder { return ask.NewDecoder() },
	})
}

// passes reports whether a request can go as it is written: it says nothing
// that this server takes under another name, or not at all.
func (b *Backend) passes(r *llm.Request) bool {
	s, d := &r.Sampling, b.dialect.Load()
	if l := b.learned.Load(); l != nil && l.power(r.Model).Check(b.o.Upstream, r) != nil {
		return false
	}
	return r.Relay != nil && r.Relay.Dialect == llm.DialectOpenAIChat && !d.Vendor && !r.IgnoreEOS &&
		len(r.Adapters) == 0 && len(r.TemplateArgs) == 0 && r.Think == nil && r.Effort == "" &&
		(r.Format.Kind != llm.FormatGrammar || d.Grammar) &&
		s.RepeatPenalty == nil && s.RepeatLastN == nil && s.DRYMultiplier == nil && s.Mirostat == nil &&
		s.TypicalP == nil && s.TopNSigma == nil && s.XTCProbability == nil && s.DynatempRange == nil
}

// pass sends a request as its client wrote it, and lets the answer through
// unless it is to be told in events.
func (b *Backend) pass(ctx context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	model, err := json.Marshal(r.Model)
	if err != nil {
		return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
	}
	whole := ask.DecodeAnswer
	if !r.Relay.Told {
		if !r.Stream && !r.Relay.Read {
			whole = pass.Whole
		}
		whole = backend.PassWhole(r.Stream, r.Relay.Read, whole)
	}
	return b.o.Upstream.Generate(ctx, &backend.Call{
		Path: ask.Path(r), Body: pass.Request(r.Relay.Body, model, r.Stream), Model: r.Model, ID: r.ID, Fail: ask.DecodeError,
		Whole: whole, Read: r.Relay.Read,
		Decoder: func() backend.Decoder {
			if !r.Stream || r.Relay.Told {
				return ask.NewDecoder()
			}
			return pass.NewWatch(r.Relay.Usage, r.Relay.Read)
		},
	})
}

// Embed asks for vectors. See llm.Embedder.
func (b *Backend) Embed(ctx context.Context, r *llm.EmbedRequest) (*llm.EmbedResult, error) {
	body, err := ask.EncodeEmbed(r)
	if err != nil {
		return nil, err
	}
	out, err := b.o.Upstream.Embed(ctx, r, "/embeddings", body, ask.DecodeError)
	if err != nil {
		return nil, err
	}
	res, err := ask.DecodeEmbed(out, len(r.Inputs))
	if err != nil {
		e := llm.Errorf(llm.CodeOf(err), "backend %s: %v", b.o.Upstream.Name(), err)
		return nil, e
	}
	return res, nil
}

// Models asks what the server serves.
func (b *Backend) Models(ctx context.Context) ([]ask.Model, error) {
	out, err := b.o.Upstream.Get(ctx, "/models")
	if err != nil {
		return nil, err
	}
	list, err := ask.DecodeModels(out)
	if err != nil {
		return nil, llm.Errorf(llm.CodeOf(err), "backend %s: %v", b.o.Upstream.Name(), err)
	}
	return list, nil
}
