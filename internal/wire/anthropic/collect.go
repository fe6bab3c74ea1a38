package anthropic

import (
	"crypto/sha256"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/order"
	"irori/internal/wire/anthropic/shape"
)

// Collector gathers the events of an answer that is not streamed.
type Collector struct {
	reply  Reply
	list   []*gatheredBlock
	calls  map[int]*gatheredBlock
	finish llm.Event
}

// gatheredBlock is one block on its way.
type gatheredBlock struct {
	body blockBody
	text strings.Builder
	// closed says that more of the same kind is another block.
	closed bool
}

// NewCollector makes a Collector.
func NewCollector(r Reply) *Collector {
	return &Collector{reply: r, calls: map[int]*gatheredBlock{}, finish: llm.Event{Finish: llm.FinishStop}}
}

// From names the model that answers.
func (c *Collector) From(model string) { c.reply.Model = model }

// Event adds an event. Events of choices that were not asked for are left
// out.
func (c *Collector) Event(e llm.Event) {
	if e.Choice != 0 {
		return
	}
	switch e.Type {
	case llm.EventText:
		if e.Text != "" {
			c.last("text").text.WriteString(e.Text)
		}
	case llm.EventReasoning:
		c.reasoning(e)
	case llm.EventToolCall:
		c.call(e.ToolCall)
	case llm.EventFinish:
		c.finish = e
	}
}

// last is the block that takes more of a kind.
func (c *Collector) last(kind string) *gatheredBlock {
	if n := len(c.list); n > 0 && c.list[n-1].body.Type == kind && !c.list[n-1].closed {
		return c.list[n-1]
	}
	return c.add(kind)
}

func (c *Collector) add(kind string) *gatheredBlock {
	b := &gatheredBlock{body: blockBody{Type: kind}}
	c.list = append(c.list, b)
	return b
}

func (c *Collector) reasoning(e llm.Event) {
	if e.Text != "" {
		c.last("thinking").text.WriteString(e.Text)
	}
	if e.Signature != "" {
		b := c.last("thinking")
		b.body.Signature, b.closed = &e.Signature, true
	}
	if e.Redacted != "" {
		c.add("redacted_thinking").body.Data = &e.Redacted
	}
}

func (c *Collector) call(d llm.ToolCallDelta) {
	b := c.calls[d.Index]
	if b == nil {
		if len(c.calls) == order.Max {
			return
		}
		b = c.add("tool_use")
		c.calls[d.Index] = b
	}
	if b.body.ID == "" {
		b.body.ID = d.ID
	}
	b.body.Name += d.Name
	b.text.WriteString(d.Arguments)
}

// Encode writes the whole answer.
func (c *Collector) Encode(u *llm.Usage, ext *llm.Spent) ([]byte, error) {
	m := c.reply.message()
	calls := 0
	for _, b := range c.list {
		text := b.text.String()
		switch b.body.Type {
		case "text":
			b.body.Text = &text
		case "thinking":
			b.body.Thinking = &text
			if b.body.Signature == nil {
				h := sha256.New()
				h.Write([]byte(text))
				own := sign(h)
				b.body.Signature = &own
			}
		case "tool_use":
			if b.body.ID == "" {
				b.body.ID = order.ID(calls)
			}
			calls++
			b.body.Input = shape.ToolInput(text)
		}
		m.Content = append(m.Content, b.body)
	}
	reason, sequence := stopReason(c.finish)
	m.StopReason, m.StopSequence, m.Usage = &reason, sequence, usageOf(u, ext).whole()
	return shape.Marshal(m)
}
