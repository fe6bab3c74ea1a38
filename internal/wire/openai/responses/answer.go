package responses

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/openai/responses/toolbox"
)

// maxItems bounds the items of one answer; what comes after is left out.
const maxItems = 1024

// Answer gathers the events of an answer into a response, and writes the
// events of its stream.
type Answer struct {
	q     *Request
	reply Reply
	list  []*part
	// words is the item that takes text or thinking now, calls those of tools.
	words  *part
	calls  map[int]*part
	finish llm.Event
	body   responseBody
	usage  *usageBody
	begun  bool
	over   bool
	// frames is false where nobody wants the stream.
	frames bool
	// told is the event that says what failed.
	told *event
	seq  int
	buf  bytes.Buffer
	enc  *json.Encoder
}

// part is one item on its way.
type part struct {
	body  itemBody
	index int
	// thought marks thinking, tool what a call calls.
	thought bool
	tool    toolbox.Tool
	call    bool
	done    bool
	// open says that the item's one part of text was begun.
	open     bool
	text     strings.Builder
	logprobs []logprob
	thoughts []llm.Thought
	signed   int
	input    toolbox.Input
}

// NewAnswer makes an Answer; stream says whether its events are wanted.
func NewAnswer(q *Request, r Reply, stream bool) *Answer {
	a := &Answer{q: q, reply: r, calls: map[int]*part{}, frames: stream, finish: llm.Event{Finish: llm.FinishStop}}
	a.enc = json.NewEncoder(&a.buf)
	a.enc.SetEscapeHTML(false)
	a.body = responseBody{
		ID: r.ID(), Object: "response", CreatedAt: r.Created, Status: StatusInProgress, Background: q.Background,
		Model: r.Model, Output: []itemBody{},
	}
	if q.Background {
		a.body.Status = StatusQueued
	}
	if q.Conversation != "" {
		a.body.Chat = &idBody{q.Conversation}
	}
	return a
}

// From names the model that answers: another than the first may, until
// something of the answer came.
func (a *Answer) From(model string) { a.body.Model = model }

// Unkept says that the response could not be kept.
func (a *Answer) Unkept() {
	a.q.Store = false // echo points to it
	// What was encoded once is again.
	_ = a.q.encodeEcho()
}

// Response is the response object as it is now.
func (a *Answer) Response() ([]byte, error) {
	a.body.Output = make([]itemBody, len(a.list))
	for i, p := range a.list {
		a.body.Output[i] = p.body
	}
	head, err := marshal(a.body)
	if err != nil {
		return nil, err
	}
	usage, err := marshal(a.usage)
	if err != nil {
		return nil, err
	}
	return slices.Concat(head[:len(head)-1], []byte(","), a.q.repeated, []byte(`,"usage":`), usage, []byte("}")), nil
}

// Status is the status of the response.
func (a *Answer) Status() string { return a.body.Status }

// id makes the id of item i: it leads back to the response.
func (a *Answer) id(prefix string, i int) string {
	return fmt.Sprintf("%s_%s%04x", prefix, a.reply.Key, i)
}

// Begin appends the events that open a stream.
func (a *Answer) Begin(dst []byte) []byte {
	if a.begun {
		return dst
	}
	a.begun = true
	dst = a.life(dst, "response.created")
	if a.body.Status == StatusQueued {
		dst = a.life(dst, "response.queued")
		a.body.Status = StatusInProgress
	}
	return a.life(dst, "response.in_progress")
}

// Append takes one event and appends what it means for the stream to dst. An
// answer has one choice; events of others are left out.
func (a *Answer) Append(dst []byte, e llm.Event) []byte {
	if e.Choice != 0 || a.over {
		return dst
	}
	if e.Type != llm.EventUsage {
		dst = a.Begin(dst)
	}
	switch e.Type {
	case llm.EventText:
		if e.Text != "" || len(e.Logprobs) > 0 {
			dst = a.visible(dst, e)
		}
	case llm.EventReasoning:
		dst = a.thinking(dst, e)
	case llm.EventToolCall:
		dst = a.call(dst, e.ToolCall)
	case llm.EventFinish:
		a.finish = e
	}
	return dst
}

// add opens an item.
func (a *Answer) add(dst []byte, p *part) []byte {
	p.index = len(a.list)
	a.list = append(a.list, p)
	return a.item(dst, "response.output_item.added", p)
}

// settle closes items: those of words, and calls that are whole, or all.
func (a *Answer) settle(dst []byte, all bool, status string) []byte {
	for _, p := range a.list {
		if p.done || p.call && !all && !json.Valid([]byte(p.text.String())) {
			continue
		}
		s := StatusCompleted
		if p.index == len(a.list)-1 || p.call && !json.Valid([]byte(p.text.String())) {
			s = status
		}
		dst = a.close(dst, p, s)
	}
	a.words = nil
	return dst
}

