package openai

import (
	"bytes"
	"encoding/json"
	"fmt"

	"irori/internal/llm"
)

type chatBody struct {
	sampling
	Messages           []message                  `json:"messages"`
	Tools              []json.RawMessage          `json:"tools"`
	ToolChoice         json.RawMessage            `json:"tool_choice"`
	ParallelToolCalls  *bool                      `json:"parallel_tool_calls"`
	Logprobs           bool                       `json:"logprobs"`
	TopLogprobs        int                        `json:"top_logprobs"`
	ReasoningEffort    string                     `json:"reasoning_effort"`
	ChatTemplateKwargs map[string]json.RawMessage `json:"chat_template_kwargs"`
	EnableThinking     *bool                      `json:"enable_thinking"`
}

type message struct {
	Role             string          `json:"role"`
	Content          json.RawMessage `json:"content"`
	ReasoningContent string          `json:"reasoning_content"`
	Reasoning        string          `json:"reasoning"`
	ToolCalls        []toolCall      `json:"tool_calls"`
	ToolCallID       string          `json:"tool_call_id"`
	Name             string          `json:"name"`
}

type toolCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"function"`
}

// DecodeChat reads the body of POST /v1/chat/completions.
func DecodeChat(body []byte) (*Chat, error) {
	var b chatBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	r, err := b.request()
	if err != nil {
		return nil, err
	}
	if len(b.Messages) == 0 {
		return nil, invalid("messages", "messages is missing or empty")
	}
	for i, m := range b.Messages {
		c, err := m.canonical()
		if err != nil {
			return nil, invalid("messages", "messages[%d]: %v", i, err)
		}
		r.Messages = append(r.Messages, c)
	}
	if err := b.tools(r); err != nil {
		return nil, err
	}
	if b.TopLogprobs < 0 || b.TopLogprobs > 20 {
		return nil, invalid("top_logprobs", "top_logprobs is %d; it must be from 0 to 20", b.TopLogprobs)
	}
	if b.TopLogprobs > 0 && !b.Logprobs {
		return nil, invalid("top_logprobs", "top_logprobs needs logprobs: true")
	}
	r.Logprobs, r.TopLogprobs = b.Logprobs, b.TopLogprobs
	r.ParallelTools, r.TemplateArgs = b.ParallelToolCalls, b.ChatTemplateKwargs
	r.Effort, r.Think = b.ReasoningEffort, b.EnableThinking
	if raw, ok := b.ChatTemplateKwargs["enable_thinking"]; ok && r.Think == nil {
		var v bool
		if json.Unmarshal(raw, &v) == nil {
			r.Think = &v
		}
	}
	if r.Effort == "none" && r.Think == nil {
		off := false
		r.Think = &off
	}
	return &Chat{Requests: []*llm.Request{r}, Stream: b.Stream, Model: b.Model, IncludeUsage: b.StreamOptions != nil && b.StreamOptions.IncludeUsage}, nil
}

func (m message) canonical() (llm.Message, error) {
	out := llm.Message{Role: llm.Role(m.Role), ToolCallID: m.ToolCallID, Name: m.Name, Reasoning: m.ReasoningContent}
	if out.Reasoning == "" {
		out.Reasoning = m.Reasoning
	}
	switch out.Role {
	case llm.RoleSystem, llm.RoleDeveloper, llm.RoleUser, llm.RoleAssistant, llm.RoleTool:
	case "function":
		out.Role = llm.RoleTool
	case "":
		return out, fmt.Errorf("role is missing")
	default:
		return out, fmt.Errorf("role %q is not known; use system, developer, user, assistant or tool", m.Role)
	}
	parts, err := contentParts(m.Content)
	if err != nil {
		return out, err
	}
	out.Parts = parts
	for _, t := range m.ToolCalls {
		args, err := argumentText(t.Function.Arguments)
		if err != nil {
			return out, err
		}
		out.ToolCalls = append(out.ToolCalls, llm.ToolCall{ID: t.ID, Name: t.Function.Name, Arguments: args})
	}
	if out.Role == llm.RoleUser && len(parts) == 0 {
		return out, fmt.Errorf("content is missing")
	}
	return out, nil
}

// argumentText is the arguments as JSON text: OpenAI sends a string, some
// clients the object itself.
func argumentText(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return "", nil
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	return string(raw), nil
}

// contentParts reads a string, a list of parts, or null.
func contentParts(raw json.RawMessage) ([]llm.Part, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		return nil, nil
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return []llm.Part{{Type: llm.PartText, Text: s}}, nil
	case raw[0] != '[':
		return nil, fmt.Errorf("content must be a string or a list of parts")
	}
	var list []struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		Refusal  string          `json:"refusal"`
		ImageURL json.RawMessage `json:"image_url"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	out := make([]llm.Part, 0, len(list))
	for _, p := range list {
		switch p.Type {
		case "text", "input_text", "output_text":
			out = append(out, llm.Part{Type: llm.PartText, Text: p.Text})
		case "refusal":
			out = append(out, llm.Part{Type: llm.PartText, Text: p.Refusal})
		case "image_url":
			url, err := imageURL(p.ImageURL)
			if err != nil {
				return nil, err
			}
			out = append(out, llm.Part{Type: llm.PartImage, URL: url})
		default:
			return nil, fmt.Errorf("a content part of type %q is not supported", p.Type)
		}
	}
	return out, nil
}

