package ask

import (
	"encoding/json"

	"irori/internal/llm"
	"irori/internal/text"
	"irori/internal/wire/anthropic/shape"
)

// maxBlocks bounds the blocks of an upstream's answer.
const maxBlocks = 4096

// Decoder reads the events of an upstream's stream. The framing is taken off
// by the caller.
type Decoder struct {
	counts counts
	// calls are the numbers of calls by the index of their block.
	calls map[int]int
	// A character may come in two pieces: said, thought and those of the
	// arguments of calls wait for the rest.
	said, thought text.Pieces
	arguments     map[int]*text.Pieces
	began         bool
	done          bool
	beyond        bool
}

// NewDecoder makes a Decoder.
func NewDecoder() *Decoder { return &Decoder{calls: map[int]int{}, arguments: map[int]*text.Pieces{}} }

// Beyond reports whether the answer has something that one put together of its
// events has not: what tools of the vendor did, citations, signatures.
func (d *Decoder) Beyond() bool { return d.beyond }

// Done reports whether the stream came to its end. One that breaks off before
// was cut.
func (d *Decoder) Done() bool { return d.done }

type eventBody struct {
	Type    string      `json:"type"`
	Index   int         `json:"index"`
	Message answerBody  `json:"message"`
	Block   answerBlock `json:"content_block"`
	Delta   struct {
		Type         string     `json:"type"`
		Text         text.Chars `json:"text"`
		Thinking     text.Chars `json:"thinking"`
		Signature    string     `json:"signature"`
		Partial      text.Chars `json:"partial_json"`
		StopReason   string     `json:"stop_reason"`
		StopSequence string     `json:"stop_sequence"`
	} `json:"delta"`
	Usage counts `json:"usage"`
}

type answerBody struct {
	Content      []answerBlock `json:"content"`
	StopReason   string        `json:"stop_reason"`
	StopSequence string        `json:"stop_sequence"`
	Usage        counts        `json:"usage"`
}

type answerBlock struct {
	Type      string            `json:"type"`
	Text      string            `json:"text"`
	Thinking  string            `json:"thinking"`
	Signature string            `json:"signature"`
	Data      string            `json:"data"`
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Input     json.RawMessage   `json:"input"`
	Citations []json.RawMessage `json:"citations"`
}

// Event reads the data of one event. Kinds that it does not know give
// nothing; an error event is returned as an *llm.Error.
func (d *Decoder) Event(data []byte) ([]llm.Event, error) {
	var b eventBody
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, llm.Wrap(llm.CodeBadAnswer, err, "the upstream sent an event that cannot be read")
	}
	if d.done {
		return nil, nil
	}
	switch b.Type {
	case "message_start":
		d.counts.update(b.Message.Usage)
		if d.began {
			return nil, nil
		}
		d.began = true
		u := d.counts.usage()
		u.OutputTokens, u.ReasoningTokens = nil, nil
		return []llm.Event{{Type: llm.EventStart, Usage: u}}, nil
	case "content_block_start":
		return d.block(b.Index, b.Block, false)
	case "content_block_delta":
		return d.delta(&b), nil
	case "content_block_stop":
		return d.flush(), nil
	case "message_delta":
		d.counts.update(b.Usage)
		if b.Delta.StopReason != "" {
			return append(d.flush(), finishEvent(b.Delta.StopReason, b.Delta.StopSequence)), nil
		}
	case "message_stop":
		d.done = true
		return []llm.Event{{Type: llm.EventUsage, Usage: d.counts.usage()}}, nil
	case "error":
		return nil, DecodeError(0, data)
	}
	return nil, nil
}

// block reads a block, as it begins or whole. Those of tools that ran at the
// vendor give nothing.
func (d *Decoder) block(index int, b answerBlock, whole bool) ([]llm.Event, error) {
	d.beyond = d.beyond || len(b.Citations) > 0 || b.Signature != ""
	switch b.Type {
	case "text":
		if b.Text != "" {
			return []llm.Event{{Type: llm.EventText, Text: b.Text}}, nil
		}
	case "thinking":
		var out []llm.Event
		if b.Thinking != "" {
			out = append(out, llm.Event{Type: llm.EventReasoning, Text: b.Thinking})
		}
		if b.Signature != "" {
			out = append(out, llm.Event{Type: llm.EventReasoning, Signature: b.Signature})
		}
		return out, nil
	case "redacted_thinking":
		d.beyond = true
		return []llm.Event{{Type: llm.EventReasoning, Redacted: b.Data}}, nil
	case "tool_use":
		if len(d.calls) == maxBlocks {
			return nil, llm.Errorf(llm.CodeBadAnswer, "the upstream's answer has more than %d calls", maxBlocks)
		}
		n := len(d.calls)
		d.calls[index] = n
		t := llm.ToolCallDelta{Index: n, ID: b.ID, Name: b.Name}
		if in := string(b.Input); whole && !shape.Absent(b.Input) || in != "{}" && in != "null" {
			t.Arguments = in
		}
		return []llm.Event{{Type: llm.EventToolCall, ToolCall: t}}, nil
	default:
		d.beyond = true
	}
	return nil, nil
}

