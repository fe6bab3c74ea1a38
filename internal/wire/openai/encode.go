package openai

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"irori/internal/llm"
)

// Reply is what stays the same over one answer.
type Reply struct {
	ID      string
	Model   string
	Created int64
	// Completion selects the older endpoint's shapes.
	Completion bool
	// Legacy writes function_call in place of tool_calls.
	Legacy bool
}

// finish is the finish reason as this reply says it.
func (r Reply) finish(f llm.FinishReason) string {
	if r.Legacy && f == llm.FinishToolCalls {
		return "function_call"
	}
	return string(f)
}

type usageBody struct {
	PromptTokens        int           `json:"prompt_tokens"`
	CompletionTokens    int           `json:"completion_tokens"`
	TotalTokens         int           `json:"total_tokens"`
	PromptTokensDetails promptDetails `json:"prompt_tokens_details"`
	CompletionDetails   outputDetails `json:"completion_tokens_details"`
	Irori               *llm.Spent    `json:"irori,omitempty"`
}

type promptDetails struct {
	CachedTokens int `json:"cached_tokens"`
}

type outputDetails struct {
	ReasoningTokens int `json:"reasoning_tokens"`
}

// known is a count, 0 where the backend did not say: OpenAI's usage has no
// way to leave a count out. The ledger has.
func known(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func usageOf(u *llm.Usage, ext *llm.Spent) *usageBody {
	// Without a count of the prompt nothing is said: 0 would be a lie, and no
	// count cannot be left out alone.
	if u == nil || u.PromptTokens == nil && ext == nil {
		return nil
	}
	b := &usageBody{PromptTokens: known(u.PromptTokens), CompletionTokens: known(u.OutputTokens), Irori: ext}
	b.TotalTokens = b.PromptTokens + b.CompletionTokens
	b.PromptTokensDetails.CachedTokens = known(u.CachedTokens)
	b.CompletionDetails.ReasoningTokens = known(u.ReasoningTokens)
	return b
}

type toolDelta struct {
	Index    int          `json:"index"`
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function toolFunction `json:"function"`
}

type toolFunction struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

// marshal writes JSON without escaping HTML: the text is shown as it is, also
// Japanese and angle brackets.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// appendJSONString appends s as a JSON string, characters kept as they are.
func appendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Streamer writes the chunks of one streamed answer. Each call returns the
// JSON of the chunks of an event; framing is the caller's.
type Streamer struct {
	reply   Reply
	head    []byte
	started map[int]bool
	// logprobs holds where the text of each choice stands.
	logprobs map[int]*completionLogprob
	buf      []byte
}

// NewStreamer makes a Streamer.
func NewStreamer(r Reply) *Streamer {
	s := &Streamer{reply: r, started: map[int]bool{}, logprobs: map[int]*completionLogprob{}}
	s.begin()
	return s
}

// From names the model that answers: another than the first may, until the
// first chunk.
func (s *Streamer) From(model string) {
	if model != s.reply.Model {
		s.reply.Model = model
		s.begin()
	}
}

// begin makes what all chunks begin with.
func (s *Streamer) begin() {
	r := s.reply
	object, idPrefix := "chat.completion.chunk", r.ID
	if r.Completion {
		object = "text_completion"
	}
	h := append([]byte(`{"id":`), appendJSONString(nil, idPrefix)...)
	h = append(h, `,"object":"`+object+`","created":`...)
	h = strconv.AppendInt(h, r.Created, 10)
	h = append(h, `,"model":`...)
	h = appendJSONString(h, r.Model)
	h = append(h, `,"choices":[`...)
	s.head = h
}

// Event returns the chunks of one event, nil for none. The bytes are valid
// until the next call.
func (s *Streamer) Event(e llm.Event) ([][]byte, error) {
	if s.reply.Completion {
		return s.completionEvent(e)
	}
	var out [][]byte
	s.buf = s.buf[:0]
	if (e.Type >= llm.EventText && e.Type <= llm.EventFinish) && !s.started[e.Choice] {
		s.started[e.Choice] = true
		out = append(out, s.chunk(e.Choice, []byte(`{"role":"assistant","content":""}`), nil, ""))
	}
	switch e.Type {
	case llm.EventText:
		lp, err := logprobsJSON(e.Logprobs)
		if err != nil {
			return nil, err
		}
		d := append([]byte(`{"content":`), appendJSONString(nil, e.Text)...)
		out = append(out, s.chunk(e.Choice, append(d, '}'), lp, ""))
	case llm.EventReasoning:
		d := append([]byte(`{"reasoning_content":`), appendJSONString(nil, e.Text)...)
		out = append(out, s.chunk(e.Choice, append(d, '}'), nil, ""))
	case llm.EventToolCall:
		b, err := s.call(e.ToolCall)
		if err != nil {
			return nil, err
		}
		out = append(out, s.chunk(e.Choice, b, nil, ""))
	case llm.EventFinish:
		lp, err := logprobsJSON(e.Logprobs)
		if err != nil {
			return nil, err
		}
		out = append(out, s.chunk(e.Choice, []byte(`{}`), lp, s.reply.finish(e.Finish)))
	}
	return out, nil
}

// call is the delta of a fragment of a call.
func (s *Streamer) call(d llm.ToolCallDelta) ([]byte, error) {
	f := toolFunction{d.Name, d.Arguments}
	if s.reply.Legacy {
		return marshal(struct {
			FunctionCall toolFunction `json:"function_call"`
		}{f})
	}
	t := toolDelta{Index: d.Index, ID: d.ID, Function: f}
	if t.ID != "" {
		t.Type = "function"
	}
	return marshal(struct {
		ToolCalls []toolDelta `json:"tool_calls"`
	}{[]toolDelta{t}})
}

// chunk makes one chunk around a delta.
func (s *Streamer) chunk(choice int, delta, logprobs []byte, finish string) []byte {
	b := make([]byte, 0, len(s.head)+len(delta)+len(logprobs)+80)
	b = append(b, s.head...)
	b = append(b, `{"index":`...)
	b = strconv.AppendInt(b, int64(choice), 10)
	b = append(b, `,"delta":`...)
	b = append(b, delta...)
	return append(s.tail(b, logprobs, finish), `]}`...)
}

func (s *Streamer) tail(b, logprobs []byte, finish string) []byte {
	b = append(b, `,"logprobs":`...)
	if logprobs == nil {
		b = append(b, `null`...)
	} else {
		b = append(b, logprobs...)
	}
	b = append(b, `,"finish_reason":`...)
	if finish == "" {
		b = append(b, `null`...)
	} else {
		b = appendJSONString(b, finish)
	}
	return append(b, '}')
}

func (s *Streamer) completionEvent(e llm.Event) ([][]byte, error) {
	finish := ""
	switch e.Type {
	case llm.EventText, llm.EventReasoning:
	case llm.EventFinish:
		finish = string(e.Finish)
	default:
		return nil, nil
	}
	lp, err := s.completionLogprobs(e)
	if err != nil {
		return nil, err
	}
	b := append([]byte(nil), s.head...)
	b = append(b, `{"index":`...)
	b = strconv.AppendInt(b, int64(e.Choice), 10)
	b = append(b, `,"text":`...)
	b = appendJSONString(b, e.Text)
	return [][]byte{append(s.tail(b, lp, finish), `]}`...)}, nil
}

// completionLogprobs is nil where an event has none.
func (s *Streamer) completionLogprobs(e llm.Event) ([]byte, error) {
	if e.Logprobs == nil {
		return nil, nil
	}
	if s.logprobs[e.Choice] == nil {
		s.logprobs[e.Choice] = &completionLogprob{}
	}
	return s.logprobs[e.Choice].next(e.Logprobs)
}

// Usage returns the last chunk, which carries the usage and no choices.
func (s *Streamer) Usage(u *llm.Usage, ext *llm.Spent) ([]byte, error) {
	b, err := marshal(usageOf(u, ext))
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), s.head...)
	out = append(out, `],"usage":`...)
	return append(append(out, b...), '}'), nil
}

// Done is the data of the event that ends a stream.
var Done = []byte("[DONE]")
