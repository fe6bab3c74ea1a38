package openai

import (
	"context"
	"encoding/json"
	"slices"

	"irori/internal/backend"
	"irori/internal/llm"
)

// tokenizer is whose way of counting tokens a server knows.
type tokenizer int

const (
	tokenizerNone tokenizer = iota
	// tokenizerLlama is llama-server's: /tokenize takes content.
	tokenizerLlama
	// tokenizerVLLM is vLLM's: /tokenize takes a prompt, or messages.
	tokenizerVLLM
)

// learned is what a server was found to be. It does not change once stored.
type learned struct {
	tokenizer tokenizer
	every     backend.Power
	each      map[string]backend.Power
}

// power is that of a model.
func (l *learned) power(model string) backend.Power { return l.every.Over(l.each[model]) }

// props are the facts of llama-server.
type props struct {
	Settings *struct {
		Context int `json:"n_ctx"`
	} `json:"default_generation_settings"`
	Modalities *struct {
		Vision bool `json:"vision"`
	} `json:"modalities"`
	Caps *struct {
		Tools *bool `json:"supports_tools"`
	} `json:"chat_template_caps"`
}

// shelf is LM Studio's list of models.
type shelf struct {
	Data []shelfModel `json:"data"`
}

type shelfModel struct {
	ID           string   `json:"id"`
	Type         string   `json:"type"`
	Most         int      `json:"max_context_length"`
	Loaded       int      `json:"loaded_context_length"`
	Capabilities []string `json:"capabilities"`
}

// Learn asks a server what it can, by endpoints that only some have: what
// answers is believed, whatever the server's name is. It returns what all its
// models can, and what single ones can.
func (b *Backend) Learn(ctx context.Context, models []string) (every backend.Power, each map[string]backend.Power) {
	l := &learned{each: map[string]backend.Power{}}
	d := *b.dialect.Load()
	var p props
	if b.fact(ctx, "/props", nil, &p) && p.Settings != nil {
		d.Template, d.Grammar = true, true
		l.every.Context = p.Settings.Context
		if p.Modalities != nil {
			l.every.Images = &p.Modalities.Vision
		}
		if p.Caps != nil {
			l.every.Tools = p.Caps.Tools
		}
		l.tokenizer = tokenizerLlama
	} else if b.counts(ctx, models) {
		d.Template, d.Repetition = true, true
		l.tokenizer = tokenizerVLLM
	} else {
		var s shelf
		if b.fact(ctx, "/api/v0/models", nil, &s) {
			for _, m := range s.Data {
				l.each[m.ID] = m.power()
			}
		}
	}
	b.dialect.Store(&d)
	b.learned.Store(l)
	return l.every, l.each
}

func (m *shelfModel) power() backend.Power {
	p := backend.Power{Context: m.Loaded}
	if p.Context == 0 {
		p.Context = m.Most
	}
	// Other servers have types too, such as "model", that say nothing of what
	// a model takes.
	switch m.Type {
	case "llm", "vlm", "embeddings":
		images, embeds := m.Type == "vlm", m.Type == "embeddings"
		p.Images, p.Embeds = &images, &embeds
	}
	if m.Capabilities != nil {
		tools := slices.Contains(m.Capabilities, "tool_use")
		p.Tools = &tools
	}
	return p
}

// counts reports whether a server tokenizes as vLLM does.
func (b *Backend) counts(ctx context.Context, models []string) bool {
	if len(models) == 0 {
		return false
	}
	body, err := json.Marshal(map[string]string{"model": models[0], "prompt": "a"})
	if err != nil {
		return false
	}
	var t counted
	return b.fact(ctx, "/tokenize", body, &t) && t.Count > 0 && len(t.Tokens) == t.Count
}

// fact reads an answer, if there is one of its shape.
func (b *Backend) fact(ctx context.Context, path string, body []byte, v any) bool {
	out, err := b.o.Upstream.Fact(ctx, path, body)
	return err == nil && json.Unmarshal(out, v) == nil
}

