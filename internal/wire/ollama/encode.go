package ollama

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"irori/internal/llm"
)

// Reply is what stays the same over one answer.
type Reply struct {
	// Model is what the client called the model.
	Model string
	// Generate selects the shapes of /api/generate.
	Generate bool
	// Now is the clock of created_at.
	Now func() time.Time
}

// End is what stands in the last line of an answer.
type End struct {
	// Total is from the request to its end, Load what of it went by until the
	// model was in memory.
	Total, Load time.Duration
	Usage       *llm.Usage
	// Timings are the backend's, nil where it did not say.
	Timings *llm.Timings
	Spent   *llm.Spent
}

// line is one line of a stream, or a whole answer.
type line struct {
	Model      string       `json:"model"`
	CreatedAt  time.Time    `json:"created_at"`
	Message    *messageBody `json:"message,omitempty"`
	Response   *string      `json:"response,omitempty"`
	Thinking   string       `json:"thinking,omitempty"`
	Done       bool         `json:"done"`
	DoneReason string       `json:"done_reason,omitempty"`
	Logprobs   []logprob    `json:"logprobs,omitempty"`
	Metrics
	Usage *usageBody `json:"usage,omitempty"`
}

type usageBody struct {
	Irori *llm.Spent `json:"irori"`
}

type messageBody struct {
	Role      string     `json:"role"`
	Content   string     `json:"content"`
	Thinking  string     `json:"thinking,omitempty"`
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

// Metrics are the durations, in nanoseconds, and counts of an answer; what is
// unknown is absent.
type Metrics struct {
	TotalDuration      int64  `json:"total_duration,omitempty"`
	LoadDuration       int64  `json:"load_duration,omitempty"`
	PromptEvalCount    *int   `json:"prompt_eval_count,omitempty"`
	PromptEvalDuration *int64 `json:"prompt_eval_duration,omitempty"`
	EvalCount          *int   `json:"eval_count,omitempty"`
	EvalDuration       *int64 `json:"eval_duration,omitempty"`
}

type tokenLogprob struct {
	Token   string  `json:"token"`
	Logprob float64 `json:"logprob"`
	Bytes   []int   `json:"bytes,omitempty"`
}

type logprob struct {
	tokenLogprob
	Top []tokenLogprob `json:"top_logprobs,omitempty"`
}

func logprobs(list []llm.TokenLogprob) []logprob {
	var out []logprob
	for _, t := range list {
		l := logprob{tokenLogprob: tokenOf(t)}
		for _, o := range t.Top {
			l.Top = append(l.Top, tokenOf(o))
		}
		out = append(out, l)
	}
	return out
}

func tokenOf(t llm.TokenLogprob) tokenLogprob {
	out := tokenLogprob{Token: t.Text, Logprob: t.Logprob}
	for _, b := range t.Bytes {
		out.Bytes = append(out.Bytes, int(b))
	}
	return out
}

// line makes a line around text and thinking.
func (r Reply) line(text, thinking string) line {
	l := line{Model: r.Model, CreatedAt: r.Now().UTC()}
	if r.Generate {
		l.Response, l.Thinking = &text, thinking
	} else {
		l.Message = &messageBody{Role: "assistant", Content: text, Thinking: thinking}
	}
	return l
}

// Ping is a line without content, which keeps a silent stream open: clients
// read every line as JSON, so an empty one would end some of them.
func (r Reply) Ping() []byte { return r.append(nil, r.line("", "")) }

// Loaded answers a request that only loads a model, or gives it up.
func (r Reply) Loaded(reason string) []byte {
	l := r.line("", "")
	l.Done, l.DoneReason = true, reason
	return r.append(nil, l)
}

// append appends a line. Its values always encode: the raw JSON in them was
// valid before it came in.
func (r Reply) append(dst []byte, l line) []byte {
	b, err := marshal(l)
	if err != nil {
		return dst
	}
	return append(append(dst, b...), '\n')
}

// finish makes the last line of an answer.
func (r Reply) finish(l *line, e llm.Event, end End) {
	l.Done, l.DoneReason = true, "stop"
	if e.Finish == llm.FinishLength {
		l.DoneReason = "length"
	}
	l.Logprobs = append(l.Logprobs, logprobs(e.Logprobs)...)
	l.TotalDuration, l.LoadDuration = int64(end.Total), int64(end.Load)
	if u := end.Usage; u != nil {
		l.PromptEvalCount, l.EvalCount = u.PromptTokens, u.OutputTokens
	}
	if t := end.Timings; t != nil {
		prompt, eval := int64(t.Prefill), int64(t.Decode)
		l.PromptEvalDuration, l.EvalDuration = &prompt, &eval
	}
	if end.Spent != nil {
		l.Usage = &usageBody{end.Spent}
	}
}

// Streamer writes the lines of one streamed answer.
type Streamer struct {
	reply Reply
	calls gathering
	last  llm.Event
}

// NewStreamer makes a Streamer.
func NewStreamer(r Reply) *Streamer { return &Streamer{reply: r} }

// Append appends the lines of one event to dst. An answer has one choice;
// events of others are left out.
func (s *Streamer) Append(dst []byte, e llm.Event) []byte {
	if e.Choice != 0 {
		return dst
	}
	switch e.Type {
	case llm.EventText:
		if e.Text == "" && len(e.Logprobs) == 0 {
			return dst
		}
		l := s.reply.line(e.Text, "")
		l.Logprobs = logprobs(e.Logprobs)
		return s.reply.append(dst, l)
	case llm.EventReasoning:
		if e.Text == "" {
			return dst
		}
		l := s.reply.line("", e.Text)
		l.Logprobs = logprobs(e.Logprobs)
		return s.reply.append(dst, l)
	case llm.EventToolCall:
		return s.write(dst, s.calls.add(e.ToolCall))
	case llm.EventFinish:
		s.last = e
		return s.write(dst, s.calls.rest())
	}
	return dst
}

// write writes calls that are whole.
func (s *Streamer) write(dst []byte, calls []toolCall) []byte {
	if len(calls) == 0 || s.reply.Generate {
		return dst
	}
	l := s.reply.line("", "")
	l.Message.ToolCalls = calls
	return s.reply.append(dst, l)
}

// AppendEnd appends the last line.
func (s *Streamer) AppendEnd(dst []byte, end End) []byte {
	dst = s.write(dst, s.calls.rest())
	l := s.reply.line("", "")
	s.reply.finish(&l, s.last, end)
	return s.reply.append(dst, l)
}

// Collector gathers the events of an answer that is not streamed.
type Collector struct {
	reply          Reply
	text, thinking strings.Builder
	logprobs       []logprob
	calls          gathering
	done           []toolCall
	last           llm.Event
}

// NewCollector makes a Collector.
func NewCollector(r Reply) *Collector { return &Collector{reply: r} }

// Event adds an event.
func (c *Collector) Event(e llm.Event) {
	if e.Choice != 0 {
		return
	}
	switch e.Type {
	case llm.EventText:
		c.text.WriteString(e.Text)
		c.logprobs = append(c.logprobs, logprobs(e.Logprobs)...)
	case llm.EventReasoning:
		c.thinking.WriteString(e.Text)
		c.logprobs = append(c.logprobs, logprobs(e.Logprobs)...)
	case llm.EventToolCall:
		c.done = append(c.done, c.calls.add(e.ToolCall)...)
	case llm.EventFinish:
		c.last = e
	}
}

// Encode writes the whole answer.
func (c *Collector) Encode(end End) ([]byte, error) {
	l := c.reply.line(c.text.String(), c.thinking.String())
	if l.Message != nil {
		l.Message.ToolCalls = append(c.done, c.calls.rest()...)
	}
	l.Logprobs = c.logprobs
	c.reply.finish(&l, c.last, end)
	return marshal(l)
}

// maxCalls bounds the calls of one answer.
const maxCalls = 1024

// gathering puts the fragments of calls together: Ollama has them whole.
type gathering struct {
	list []*gathered
	at   map[int]*gathered
}

type gathered struct {
	id, name string
	args     bytes.Buffer
	index    int
	sent     bool
}

// add takes a fragment, and returns the call that it makes whole.
func (g *gathering) add(d llm.ToolCallDelta) []toolCall {
	c := g.at[d.Index]
	if c == nil {
		if len(g.list) == maxCalls {
			return nil
		}
		if g.at == nil {
			g.at = map[int]*gathered{}
		}
		c = &gathered{index: len(g.list)}
		g.at[d.Index] = c
		g.list = append(g.list, c)
	}
	if c.sent {
		return nil // what follows a whole object is white space
	}
	if c.id == "" {
		c.id = d.ID
	}
	c.name += d.Name
	c.args.WriteString(d.Arguments)
	// The beginning of an object is never one itself, so valid means whole.
	if !strings.HasSuffix(strings.TrimRight(d.Arguments, " \t\r\n"), "}") || c.name == "" || !json.Valid(c.args.Bytes()) {
		return nil
	}
	return []toolCall{c.take()}
}

// rest returns the calls that are not whole when the answer ends.
func (g *gathering) rest() []toolCall {
	var out []toolCall
	for _, c := range g.list {
		if !c.sent {
			out = append(out, c.take())
		}
	}
	return out
}

func (c *gathered) take() toolCall {
	c.sent = true
	return toolCall{ID: c.id, Function: calledByName{Index: c.index, Name: c.name, Arguments: object(c.args.String())}}
}

// object is the arguments of a call as an object. What a model wrote badly, or
// what was cut off, stands as text under a name that says so.
func object(args string) json.RawMessage {
	args = strings.TrimSpace(args)
	if args == "" {
		return json.RawMessage(`{}`)
	}
	if args[0] == '{' && json.Valid([]byte(args)) {
		return json.RawMessage(args)
	}
	b, err := marshal(map[string]string{"INVALID_JSON": args})
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return b
}
