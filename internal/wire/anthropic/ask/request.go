package ask

import (
	"encoding/json"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/shape"
)

// defaultMax is max_tokens of a request that says nothing, since the API
// wants it said.
const defaultMax = 4096

// leastBudget is the smallest thinking budget that the API takes.
const leastBudget = 1024

type askBody struct {
	Model         string       `json:"model"`
	MaxTokens     int          `json:"max_tokens"`
	System        []askBlock   `json:"system,omitempty"`
	Messages      []askMessage `json:"messages"`
	Stream        bool         `json:"stream,omitempty"`
	StopSequences []string     `json:"stop_sequences,omitempty"`
	Temperature   *float32     `json:"temperature,omitempty"`
	TopP          *float32     `json:"top_p,omitempty"`
	TopK          *int         `json:"top_k,omitempty"`
	Tools         []askTool    `json:"tools,omitempty"`
	ToolChoice    *askChoice   `json:"tool_choice,omitempty"`
	Thinking      *askThinking `json:"thinking,omitempty"`
	Metadata      *askMetadata `json:"metadata,omitempty"`
	OutputConfig  *askOutput   `json:"output_config,omitempty"`
}

type askMessage struct {
	Role    string     `json:"role"`
	Content []askBlock `json:"content"`
}

type askBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text,omitempty"`
	Source    *askSource      `json:"source,omitempty"`
	Thinking  *string         `json:"thinking,omitempty"`
	Signature string          `json:"signature,omitempty"`
	Data      string          `json:"data,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
	ToolUseID string          `json:"tool_use_id,omitempty"`
	Content   []askBlock      `json:"content,omitempty"`
	IsError   bool            `json:"is_error,omitempty"`
}

type askSource struct {
	Type      string `json:"type"`
	MediaType string `json:"media_type,omitempty"`
	Data      string `json:"data,omitempty"`
	URL       string `json:"url,omitempty"`
}

type askTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"input_schema"`
}

type askChoice struct {
	Type     string `json:"type"`
	Name     string `json:"name,omitempty"`
	Disabled bool   `json:"disable_parallel_tool_use,omitempty"`
}

type askThinking struct {
	Type   string `json:"type"`
	Budget int    `json:"budget_tokens,omitempty"`
}

type askMetadata struct {
	UserID string `json:"user_id"`
}

type askOutput struct {
	Effort string     `json:"effort,omitempty"`
	Format *askFormat `json:"format,omitempty"`
}

type askFormat struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}

// EncodeRequest writes a request for an upstream. What would change the
// answer and has no place there is refused by name.
func EncodeRequest(r *llm.Request) ([]byte, error) {
	if err := refuse(r); err != nil {
		return nil, err
	}
	r, err := r.AsChat("Anthropic's API")
	if err != nil {
		return nil, err
	}
	b := askBody{
		Model: r.Model, MaxTokens: defaultMax, Stream: r.Stream, StopSequences: r.Stop,
		Temperature: r.Sampling.Temperature, TopP: r.Sampling.TopP, TopK: r.Sampling.TopK,
	}
	if r.MaxTokens != nil {
		b.MaxTokens = *r.MaxTokens
	}
	if t := b.Temperature; t != nil && *t > 1 {
		most := float32(1) // the API's own end of the range
		b.Temperature = &most
	}
	b.System, b.Messages = ask(r.Messages)
	for _, t := range r.Tools {
		schema := t.Parameters
		if shape.Absent(schema) {
			schema = json.RawMessage(`{"type":"object"}`)
		}
		b.Tools = append(b.Tools, askTool{t.Name, t.Description, schema})
	}
	b.ToolChoice = choice(r)
	if r.Think != nil && *r.Think && b.MaxTokens > leastBudget {
		b.Thinking = &askThinking{"enabled", max(leastBudget, b.MaxTokens/2)}
	} else if r.Think != nil && !*r.Think {
		b.Thinking = &askThinking{Type: "disabled"}
	}
	if r.User != "" {
		b.Metadata = &askMetadata{r.User}
	}
	if r.Format.Kind == llm.FormatJSONSchema {
		b.OutputConfig = &askOutput{Format: &askFormat{"json_schema", r.Format.Schema}}
	}
	switch r.Effort {
	case "low", "medium", "high":
		if b.OutputConfig == nil {
			b.OutputConfig = &askOutput{}
		}
		b.OutputConfig.Effort = r.Effort
	}
	out, err := shape.Marshal(b)
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the request cannot be written for the upstream")
	}
	return out, nil
}

