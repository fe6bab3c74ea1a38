package openai

import (
	"strings"

	"irori/internal/llm"
)

// Collector gathers the events of an answer that is not streamed.
type Collector struct {
	reply   Reply
	choices []*gathered
}

type gathered struct {
	text, reasoning strings.Builder
	calls           []wholeCall
	logprobs        []llm.TokenLogprob
	finish          llm.FinishReason
}

// NewCollector makes a Collector of n choices.
func NewCollector(r Reply, n int) *Collector {
	c := &Collector{reply: r}
	for range n {
		c.choices = append(c.choices, &gathered{})
	}
	return c
}

// From names the model that answers.
func (c *Collector) From(model string) { c.reply.Model = model }

// Event adds an event. Events of choices that were not asked for are left
// out.
func (c *Collector) Event(e llm.Event) {
	if e.Choice < 0 || e.Choice >= len(c.choices) {
		return
	}
	g := c.choices[e.Choice]
	g.logprobs = append(g.logprobs, e.Logprobs...)
	switch e.Type {
	case llm.EventText:
		g.text.WriteString(e.Text)
	case llm.EventReasoning:
		g.reasoning.WriteString(e.Text)
	case llm.EventToolCall:
		g.call(e.ToolCall)
	case llm.EventFinish:
		g.finish = e.Finish
	}
}

func (g *gathered) call(d llm.ToolCallDelta) {
	for d.Index >= len(g.calls) && d.Index < 1024 {
		g.calls = append(g.calls, wholeCall{Type: "function"})
	}
	if d.Index < 0 || d.Index >= len(g.calls) {
		return
	}
	t := &g.calls[d.Index]
	if d.ID != "" {
		t.ID = d.ID
	}
	t.Function.Name += d.Name
	t.Function.Arguments += d.Arguments
}

// wholeCall is a call in an answer that is not streamed; only fragments have
// an index.
type wholeCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function toolFunction `json:"function"`
}

type chatMessage struct {
	Role      string      `json:"role"`
	Content   *string     `json:"content"`
	Reasoning string      `json:"reasoning_content,omitempty"`
	ToolCalls []wholeCall `json:"tool_calls,omitempty"`
	// FunctionCall takes the place of ToolCalls for clients of the older
	// form.
	FunctionCall *toolFunction `json:"function_call,omitempty"`
}

type chatChoice struct {
	Index    int              `json:"index"`
	Message  chatMessage      `json:"message"`
	Logprobs *chatLogprobBody `json:"logprobs"`
	Finish   string           `json:"finish_reason"`
}

type textChoice struct {
	Index    int                `json:"index"`
	Text     string             `json:"text"`
	Logprobs *completionLogprob `json:"logprobs"`
	Finish   string             `json:"finish_reason"`
}

type answer struct {
	ID      string     `json:"id"`
	Object  string     `json:"object"`
	Created int64      `json:"created"`
	Model   string     `json:"model"`
	Choices any        `json:"choices"`
	Usage   *usageBody `json:"usage,omitempty"`
}

// Encode writes the whole answer.
func (c *Collector) Encode(u *llm.Usage, ext *llm.Spent) ([]byte, error) {
	a := answer{ID: c.reply.ID, Object: "chat.completion", Created: c.reply.Created, Model: c.reply.Model, Usage: usageOf(u, ext)}
	if c.reply.Completion {
		a.Object = "text_completion"
		list := make([]textChoice, len(c.choices))
		for i, g := range c.choices {
			list[i] = textChoice{Index: i, Text: g.reasoning.String() + g.text.String(), Finish: c.reply.finish(g.finish)}
			if g.logprobs != nil {
				list[i].Logprobs = &completionLogprob{}
				list[i].Logprobs.add(g.logprobs)
			}
		}
		a.Choices = list
		return marshal(a)
	}
	list := make([]chatChoice, len(c.choices))
	for i, g := range c.choices {
		text := g.text.String()
		m := chatMessage{Role: "assistant", Content: &text, Reasoning: g.reasoning.String(), ToolCalls: g.calls}
		if text == "" && len(g.calls) > 0 {
			m.Content = nil
		}
		if c.reply.Legacy && len(g.calls) > 0 {
			m.ToolCalls, m.FunctionCall = nil, &g.calls[0].Function
		}
		list[i] = chatChoice{Index: i, Message: m, Finish: c.reply.finish(g.finish)}
		if g.logprobs != nil {
			list[i].Logprobs = &chatLogprobBody{chatLogprobs(g.logprobs)}
		}
	}
	a.Choices = list
	return marshal(a)
}