func (a *Answer) close(dst []byte, p *part, status string) []byte {
	p.done = true
	switch {
	case p.call:
		return a.closeCall(dst, p, status)
	case p.thought:
		return a.closeThinking(dst, p)
	}
	p.body.Status = status
	dst = a.closeText(dst, p, "response.output_text.done", "response.content_part.done", p.textPart())
	p.body.Content = &[]partBody{p.textPart()}
	return a.item(dst, "response.output_item.done", p)
}

// visible writes text.
func (a *Answer) visible(dst []byte, e llm.Event) []byte {
	if a.words == nil || a.words.thought {
		if len(a.list) >= maxItems {
			return dst
		}
		dst = a.settle(dst, false, StatusCompleted)
		a.words = &part{body: itemBody{
			ID: a.id("msg", len(a.list)), Type: "message", Status: StatusInProgress, Role: "assistant", Content: &[]partBody{},
		}}
		dst = a.add(dst, a.words)
		dst = a.openText(dst, a.words, "response.content_part.added", a.words.textPart())
	}
	p := a.words
	p.text.WriteString(e.Text)
	logs := []logprob{}
	if a.q.logprobs {
		logs = logprobsOf(e.Logprobs)
		p.logprobs = append(p.logprobs, logs...)
	}
	zero := 0
	return a.event(dst, event{
		Type: "response.output_text.delta", ItemID: p.body.ID, Output: &p.index, Content: &zero, Delta: &e.Text, Logprobs: &logs,
	})
}

// textPart is the one part of a message, as far as it is.
func (p *part) textPart() partBody {
	logs := p.logprobs
	if logs == nil {
		logs = []logprob{}
	}
	return partBody{Type: "output_text", Text: p.text.String(), Annotations: &[]string{}, Logprobs: &logs}
}

// thinking writes thinking: as a summary where the client asked for one, since
// that is what its program shows, else as it is.
func (a *Answer) thinking(dst []byte, e llm.Event) []byte {
	if e.Text == "" && e.Signature == "" && e.Redacted == "" {
		return dst
	}
	if a.words == nil || !a.words.thought {
		if len(a.list) >= maxItems {
			return dst
		}
		dst = a.settle(dst, false, StatusCompleted)
		a.words = &part{thought: true, body: itemBody{
			ID: a.id("rs", len(a.list)), Type: "reasoning", Status: StatusInProgress, Summary: &[]partBody{},
		}}
		dst = a.add(dst, a.words)
	}
	p := a.words
	if e.Signature != "" {
		p.thoughts = append(p.thoughts, llm.Thought{Text: p.text.String()[p.signed:], Signature: e.Signature})
		p.signed = p.text.Len()
	}
	if e.Redacted != "" {
		p.thoughts = append(p.thoughts, llm.Thought{Redacted: e.Redacted})
	}
	if e.Text == "" {
		return dst
	}
	name := "response.reasoning_text.delta"
	if a.q.summary {
		name = "response.reasoning_summary_text.delta"
	}
	dst = a.openText(dst, p, a.thoughtEvent("added"), p.thoughtPart(a.q.summary))
	p.text.WriteString(e.Text)
	ev := event{Type: name, ItemID: p.body.ID, Output: &p.index, Delta: &e.Text}
	return a.event(dst, a.at(p, ev))
}

// thoughtEvent names the events around a part of thinking.
func (a *Answer) thoughtEvent(what string) string {
	if a.q.summary {
		return "response.reasoning_summary_part." + what
	}
	return "response.content_part." + what
}

func (p *part) thoughtPart(summary bool) partBody {
	kind := "reasoning_text"
	if summary {
		kind = "summary_text"
	}
	return partBody{Type: kind, Text: p.text.String()}
}

func (a *Answer) closeThinking(dst []byte, p *part) []byte {
	whole := p.thoughtPart(a.q.summary)
	if p.open {
		name := "response.reasoning_text.done"
		if a.q.summary {
			name = "response.reasoning_summary_text.done"
		}
		dst = a.closeText(dst, p, name, a.thoughtEvent("done"), whole)
		if a.q.summary {
			p.body.Summary = &[]partBody{whole}
		} else {
			p.body.Content = &[]partBody{whole}
		}
	}
	if len(p.thoughts) > 0 {
		// A list of texts always encodes.
		b, _ := json.Marshal(p.thoughts)
		sealed := thoughtMark + base64.RawURLEncoding.EncodeToString(b)
		p.body.Sealed = &sealed
	}
	p.body.Status = StatusCompleted
	return a.item(dst, "response.output_item.done", p)
}

