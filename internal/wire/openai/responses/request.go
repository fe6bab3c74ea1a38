package responses

import (
	"encoding/json"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
	"irori/internal/wire/openai/responses/toolbox"
)

// Request is a decoded request. Its Messages are made by Converse.
type Request struct {
	*llm.Request
	// Background asks for an answer that does not wait for its client; Store
	// that the answer is kept. It is unless the client says otherwise.
	Background, Store bool
	// Previous is the id of the response that this one goes on from, and
	// Conversation that of the conversation that it stands in.
	Previous, Conversation string
	// Truncate asks for the oldest turns to be dropped where all do not fit.
	Truncate bool

	instructions []llm.Part
	input        []json.RawMessage
	tools        *toolbox.Box
	summary      bool
	logprobs     bool
	echo         echo
	// repeated is echo in JSON, without its braces: the tools of an agent are
	// long, and stand in three events of every stream.
	repeated []byte
}

// echo are the parts of a request that its response repeats.
type echo struct {
	Instructions      json.RawMessage `json:"instructions"`
	MaxOutputTokens   *int            `json:"max_output_tokens"`
	MaxToolCalls      json.RawMessage `json:"max_tool_calls"`
	ParallelToolCalls *bool           `json:"parallel_tool_calls"`
	Previous          *string         `json:"previous_response_id"`
	PromptCacheKey    *string         `json:"prompt_cache_key,omitempty"`
	Reasoning         *reasoning      `json:"reasoning"`
	SafetyIdentifier  *string         `json:"safety_identifier,omitempty"`
	ServiceTier       string          `json:"service_tier"`
	Store             *bool           `json:"store"`
	Temperature       *float32        `json:"temperature"`
	Text              *textConfig     `json:"text"`
	ToolChoice        json.RawMessage `json:"tool_choice"`
	Tools             json.RawMessage `json:"tools"`
	TopLogprobs       int             `json:"top_logprobs"`
	TopP              *float32        `json:"top_p"`
	Truncation        string          `json:"truncation"`
	User              *string         `json:"user"`
	Metadata          json.RawMessage `json:"metadata"`
}

type reasoning struct {
	Effort          *string `json:"effort"`
	Summary         *string `json:"summary"`
	GenerateSummary *string `json:"generate_summary,omitempty"`
}

type textConfig struct {
	Format    json.RawMessage `json:"format"`
	Verbosity *string         `json:"verbosity,omitempty"`
}

type requestBody struct {
	Model             string            `json:"model"`
	Input             json.RawMessage   `json:"input"`
	Instructions      json.RawMessage   `json:"instructions"`
	Stream            *bool             `json:"stream"`
	Store             *bool             `json:"store"`
	Background        *bool             `json:"background"`
	Previous          *string           `json:"previous_response_id"`
	Conversation      json.RawMessage   `json:"conversation"`
	Prompt            json.RawMessage   `json:"prompt"`
	Tools             json.RawMessage   `json:"tools"`
	ToolChoice        json.RawMessage   `json:"tool_choice"`
	ParallelToolCalls *bool             `json:"parallel_tool_calls"`
	MaxToolCalls      json.RawMessage   `json:"max_tool_calls"`
	Text              *textConfig       `json:"text"`
	Reasoning         *reasoning        `json:"reasoning"`
	MaxOutputTokens   *int              `json:"max_output_tokens"`
	Temperature       *float32          `json:"temperature"`
	TopP              *float32          `json:"top_p"`
	TopLogprobs       *int              `json:"top_logprobs"`
	Truncation        *string           `json:"truncation"`
	Include           []string          `json:"include"`
	Metadata          map[string]string `json:"metadata"`
	PromptCacheKey    *string           `json:"prompt_cache_key"`
	SafetyIdentifier  *string           `json:"safety_identifier"`
	User              *string           `json:"user"`
}

// Decode reads the body of POST /v1/responses.
func Decode(data []byte) (*Request, error) {
	b, err := read(data)
	if err != nil {
		return nil, err
	}
	r, err := b.request()
	if err != nil {
		return nil, err
	}
	if len(r.input) == 0 && r.Previous == "" && r.Conversation == "" && len(r.instructions) == 0 {
		return nil, body.Invalid("input", "input is missing or empty")
	}
	if r.Background && !r.Store {
		return nil, body.Invalid("background", "background needs store: true, since nobody waits for the answer")
	}
	return r, nil
}

