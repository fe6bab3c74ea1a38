package gateway

import (
	"context"

	"irori/internal/llm"
)

// Rerank runs a reranking request of a flight.
func (f *Flight) Rerank(ctx context.Context, req *llm.RerankRequest) (*llm.RerankResult, error) {
	if f.body != nil {
		asked := &llm.EmbedRequest{Inputs: []llm.EmbedInput{{Text: req.Query}}}
		for _, d := range req.Documents {
			asked.Inputs = append(asked.Inputs, llm.EmbedInput{Text: d})
		}
		f.body.Embed(asked)
	}
	req.ID, req.Attempt = f.ID, f.attempt
	rank := func() (*llm.RerankResult, error) {
		b, ok := f.Lease.Backend.(llm.Reranker)
		if !ok {
			return nil, llm.Errorf(llm.CodeUnsupported, "model %s of backend %s does not rerank", f.Lease.Model, f.Lease.Name).
				WithParam("model").WithHint("name a model here that is made for it, or one of a backend that ranks: llama-server with --reranking, or vLLM")
		}
		req.Model = f.Lease.Model
		return b.Rerank(ctx, req)
	}
	res, err := rank()
	for f.moves(ctx, err) {
		res, err = rank()
	}
	f.settled(err)
	if err != nil {
		return nil, err
	}
	f.addUsage(&res.Usage)
	return res, nil
}