// counted is vLLM's answer.
type counted struct {
	Count  int      `json:"count"`
	Most   int      `json:"max_model_len"`
	Tokens []int32  `json:"tokens"`
	Pieces []string `json:"token_strs"`
}

// Tokenize counts with the server's own tokenizer, where it has one that can
// be asked. See llm.TokenCounter.
func (b *Backend) Tokenize(ctx context.Context, r *llm.TokenizeRequest) (*llm.Tokens, error) {
	switch l := b.learned.Load(); {
	case l == nil || l.tokenizer == tokenizerNone:
		// Clients take this as a word to estimate by themselves.
		return nil, llm.Errorf(llm.CodeNotFound, "backend %s cannot count tokens", b.o.Upstream.Name())
	case l.tokenizer == tokenizerVLLM:
		return b.tokenizeVLLM(ctx, r)
	default:
		return b.tokenizeLlama(ctx, r, l.power(r.Model).Context)
	}
}

func (b *Backend) tokenizeVLLM(ctx context.Context, r *llm.TokenizeRequest) (*llm.Tokens, error) {
	q := map[string]any{"model": r.Model, "return_token_strs": r.WithPieces}
	if r.Chat != nil {
		if err := b.conversation(r, q); err != nil {
			return nil, err
		}
		q["add_generation_prompt"] = true
	} else {
		q["prompt"], q["add_special_tokens"] = r.Text, r.AddSpecial
	}
	var out counted
	if err := b.ask(ctx, "/tokenize", q, &out); err != nil {
		return nil, err
	}
	return &llm.Tokens{IDs: out.Tokens, Pieces: out.Pieces, MaxContext: out.Most}, nil
}

func (b *Backend) tokenizeLlama(ctx context.Context, r *llm.TokenizeRequest, most int) (*llm.Tokens, error) {
	q := map[string]any{"content": r.Text, "add_special": r.AddSpecial, "parse_special": r.ParseSpecial}
	if r.Chat != nil {
		chat := map[string]any{}
		if err := b.conversation(r, chat); err != nil {
			return nil, err
		}
		var rendered struct {
			Prompt string `json:"prompt"`
		}
		if err := b.ask(ctx, "/apply-template", chat, &rendered); err != nil {
			return nil, err
		}
		q["content"], q["add_special"], q["parse_special"] = rendered.Prompt, true, true
	}
	if !r.WithPieces {
		var out counted
		if err := b.ask(ctx, "/tokenize", q, &out); err != nil {
			return nil, err
		}
		return &llm.Tokens{IDs: out.Tokens, MaxContext: most}, nil
	}
	q["with_pieces"] = true
	var out struct {
		Tokens []struct {
			ID    int32           `json:"id"`
			Piece json.RawMessage `json:"piece"`
		} `json:"tokens"`
	}
	if err := b.ask(ctx, "/tokenize", q, &out); err != nil {
		return nil, err
	}
	t := &llm.Tokens{MaxContext: most}
	for _, x := range out.Tokens {
		t.IDs, t.Pieces = append(t.IDs, x.ID), append(t.Pieces, piece(x.Piece))
	}
	return t, nil
}

// piece is a token's text: a string, or bytes that are none.
func piece(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var list []int
	if json.Unmarshal(raw, &list) != nil {
		return ""
	}
	out := make([]byte, len(list))
	for i, x := range list {
		out[i] = byte(x)
	}
	return string(out)
}

// conversation adds what a chat request holds of a conversation.
func (b *Backend) conversation(r *llm.TokenizeRequest, to map[string]any) error {
	chat := *r.Chat
	chat.Model = r.Model
	body, err := b.encode(&chat)
	if err != nil {
		return err
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return err
	}
	for _, name := range []string{"messages", "tools", "chat_template_kwargs"} {
		if v := whole[name]; v != nil {
			to[name] = v
		}
	}
	return nil
}

// ask asks a question whose answer must come.
func (b *Backend) ask(ctx context.Context, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	out, err := b.o.Upstream.Fact(ctx, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, answer); err != nil {
		return llm.Errorf(llm.CodeBadAnswer, "backend %s: its tokens cannot be read", b.o.Upstream.Name())
	}
	return nil
}
