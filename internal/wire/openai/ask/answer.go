package ask

import (
	"bytes"
	"encoding/json"

	"irori/internal/llm"
	"irori/internal/splice"
	"irori/internal/text"
)

// Bounds of one answer; the bytes are the transport's.
const (
	maxChoices = 256
	maxCalls   = 1024
)

// Decoder reads the chunks of an answer. The framing is taken off by the
// caller.
type Decoder struct {
	choices map[int]*choice
	usage   *llm.Usage
	tier    llm.Tier
	began   bool
	done    bool
}

// NewDecoder makes a Decoder.
func NewDecoder() *Decoder { return &Decoder{choices: map[int]*choice{}} }

// Done reports whether the stream has said that it ended.
func (d *Decoder) Done() bool { return d.done }

// Usage is the newest word on usage, nil where there was none.
func (d *Decoder) Usage() *llm.Usage {
	if d.usage != nil {
		d.usage.Tier = d.tier
	}
	return d.usage
}

// choice is the state of one choice.
type choice struct {
	text, thought text.Pieces
	calls         calls
	finish        llm.FinishReason
}

type chunkBody struct {
	Choices []choiceBody    `json:"choices"`
	Usage   *usageBody      `json:"usage"`
	Tier    llm.Tier        `json:"service_tier"`
	Error   json.RawMessage `json:"error"`
	Object  string          `json:"object"`
}

type choiceBody struct {
	Index    int             `json:"index"`
	Delta    *messageBody    `json:"delta"`
	Message  *messageBody    `json:"message"`
	Text     text.Chars      `json:"text"`
	Finish   *string         `json:"finish_reason"`
	Logprobs json.RawMessage `json:"logprobs"`
}

type messageBody struct {
	Content          content    `json:"content"`
	Refusal          text.Chars `json:"refusal"`
	ReasoningContent text.Chars `json:"reasoning_content"`
	Reasoning        text.Chars `json:"reasoning"`
	ToolCalls        []callBody `json:"tool_calls"`
	FunctionCall     *funcBody  `json:"function_call"`
}

// content is a text, also where a server sends it as a list of parts.
type content text.Chars

