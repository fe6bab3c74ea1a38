package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/ask"
)

// said is what an answer says, however it came in pieces.
type said struct {
	Text, Reasoning, Signed string
	Calls                   []llm.ToolCall
	Finish                  llm.FinishReason
	Stop                    string
	Usage                   llm.Usage
}

func hear(events []llm.Event) said {
	var out said
	place := map[int]int{}
	for _, e := range events {
		switch e.Type {
		case llm.EventText:
			out.Text += e.Text
		case llm.EventReasoning:
			out.Reasoning += e.Text
			if !ownSignature(e.Signature) {
				out.Signed += e.Signature + e.Redacted
			}
		case llm.EventToolCall:
			d := e.ToolCall
			i, ok := place[d.Index]
			if !ok {
				i = len(out.Calls)
				place[d.Index] = i
				out.Calls = append(out.Calls, llm.ToolCall{})
			}
			out.Calls[i].ID += d.ID
			out.Calls[i].Name += d.Name
			out.Calls[i].Arguments += d.Arguments
		case llm.EventFinish:
			out.Finish, out.Stop = e.Finish, e.StopSequence
		case llm.EventUsage:
			out.Usage = *e.Usage
		}
	}
	return out
}

// frames takes the framing off, and checks it.
func frames(t interface{ Fatalf(string, ...any) }, stream []byte) [][]byte {
	var out [][]byte
	for _, f := range strings.Split(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		head, data, ok := strings.Cut(f, "\ndata: ")
		name, named := strings.CutPrefix(head, "event: ")
		var b struct{ Type string }
		if err := json.Unmarshal([]byte(data), &b); !ok || !named || err != nil || b.Type != name || strings.Contains(data, "\n") {
			t.Fatalf("a bad frame: %q", f)
		}
		out = append(out, []byte(data))
	}
	return out
}

// answers draws the events of an answer: words, thinking signed or not, and
// calls whose fragments may be mixed with everything.
func answers(t *rapid.T) ([]llm.Event, *llm.Usage) {
	var events []llm.Event
	type rest struct {
		index int
		parts []string
		first bool
	}
	var open []*rest
	calls := 0
	text := rapid.StringN(1, 8, -1)
	fragment := func(i int) {
		r := open[i]
		e := call(r.index, "", "", r.parts[0])
		if r.first {
			e.ToolCall.ID, e.ToolCall.Name = fmt.Sprintf("call_%d", r.index), "f"
		}
		events = append(events, e)
		r.parts, r.first = r.parts[1:], false
		if len(r.parts) == 0 {
			open = append(open[:i], open[i+1:]...)
		}
	}
	for range rapid.IntRange(0, 30).Draw(t, "steps") {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			events = append(events, words(text.Draw(t, "text")))
		case 1:
			events = append(events, think(text.Draw(t, "thought")))
		case 2:
			events = append(events, llm.Event{Type: llm.EventReasoning, Signature: "Sig" + text.Draw(t, "signature")})
		case 3:
			events = append(events, llm.Event{Type: llm.EventReasoning, Redacted: "Red" + text.Draw(t, "redacted")})
		case 4:
			args, _ := json.Marshal(map[string]string{"a": text.Draw(t, "argument")})
			cut := rapid.IntRange(0, len(args)).Draw(t, "cut")
			open = append(open, &rest{calls, []string{string(args[:cut]), string(args[cut:])}, true})
			calls++
		case 5:
			if len(open) > 0 {
				fragment(rapid.IntRange(0, len(open)-1).Draw(t, "which"))
			}
		}
	}
	for len(open) > 0 {
		fragment(0)
	}
	f := rapid.SampledFrom([]llm.FinishReason{llm.FinishStop, llm.FinishLength, llm.FinishToolCalls, llm.FinishContentFilter}).Draw(t, "finish")
	last := finish(f)
	if f == llm.FinishStop && rapid.Bool().Draw(t, "stopped") {
		last.StopSequence = "END"
	}
	count := func(name string) *int { return num(rapid.IntRange(0, 1000).Draw(t, name)) }
	u := &llm.Usage{CachedTokens: count("cached"), CacheWrite: count("written"), OutputTokens: count("output"), ReasoningTokens: count("reasoning"), Source: llm.UsageBackend}
	u.PromptTokens = num(*u.CachedTokens + *u.CacheWrite + *count("new"))
	if rapid.Bool().Draw(t, "no cache") {
		u.PromptTokens, u.CachedTokens, u.CacheWrite = num(*u.PromptTokens), nil, nil
	}
	return append(events, last), u
}