// DecodeCount reads the body of POST /v1/responses/input_tokens, and of
// /v1/responses/compact: a request of which nothing is kept.
func DecodeCount(data []byte) (*Request, error) {
	b, err := read(data)
	if err != nil {
		return nil, err
	}
	r, err := b.request()
	if err != nil {
		return nil, err
	}
	r.Store, r.Background, r.Stream = false, false, false
	return r, nil
}

func read(data []byte) (*requestBody, error) {
	var b requestBody
	if err := body.Decode(data, &b); err != nil {
		return nil, err
	}
	return &b, nil
}

func (b *requestBody) request() (*Request, error) {
	r := &Request{
		Request: &llm.Request{
			Model: b.Model, Stream: yes(b.Stream), MaxTokens: b.MaxOutputTokens, ParallelTools: b.ParallelToolCalls,
			Sampling: llm.Sampling{Temperature: b.Temperature, TopP: b.TopP}, User: text(b.User),
		},
		Store: b.Store == nil || *b.Store, Background: yes(b.Background), Previous: text(b.Previous),
		Truncate: text(b.Truncation) == "auto",
	}
	if !body.Absent(b.Prompt) {
		return nil, llm.Errorf(llm.CodeUnsupported, "prompt names a template that lies at the vendor").WithParam("prompt").
			WithHint("send its text as instructions")
	}
	if n := b.MaxOutputTokens; n != nil && *n < 1 {
		return nil, body.Invalid("max_output_tokens", "max_output_tokens is %d; it must be at least 1", *n)
	}
	var err error
	if r.Conversation, err = conversationID(b.Conversation); err != nil {
		return nil, err
	}
	if r.Conversation != "" && r.Previous != "" {
		return nil, body.Invalid("conversation", "conversation and previous_response_id cannot both be sent; leave one out")
	}
	if r.instructions, err = instructions(b.Instructions); err != nil {
		return nil, err
	}
	if r.input, err = inputItems(b.Input); err != nil {
		return nil, err
	}
	if r.tools, err = toolbox.Read(b.Tools, r.Request); err != nil {
		return nil, err
	}
	if err := r.tools.Choose(b.ToolChoice, r.Request); err != nil {
		return nil, err
	}
	if r.Format, err = b.Text.format(); err != nil {
		return nil, err
	}
	if err := b.Reasoning.apply(r); err != nil {
		return nil, err
	}
	if err := b.probabilities(r); err != nil {
		return nil, err
	}
	return r, b.repeat(r)
}

// probabilities reads top_logprobs and the part of include that asks for them.
func (b *requestBody) probabilities(r *Request) error {
	r.logprobs = slices.Contains(b.Include, "message.output_text.logprobs")
	if n := b.TopLogprobs; n != nil {
		if *n < 0 || *n > 20 {
			return body.Invalid("top_logprobs", "top_logprobs is %d; it must be from 0 to 20", *n)
		}
		r.TopLogprobs = *n
		r.logprobs = r.logprobs || *n > 0
	}
	r.Logprobs = r.logprobs
	return nil
}

// The vendor's bounds on metadata.
const (
	maxPairs = 16
	maxKey   = 64
	maxValue = 512
)

// repeat notes what the response repeats.
func (b *requestBody) repeat(r *Request) error {
	meta, err := metadata(b.Metadata)
	if err != nil {
		return err
	}
	parallel := b.ParallelToolCalls == nil || *b.ParallelToolCalls
	r.echo = echo{
		Instructions: b.Instructions, MaxOutputTokens: b.MaxOutputTokens, MaxToolCalls: b.MaxToolCalls,
		ParallelToolCalls: &parallel, Previous: b.Previous, PromptCacheKey: b.PromptCacheKey, Reasoning: b.Reasoning,
		SafetyIdentifier: b.SafetyIdentifier, ServiceTier: "default", Store: &r.Store, Temperature: b.Temperature,
		Text: b.Text, ToolChoice: b.ToolChoice, Tools: b.Tools, TopLogprobs: r.TopLogprobs, TopP: b.TopP,
		Truncation: "disabled", User: b.User, Metadata: meta,
	}
	e := &r.echo
	if r.Truncate {
		e.Truncation = "auto"
	}
	if e.Reasoning == nil {
		e.Reasoning = &reasoning{}
	}
	if e.Text == nil {
		e.Text = &textConfig{}
	}
	if body.Absent(e.Text.Format) {
		e.Text = &textConfig{Format: json.RawMessage(`{"type":"text"}`), Verbosity: e.Text.Verbosity}
	}
	if body.Absent(e.ToolChoice) {
		e.ToolChoice = json.RawMessage(`"auto"`)
	}
	if body.Absent(e.Tools) {
		e.Tools = json.RawMessage(`[]`)
	}
	return r.encodeEcho()
}

