package shelf

import (
	"encoding/json"

	"irori/internal/catalog/blob"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/wire/ollama"
)

// BroughtAdapter is the name, in a worker, of the adapter that came with a
// model.
const BroughtAdapter = "own"

// brought are the defaults that came with a model from Ollama: its system
// text, its parameters, its messages, its adapter. Nil where there are none.
func brought(m blob.Manifest) (*gateway.Created, error) {
	c := &gateway.Created{Name: m.Name, From: m.Name, System: m.System, Made: m.Pulled}
	broken := func(err error, what string) error {
		return llm.Wrap(llm.CodeCorrupt, err, "the %s that came with %s cannot be used", what, m.Name).WithHint("irori show %s", m.Name)
	}
	if m.Params != "" {
		c.Options = json.RawMessage(m.Params)
		if _, err := ollama.DecodeOptions(c.Options, "params"); err != nil {
			return nil, broken(err, "parameters")
		}
	}
	if m.Messages != "" {
		var list []struct{ Role, Content string }
		if err := json.Unmarshal([]byte(m.Messages), &list); err != nil {
			return nil, broken(err, "messages")
		}
		for _, x := range list {
			c.Messages = append(c.Messages, llm.TextMessage(llm.Role(x.Role), x.Content))
		}
	}
	for _, f := range m.Files {
		if f.Role == blob.RoleAdapter {
			c.Adapters = []llm.Adapter{{Name: BroughtAdapter, Scale: 1}}
		}
	}
	if c.System == "" && c.Options == nil && c.Messages == nil && c.Adapters == nil {
		return nil, nil
	}
	return c, nil
}

// defaults are those of a name: what it was created with, else what the model
// brought.
func (s *Shelf) defaults(name, model string) (*gateway.Created, error) {
	if c := s.created.get(name); c != nil && c.From == model {
		return c, nil
	}
	r, err := s.lib.Resolve(model)
	if err != nil {
		return nil, nil // it is in memory, and gone from the disk
	}
	return brought(r.Manifest)
}
