package openai

import (
	"context"

	"irori/internal/llm"
	"irori/internal/wire/cohere"
	"irori/internal/wire/openai/ask"
)

// Rerank ranks documents, where the server does: llama-server, vLLM and others
// have an endpoint for it beside OpenAI's. See llm.Reranker.
func (b *Backend) Rerank(ctx context.Context, r *llm.RerankRequest) (*llm.RerankResult, error) {
	body, err := cohere.EncodeAsk(r)
	if err != nil {
		return nil, err
	}
	call := &llm.EmbedRequest{ID: r.ID, Model: r.Model, Attempt: r.Attempt}
	out, err := b.o.Upstream.Embed(ctx, call, "/rerank", body, func(status int, data []byte) *llm.Error {
		return cohere.Refusal(status, ask.DecodeError(status, data))
	})
	if err != nil {
		return nil, err
	}
	res, err := cohere.DecodeAnswer(out, r)
	if err != nil {
		return nil, llm.Errorf(llm.CodeOf(err), "backend %s: %v", b.o.Upstream.Name(), err)
	}
	return res, nil
}
