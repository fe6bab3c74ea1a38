package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/splice"
	"irori/internal/wire/anthropic/shape"
)

type messagesBody struct {
	Model         string            `json:"model"`
	MaxTokens     *int              `json:"max_tokens"`
	Messages      []message         `json:"messages"`
	System        json.RawMessage   `json:"system"`
	Stream        bool              `json:"stream"`
	StopSequences []string          `json:"stop_sequences"`
	Temperature   *float32          `json:"temperature"`
	TopP          *float32          `json:"top_p"`
	TopK          *int              `json:"top_k"`
	Tools         []json.RawMessage `json:"tools"`
	ToolChoice    json.RawMessage   `json:"tool_choice"`
	Thinking      json.RawMessage   `json:"thinking"`
	Metadata      json.RawMessage   `json:"metadata"`
	OutputConfig  json.RawMessage   `json:"output_config"`
	OutputFormat  json.RawMessage   `json:"output_format"`
}

type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// maxStops bounds stop_sequences.
const maxStops = 64

// DecodeMessages reads the body of POST /v1/messages.
func DecodeMessages(data []byte) (*llm.Request, error) {
	var b messagesBody
	if err := decode(data, &b); err != nil {
		return nil, err
	}
	if b.MaxTokens == nil {
		return nil, invalid("max_tokens", "max_tokens: field required")
	}
	if *b.MaxTokens < 1 {
		return nil, invalid("max_tokens", "max_tokens is %d; it must be at least 1", *b.MaxTokens)
	}
	r, err := b.request()
	if err != nil {
		return nil, err
	}
	if last := b.Messages[len(b.Messages)-1]; last.Role == string(llm.RoleAssistant) {
		// A template closes the turn and opens another, which is not what the
		// client asked for; newer models of the vendor refuse this too.
		return nil, llm.Errorf(llm.CodeUnsupported, "prefill is not supported: the conversation must end with a user message").WithParam("messages")
	}
	return r, nil
}

// DecodeCount reads the body of POST /v1/messages/count_tokens: a request
// without bounds on its answer.
func DecodeCount(data []byte) (*llm.Request, error) {
	var b messagesBody
	if err := decode(data, &b); err != nil {
		return nil, err
	}
	return b.request()
}

func (b *messagesBody) request() (*llm.Request, error) {
	r := &llm.Request{
		Model: b.Model, Stream: b.Stream, MaxTokens: b.MaxTokens, Stop: b.StopSequences,
		Sampling: llm.Sampling{Temperature: b.Temperature, TopP: b.TopP, TopK: b.TopK},
	}
	if len(b.Messages) == 0 {
		return nil, invalid("messages", "messages: at least one message is required")
	}
	if len(b.StopSequences) > maxStops {
		return nil, invalid("stop_sequences", "stop_sequences has %d entries; at most %d are possible", len(b.StopSequences), maxStops)
	}
	var err error
	if r.Messages, err = b.conversation(); err != nil {
		return nil, err
	}
	if err := b.tools(r); err != nil {
		return nil, err
	}
	if err := b.output(r); err != nil {
		return nil, err
	}
	if r.Think, err = thinking(b.Thinking); err != nil {
		return nil, err
	}
	var meta struct {
		UserID string `json:"user_id"`
	}
	if !shape.Absent(b.Metadata) && json.Unmarshal(b.Metadata, &meta) == nil {
		r.User = meta.UserID
	}
	return r, nil
}

// thinking says whether a model that can choose should think. Adaptive leaves
// it to the model. Clients that say nothing expect an answer to begin with its
// text, so nothing means no; a model that cannot choose does what it does.
func thinking(raw json.RawMessage) (*bool, error) {
	off, on := false, true
	if shape.Absent(raw) {
		return &off, nil
	}
	var t struct {
		Type string `json:"type"`
	}
	if err := read(raw, &t, "thinking"); err != nil {
		return nil, err
	}
	switch t.Type {
	case "enabled":
		return &on, nil
	case "disabled":
		return &off, nil
	}
	return nil, nil
}

