package llm

import (
	"encoding/json"
	"strings"
)

// Role says who speaks in a Message.
type Role string

// The roles that chat dialects know. Developer is OpenAI's later name for
// system; templates that do not know it see system.
const (
	RoleSystem    Role = "system"
	RoleDeveloper Role = "developer"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// PartType tells the kinds of content of a message apart.
type PartType string

// The kinds of content parts.
const (
	PartText  PartType = "text"
	PartImage PartType = "image"
)

// Part is one piece of a message's content.
type Part struct {
	Type PartType
	// Text holds the words of a PartText.
	Text string
	// URL holds where a PartImage is: an http(s) or data: address.
	URL string
}

// Message is one turn of a conversation.
type Message struct {
	Role  Role
	Parts []Part
	// Reasoning is the assistant's earlier thinking, where the client sends
	// it back. It is never part of the visible content.
	Reasoning string
	// Thoughts are the same thinking as the provider of the answer signed it,
	// where it did: it takes its thinking back only unchanged.
	Thoughts []Thought `json:",omitempty"`
	// ToolCalls are the calls an assistant message made.
	ToolCalls []ToolCall
	// ToolCallID names the call that a tool message answers.
	ToolCallID string
	// ToolFailed says that a tool message reports a failure of the tool.
	ToolFailed bool `json:",omitempty"`
	// Name is the participant's or the tool's name, where given.
	Name string
}

// Thought is one stretch of an assistant's thinking with its provider's mark.
type Thought struct {
	Text string
	// Signature is the provider's own, opaque to everybody else.
	Signature string
	// Redacted, when not empty, stands in place of Text: thinking that the
	// provider shows to nobody, and wants back as it is.
	Redacted string
}

// TextMessage makes a message with one text part.
func TextMessage(role Role, text string) Message {
	return Message{Role: role, Parts: []Part{{Type: PartText, Text: text}}}
}

// Text joins the text parts of m.
func (m Message) Text() string {
	switch len(m.Parts) {
	case 0:
		return ""
	case 1:
		return m.Parts[0].Text
	}
	var b strings.Builder
	for _, p := range m.Parts {
		if p.Type == PartText {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// CheckImages refuses images that are neither an http(s) address nor whole in
// a data: address: servers would read files of their own by others.
func (m Message) CheckImages() error {
	for _, p := range m.Parts {
		if p.Type != PartImage {
			continue
		}
		scheme, _, _ := strings.Cut(p.URL[:min(len(p.URL), 16)], ":")
		switch strings.ToLower(scheme) {
		case "http", "https", "data", "gs":
		default:
			return Errorf(CodeInvalidRequest, "an image is at %.40q; it must be an http, https or data address", p.URL).WithParam("messages")
		}
	}
	return nil
}

// HasImage reports whether m carries an image.
func (m Message) HasImage() bool {
	for _, p := range m.Parts {
		if p.Type == PartImage {
			return true
		}
	}
	return false
}

// Tool is a function that the model may call.
type Tool struct {
	Name        string
	Description string
	// Parameters is the JSON Schema of the arguments; nil means none given.
	Parameters json.RawMessage
	// Raw is the tool as the client wrote it, in OpenAI's shape
	// {"type":"function","function":{…}}, key order kept: chat templates
	// print it. Empty where the client's dialect has another shape.
	Raw json.RawMessage
}

// ToolCall is a complete call: the arguments are JSON text.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string
}

// ToolMode says whether the model may, must or must not call tools.
type ToolMode string

// The tool modes. The empty mode is auto.
const (
	ToolAuto     ToolMode = "auto"
	ToolNone     ToolMode = "none"
	ToolRequired ToolMode = "required"
	ToolNamed    ToolMode = "named"
)

// ToolChoice is a ToolMode, and the tool's name for ToolNamed.
type ToolChoice struct {
	Mode ToolMode
	Name string
}