func imageURL(raw json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	var o struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || o.URL == "" {
		return "", fmt.Errorf("image_url has no url")
	}
	return o.URL, nil
}

func (b *chatBody) tools(r *llm.Request) error {
	for i, raw := range b.Tools {
		var t struct {
			Type     string `json:"type"`
			Function *struct {
				Name        string          `json:"name"`
				Description string          `json:"description"`
				Parameters  json.RawMessage `json:"parameters"`
			} `json:"function"`
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return invalid("tools", "tools[%d]: %v", i, err)
		}
		if t.Type != "function" && t.Type != "" {
			// Tools that only a vendor's own service can run are dropped,
			// not refused: clients send them by default.
			continue
		}
		if t.Function == nil || t.Function.Name == "" {
			return invalid("tools", "tools[%d] has no function.name", i)
		}
		r.Tools = append(r.Tools, llm.Tool{Name: t.Function.Name, Description: t.Function.Description, Parameters: t.Function.Parameters, Raw: raw})
	}
	choice, err := toolChoice(b.ToolChoice)
	if err != nil {
		return err
	}
	r.ToolChoice = choice
	if choice.Mode == llm.ToolNamed || choice.Mode == llm.ToolRequired {
		if len(r.Tools) == 0 {
			return invalid("tool_choice", "tool_choice asks for a call, but there are no tools")
		}
	}
	if choice.Mode == llm.ToolNamed {
		for _, t := range r.Tools {
			if t.Name == choice.Name {
				return nil
			}
		}
		return invalid("tool_choice", "tool_choice names %q, which is not among the tools", choice.Name)
	}
	return nil
}

func toolChoice(raw json.RawMessage) (llm.ToolChoice, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return llm.ToolChoice{}, nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		switch s {
		case "auto", "none", "required":
			return llm.ToolChoice{Mode: llm.ToolMode(s)}, nil
		}
		return llm.ToolChoice{}, invalid("tool_choice", "tool_choice %q is not known; use auto, none, required or a function", s)
	}
	var o struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
		Name string `json:"name"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return llm.ToolChoice{}, invalid("tool_choice", "tool_choice: %v", err)
	}
	name := o.Function.Name
	if name == "" {
		name = o.Name
	}
	if name == "" {
		return llm.ToolChoice{}, invalid("tool_choice", "tool_choice names no function")
	}
	return llm.ToolChoice{Mode: llm.ToolNamed, Name: name}, nil
}
