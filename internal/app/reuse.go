package app

import (
	"cmp"
	"context"
	"time"

	"irori/internal/config"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/reuse"
	"irori/internal/unit"
)

// newReuse makes the cache of answers, nil where none is wanted.
func (m *models) newReuse(c config.Cache) (*reuse.Cache, error) {
	mode := reuse.Mode(cmp.Or(c.Exact, string(reuse.Off)))
	if mode == reuse.Off {
		return nil, nil
	}
	size, err := unit.ParseBytes(cmp.Or(c.Size, "16MiB"))
	if err != nil {
		return nil, err
	}
	o := reuse.Options{Mode: mode, TTL: time.Duration(cmp.Or(c.Seconds, 3600)) * time.Second, Bytes: int(size), Threshold: 0.9}
	if c.Threshold != nil {
		o.Threshold = *c.Threshold
	}
	if c.Semantic == "on" {
		o.Embed = func(ctx context.Context, id, text string) ([]float32, error) { return m.vector(ctx, c.Model, id, text) }
	}
	return reuse.New(o), nil
}

// vector makes the vector of a text for a request, whose account it goes to.
func (m *models) vector(ctx context.Context, model, id, text string) ([]float32, error) {
	// The request has its place already; to wait for another one could last for
	// ever.
	l, err := m.lease(gateway.Visiting(ctx), model)
	if err != nil {
		return nil, err
	}
	defer l.Done()
	e, ok := l.Backend.(llm.Embedder)
	if !ok {
		return nil, llm.Errorf(llm.CodeUnsupported, "backend %s makes no embeddings", l.Name)
	}
	res, err := e.Embed(ctx, &llm.EmbedRequest{ID: id, Model: l.Model, Inputs: []llm.EmbedInput{{Text: text}}})
	if err != nil {
		return nil, err
	}
	return res.Vectors[0], nil
}
