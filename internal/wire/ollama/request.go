package ollama

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"irori/internal/llm"
)

// Call is a decoded request for text.
type Call struct {
	Request *llm.Request
	Model   string
	// Generate selects the shapes of /api/generate.
	Generate bool
	// Empty says that there is nothing to answer: such a request loads the
	// model, or gives it up where KeepAlive is 0.
	Empty bool
	// KeepAlive is how long the model is to stay in memory after this; nil
	// where the client did not say.
	KeepAlive *time.Duration
}

// Forever is a KeepAlive without an end.
const Forever = time.Duration(math.MaxInt64)

// common are the fields of both endpoints.
type common struct {
	Model       string          `json:"model"`
	Stream      *bool           `json:"stream"`
	Format      json.RawMessage `json:"format"`
	KeepAlive   json.RawMessage `json:"keep_alive"`
	Options     json.RawMessage `json:"options"`
	Think       json.RawMessage `json:"think"`
	Logprobs    bool            `json:"logprobs"`
	TopLogprobs int             `json:"top_logprobs"`
	RenderOnly  bool            `json:"_debug_render_only"`
}

type chatBody struct {
	common
	Messages []message         `json:"messages"`
	Tools    []json.RawMessage `json:"tools"`
}

type generateBody struct {
	common
	Prompt   string          `json:"prompt"`
	Suffix   string          `json:"suffix"`
	System   string          `json:"system"`
	Template string          `json:"template"`
	Context  json.RawMessage `json:"context"`
	Raw      bool            `json:"raw"`
	Images   []string        `json:"images"`
}

// DecodeChat reads the body of POST /api/chat.
func DecodeChat(data []byte) (*Call, error) {
	var b chatBody
	if err := decode(data, &b); err != nil {
		return nil, err
	}
	c, err := b.call()
	if err != nil {
		return nil, err
	}
	c.Empty = len(b.Messages) == 0
	if c.Request.Messages, err = conversation(b.Messages, "messages"); err != nil {
		return nil, err
	}
	if n := len(b.Messages); n > 0 && c.Request.Messages[n-1].Role == llm.RoleAssistant {
		// A template closes the turn and opens another, which is not what the
		// client asked for.
		return nil, unsupported("messages", "an answer cannot be begun for the model: the conversation must end with a user or tool message")
	}
	c.Request.Tools, err = tools(b.Tools)
	return c, err
}

// DecodeGenerate reads the body of POST /api/generate. The deprecated field
// context is passed over: no answer from here has one.
func DecodeGenerate(data []byte) (*Call, error) {
	var b generateBody
	if err := decode(data, &b); err != nil {
		return nil, err
	}
	c, err := b.call()
	if err != nil {
		return nil, err
	}
	c.Generate, c.Empty = true, b.Prompt == "" && len(b.Images) == 0
	switch {
	case b.Raw && (b.Template != "" || b.System != "" || asks(b.Context)):
		return nil, invalid("raw", "raw mode does not support template, system, or context")
	case b.Suffix != "":
		return nil, unsupported("suffix", "suffix is not supported: no model here fills in the middle")
	case b.Template != "":
		return nil, unsupported("template", "template is not supported: the model's own is used").
			WithHint("leave template out, or write the prompt yourself with raw: true")
	}
	if b.Raw {
		if len(b.Images) > 0 {
			return nil, unsupported("images", "raw mode does not support images")
		}
		c.Request.Raw, c.Request.Prompt = true, b.Prompt
		return c, nil
	}
	if b.System != "" {
		c.Request.Messages = append(c.Request.Messages, llm.TextMessage(llm.RoleSystem, b.System))
	}
	user := llm.TextMessage(llm.RoleUser, b.Prompt)
	if user.Parts, err = appendImages(user.Parts, b.Images, "images"); err != nil {
		return nil, err
	}
	c.Request.Messages = append(c.Request.Messages, user)
	return c, nil
}

// call reads what both endpoints have.
func (b *common) call() (*Call, error) {
	r := &llm.Request{Model: b.Model, Stream: b.Stream == nil || *b.Stream, Logprobs: b.Logprobs}
	c := &Call{Request: r, Model: b.Model}
	if b.RenderOnly {
		return nil, unsupported("_debug_render_only", "_debug_render_only is not supported")
	}
	if b.TopLogprobs < 0 || b.TopLogprobs > 20 {
		return nil, invalid("top_logprobs", "top_logprobs must be between 0 and 20")
	}
	if b.Logprobs {
		r.TopLogprobs = b.TopLogprobs
	}
	o, err := DecodeOptions(b.Options, "options")
	if err != nil {
		return nil, err
	}
	r.Sampling, r.MaxTokens, r.Stop = o.Sampling, o.MaxTokens, o.Stop
	if r.Format, err = format(b.Format); err != nil {
		return nil, err
	}
	if err := think(b.Think, r); err != nil {
		return nil, err
	}
	c.KeepAlive, err = keepAlive(b.KeepAlive)
	return c, err
}

// format reads "json" or a schema.
func format(raw json.RawMessage) (llm.Format, error) {
	if absent(raw) || string(raw) == `""` {
		return llm.Format{}, nil
	}
	if raw[0] == '{' {
		return llm.Format{Kind: llm.FormatJSONSchema, Schema: raw, Field: "format"}, nil
	}
	if string(raw) == `"json"` {
		return llm.Format{Kind: llm.FormatJSON, Field: "format"}, nil
	}
	return llm.Format{}, invalid("format", "format must be \"json\" or a JSON Schema, not %s", short(string(raw)))
}

// think reads true, false, or how much. Without it the model does as it is
// used to.
func think(raw json.RawMessage, r *llm.Request) error {
	if absent(raw) {
		return nil
	}
	var on bool
	if json.Unmarshal(raw, &on) == nil {
		r.Think = &on
		return nil
	}
	var how string
	if json.Unmarshal(raw, &how) == nil {
		on = true
		switch how {
		case "low", "medium", "high":
			r.Think, r.Effort = &on, how
			return nil
		case "max":
			r.Think, r.Effort = &on, "high" // templates know three words
			return nil
		}
	}
	return invalid("think", "think must be true, false, \"low\", \"medium\", \"high\" or \"max\", not %s", short(string(raw)))
}

// keepAlive reads seconds, or a duration as Go writes it. Below 0 is forever.
func keepAlive(raw json.RawMessage) (*time.Duration, error) {
	if absent(raw) {
		return nil, nil
	}
	bad := invalid("keep_alive", "keep_alive must be seconds, or a duration like \"5m\", not %s", short(string(raw)))
	var d time.Duration
	text := string(raw)
	if raw[0] == '"' {
		if err := read(raw, &text, "keep_alive"); err != nil {
			return nil, err
		}
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) {
		if d = time.Duration(n * float64(time.Second)); n < 0 || n >= math.MaxInt64/float64(time.Second) {
			d = Forever
		}
		return &d, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || raw[0] != '"' {
		return nil, bad
	}
	if d < 0 {
		d = Forever
	}
	return &d, nil
}