// refuse names what the API has no place for.
func refuse(r *llm.Request) error {
	s := r.Sampling
	for _, c := range []struct {
		asked bool
		field string
	}{
		{r.Choices() > 1, "n"}, {r.Logprobs, "logprobs"}, {r.IgnoreEOS, "ignore_eos"},
		{r.Format.Kind == llm.FormatGrammar || r.Format.Kind == llm.FormatJSON, r.FormatField()},
		{len(s.LogitBias) > 0, "logit_bias"}, {len(r.Adapters) > 0, "adapters"},
		{s.PresencePenalty != nil && *s.PresencePenalty != 0, "presence_penalty"},
		{s.FrequencyPenalty != nil && *s.FrequencyPenalty != 0, "frequency_penalty"},
		{s.MinP != nil && *s.MinP != 0, "min_p"},
	} {
		if c.asked {
			return llm.Errorf(llm.CodeUnsupported, "%s is not supported by Anthropic's API", c.field).WithParam(c.field)
		}
	}
	return nil
}

func choice(r *llm.Request) *askChoice {
	if len(r.Tools) == 0 {
		return nil
	}
	one := r.ParallelTools != nil && !*r.ParallelTools
	switch r.ToolChoice.Mode {
	case llm.ToolNone:
		return &askChoice{Type: "none"}
	case llm.ToolRequired:
		return &askChoice{Type: "any", Disabled: one}
	case llm.ToolNamed:
		return &askChoice{Type: "tool", Name: r.ToolChoice.Name, Disabled: one}
	}
	if one {
		return &askChoice{Type: "auto", Disabled: true}
	}
	return nil
}

// ask splits a conversation into the system text at its beginning and turns
// of user and assistant. Later system texts stand in the user's turn that
// follows, or the last one.
func ask(msgs []llm.Message) (system []askBlock, out []askMessage) {
	for _, m := range msgs {
		switch m.Role {
		case llm.RoleSystem, llm.RoleDeveloper:
			if len(out) == 0 {
				system = append(system, parts(m.Parts)...)
				continue
			}
			out = turn(out, "user", parts(m.Parts))
		case llm.RoleTool:
			b := askBlock{Type: "tool_result", ToolUseID: m.ToolCallID, Content: parts(m.Parts), IsError: m.ToolFailed}
			out = turn(out, "user", []askBlock{b})
		case llm.RoleAssistant:
			out = turn(out, "assistant", assistant(m))
		default:
			out = turn(out, "user", parts(m.Parts))
		}
	}
	return system, out
}

// turn adds to the last turn of a role, or opens one.
func turn(out []askMessage, role string, list []askBlock) []askMessage {
	if len(list) == 0 {
		return out
	}
	if n := len(out); n > 0 && out[n-1].Role == role {
		out[n-1].Content = append(out[n-1].Content, list...)
		return out
	}
	return append(out, askMessage{role, list})
}

// parts are content blocks; empty texts are left out, which the API refuses.
func parts(list []llm.Part) []askBlock {
	var out []askBlock
	for _, p := range list {
		if p.Type == llm.PartImage {
			out = append(out, askBlock{Type: "image", Source: imageSource(p.URL)})
		} else if p.Text != "" {
			out = append(out, askBlock{Type: "text", Text: p.Text})
		}
	}
	return out
}

func imageSource(url string) *askSource {
	if rest, ok := strings.CutPrefix(url, "data:"); ok {
		kind, data, _ := strings.Cut(rest, ",")
		return &askSource{Type: "base64", MediaType: strings.TrimSuffix(kind, ";base64"), Data: data}
	}
	return &askSource{Type: "url", URL: url}
}

// assistant is an assistant's turn. Thinking that its provider did not sign is
// left out: the API takes no other.
func assistant(m llm.Message) []askBlock {
	var out []askBlock
	for _, t := range m.Thoughts {
		if t.Redacted != "" {
			out = append(out, askBlock{Type: "redacted_thinking", Data: t.Redacted})
			continue
		}
		out = append(out, askBlock{Type: "thinking", Thinking: &t.Text, Signature: t.Signature})
	}
	out = append(out, parts(m.Parts)...)
	for _, c := range m.ToolCalls {
		out = append(out, askBlock{Type: "tool_use", ID: c.ID, Name: c.Name, Input: shape.ToolInput(c.Arguments)})
	}
	return out
}