func (r *Request) encodeEcho() error {
	b, err := marshal(r.echo)
	if err != nil {
		return err
	}
	r.repeated = b[1 : len(b)-1]
	return nil
}

// metadata checks the pairs that a client notes beside an object.
func metadata(m map[string]string) (json.RawMessage, error) {
	if len(m) > maxPairs {
		return nil, body.Invalid("metadata", "metadata has %d pairs; at most %d are possible", len(m), maxPairs)
	}
	for k, v := range m {
		if len([]rune(k)) > maxKey || len([]rune(v)) > maxValue {
			return nil, body.Invalid("metadata", "metadata %q is too long: a key has at most %d characters, a value %d", body.Short(k), maxKey, maxValue)
		}
	}
	if m == nil {
		m = map[string]string{}
	}
	return marshal(m)
}

func yes(p *bool) bool { return p != nil && *p }

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// conversationID reads an id, or an object that holds one.
func conversationID(raw json.RawMessage) (string, error) {
	if body.Absent(raw) {
		return "", nil
	}
	var id string
	if raw[0] == '"' {
		err := body.Read(raw, &id, "conversation")
		return id, err
	}
	var o struct {
		ID string `json:"id"`
	}
	if raw[0] != '{' {
		return "", body.Wrong("conversation", "a string or an object with an id", raw)
	}
	if err := body.Read(raw, &o, "conversation"); err != nil {
		return "", err
	}
	if o.ID == "" {
		return "", body.Invalid("conversation", "conversation.id is missing")
	}
	return o.ID, nil
}

// format reads what constrains the answer.
func (t *textConfig) format() (llm.Format, error) {
	const field = "text"
	if t == nil || body.Absent(t.Format) {
		return llm.Format{}, nil
	}
	var f struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"schema"`
	}
	if err := body.Read(t.Format, &f, "text.format"); err != nil {
		return llm.Format{}, err
	}
	switch f.Type {
	case "text":
		return llm.Format{}, nil
	case "json_object":
		return llm.Format{Kind: llm.FormatJSON, Field: field}, nil
	case "json_schema":
		if body.Absent(f.Schema) {
			return llm.Format{}, body.Invalid(field, "text.format.schema is missing")
		}
		return llm.Format{Kind: llm.FormatJSONSchema, Schema: f.Schema, Field: field}, nil
	}
	return llm.Format{}, body.Invalid(field, "text.format.type %q is not known; use text, json_object or json_schema", body.Short(f.Type))
}

// efforts are the vendor's words for how long a model should think, as models
// know them: templates print the word, and models know three.
var efforts = map[string]string{
	"none": "none", "minimal": "minimal", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high",
}

func (c *reasoning) apply(r *Request) error {
	if c == nil {
		return nil
	}
	r.summary = text(c.Summary) != "" || text(c.GenerateSummary) != ""
	effort := text(c.Effort)
	if effort == "" {
		return nil
	}
	word, ok := efforts[effort]
	if !ok {
		return body.Invalid("reasoning", "reasoning.effort %q is not known; use %s", body.Short(effort),
			strings.Join([]string{"none", "minimal", "low", "medium", "high", "xhigh"}, ", "))
	}
	r.Effort = word
	if word == "none" {
		off := false
		r.Think = &off
	}
	return nil
}

// instructions reads a text, or a list of items with text.
func instructions(raw json.RawMessage) ([]llm.Part, error) {
	if body.Absent(raw) {
		return nil, nil
	}
	if raw[0] == '"' {
		var s string
		if err := body.Read(raw, &s, "instructions"); err != nil || s == "" {
			return nil, err
		}
		return []llm.Part{{Type: llm.PartText, Text: s}}, nil
	}
	if raw[0] != '[' {
		return nil, body.Wrong("instructions", "a string or a list of items", raw)
	}
	var list []item
	if err := body.Read(raw, &list, "instructions"); err != nil {
		return nil, err
	}
	var parts []llm.Part
	for i, it := range list {
		if it.Type != "" && it.Type != "message" {
			continue
		}
		p, err := content(it.Content, place("instructions", i)+".content")
		if err != nil {
			return nil, err
		}
		for _, x := range p {
			parts = appendText(parts, x)
		}
	}
	return parts, nil
}
