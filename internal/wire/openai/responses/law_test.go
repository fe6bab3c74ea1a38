package responses

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/llm"
)

// heard is what a client makes of a stream.
type heard struct {
	Events []event
	// Deltas are the joined pieces by the id of their item.
	Deltas map[string]string
	Done   map[string]string
	Last   string
	Ended  int
}

// listen reads a stream, and checks its framing and its numbers.
func listen(t interface{ Fatalf(string, ...any) }, stream []byte) heard {
	h := heard{Deltas: map[string]string{}, Done: map[string]string{}}
	open := map[int]string{}
	if !utf8.Valid(stream) {
		t.Fatalf("the stream is not UTF-8: %q", stream)
	}
	for i, f := range strings.Split(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		head, data, ok := strings.Cut(f, "\ndata: ")
		name, named := strings.CutPrefix(head, "event: ")
		var e event
		if err := json.Unmarshal([]byte(data), &e); !ok || !named || err != nil || e.Type != name || strings.Contains(data, "\n") {
			t.Fatalf("a bad frame: %q", f)
		}
		if e.Seq != i {
			t.Fatalf("event %d has the number %d", i, e.Seq)
		}
		h.Events = append(h.Events, e)
		switch e.Type {
		case "response.output_item.added":
			if *e.Output != len(open) || e.Item.Status != StatusInProgress {
				t.Fatalf("an item opens out of order: %s", data)
			}
			open[*e.Output] = e.Item.ID
		case "response.output_item.done":
			if open[*e.Output] != e.Item.ID || h.Done[e.Item.ID+".item"] != "" {
				t.Fatalf("an item ends that is not open: %s", data)
			}
			h.Done[e.Item.ID+".item"] = "yes"
		case "response.completed", "response.incomplete", "response.failed":
			h.Ended++
			h.Last = string(e.Response)
		}
		switch {
		case e.Delta != nil:
			if h.Done[e.ItemID+".item"] != "" || open[*e.Output] != e.ItemID {
				t.Fatalf("a piece of an item that is not open: %s", data)
			}
			h.Deltas[e.ItemID] += *e.Delta
		case e.Text != nil:
			h.Done[e.ItemID] = *e.Text
		case e.Arguments != nil:
			h.Done[e.ItemID] = *e.Arguments
		case e.Input != nil:
			h.Done[e.ItemID] = *e.Input
		}
	}
	return h
}

// TestStreamIsItsResponse is the law of streams: the pieces of each item are
// what its end says and what the response at the end holds, every item opens
// and ends once, and exactly one event ends the stream.
func TestStreamIsItsResponse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, err := Decode([]byte(`{` + allTools + `"reasoning":{"summary":` + rapid.SampledFrom([]string{"null", `"auto"`}).Draw(t, "summary") + `},` + say + `}`))
		if err != nil {
			t.Fatal(err)
		}
		a := NewAnswer(q, Reply{Key: key, Model: "m"}, true)
		var stream []byte
		text := rapid.StringN(1, 8, -1)
		pending := map[int][]string{}
		calls := 0
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				stream = a.Append(stream, words(text.Draw(t, "text")))
			case 1:
				stream = a.Append(stream, think(text.Draw(t, "thought")))
			case 2:
				// A text with characters in escapes, cut anywhere.
				args, _ := json.Marshal(map[string]string{"input": text.Draw(t, "input") + "<é"})
				s := string(args)
				if !utf8.ValidString(s) {
					continue
				}
				cut := rapid.IntRange(0, len(s)).Draw(t, "cut")
				for cut < len(s) && !utf8.RuneStart(s[cut]) {
					cut++
				}
				name := rapid.SampledFrom([]string{"f", "p", "n__g", "other"}).Draw(t, "name")
				stream = a.Append(stream, call(calls, fmt.Sprintf("call_%d", calls), name, s[:cut]))
				pending[calls] = []string{s[cut:]}
				calls++
			case 3:
				for i, rest := range pending {
					stream = a.Append(stream, call(i, "", "", rest[0]))
					delete(pending, i)
					break
				}
			}
		}
		f := rapid.SampledFrom([]llm.FinishReason{llm.FinishStop, llm.FinishLength, llm.FinishToolCalls}).Draw(t, "finish")
		stream = a.Append(stream, finish(f))
		if rapid.Bool().Draw(t, "fails") {
			stream = a.Last(a.Fail(stream, errors.New("x"), nil, nil))
		} else {
			stream = a.Last(a.Finish(stream, nil, nil, 1))
		}
		h := listen(t, stream)
		whole, err := a.Response()
		if err != nil || h.Ended != 1 || h.Last != string(whole) {
			t.Fatalf("%d ends, the last with %s, the response is %s (%v)", h.Ended, h.Last, whole, err)
		}
		want := map[string]string{}
		for _, raw := range Output(whole) {
			var it itemBody
			if err := json.Unmarshal(raw, &it); err != nil {
				t.Fatal(err)
			}
			if h.Done[it.ID+".item"] != "yes" || want[it.ID] != "" || ResponseOf(it.ID) != "resp_"+key {
				t.Fatalf("the item %s did not end, or is there twice", it.ID)
			}
			for _, part := range []*[]partBody{it.Content, it.Summary} {
				for _, p := range deref(part) {
					want[it.ID] += p.Text
				}
			}
			for _, s := range []*string{it.Arguments, it.Input} {
				if s != nil {
					want[it.ID] = *s
				}
			}
		}
		got := map[string]string{}
		for id := range want {
			got[id] = h.Deltas[id]
			if h.Done[id] != want[id] {
				t.Fatalf("%s ends as %q, the response has %q", id, h.Done[id], want[id])
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("the pieces are not the whole (-whole +pieces):\n%s", d)
		}
	})
}

