package shelf

import (
	"context"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/wire/ollama"
)

// createdModels are the names that stand for a model with defaults. They lie
// in one small file; the library holds each as an alias.
type createdModels struct {
	path string
	mu   sync.Mutex
	all  map[string]*gateway.Created
}

func openCreated(home string) *createdModels {
	c := &createdModels{path: filepath.Join(home, "models", "created.json"), all: map[string]*gateway.Created{}}
	// Without the file, or with one that cannot be read, there are none: the
	// aliases still stand for their models.
	if b, err := os.ReadFile(c.path); err == nil {
		var list []gateway.Created
		if json.Unmarshal(b, &list) == nil {
			for _, m := range list {
				c.all[m.Name] = &m
			}
		}
	}
	return c
}

// Defaults are what a created name of a home's library stands for beside its
// model, nil where the name was not created, or is an alias only.
func Defaults(home, name string) *gateway.Created { return openCreated(home).get(name) }

// get returns the defaults of a name, nil for none.
func (c *createdModels) get(name string) *gateway.Created {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[name]
}

func (c *createdModels) put(m gateway.Created) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[m.Name] = &m
	return c.write()
}

func (c *createdModels) remove(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all[name] == nil {
		return nil
	}
	delete(c.all, name)
	return c.write()
}

// write replaces the file in one step; mu is held.
func (c *createdModels) write() error {
	list := make([]*gateway.Created, 0, len(c.all))
	for _, m := range c.all {
		list = append(list, m)
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	next := c.path + ".new"
	if err := os.WriteFile(next, append(b, '\n'), 0o600); err != nil {
		return llm.Wrap(llm.CodeInternal, err, "the model's defaults cannot be kept")
	}
	return os.Rename(next, c.path)
}

// defaulted is a model's backend whose requests get defaults first.
type defaulted struct {
	of llm.Backend
	c  *gateway.Created
}

// Generate answers a request. See llm.Backend.
func (d *defaulted) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	r, err := filled(d.c, req)
	if err != nil {
		return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
	}
	return d.of.Generate(ctx, r)
}

// Embed makes vectors, to which no default applies. See llm.Embedder.
func (d *defaulted) Embed(ctx context.Context, req *llm.EmbedRequest) (*llm.EmbedResult, error) {
	b, ok := d.of.(llm.Embedder)
	if !ok {
		return nil, llm.Errorf(llm.CodeUnsupported, "%s makes no embeddings", d.c.Name)
	}
	return b.Embed(ctx, req)
}

// Rerank ranks documents, to which no default applies. See llm.Reranker.
func (d *defaulted) Rerank(ctx context.Context, req *llm.RerankRequest) (*llm.RerankResult, error) {
	b, ok := d.of.(llm.Reranker)
	if !ok {
		return nil, llm.Errorf(llm.CodeUnsupported, "%s does not rank", d.c.Name)
	}
	return b.Rerank(ctx, req)
}

// Tokenize counts what Generate would send. See llm.TokenCounter.
func (d *defaulted) Tokenize(ctx context.Context, req *llm.TokenizeRequest) (*llm.Tokens, error) {
	b, ok := d.of.(llm.TokenCounter)
	if !ok {
		return nil, llm.Errorf(llm.CodeUnsupported, "the tokens of %s cannot be counted", d.c.Name)
	}
	r := *req
	if req.Chat != nil {
		var err error
		if r.Chat, err = filled(d.c, req.Chat); err != nil {
			return nil, err
		}
	}
	return b.Tokenize(ctx, &r)
}

// filled is a request with what it leaves open. Its own system text takes the
// place of the default one; messages of the model come before its own.
func filled(c *gateway.Created, req *llm.Request) (*llm.Request, error) {
	r := *req
	o, err := ollama.DecodeOptions(c.Options, "parameters")
	if err != nil {
		return nil, err
	}
	o.Fill(&r)
	if r.Adapters == nil {
		r.Adapters = c.Adapters
	}
	if r.Raw {
		return &r, nil
	}
	var system []llm.Message
	rest := r.Messages
	if len(rest) > 0 && (rest[0].Role == llm.RoleSystem || rest[0].Role == llm.RoleDeveloper) {
		system, rest = rest[:1:1], rest[1:]
	} else if c.System != "" {
		system = []llm.Message{llm.TextMessage(llm.RoleSystem, c.System)}
	}
	r.Messages = slices.Concat(system, c.Messages, rest)
	return &r, nil
}
