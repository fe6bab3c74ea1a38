package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
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
	Functions          []json.RawMessage          `json:"functions"`
	FunctionCall       json.RawMessage            `json:"function_call"`
	BestOf             json.RawMessage            `json:"best_of"`
}

type message struct {
	Role             string          `json:"role"`
	Content          json.RawMessage `json:"content"`
	ReasoningContent string          `json:"reasoning_content"`
	Reasoning        string          `json:"reasoning"`
	ToolCalls        []toolCall      `json:"tool_calls"`
	FunctionCall     *functionCall   `json:"function_call"`
	ToolCallID       string          `json:"tool_call_id"`
	Name             string          `json:"name"`
}

type toolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function functionCall `json:"function"`
}

type functionCall struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}

// efforts are the words that OpenAI has for reasoning_effort.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh"}

// DecodeChat reads the body of POST /v1/chat/completions.
func DecodeChat(data []byte) (*Chat, error) {
	var b chatBody
	if err := body.Decode(data, &b); err != nil {
		return nil, err
	}
	r, err := b.request(1)
	if err != nil {
		return nil, err
	}
	if !body.Absent(b.BestOf) && !isNeutral(b.BestOf, "0|1") {
		return nil, llm.Errorf(llm.CodeUnsupported, "best_of is not supported").WithParam("best_of").WithHint("use n")
	}
	if len(b.Messages) == 0 {
		return nil, body.Invalid("messages", "messages is missing or empty")
	}
	if r.Messages, err = conversation(b.Messages); err != nil {
		return nil, err
	}
	legacy := len(b.Functions) > 0 || !body.Absent(b.FunctionCall)
	if err := b.tools(r); err != nil {
		return nil, err
	}
	if b.TopLogprobs < 0 || b.TopLogprobs > 20 {
		return nil, body.Invalid("top_logprobs", "top_logprobs is %d; it must be from 0 to 20", b.TopLogprobs)
	}
	if b.TopLogprobs > 0 && !b.Logprobs {
		return nil, body.Invalid("top_logprobs", "top_logprobs needs logprobs: true")
	}
	r.Logprobs, r.TopLogprobs = b.Logprobs, b.TopLogprobs
	if b.ReasoningEffort != "" && !slices.Contains(efforts, b.ReasoningEffort) {
		return nil, body.Invalid("reasoning_effort", "reasoning_effort %q is not known; use %s", body.Short(b.ReasoningEffort), strings.Join(efforts, ", "))
	}
	r.TemplateArgs = b.ChatTemplateKwargs
	r.Effort, r.Think = b.ReasoningEffort, b.EnableThinking
	if raw, ok := b.ChatTemplateKwargs["enable_thinking"]; ok && r.Think == nil {
		var v bool
		if err := body.Read(raw, &v, "chat_template_kwargs.enable_thinking"); err != nil {
			return nil, err
		}
		r.Think = &v
	}
	if r.Effort == "none" && r.Think == nil {
		off := false
		r.Think = &off
	}
	return &Chat{
		Requests: []*llm.Request{r}, Stream: b.Stream, Model: b.Model, Legacy: legacy,
		IncludeUsage: b.StreamOptions != nil && b.StreamOptions.IncludeUsage,
	}, nil
}

// conversation reads messages.
func conversation(list []message) ([]llm.Message, error) {
	out := make([]llm.Message, 0, len(list))
	called := "" // the id made up for the last function_call
	asked := map[string]bool{}
	for i, m := range list {
		at := "messages[" + strconv.Itoa(i) + "]"
		c, err := m.canonical(at)
		if err != nil {
			return nil, err
		}
		if f := m.FunctionCall; f != nil && len(c.ToolCalls) == 0 {
			// Nine letters and digits: some templates take no other id.
			called = fmt.Sprintf("call%05d", i%100000)
			args, err := argumentText(f.Arguments, at+".function_call.arguments")
			if err != nil {
				return nil, err
			}
			c.ToolCalls = []llm.ToolCall{{ID: called, Name: f.Name, Arguments: args}}
		}
		if m.Role == "function" && c.ToolCallID == "" {
			c.ToolCallID = called
		}
		if m.Role == "tool" && c.ToolCallID != "" && !asked[c.ToolCallID] {
			return nil, body.Invalid(at, "%s.tool_call_id is %q, and no message before it calls a tool by that id", at, body.Short(c.ToolCallID))
		}
		for _, t := range c.ToolCalls {
			asked[t.ID] = true
		}
		out = append(out, c)
	}
	return out, nil
}