// call writes a fragment of a call.
func (a *Answer) call(dst []byte, d llm.ToolCallDelta) []byte {
	p := a.calls[d.Index]
	if p == nil {
		if len(a.list) >= maxItems {
			return dst
		}
		dst = a.settle(dst, false, StatusCompleted)
		p = a.newCall(d)
		a.calls[d.Index] = p
		dst = a.add(dst, p)
	}
	if p.done || d.Arguments == "" {
		// What follows a whole call is at most white space.
		return dst
	}
	p.text.WriteString(d.Arguments)
	piece, name := d.Arguments, "response.function_call_arguments.delta"
	if p.tool.Custom {
		piece, name = p.input.More(p.text.String()), "response.custom_tool_call_input.delta"
	}
	if piece == "" {
		return dst
	}
	return a.event(dst, event{Type: name, ItemID: p.body.ID, Output: &p.index, Delta: &piece})
}

func (a *Answer) newCall(d llm.ToolCallDelta) *part {
	t, n, empty := a.q.tools.Of(d.Name), len(a.list), ""
	p := &part{call: true, tool: t, body: itemBody{
		ID: a.id("fc", n), Type: "function_call", Status: StatusInProgress, CallID: d.ID,
		Namespace: t.Namespace, Name: t.Name, Arguments: &empty,
	}}
	if t.Custom {
		p.body.ID, p.body.Type = a.id("ctc", n), "custom_tool_call"
		p.body.Arguments, p.body.Input = nil, &empty
	}
	if p.body.CallID == "" {
		p.body.CallID = a.id("call", n)
	}
	return p
}

func (a *Answer) closeCall(dst []byte, p *part, status string) []byte {
	p.body.Status = status
	whole := p.text.String()
	e := event{Type: "response.function_call_arguments.done", ItemID: p.body.ID, Output: &p.index, Name: p.body.Name}
	if p.tool.Custom {
		rest, input := p.input.End(whole)
		if rest != "" {
			dst = a.event(dst, event{Type: "response.custom_tool_call_input.delta", ItemID: p.body.ID, Output: &p.index, Delta: &rest})
		}
		p.body.Input = &input
		e.Type, e.Name, e.Input = "response.custom_tool_call_input.done", "", &input
	} else {
		if whole == "" {
			whole = "{}" // a call without arguments
			dst = a.event(dst, event{Type: "response.function_call_arguments.delta", ItemID: p.body.ID, Output: &p.index, Delta: &whole})
		}
		p.body.Arguments, e.Arguments = &whole, &whole
	}
	return a.item(a.event(dst, e), "response.output_item.done", p)
}

// Finish closes what is open and settles the response, which is whole then but
// for the event that says so: that is Last's. now is the time, in seconds.
func (a *Answer) Finish(dst []byte, u *llm.Usage, ext *llm.Spent, now int64) []byte {
	dst = a.Begin(dst)
	a.over = true
	a.body.Status, a.usage = StatusCompleted, usageOf(u, ext)
	switch a.finish.Finish {
	case llm.FinishLength:
		a.body.Status, a.body.Incomplete = StatusIncomplete, &incompleteBody{"max_output_tokens"}
	case llm.FinishContentFilter:
		a.body.Status, a.body.Incomplete = StatusIncomplete, &incompleteBody{"content_filter"}
	default:
		a.body.Completed = &now
	}
	return a.settle(dst, true, a.body.Status)
}

// Last appends the event that ends the stream of a response that is settled.
func (a *Answer) Last(dst []byte) []byte {
	if a.told != nil {
		dst = a.event(dst, *a.told)
	}
	return a.life(dst, "response."+a.body.Status)
}

// Fail closes what is open and settles a response that failed, as Finish does
// others.
func (a *Answer) Fail(dst []byte, err error, u *llm.Usage, ext *llm.Spent) []byte {
	e := asError(err)
	dst = a.Begin(dst)
	a.over = true
	a.body.Error, a.body.Status = failure(e), StatusFailed
	a.usage = partial(u, ext)
	a.told = &event{Type: "error", Code: string(e.Code), Message: a.body.Error.Message}
	if e.Param != "" {
		a.told.Param = &e.Param
	}
	return a.settle(dst, true, StatusIncomplete)
}

// Cancel ends a response that somebody cancelled. Streams of it just end.
func (a *Answer) Cancel(u *llm.Usage, ext *llm.Spent) {
	a.frames, a.over = false, true
	a.settle(nil, true, StatusIncomplete)
	a.body.Status = StatusCancelled
	a.usage = partial(u, ext)
}

// Text is what the answer says in words.
func (a *Answer) Text() string {
	var b strings.Builder
	for _, p := range a.list {
		if !p.call && !p.thought {
			b.WriteString(p.text.String())
		}
	}
	return b.String()
}