// efforts are the words for how hard a model should think. Another may be a text,
// which templates would print.
var efforts = []string{"low", "medium", "high", "xhigh", "max"}

// output reads the effort, and the format in its two places.
func (b *messagesBody) output(r *llm.Request) error {
	var c struct {
		Effort *string         `json:"effort"`
		Format json.RawMessage `json:"format"`
	}
	if !shape.Absent(b.OutputConfig) {
		if err := read(b.OutputConfig, &c, "output_config"); err != nil {
			return err
		}
	}
	if c.Effort != nil {
		if !slices.Contains(efforts, *c.Effort) {
			return invalid("output_config.effort", "output_config.effort %q is not known; use %s", shape.Short(*c.Effort), strings.Join(efforts, ", "))
		}
		// Templates print the word, and models know three.
		if r.Effort = *c.Effort; r.Effort == "max" || r.Effort == "xhigh" {
			r.Effort = "high"
		}
	}
	raw, field, at := c.Format, "output_config", "output_config.format"
	if shape.Absent(raw) {
		raw, field, at = b.OutputFormat, "output_format", "output_format"
	}
	if shape.Absent(raw) {
		return nil
	}
	var f struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"schema"`
	}
	if err := read(raw, &f, at); err != nil {
		return err
	}
	switch {
	case f.Type != "json_schema":
		return invalid(at, "%s.type %q is not known; use json_schema", at, shape.Short(f.Type))
	case shape.Absent(f.Schema):
		return invalid(at, "%s.schema is missing", at)
	}
	r.Format = llm.Format{Kind: llm.FormatJSONSchema, Schema: f.Schema, Field: field}
	return nil
}

// billing begins a line that Claude Code puts in front of its system text. It
// differs from session to session, so that two would share no prefix.
const billing = "x-anthropic-billing-header:"

// DropBilling takes the billing line out of the system text. It is for models
// on one's own machines: the vendor asks that others get it untouched.
func DropBilling(r *llm.Request) {
	if len(r.Messages) == 0 || r.Messages[0].Role != llm.RoleSystem {
		return
	}
	m := &r.Messages[0]
	m.Parts = slices.DeleteFunc(m.Parts, func(p llm.Part) bool { return p.Text != "" && strip(p.Text) == "" })
	for i := range m.Parts {
		m.Parts[i].Text = strip(m.Parts[i].Text)
	}
	if len(m.Parts) == 0 {
		r.Messages = r.Messages[1:]
	}
}

// CutBilling takes the billing line out of the body of a request, and leaves
// every other byte as it is written; see DropBilling.
func CutBilling(body []byte) []byte {
	system := splice.Get(body, "system")
	if !bytes.Contains(system, []byte(billing)) {
		return body
	}
	var s string
	if json.Unmarshal(system, &s) == nil {
		return setText(body, "system", s)
	}
	var list []json.RawMessage
	if json.Unmarshal(system, &list) != nil {
		return body
	}
	kept := make([][]byte, 0, len(list))
	for _, b := range list {
		var t struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(b, &t) == nil && t.Text != "" && strip(t.Text) == "" {
			continue
		}
		kept = append(kept, setText(b, "text", t.Text))
	}
	return splice.Set(body, "system", slices.Concat([]byte("["), bytes.Join(kept, []byte(",")), []byte("]")))
}

// setText cuts the billing line off a member's text, where it has one.
func setText(b []byte, name, s string) []byte {
	if strip(s) == s {
		return b
	}
	v, err := shape.Marshal(strip(s))
	if err != nil {
		return b
	}
	return splice.Set(b, name, v)
}

// strip cuts the billing line off the front of a text.
func strip(s string) string {
	if !strings.HasPrefix(s, billing) {
		return s
	}
	_, rest, _ := strings.Cut(s, "\n")
	return strings.TrimLeft(rest, "\n")
}
