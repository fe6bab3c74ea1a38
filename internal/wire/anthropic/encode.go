package anthropic

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash"
	"strings"

	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/wire/anthropic/order"
)

// Reply is what stays the same over one answer.
type Reply struct {
	ID    string
	Model string
}

// Ping is the event that keeps a silent stream open.
var Ping = sse.AppendNamed(nil, "ping", []byte(`{"type":"ping"}`))

// blockBody is a block of an answer, whole or as it begins.
type blockBody struct {
	Type      string          `json:"type"`
	Text      *string         `json:"text,omitempty"`
	Thinking  *string         `json:"thinking,omitempty"`
	Signature *string         `json:"signature,omitempty"`
	Data      *string         `json:"data,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
}

type messageBody struct {
	ID           string      `json:"id"`
	Type         string      `json:"type"`
	Role         string      `json:"role"`
	Model        string      `json:"model"`
	Content      []blockBody `json:"content"`
	StopReason   *string     `json:"stop_reason"`
	StopSequence *string     `json:"stop_sequence"`
	Usage        usageBody   `json:"usage"`
}

func (r Reply) message() messageBody {
	return messageBody{ID: r.ID, Type: "message", Role: "assistant", Model: r.Model, Content: []blockBody{}}
}

// stopReason says in Anthropic's words why an answer ended, with the stop
// sequence where one did it.
func stopReason(e llm.Event) (reason string, sequence *string) {
	switch {
	case e.Finish == llm.FinishLength:
		return "max_tokens", nil
	case e.Finish == llm.FinishToolCalls:
		return "tool_use", nil
	case e.Finish == llm.FinishContentFilter:
		return "refusal", nil
	case e.StopSequence != "":
		return "stop_sequence", &e.StopSequence
	}
	return "end_turn", nil
}

// ownMark begins the signatures that are made here, for models that sign
// nothing: clients send thinking back only with a signature.
const ownMark = "irori-"

func ownSignature(s string) bool { return strings.HasPrefix(s, ownMark) }

func sign(h hash.Hash) string {
	return ownMark + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

// Streamer writes the events of one streamed answer, framed.
type Streamer struct {
	reply Reply
	buf   bytes.Buffer
	enc   *json.Encoder

	begun bool
	index int
	// open is the type of the open block, empty for none.
	open string
	// thought hashes the open thinking.
	thought hash.Hash
	calls   order.Calls
	// held are words that came while a call was not whole.
	held   []llm.Event
	finish llm.Event
}

// NewStreamer makes a Streamer.
func NewStreamer(r Reply) *Streamer {
	s := &Streamer{reply: r, finish: llm.Event{Finish: llm.FinishStop}}
	s.enc = json.NewEncoder(&s.buf)
	s.enc.SetEscapeHTML(false)
	return s
}

// From names the model that answers: another than the first may, until the
// message is begun.
func (s *Streamer) From(model string) { s.reply.Model = model }

// frame appends one named event. Its values always encode: they hold no raw
// JSON of others.
func (s *Streamer) frame(dst []byte, name string, v any) []byte {
	s.buf.Reset()
	if s.enc.Encode(v) != nil {
		return dst
	}
	return sse.AppendNamed(dst, name, bytes.TrimRight(s.buf.Bytes(), "\n"))
}

// Append appends the frames of one event to dst. An answer has one choice;
// events of others are left out.
func (s *Streamer) Append(dst []byte, e llm.Event) []byte {
	if e.Choice != 0 {
		return dst
	}
	if e.Type != llm.EventUsage {
		dst = s.begin(dst, e.Usage)
	}
	switch e.Type {
	case llm.EventText, llm.EventReasoning:
		if s.calls.Broken() {
			s.held = append(s.held, e)
			return dst
		}
		dst = s.words(dst, e)
	case llm.EventToolCall:
		for _, f := range s.calls.Add(e.ToolCall) {
			dst = s.call(dst, f)
		}
		if len(s.held) > 0 && !s.calls.Broken() {
			dst = s.release(dst)
		}
	case llm.EventFinish:
		s.finish = e
		dst = s.settle(dst)
	}
	return dst
}

// release writes the words that were held.
func (s *Streamer) release(dst []byte) []byte {
	for _, e := range s.held {
		dst = s.words(dst, e)
	}
	s.held = nil
	return dst
}

// settle writes what waits, and closes what is open.
func (s *Streamer) settle(dst []byte) []byte {
	for _, f := range s.calls.Rest() {
		dst = s.call(dst, f)
	}
	return s.end(s.release(dst))
}

// words writes text or thinking.
func (s *Streamer) words(dst []byte, e llm.Event) []byte {
	if e.Type == llm.EventReasoning {
		return s.reasoning(dst, e)
	}
	if e.Text == "" {
		return dst
	}
	dst = s.turn(dst, "text")
	return s.delta(dst, deltaBody{Type: "text_delta", Text: &e.Text})
}

// begin opens the message. A second beginning, of another try, is none.
func (s *Streamer) begin(dst []byte, u *llm.Usage) []byte {
	if s.begun {
		return dst
	}
	s.begun = true
	m := s.reply.message()
	m.Usage = usageOf(u, nil).whole()
	dst = s.frame(dst, "message_start", struct {
		Type    string      `json:"type"`
		Message messageBody `json:"message"`
	}{"message_start", m})
	return append(dst, Ping...)
}

// turn sees to it that a block of a type is open.
func (s *Streamer) turn(dst []byte, kind string) []byte {
	if s.open == kind {
		return dst
	}
	dst = s.end(dst)
	empty := ""
	b := blockBody{Type: kind}
	if kind == "thinking" {
		s.thought = sha256.New()
		b.Thinking, b.Signature = &empty, &empty
	} else {
		b.Text = &empty
	}
	return s.start(dst, b)
}

func (s *Streamer) start(dst []byte, b blockBody) []byte {
	s.open = b.Type
	return s.frame(dst, "content_block_start", struct {
		Type  string    `json:"type"`
		Index int       `json:"index"`
		Block blockBody `json:"content_block"`
	}{"content_block_start", s.index, b})
}

type deltaBody struct {
	Type      string  `json:"type"`
	Text      *string `json:"text,omitempty"`
	Thinking  *string `json:"thinking,omitempty"`
	Signature *string `json:"signature,omitempty"`
	Partial   *string `json:"partial_json,omitempty"`
}

func (s *Streamer) delta(dst []byte, d deltaBody) []byte {
	return s.frame(dst, "content_block_delta", struct {
		Type  string    `json:"type"`
		Index int       `json:"index"`
		Delta deltaBody `json:"delta"`
	}{"content_block_delta", s.index, d})
}

// reasoning writes thinking, a provider's signature of it, or what a provider
// shows to nobody.
func (s *Streamer) reasoning(dst []byte, e llm.Event) []byte {
	if e.Text != "" {
		dst = s.turn(dst, "thinking")
		s.thought.Write([]byte(e.Text))
		dst = s.delta(dst, deltaBody{Type: "thinking_delta", Thinking: &e.Text})
	}
	if e.Signature != "" {
		dst = s.turn(dst, "thinking")
		dst = s.stop(s.delta(dst, deltaBody{Type: "signature_delta", Signature: &e.Signature}))
	}
	if e.Redacted != "" {
		dst = s.stop(s.start(s.end(dst), blockBody{Type: "redacted_thinking", Data: &e.Redacted}))
	}
	return dst
}

// call writes a fragment of a call; those of one call come together.
func (s *Streamer) call(dst []byte, f llm.ToolCallDelta) []byte {
	if f.ID != "" {
		dst = s.start(s.end(dst), blockBody{Type: "tool_use", ID: f.ID, Name: f.Name, Input: json.RawMessage(`{}`)})
	}
	if f.Arguments == "" || s.open != "tool_use" {
		// What follows a whole call is at most white space.
		return dst
	}
	return s.delta(dst, deltaBody{Type: "input_json_delta", Partial: &f.Arguments})
}

// end closes what is open; thinking that nobody signed gets a signature.
func (s *Streamer) end(dst []byte) []byte {
	switch s.open {
	case "":
		return dst
	case "thinking":
		own := sign(s.thought)
		dst = s.delta(dst, deltaBody{Type: "signature_delta", Signature: &own})
	}
	return s.stop(dst)
}

func (s *Streamer) stop(dst []byte) []byte {
	dst = s.frame(dst, "content_block_stop", struct {
		Type  string `json:"type"`
		Index int    `json:"index"`
	}{"content_block_stop", s.index})
	s.index++
	s.open = ""
	return dst
}

type stopDelta struct {
	StopReason   string  `json:"stop_reason"`
	StopSequence *string `json:"stop_sequence"`
}

// AppendEnd appends what ends a stream: the stop reason, the whole usage, and
// message_stop.
func (s *Streamer) AppendEnd(dst []byte, u *llm.Usage, ext *llm.Spent) []byte {
	dst = s.begin(dst, u)
	dst = s.settle(dst)
	reason, sequence := stopReason(s.finish)
	dst = s.frame(dst, "message_delta", struct {
		Type  string    `json:"type"`
		Delta stopDelta `json:"delta"`
		Usage usageBody `json:"usage"`
	}{"message_delta", stopDelta{reason, sequence}, usageOf(u, ext)})
	return s.frame(dst, "message_stop", struct {
		Type string `json:"type"`
	}{"message_stop"})
}
