package shield

import (
	"cmp"
	"context"
	"iter"

	"irori/internal/llm"
)

// guarded is a backend behind a shield.
type guarded struct {
	of    llm.Backend
	name  string
	terms Terms
	note  *Note
	// model is what stands for the model's name of requests, where their own
	// may not be kept.
	model string
}

// named is the name of the model that a client wrote.
func (g *guarded) named(model string) string { return cmp.Or(g.model, model) }

// Generate answers a request of which nothing private leaves. See llm.Backend.
func (g *guarded) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		r, conv, err := g.request(ctx, req)
		if err != nil {
			yield(llm.Event{}, err)
			return
		}
		if conv == nil {
			g.of.Generate(ctx, r)(yield)
			return
		}
		back := newAnswer(conv, r.Format.Kind == llm.FormatJSON || r.Format.Kind == llm.FormatJSONSchema, yield)
		for e, err := range g.of.Generate(ctx, r) {
			// An error is told as it came: it goes into logs, and values do not.
			if !back.event(e, err) {
				return
			}
		}
		back.rest()
	}
}

// Embed makes vectors of texts of which nothing private leaves. See
// llm.Embedder.
func (g *guarded) Embed(ctx context.Context, req *llm.EmbedRequest) (*llm.EmbedResult, error) {
	b, ok := g.of.(llm.Embedder)
	if !ok {
		return nil, llm.Errorf(llm.CodeUnsupported, "backend %s makes no embeddings", g.name)
	}
	r := *req
	_, err := g.read(ctx, func(e editor) error {
		e.take(served, g.named(req.Model))
		r.Inputs = make([]llm.EmbedInput, len(req.Inputs))
		for i, in := range req.Inputs {
			if in.Tokens != nil {
				return &unreadable{"token ids"}
			}
			r.Inputs[i].Text = e.take(prose, in.Text)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.Embed(ctx, &r)
}

// Rerank ranks documents of which nothing private leaves. See llm.Reranker.
func (g *guarded) Rerank(ctx context.Context, req *llm.RerankRequest) (*llm.RerankResult, error) {
	b, ok := g.of.(llm.Reranker)
	if !ok {
		return nil, llm.Errorf(llm.CodeUnsupported, "backend %s does not rerank", g.name).WithParam("model")
	}
	r := *req
	_, err := g.read(ctx, func(e editor) error {
		e.take(served, g.named(req.Model))
		r.Query, r.Documents = e.take(prose, req.Query), make([]string, len(req.Documents))
		for i, d := range req.Documents {
			r.Documents[i] = e.take(prose, d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.Rerank(ctx, &r)
}

// promptCounter is the power to count, where the backend has it.
type promptCounter struct {
	g  *guarded
	of llm.PromptCounter
}

// CountPrompt counts what would leave. See llm.PromptCounter.
func (c promptCounter) CountPrompt(ctx context.Context, req *llm.Request) (int, error) {
	r, _, err := c.g.request(ctx, req)
	if err != nil {
		return 0, err
	}
	return c.of.CountPrompt(ctx, r)
}

// tokenCounter is the power to tokenize, where the backend has it.
type tokenCounter struct {
	g  *guarded
	of llm.TokenCounter
}

// Tokenize counts what would leave. See llm.TokenCounter.
func (c tokenCounter) Tokenize(ctx context.Context, req *llm.TokenizeRequest) (*llm.Tokens, error) {
	r := *req
	if req.Chat != nil {
		var err error
		if r.Chat, _, err = c.g.request(ctx, req.Chat); err != nil {
			return nil, err
		}
	}
	if _, err := c.g.read(ctx, func(e editor) error {
		e.take(served, c.g.named(req.Model))
		r.Text = e.take(prose, req.Text)
		return nil
	}); err != nil {
		return nil, err
	}
	return c.of.Tokenize(ctx, &r)
}
