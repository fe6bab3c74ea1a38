package anthropic

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/shape"
)

// block is a block of content; which fields count follows from Type.
type block struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Source    json.RawMessage `json:"source"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	IsError   bool            `json:"is_error"`
	Thinking  string          `json:"thinking"`
	Signature string          `json:"signature"`
	Data      string          `json:"data"`
	Title     string          `json:"title"`
	Context   string          `json:"context"`
}

// blocks reads content: a string, or a list of blocks. Blocks of a type that
// is not among those wanted come with their Type only.
func blocks(raw json.RawMessage, at string, want ...string) ([]block, error) {
	switch {
	case shape.Absent(raw):
		return nil, nil
	case raw[0] == '"':
		var s string
		if err := read(raw, &s, at); err != nil {
			return nil, err
		}
		return []block{{Type: "text", Text: s}}, nil
	case raw[0] != '[':
		return nil, wrong(at, "a string or a list of blocks", kindOf(raw))
	}
	var list []json.RawMessage
	if err := read(raw, &list, at); err != nil {
		return nil, err
	}
	out := make([]block, len(list))
	for i, one := range list {
		here := fmt.Sprintf("%s.%d", at, i)
		var head struct {
			Type string `json:"type"`
		}
		if err := read(one, &head, here); err != nil {
			return nil, err
		}
		if head.Type == "" {
			return nil, invalid(at, "%s.type is missing", here)
		}
		out[i].Type = head.Type
		for _, w := range want {
			if w != head.Type {
				continue
			}
			if err := read(one, &out[i], here); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// conversation reads system and messages.
func (b *messagesBody) conversation() ([]llm.Message, error) {
	var out []llm.Message
	system, err := systemMessage(b.System, "system")
	if err != nil {
		return nil, err
	}
	if len(system.Parts) > 0 {
		out = append(out, system)
	}
	tools := map[string]string{} // the names of tools by the ids of their calls
	for i, m := range b.Messages {
		at := fmt.Sprintf("messages.%d", i)
		switch llm.Role(m.Role) {
		case llm.RoleUser:
			out, err = appendUser(out, m.Content, at, tools)
		case llm.RoleAssistant:
			out, err = appendAssistant(out, m.Content, at, tools)
		case llm.RoleSystem:
			var s llm.Message
			if s, err = systemMessage(m.Content, at+".content"); err == nil && len(s.Parts) > 0 {
				out = append(out, s)
			}
		case "":
			err = invalid(at, "%s.role: field required", at)
		default:
			err = invalid(at, "%s.role %q is not known; use user, assistant or system", at, shape.Short(m.Role))
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func systemMessage(raw json.RawMessage, at string) (llm.Message, error) {
	m := llm.Message{Role: llm.RoleSystem}
	list, err := blocks(raw, at, "text")
	if err != nil {
		return m, err
	}
	for i, b := range list {
		if b.Type != "text" {
			return m, unsupported(at, i, b.Type)
		}
		if b.Text != "" {
			m.Parts = appendText(m.Parts, b.Text)
		}
	}
	return m, nil
}

// appendText adds a block of text. Blocks are read apart, so the words of two
// do not run together where templates join them.
func appendText(parts []llm.Part, text string) []llm.Part {
	if n := len(parts); n > 0 && parts[n-1].Type == llm.PartText && text != "" {
		end, _ := utf8.DecodeLastRuneInString(parts[n-1].Text)
		begin, _ := utf8.DecodeRuneInString(text)
		if parts[n-1].Text != "" && !unicode.IsSpace(end) && !unicode.IsSpace(begin) {
			parts[n-1].Text += "\n"
		}
	}
	return append(parts, llm.Part{Type: llm.PartText, Text: text})
}

// appendUser adds a user's turn: the results of tools first, since they
// answer the calls before them, then what else it holds.
func appendUser(out []llm.Message, raw json.RawMessage, at string, tools map[string]string) ([]llm.Message, error) {
	at += ".content"
	list, err := blocks(raw, at, "text", "image", "document", "search_result", "tool_result")
	if err != nil {
		return nil, err
	}
	user := llm.Message{Role: llm.RoleUser}
	for i, b := range list {
		if b.Type != "tool_result" {
			if user.Parts, err = appendPart(user.Parts, b, at, i); err != nil {
				return nil, err
			}
			continue
		}
		here := fmt.Sprintf("%s.%d", at, i)
		if b.ToolUseID == "" {
			return nil, invalid(at, "%s.tool_use_id: field required", here)
		}
		m := llm.Message{Role: llm.RoleTool, ToolCallID: b.ToolUseID, Name: tools[b.ToolUseID], ToolFailed: b.IsError}
		inner, err := blocks(b.Content, here+".content", "text", "image", "document", "search_result")
		if err != nil {
			return nil, err
		}
		for j, p := range inner {
			if p.Type == "tool_reference" {
				continue // which tools a search of the client's own found
			}
			if m.Parts, err = appendPart(m.Parts, p, here+".content", j); err != nil {
				return nil, err
			}
		}
		if m.ToolFailed && len(m.Parts) == 0 {
			// No template has a place for the mark, so it must be said.
			m.Parts = []llm.Part{{Type: llm.PartText, Text: "error"}}
		}
		out = append(out, m)
	}
	if len(list) == 0 {
		return nil, invalid(at, "%s must not be empty", at)
	}
	if len(user.Parts) > 0 {
		out = append(out, user)
	}
	return out, nil
}

// appendPart adds a block that a user's turn or a tool's result may hold.
func appendPart(parts []llm.Part, b block, at string, i int) ([]llm.Part, error) {
	here := fmt.Sprintf("%s.%d", at, i)
	switch b.Type {
	case "text":
		return appendText(parts, b.Text), nil
	case "image":
		url, err := imageURL(b.Source, here+".source")
		if err != nil {
			return nil, err
		}
		return append(parts, llm.Part{Type: llm.PartImage, URL: url}), nil
	case "document", "search_result":
		text, err := documentText(b, here)
		if err != nil {
			return nil, err
		}
		return appendText(parts, text), nil
	}
	return nil, unsupported(at, i, b.Type)
}

func unsupported(at string, i int, kind string) error {
	top, _, _ := strings.Cut(at, ".")
	return llm.Errorf(llm.CodeUnsupported, "%s.%d: a block of type %q is not supported", at, i, shape.Short(kind)).WithParam(top)
}

// source is where an image or a document comes from.
type source struct {
	Type      string          `json:"type"`
	MediaType string          `json:"media_type"`
	Data      string          `json:"data"`
	URL       string          `json:"url"`
	Content   json.RawMessage `json:"content"`
}

// imageURL is an address, also of an image that came whole.
func imageURL(raw json.RawMessage, at string) (string, error) {
	if shape.Absent(raw) {
		return "", invalid(at, "%s: field required", at)
	}
	var s source
	if err := read(raw, &s, at); err != nil {
		return "", err
	}
	switch {
	case s.Type == "base64" && s.Data != "" && s.MediaType != "":
		return "data:" + s.MediaType + ";base64," + s.Data, nil
	case s.Type == "url" && s.URL != "":
		return s.URL, nil
	case s.Type == "base64":
		return "", invalid(at, "%s needs media_type and data", at)
	case s.Type == "url":
		return "", invalid(at, "%s.url: field required", at)
	}
	return "", llm.Errorf(llm.CodeUnsupported, "%s: an image from %q is not supported", at, shape.Short(s.Type)).
		WithParam("messages").WithHint("use base64 or url")
}

// documentText is a document in words: its title, what is said about it, and
// its text.
func documentText(b block, at string) (string, error) {
	var text []string
	for _, s := range []string{b.Title, b.Context} {
		if s != "" {
			text = append(text, s)
		}
	}
	content := b.Content
	if b.Type == "document" {
		var s source
		if shape.Absent(b.Source) {
			return "", invalid(at, "%s.source: field required", at)
		}
		if err := read(b.Source, &s, at+".source"); err != nil {
			return "", err
		}
		switch s.Type {
		case "text":
			return strings.Join(append(text, s.Data), "\n\n"), nil
		case "content":
			content = s.Content
		default:
			return "", llm.Errorf(llm.CodeUnsupported, "%s.source: a document from %q is not read", at, shape.Short(s.Type)).
				WithParam("messages").WithHint("send its text, with source.type text")
		}
	}
	list, err := blocks(content, at+".content", "text")
	if err != nil {
		return "", err
	}
	for i, p := range list {
		if p.Type != "text" {
			return "", unsupported(at+".content", i, p.Type)
		}
		text = append(text, p.Text)
	}
	return strings.Join(text, "\n\n"), nil
}

// appendAssistant adds what the model said earlier. Blocks of tools that ran
// at the vendor are left out: no other model knows them.
func appendAssistant(out []llm.Message, raw json.RawMessage, at string, tools map[string]string) ([]llm.Message, error) {
	at += ".content"
	list, err := blocks(raw, at, "text", "thinking", "redacted_thinking", "tool_use")
	if err != nil {
		return nil, err
	}
	m := llm.Message{Role: llm.RoleAssistant}
	for i, b := range list {
		switch b.Type {
		case "text":
			m.Parts = append(m.Parts, llm.Part{Type: llm.PartText, Text: b.Text})
		case "thinking":
			m.Reasoning += b.Thinking
			if b.Signature != "" && !ownSignature(b.Signature) {
				m.Thoughts = append(m.Thoughts, llm.Thought{Text: b.Thinking, Signature: b.Signature})
			}
		case "redacted_thinking":
			m.Thoughts = append(m.Thoughts, llm.Thought{Redacted: b.Data})
		case "tool_use":
			if b.ID == "" || b.Name == "" {
				return nil, invalid(at, "%s.%d needs id and name", at, i)
			}
			if !shape.Absent(b.Input) && b.Input[0] != '{' {
				return nil, wrong(fmt.Sprintf("%s.%d.input", at, i), "an object", kindOf(b.Input))
			}
			tools[b.ID] = b.Name
			args := ""
			if !shape.Absent(b.Input) {
				args = string(b.Input)
			}
			m.ToolCalls = append(m.ToolCalls, llm.ToolCall{ID: b.ID, Name: b.Name, Arguments: args})
		}
	}
	return append(out, m), nil
}