// valid keeps arguments that are split inside of a character out of the
// property: JSON has no way to carry them, and Event promises whole ones.
func valid(events []llm.Event) bool {
	for _, e := range events {
		if strings.ToValidUTF8(e.ToolCall.Arguments, "") != e.ToolCall.Arguments {
			return false
		}
	}
	return true
}

// TestStreamsAreReadBack holds that what is streamed is read back by the
// client's side with the same words, thoughts, calls and counts, and that the
// events come in the order that clients want.
func TestStreamsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, usage := answers(t)
		if !valid(events) {
			t.Skip()
		}
		s := NewStreamer(Reply{ID: "msg_1", Model: "m"})
		col := NewCollector(Reply{ID: "msg_1", Model: "m"})
		var stream []byte
		for _, e := range events {
			stream = s.Append(stream, e)
			col.Event(e)
		}
		stream = s.AppendEnd(stream, usage, nil)
		want := hear(append(events, llm.Event{Type: llm.EventUsage, Usage: usage}))

		d := ask.NewDecoder()
		var got []llm.Event
		for _, f := range frames(t, stream) {
			list, err := d.Event(f)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, list...)
		}
		if !d.Done() {
			t.Fatal("the stream has no end")
		}
		if diff := cmp.Diff(want, hear(got)); diff != "" {
			t.Fatalf("a stream (-written +read):\n%s\n%s", diff, stream)
		}
		inOrder(t, frames(t, stream))

		plain, err := col.Encode(usage, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = ask.DecodeMessage(plain); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, hear(got)); diff != "" {
			t.Fatalf("a whole answer (-written +read):\n%s\n%s", diff, plain)
		}
	})
}

// inOrder checks the order of a stream's events, and of the blocks' indexes.
func inOrder(t *rapid.T, list [][]byte) {
	index, open := -1, false
	for i, data := range list {
		var b struct {
			Type  string
			Index int
		}
		if err := json.Unmarshal(data, &b); err != nil {
			t.Fatal(err)
		}
		ok := false
		switch b.Type {
		case "message_start":
			ok = i == 0
		case "ping":
			ok = i == 1
		case "content_block_start":
			ok = !open && b.Index == index+1
			index, open = b.Index, true
		case "content_block_delta":
			ok = open && b.Index == index
		case "content_block_stop":
			ok = open && b.Index == index
			open = false
		case "message_delta":
			ok = !open && i == len(list)-2
		case "message_stop":
			ok = i == len(list)-1
		}
		if !ok {
			t.Fatalf("event %d is out of order: %s", i, data)
		}
	}
}

// FuzzDecodeMessages looks for bodies that end the process, and holds that
// what is understood of a request is stable: putting it to an upstream that
// reads it the same way changes nothing more.
func FuzzDecodeMessages(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Add([]byte(`{"max_tokens":9,"messages":[{"role":"user","content":` + strings.Repeat("[", 20000) + `}]}`))
	again := func(body []byte) []byte {
		r, err := DecodeMessages(body)
		if err != nil {
			if _, ok := errors.AsType[*llm.Error](err); !ok {
				panic(err)
			}
			return nil
		}
		DropBilling(r)
		out, err := ask.EncodeRequest(r)
		if err != nil {
			return nil
		}
		return out
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		second := again(again(body))
		if second == nil {
			return
		}
		if third := again(second); !bytes.Equal(second, third) {
			t.Errorf("not stable:\n%s\n%s", second, third)
		}
	})
}

// FuzzDecoder looks for upstreams that end the process.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte(`{"type":"message_start","message":{"usage":{"input_tokens":3}}}` + "\n" + `{"type":"content_block_start","index":9,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}` + "\n" + `{"type":"content_block_delta","index":9,"delta":{"type":"input_json_delta","partial_json":"{"}}` + "\n" + `{"type":"message_stop"}`))
	f.Add([]byte(`{"type":"message","content":[{"type":"text","text":"x"}],"usage":{"output_tokens":-1}}`))
	f.Add([]byte(`{"type":"error","error":{"type":"overloaded_error","message":"later"}}`))
	f.Fuzz(func(t *testing.T, stream []byte) {
		d := ask.NewDecoder()
		for line := range bytes.Lines(stream) {
			events, err := d.Event(line)
			if _, ok := errors.AsType[*llm.Error](err); err != nil && !ok {
				t.Fatalf("an error of no code: %v", err)
			}
			for _, e := range events {
				if e.Type == 0 || e.Choice != 0 {
					t.Fatalf("a bad event: %+v", e)
				}
			}
		}
		if events, err := ask.DecodeMessage(stream); err == nil && events[len(events)-1].Type != llm.EventUsage {
			t.Fatal("an answer without its usage")
		}
	})
}