func deref(p *[]partBody) []partBody {
	if p == nil {
		return nil
	}
	return *p
}

// TestAnswerComesBack sends the items of an answer as input, as clients do:
// the model reads what it said.
func TestAnswerComesBack(t *testing.T) {
	q, err := Decode([]byte(`{` + allTools + say + `}`))
	if err != nil {
		t.Fatal(err)
	}
	a := NewAnswer(q, Reply{Key: key}, false)
	for _, e := range []llm.Event{
		begin, think("hm"), {Type: llm.EventReasoning, Signature: "sig"}, words("I look."), call(0, "c1", "n__g", `{"a":1}`),
		call(1, "c2", "p", `{"input":"two\nlines"}`), finish(llm.FinishToolCalls),
	} {
		a.Append(nil, e)
	}
	a.Finish(nil, nil, nil, 1)
	whole, err := a.Response()
	if err != nil {
		t.Fatal(err)
	}
	next, err := Decode([]byte(`{` + allTools + `"previous_response_id":"x","input":[{"type":"custom_tool_call_output","call_id":"c2","output":"ok"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Converse(Past{Items: append(q.Items(key), Output(whole)...)}); err != nil {
		t.Fatal(err)
	}
	want := []llm.Message{
		llm.TextMessage(llm.RoleUser, "hi"),
		{
			Role: llm.RoleAssistant, Parts: []llm.Part{{Type: llm.PartText, Text: "I look."}}, Reasoning: "hm",
			Thoughts:  []llm.Thought{{Text: "hm", Signature: "sig"}},
			ToolCalls: []llm.ToolCall{{ID: "c1", Name: "n__g", Arguments: `{"a":1}`}, {ID: "c2", Name: "p", Arguments: `{"input":"two\nlines"}`}},
		},
		{Role: llm.RoleTool, ToolCallID: "c2", Name: "p", Parts: []llm.Part{{Type: llm.PartText, Text: "ok"}}},
	}
	if d := cmp.Diff(want, next.Messages); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func FuzzDecode(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err == nil {
			err = r.Converse(past)
		}
		if e, ok := errors.AsType[*llm.Error](err); err != nil && (!ok || e.Code == llm.CodeInternal) {
			t.Fatalf("an error without a code: %v", err)
		}
		if err != nil {
			return
		}
		for _, it := range r.Items(key) {
			if !json.Valid(it) {
				t.Fatalf("an item is kept that is not JSON: %s", it)
			}
		}
		a := NewAnswer(r, Reply{Key: key}, true)
		stream := a.Last(a.Finish(a.Append(nil, words("x")), nil, nil, 1))
		listen(t, stream)
	})
}

func FuzzInput(f *testing.F) {
	f.Add(`{"input":"a\ud83d\udd25\u00e9é"}`, 9)
	f.Add(`{"input":"\ud83dx"}`, 12)
	f.Add(`{"input":5}`, 3)
	f.Add(`plain`, 1)
	q, err := Decode([]byte(`{` + allTools + say + `}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, args string, cut int) {
		if !utf8.ValidString(args) || cut < 0 || cut > len(args) || !utf8.ValidString(args[:cut]) {
			return // events hold whole characters
		}
		a := NewAnswer(q, Reply{Key: key}, true)
		stream := a.Append(nil, call(0, "c", "p", args[:cut]))
		stream = a.Last(a.Finish(a.Append(stream, call(0, "", "", args[cut:])), nil, nil, 1))
		h := listen(t, stream)
		id := "ctc_" + key + "0000"
		if h.Deltas[id] != h.Done[id] {
			t.Fatalf("the pieces are %q, the whole %q", h.Deltas[id], h.Done[id])
		}
		var o struct{ Input *string }
		if json.Unmarshal([]byte(args), &o) == nil && o.Input != nil && strings.HasPrefix(args, `{"input":"`) && !strings.Contains(args, "\",") && h.Done[id] != *o.Input {
			t.Fatalf("the tool gets %q of %s", h.Done[id], args)
		}
	})
}