func (m message) canonical(at string) (llm.Message, error) {
	out := llm.Message{Role: llm.Role(m.Role), ToolCallID: m.ToolCallID, Name: m.Name, Reasoning: m.ReasoningContent}
	if out.Reasoning == "" {
		out.Reasoning = m.Reasoning
	}
	switch out.Role {
	case llm.RoleSystem, llm.RoleDeveloper, llm.RoleUser, llm.RoleAssistant, llm.RoleTool:
	case "function":
		out.Role = llm.RoleTool
	case "":
		return out, body.Invalid("messages", "%s.role is missing", at)
	default:
		return out, body.Invalid("messages", "%s.role %q is not known; use system, developer, user, assistant or tool", at, body.Short(m.Role))
	}
	parts, err := contentParts(m.Content, at+".content")
	if err != nil {
		return out, err
	}
	out.Parts = parts
	for i, t := range m.ToolCalls {
		args, err := argumentText(t.Function.Arguments, fmt.Sprintf("%s.tool_calls[%d].function.arguments", at, i))
		if err != nil {
			return out, err
		}
		out.ToolCalls = append(out.ToolCalls, llm.ToolCall{ID: t.ID, Name: t.Function.Name, Arguments: args})
	}
	if out.Role == llm.RoleUser && len(parts) == 0 {
		return out, body.Invalid("messages", "%s.content is missing", at)
	}
	return out, nil
}

// argumentText is the arguments as JSON text: OpenAI sends a string, some
// clients the object itself.
func argumentText(raw json.RawMessage, at string) (string, error) {
	switch {
	case body.Absent(raw):
		return "", nil
	case raw[0] == '"':
		var s string
		err := body.Read(raw, &s, at)
		return s, err
	case raw[0] == '{':
		return string(raw), nil
	}
	return "", body.Wrong(at, "a string or an object", raw)
}

// contentParts reads a string, a list of parts, or null.
func contentParts(raw json.RawMessage, at string) ([]llm.Part, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case body.Absent(raw):
		return nil, nil
	case raw[0] == '"':
		s := string(raw[1 : len(raw)-1])
		if bytes.IndexByte(raw, '\\') >= 0 {
			if err := body.Read(raw, &s, at); err != nil {
				return nil, err
			}
		}
		return []llm.Part{{Type: llm.PartText, Text: s}}, nil
	case raw[0] != '[':
		return nil, body.Wrong(at, "a string or a list of parts", raw)
	}
	var list []struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		Refusal  string          `json:"refusal"`
		ImageURL json.RawMessage `json:"image_url"`
	}
	if err := body.Read(raw, &list, at); err != nil {
		return nil, err
	}
	out := make([]llm.Part, 0, len(list))
	for i, p := range list {
		switch p.Type {
		case "text", "input_text", "output_text":
			out = append(out, llm.Part{Type: llm.PartText, Text: p.Text})
		case "refusal":
			out = append(out, llm.Part{Type: llm.PartText, Text: p.Refusal})
		case "image_url":
			url, err := imageURL(p.ImageURL, fmt.Sprintf("%s[%d].image_url", at, i))
			if err != nil {
				return nil, err
			}
			out = append(out, llm.Part{Type: llm.PartImage, URL: url})
		case "":
			return nil, body.Invalid(body.Top(at), "%s[%d].type is missing", at, i)
		default:
			return nil, llm.Errorf(llm.CodeUnsupported, "%s[%d]: a part of type %q is not supported", at, i, body.Short(p.Type)).WithParam(body.Top(at))
		}
	}
	return out, nil
}

// imageURL reads an address, or an object that holds one.
func imageURL(raw json.RawMessage, at string) (string, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	var o struct {
		URL string `json:"url"`
	}
	if body.Absent(raw) || raw[0] != '{' {
		return "", body.Wrong(at, "a string or an object with a url", raw)
	}
	if err := body.Read(raw, &o, at); err != nil {
		return "", err
	}
	if o.URL == "" {
		return "", body.Invalid(body.Top(at), "%s.url is missing", at)
	}
	return o.URL, nil
}
