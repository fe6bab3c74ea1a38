package openai

import (
	"encoding/json"
	"time"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
)

// Model is one entry of GET /v1/models. Clients of Anthropic's API read the
// same list, so it holds that API's fields too.
type Model struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	// Type, DisplayName and CreatedAt follow from the fields above.
	Type        string    `json:"type"`
	DisplayName string    `json:"display_name"`
	CreatedAt   time.Time `json:"created_at"`
	// The rest is Irori's addition.
	Loaded        *bool  `json:"loaded,omitempty"`
	State         string `json:"state,omitempty"`
	ContextLength int    `json:"context_length,omitempty"`
	Quantization  string `json:"quantization,omitempty"`
}

// complete sets the fields that follow from others.
func (m Model) complete() Model {
	m.Object, m.Type, m.DisplayName, m.CreatedAt = "model", "model", m.ID, time.Unix(m.Created, 0).UTC()
	return m
}

// EncodeModels writes the list, all of it on one page. catalogue is the same
// list as agents want it, nil where nobody asks for it.
func EncodeModels(list []Model, catalogue json.RawMessage) ([]byte, error) {
	page := struct {
		Object  string  `json:"object"`
		Data    []Model `json:"data"`
		HasMore bool    `json:"has_more"`
		FirstID *string `json:"first_id"`
		LastID  *string `json:"last_id"`
		// Codex reads this, and nothing else.
		Models json.RawMessage `json:"models,omitempty"`
	}{Object: "list", Data: make([]Model, len(list)), Models: catalogue}
	for i, m := range list {
		page.Data[i] = m.complete()
	}
	if n := len(list); n > 0 {
		page.FirstID, page.LastID = &list[0].ID, &list[n-1].ID
	}
	return marshal(page)
}

// EncodeModel writes one model.
func EncodeModel(m Model) ([]byte, error) { return marshal(m.complete()) }

// DecodeTokenize reads the body of POST /tokenize: llama.cpp's {content,
// add_special, parse_special, with_pieces} or vLLM's {model, prompt |
// messages, add_special_tokens}.
func DecodeTokenize(data []byte) (*llm.TokenizeRequest, error) {
	var b struct {
		Model            string    `json:"model"`
		Content          *string   `json:"content"`
		Prompt           *string   `json:"prompt"`
		Messages         []message `json:"messages"`
		AddSpecial       bool      `json:"add_special"`
		AddSpecialTokens *bool     `json:"add_special_tokens"`
		ParseSpecial     *bool     `json:"parse_special"`
		WithPieces       bool      `json:"with_pieces"`
	}
	if err := body.Decode(data, &b); err != nil {
		return nil, err
	}
	out := &llm.TokenizeRequest{Model: b.Model, AddSpecial: b.AddSpecial, ParseSpecial: true, WithPieces: b.WithPieces}
	if b.ParseSpecial != nil {
		out.ParseSpecial = *b.ParseSpecial
	}
	if b.AddSpecialTokens != nil {
		out.AddSpecial = *b.AddSpecialTokens
	}
	switch {
	case b.Messages != nil:
		out.Chat = &llm.Request{Model: b.Model}
		list, err := conversation(b.Messages)
		if err != nil {
			return nil, err
		}
		out.Chat.Messages = list
	case b.Content != nil:
		out.Text = *b.Content
	case b.Prompt != nil:
		out.Text = *b.Prompt
		if b.AddSpecialTokens == nil {
			out.AddSpecial = true
		}
	default:
		return nil, body.Invalid("content", "content, prompt or messages is missing")
	}
	return out, nil
}

// EncodeTokenize writes the answer: the ids, or ids with pieces where the
// request asked for them.
func EncodeTokenize(t *llm.Tokens) ([]byte, error) {
	ids := t.IDs
	if ids == nil {
		ids = []int32{}
	}
	type piece struct {
		ID    int32  `json:"id"`
		Piece string `json:"piece"`
	}
	var tokens any = ids
	if t.Pieces != nil {
		list := make([]piece, len(ids))
		for i := range ids {
			list[i] = piece{ids[i], t.Pieces[i]}
		}
		tokens = list
	}
	return marshal(struct {
		Tokens      any `json:"tokens"`
		Count       int `json:"count"`
		MaxModelLen int `json:"max_model_len,omitempty"`
	}{tokens, len(ids), t.MaxContext})
}

type errorBody struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    string  `json:"code"`
	Hint    string  `json:"hint,omitempty"`
}

// EncodeError writes an error in OpenAI's envelope. kind is its type. The hint
// stands in the message too: clients show nothing else.
func EncodeError(e *llm.Error, kind string) ([]byte, error) {
	b := errorBody{Message: e.Error(), Type: kind, Code: string(e.Code), Hint: e.Hint}
	if e.Param != "" {
		b.Param = &e.Param
	}
	if e.Hint != "" {
		b.Message += " (hint: " + e.Hint + ")"
	}
	return marshal(struct {
		Error errorBody `json:"error"`
	}{b})
}