func (d *Decoder) delta(b *eventBody) []llm.Event {
	e := llm.Event{Type: llm.EventText}
	switch b.Delta.Type {
	case "text_delta":
		e.Text = d.said.Push(b.Delta.Text)
	case "thinking_delta":
		e = llm.Event{Type: llm.EventReasoning, Text: d.thought.Push(b.Delta.Thinking)}
	case "signature_delta":
		e = llm.Event{Type: llm.EventReasoning, Signature: b.Delta.Signature}
		if e.Signature == "" {
			return nil
		}
		d.beyond = true
		return []llm.Event{e}
	case "input_json_delta":
		n, ok := d.calls[b.Index]
		if !ok {
			return nil
		}
		if d.arguments[n] == nil {
			d.arguments[n] = &text.Pieces{}
		}
		part := d.arguments[n].Push(b.Delta.Partial)
		if part == "" {
			return nil
		}
		return []llm.Event{{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: n, Arguments: part}}}
	default:
		d.beyond = true
		return nil
	}
	if e.Text == "" {
		return nil
	}
	return []llm.Event{e}
}

// flush gives what will not be complete any more.
func (d *Decoder) flush() []llm.Event {
	var out []llm.Event
	if s := d.thought.Flush(); s != "" {
		out = append(out, llm.Event{Type: llm.EventReasoning, Text: s})
	}
	if s := d.said.Flush(); s != "" {
		out = append(out, llm.Event{Type: llm.EventText, Text: s})
	}
	for n := range len(d.calls) {
		p := d.arguments[n]
		if p == nil {
			continue
		}
		if s := p.Flush(); s != "" {
			out = append(out, llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: n, Arguments: s}})
		}
	}
	return out
}

func finishEvent(reason, sequence string) llm.Event {
	e := llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}
	switch reason {
	case "max_tokens", "model_context_window_exceeded":
		e.Finish = llm.FinishLength
	case "tool_use":
		e.Finish = llm.FinishToolCalls
	case "refusal":
		e.Finish = llm.FinishContentFilter
	case "stop_sequence":
		e.StopSequence = sequence
	}
	return e
}

// DecodeMessage reads an upstream's answer that was not streamed, as the
// events of one that was.
func DecodeMessage(data []byte) ([]llm.Event, error) {
	out, _, err := decodeMessage(data)
	return out, err
}

// ReadMessage is DecodeMessage for an answer that passes as it is written: it
// tells too where that has more than its events.
func ReadMessage(data []byte) ([]llm.Event, error) {
	out, beyond, err := decodeMessage(data)
	if beyond {
		out = append(out, llm.Event{Type: llm.EventBeyond})
	}
	return out, err
}

func decodeMessage(data []byte) (out []llm.Event, beyond bool, err error) {
	var b struct {
		Type string `json:"type"`
		answerBody
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, false, llm.Wrap(llm.CodeBadAnswer, err, "the upstream's answer cannot be read")
	}
	if b.Type != "message" {
		return nil, false, llm.Errorf(llm.CodeBadAnswer, "the upstream's answer is of the type %q, not message", shape.Short(b.Type))
	}
	d := NewDecoder()
	d.counts.update(b.Usage)
	u := d.counts.usage()
	u.OutputTokens, u.ReasoningTokens = nil, nil
	out = []llm.Event{{Type: llm.EventStart, Usage: u}}
	for i, block := range b.Content {
		events, err := d.block(i, block, true)
		if err != nil {
			return nil, false, err
		}
		out = append(out, events...)
	}
	out = append(out, finishEvent(b.StopReason, b.StopSequence))
	u = d.counts.usage()
	if u.OutputTokens == nil {
		u.Source = llm.UsageUnknown
	}
	return append(out, llm.Event{Type: llm.EventUsage, Usage: u}), d.beyond, nil
}