// UnmarshalJSON reads either form.
func (c *content) UnmarshalJSON(b []byte) error {
	*c = nil
	if len(b) > 0 && b[0] == '[' {
		var list []struct {
			Text text.Chars `json:"text"`
		}
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, p := range list {
			*c = append(*c, p.Text...)
		}
		return nil
	}
	return (*text.Chars)(c).UnmarshalJSON(b)
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

// Event reads the data of one event. A chunk with an error is returned as an
// *llm.Error.
func (d *Decoder) Event(data []byte) ([]llm.Event, error) {
	data = bytes.TrimSpace(data)
	switch {
	case d.done || len(data) == 0:
		return nil, nil
	case bytes.Equal(data, []byte("[DONE]")):
		d.done = true
		return nil, nil
	}
	var b chunkBody
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, llm.Wrap(llm.CodeBadAnswer, err, "it sent an event that cannot be read")
	}
	if !absent(b.Error) {
		return nil, DecodeError(0, data)
	}
	// Counts are cumulative, on whatever chunk they stand: the last word holds.
	if u := b.Usage.usage(); u != nil {
		d.usage = u
	}
	// What a request asks for is not what it got: auto becomes another.
	if b.Tier != "" && b.Tier != "auto" {
		d.tier = b.Tier
	}
	var out []llm.Event
	if !d.began {
		d.began = true
		out = append(out, llm.Event{Type: llm.EventStart})
	}
	for i := range b.Choices {
		var err error
		if out, err = d.choice(out, &b.Choices[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Decoder) choice(out []llm.Event, b *choiceBody) ([]llm.Event, error) {
	if b.Index < 0 || b.Index >= maxChoices {
		return nil, llm.Errorf(llm.CodeBadAnswer, "it numbered a choice %d", b.Index)
	}
	c := d.choices[b.Index]
	if c == nil {
		c = &choice{}
		d.choices[b.Index] = c
	}
	m := b.Delta
	if m == nil {
		m = b.Message
	}
	if m == nil {
		m = &messageBody{Content: content(b.Text)}
	}
	thought := m.ReasoningContent
	if len(thought) == 0 {
		thought = m.Reasoning
	}
	if s := c.thought.Push(thought); s != "" {
		out = append(out, llm.Event{Type: llm.EventReasoning, Choice: b.Index, Text: s})
	}
	visible := m.Content
	if len(visible) == 0 {
		visible = content(m.Refusal)
	}
	s := c.text.Push(text.Chars(visible))
	if probs := logprobs(b.Logprobs); s != "" || probs != nil {
		out = append(out, llm.Event{Type: llm.EventText, Choice: b.Index, Text: s, Logprobs: probs})
	}
	if m.FunctionCall != nil {
		m.ToolCalls = append(m.ToolCalls, callBody{Function: *m.FunctionCall})
	}
	for i := range m.ToolCalls {
		t, err := c.calls.add(&m.ToolCalls[i])
		if err != nil {
			return nil, err
		}
		if t != nil {
			out = append(out, llm.Event{Type: llm.EventToolCall, Choice: b.Index, ToolCall: *t})
		}
	}
	if b.Finish != nil && *b.Finish != "" && c.finish == "" {
		out = c.end(out, b.Index, *b.Finish)
	}
	return out, nil
}

// end closes a choice.
func (c *choice) end(out []llm.Event, index int, reason string) []llm.Event {
	if s := c.thought.Flush(); s != "" {
		out = append(out, llm.Event{Type: llm.EventReasoning, Choice: index, Text: s})
	}
	if s := c.text.Flush(); s != "" {
		out = append(out, llm.Event{Type: llm.EventText, Choice: index, Text: s})
	}
	for _, t := range c.calls.flush() {
		out = append(out, llm.Event{Type: llm.EventToolCall, Choice: index, ToolCall: t})
	}
	switch reason {
	case "length", "max_tokens":
		c.finish = llm.FinishLength
	case "content_filter":
		c.finish = llm.FinishContentFilter
	default:
		// Some servers say stop where there are calls.
		if c.finish = llm.FinishStop; len(c.calls.list) > 0 {
			c.finish = llm.FinishToolCalls
		}
	}
	return append(out, llm.Event{Type: llm.EventFinish, Choice: index, Finish: c.finish})
}

// End closes an answer whose bytes have ended: what is held comes out, and the
// usage. An answer that broke off is an error beside what there was.
func (d *Decoder) End() ([]llm.Event, error) {
	var out []llm.Event
	for i := range maxChoices {
		c := d.choices[i]
		if c == nil || c.finish != "" {
			continue
		}
		if !d.done {
			return nil, llm.Errorf(llm.CodeBadAnswer, "its answer breaks off")
		}
		out = c.end(out, i, "stop")
	}
	if len(d.choices) == 0 {
		return nil, llm.Errorf(llm.CodeBadAnswer, "its answer is empty")
	}
	u := d.Usage()
	if u == nil {
		u = &llm.Usage{Tier: d.tier}
	}
	return append(out, llm.Event{Type: llm.EventUsage, Usage: u}), nil
}

// DecodeAnswer reads an answer that is not a stream, as the events of one.
func DecodeAnswer(data []byte) ([]llm.Event, error) {
	d := NewDecoder()
	out, err := d.Event(data)
	if err != nil {
		return nil, err
	}
	d.done = true
	if d.usage == nil {
		d.usage = &llm.Usage{Source: llm.UsageUnknown}
	}
	rest, err := d.End()
	return append(out, rest...), err
}

type usageBody struct {
	Prompt  *int `json:"prompt_tokens"`
	Output  *int `json:"completion_tokens"`
	HitSome *int `json:"prompt_cache_hit_tokens"`
	In      *struct {
		Cached *int `json:"cached_tokens"`
		Write  *int `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
	Out *struct {
		Reasoning *int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// usage is nil where nothing is said.
func (b *usageBody) usage() *llm.Usage {
	if b == nil || b.Prompt == nil && b.Output == nil {
		return nil
	}
	u := &llm.Usage{PromptTokens: count(b.Prompt), OutputTokens: count(b.Output), CachedTokens: count(b.HitSome), Source: llm.UsageBackend}
	if b.In != nil {
		if n := count(b.In.Cached); n != nil {
			u.CachedTokens = n
		}
		u.CacheWrite = count(b.In.Write)
	}
	if b.Out != nil {
		u.ReasoningTokens = count(b.Out.Reasoning)
	}
	return u
}

// Counted reads a usage and a service tier, as they are written; it reports
// false where a prompt and an output are not both counted in it.
func Counted(usage, tier []byte) (*llm.Usage, bool) {
	u := glance(usage)
	if u == nil {
		var b usageBody
		if json.Unmarshal(usage, &b) != nil || count(b.Prompt) == nil || count(b.Output) == nil {
			return nil, false
		}
		u = b.usage()
	}
	if !absent(tier) {
		var t llm.Tier
		if json.Unmarshal(tier, &t) != nil {
			return nil, false
		}
		if t != "auto" {
			u.Tier = t
		}
	}
	return u, true
}

// glance reads a usage that has the two common counts, and none of another
// kind; nil where there is more to it.
func glance(usage []byte) *llm.Usage {
	counted := &struct {
		u           llm.Usage
		prompt, out int
	}{}
	common := true
	splice.Each(usage, func(name, value []byte) {
		var to **int
		n := &counted.prompt
		switch string(name) {
		case `"prompt_tokens"`:
			to = &counted.u.PromptTokens
		case `"completion_tokens"`:
			to, n = &counted.u.OutputTokens, &counted.out
		case `"total_tokens"`:
			return
		default:
			common = common && string(value) == "null"
			return
		}
		if len(value) == 0 || len(value) > 9 || *to != nil {
			common = false
			return
		}
		for _, c := range value {
			if c < '0' || c > '9' {
				common = false
			}
			*n = *n*10 + int(c-'0')
		}
		*to = n
	})
	if !common || counted.u.PromptTokens == nil || counted.u.OutputTokens == nil {
		return nil
	}
	counted.u.Source = llm.UsageBackend
	return &counted.u
}

// count is a count of tokens that can be one.
func count(n *int) *int {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}
