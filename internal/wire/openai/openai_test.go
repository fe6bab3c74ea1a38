package openai

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/llm"
)

func ptr[T any](v T) *T { return &v }

func TestDecodeChat(t *testing.T) {
	c, err := DecodeChat([]byte(`{
	 "model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"top_p":0.9,"max_completion_tokens":7,"n":2,
	 "stop":"x","seed":-1,"logit_bias":{"5":-100,"6":1.5},"logprobs":true,"top_logprobs":3,"unknown":{"a":[1]},"enable_thinking":false,
	 "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"null"}}},
	 "tools":[{"type":"function","function":{"name":"f","parameters":{"b":1,"a":2}}},{"type":"web_search"}],
	 "tool_choice":{"type":"function","function":{"name":"f"}},
	 "messages":[
	  {"role":"developer","content":"d"},
	  {"role":"user","content":[{"type":"text","text":"<日本>"},{"type":"image_url","image_url":{"url":"data:x"}}]},
	  {"role":"assistant","content":null,"reasoning_content":"r","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","function":{"name":"f","arguments":{"z":1,"a":2}}}]},
	  {"role":"tool","tool_call_id":"c1","content":"ok"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := c.Requests[0]
	want := &llm.Request{
		Model: "m", Stream: true, MaxTokens: ptr(7), N: 2, Stop: []string{"x"}, Logprobs: true, TopLogprobs: 3, Think: ptr(false),
		Sampling: llm.Sampling{Temperature: ptr(float32(0.5)), TopP: ptr(float32(0.9)), Seed: ptr(uint32(1<<32 - 1)), LogitBias: map[int32]float32{5: -1e9, 6: 1.5}},
		Format:   llm.Format{Kind: llm.FormatJSONSchema, Schema: json.RawMessage(`{"type":"null"}`), Field: "response_format"},
		Tools: []llm.Tool{{
			Name: "f", Parameters: json.RawMessage(`{"b":1,"a":2}`),
			Raw: json.RawMessage(`{"type":"function","function":{"name":"f","parameters":{"b":1,"a":2}}}`),
		}},
		ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"},
		Messages: []llm.Message{
			llm.TextMessage(llm.RoleDeveloper, "d"),
			{Role: llm.RoleUser, Parts: []llm.Part{{Type: llm.PartText, Text: "<日本>"}, {Type: llm.PartImage, URL: "data:x"}}},
			{Role: llm.RoleAssistant, Reasoning: "r", ToolCalls: []llm.ToolCall{{ID: "c1", Name: "f", Arguments: `{"a":1}`}, {ID: "c2", Name: "f", Arguments: `{"z":1,"a":2}`}}},
			{Role: llm.RoleTool, ToolCallID: "c1", Parts: []llm.Part{{Type: llm.PartText, Text: "ok"}}},
		},
	}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
	if !c.Stream || !c.IncludeUsage || c.Model != "m" {
		t.Errorf("%+v", c)
	}
}

func TestBadRequestsNameTheField(t *testing.T) {
	const ok = `"messages":[{"role":"user","content":"x"}]`
	for _, c := range []struct{ body, param, words string }{
		{``, "", "empty"},
		{`{`, "", "cut short"},
		{`[]`, "", "object"},
		{`{"model":"m"} x`, "", "more than one"},
		{`{"messages":}`, "", "byte"},
		{`{"model":"m"}`, "messages", "missing"},
		{`{"messages":[]}`, "messages", "empty"},
		{`{"messages":[{"content":"x"}]}`, "messages", "role"},
		{`{"messages":[{"role":"king","content":"x"}]}`, "messages", "king"},
		{`{"messages":[{"role":"user"}]}`, "messages", "content"},
		{`{"messages":[{"role":"user","content":5}]}`, "messages", "string"},
		{`{"temperature":"hot",` + ok + `}`, "temperature", `a number, not the string "hot"`},
		{`{"max_tokens":1.5,` + ok + `}`, "max_tokens", "whole number"},
		{`{"max_tokens":0,` + ok + `}`, "max_tokens", "at least 1"},
		{`{"n":0,` + ok + `}`, "n", "1 to 128"},
		{`{"max_completion_tokens":0,` + ok + `}`, "max_completion_tokens", "at least 1"},
		{`{"logit_bias":{"x":1},` + ok + `}`, "logit_bias", `"x"`},
		{`{"logit_bias":{"1":101},` + ok + `}`, "logit_bias", "100"},
		{`{"top_logprobs":2,` + ok + `}`, "top_logprobs", "logprobs"},
		{`{"response_format":{"type":"xml"},` + ok + `}`, "response_format", "xml"},
		{`{"response_format":{"type":"json_schema"},` + ok + `}`, "response_format", "schema"},
		{`{"response_format":{"schema":{}},` + ok + `}`, "response_format", "type is missing"},
		{`{"response_format":{"type":"json_object"},"grammar":"root ::= \"a\"",` + ok + `}`, "grammar", "response_format cannot both"},
		{`{"json_schema":{},"grammar":"root ::= \"a\"",` + ok + `}`, "grammar", "json_schema cannot both"},
		{`{"response_format":{"type":"json_object"},"json_schema":{},` + ok + `}`, "json_schema", "cannot both"},
		{`{"grammar":"root ::= \"a\"","tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}],` + ok + `}`, "grammar", "forces"},
		{`{"tool_choice":"required",` + ok + `}`, "tool_choice", "no tools"},
		{`{"tool_choice":"sometimes",` + ok + `}`, "tool_choice", "sometimes"},
		{`{"tools":[{"type":"function","function":{}}],` + ok + `}`, "tools", "name"},
	} {
		_, err := DecodeChat([]byte(c.body))
		e, isErr := errors.AsType[*llm.Error](err)
		if !isErr || e.Code != llm.CodeInvalidRequest || e.Param != c.param || !strings.Contains(e.Message, c.words) {
			t.Errorf("%s: %v (param %q), want %q about %q", c.body, err, paramOf(e), c.param, c.words)
		}
	}
}

func paramOf(e *llm.Error) string {
	if e == nil {
		return ""
	}
	return e.Param
}

func TestDecodeCompletionInputs(t *testing.T) {
	for body, want := range map[string][]llm.EmbedInput{
		`{"prompt":"a"}`:         {{Text: "a"}},
		`{"prompt":["a","b"]}`:   {{Text: "a"}, {Text: "b"}},
		`{"prompt":[1,2]}`:       {{Tokens: []int32{1, 2}}},
		`{"prompt":[[1],[2,3]]}`: {{Tokens: []int32{1}}, {Tokens: []int32{2, 3}}},
	} {
		c, err := DecodeCompletion([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		var got []llm.EmbedInput
		for _, r := range c.Requests {
			if !r.Raw {
				t.Errorf("%s: a completion goes through a template", body)
			}
			got = append(got, llm.EmbedInput{Text: r.Prompt, Tokens: r.PromptTokens})
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", body, d)
		}
	}
	for _, body := range []string{`{}`, `{"prompt":[]}`, `{"prompt":[1,"a"]}`, `{"prompt":"a","suffix":"b"}`, `{"prompt":"a","best_of":3}`} {
		if _, err := DecodeCompletion([]byte(body)); err == nil {
			t.Errorf("%s passes", body)
		}
	}
}

func TestStreamedChunks(t *testing.T) {
	s := NewStreamer(Reply{ID: "chatcmpl-1", Model: "m", Created: 5})
	var got []string
	for _, e := range []llm.Event{
		{Type: llm.EventStart},
		{Type: llm.EventReasoning, Text: "hm"},
		{Type: llm.EventText, Text: "<日本>\"\n"},
		{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{ID: "c", Name: "f", Arguments: ""}},
		{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Arguments: `{"a":`}},
		{Type: llm.EventFinish, Finish: llm.FinishToolCalls},
	} {
		chunks, err := s.Event(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			if !json.Valid(c) {
				t.Errorf("not JSON: %s", c)
			}
			got = append(got, strings.TrimPrefix(string(c), `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":5,"model":"m","choices":`))
		}
	}
	want := []string{
		`[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}`,
		`[{"index":0,"delta":{"reasoning_content":"hm"},"logprobs":null,"finish_reason":null}]}`,
		`[{"index":0,"delta":{"content":"<日本>\"\n"},"logprobs":null,"finish_reason":null}]}`,
		`[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]},"logprobs":null,"finish_reason":null}]}`,
		`[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]},"logprobs":null,"finish_reason":null}]}`,
		`[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}]}`,
	}
	want[2] = strings.ReplaceAll(want[2], "\n", `\n`)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	u, err := s.Usage(&llm.Usage{PromptTokens: ptr(3), CachedTokens: ptr(2), OutputTokens: ptr(4)}, &llm.Spent{EnergyJ: ptr(1.5), Currency: "JPY"})
	if err != nil || !strings.HasSuffix(string(u), `"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":0},"irori":{"energy_j":1.5,"currency":"JPY"}}}`) {
		t.Errorf("%v %s", err, u)
	}
}

// TestCompletionLogprobs checks offsets, names and nulls, in one piece and in
// chunks.
func TestCompletionLogprobs(t *testing.T) {
	tok := func(text, bytes string, p float64) llm.TokenLogprob {
		return llm.TokenLogprob{Text: text, Bytes: []byte(bytes), Logprob: p}
	}
	begin := tok("<s>", "", 0)
	begin.First = true
	odd := tok("b", "b", -1)
	odd.Top = []llm.TokenLogprob{tok("\ufffd", "\xe5\x9b", -2), tok("\ufffd", "\xe5", -3)}
	events := []llm.Event{
		{Type: llm.EventText, Text: "a囲b日本", Logprobs: []llm.TokenLogprob{begin, tok("a", "a", -0.5), tok("\ufffd", "\xe5\x9b", -1), tok("\ufffd", "\xb2", -1)}},
		{Type: llm.EventText, Logprobs: []llm.TokenLogprob{odd, tok("日本", "日本", -4)}},
		{Type: llm.EventText, Text: "!", Logprobs: []llm.TokenLogprob{tok("!", "!", -5)}},
		{Type: llm.EventFinish, Finish: llm.FinishLength},
	}
	whole := `{"tokens":["<s>","a","bytes:\\xe5\\x9b","bytes:\\xb2","b","日本","!"],"token_logprobs":[null,-0.5,-1,-1,-1,-4,-5],` +
		`"top_logprobs":[null,{"a":-0.5},{"bytes:\\xe5\\x9b":-1},{"bytes:\\xb2":-1},{"b":-1,"bytes:\\xe5":-3,"bytes:\\xe5\\x9b":-2},{"日本":-4},{"!":-5}],"text_offset":[0,0,1,1,2,3,5]}`
	reply := Reply{ID: "i", Model: "m", Completion: true}
	c, s := NewCollector(reply, 1), NewStreamer(reply)
	var joined completionLogprob
	for _, e := range events {
		c.Event(e)
		chunks, err := s.Event(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range chunks {
			var x struct {
				Choices []struct{ Logprobs *completionLogprob }
			}
			if err := json.Unmarshal(b, &x); err != nil {
				t.Fatal(err)
			}
			if l := x.Choices[0].Logprobs; l != nil {
				joined.Tokens = append(joined.Tokens, l.Tokens...)
				joined.TokenLogprobs = append(joined.TokenLogprobs, l.TokenLogprobs...)
				joined.TopLogprobs = append(joined.TopLogprobs, l.TopLogprobs...)
				joined.TextOffset = append(joined.TextOffset, l.TextOffset...)
			}
		}
	}
	b, err := c.Encode(nil, nil)
	if err != nil || !strings.Contains(string(b), `"logprobs":`+whole) {
		t.Errorf("%v %s\nwant %s", err, b, whole)
	}
	if b, err := marshal(joined); err != nil || string(b) != whole {
		t.Errorf("the chunks come to %s (%v)\nwant %s", b, err, whole)
	}
}

// TestCollectedEqualsStreamed checks that both forms of an answer say the
// same.
func TestCollectedEqualsStreamed(t *testing.T) {
	events := []llm.Event{
		{Type: llm.EventText, Text: "a"}, {Type: llm.EventText, Choice: 1, Text: "x"}, {Type: llm.EventText, Text: "b"},
		{Type: llm.EventToolCall, Choice: 1, ToolCall: llm.ToolCallDelta{ID: "c", Name: "f", Arguments: "{"}},
		{Type: llm.EventToolCall, Choice: 1, ToolCall: llm.ToolCallDelta{Arguments: "}"}},
		{Type: llm.EventFinish, Finish: llm.FinishLength}, {Type: llm.EventFinish, Choice: 1, Finish: llm.FinishToolCalls},
	}
	c := NewCollector(Reply{ID: "i", Model: "m"}, 2)
	for _, e := range events {
		c.Event(e)
	}
	b, err := c.Encode(&llm.Usage{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Choices []struct {
			Message struct {
				Content   *string
				ToolCalls []struct {
					ID       string
					Function struct{ Name, Arguments string }
				} `json:"tool_calls"`
			}
			Finish string `json:"finish_reason"`
		}
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	x := got.Choices
	if *x[0].Message.Content != "ab" || x[0].Finish != "length" || *x[1].Message.Content != "x" ||
		x[1].Message.ToolCalls[0].Function.Arguments != "{}" || x[1].Message.ToolCalls[0].ID != "c" || x[1].Finish != "tool_calls" {
		t.Errorf("%s", b)
	}
}

func TestStringsAreJSONAndKeepTheirCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		b := appendJSONString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") {
			t.Fatalf("%q became %s", s, b)
		}
	})
	if got := string(appendJSONString(nil, "<日本&>\x01")); got != `"<日本&>\u0001"` {
		t.Error(got)
	}
}

func TestEmbeddingsBothWays(t *testing.T) {
	res := &llm.EmbedResult{Vectors: [][]float32{{1, -0.5}}, Usage: llm.Usage{PromptTokens: ptr(3)}}
	for body, want := range map[string]string{
		`{"input":"a"}`: `[1,-0.5]`,
		`{"input":["a"],"encoding_format":"base64"}`: `"AACAPwAAAL8="`,
	} {
		req, err := DecodeEmbeddings([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		b, err := EncodeEmbeddings(req, "m", res, nil)
		if err != nil || !strings.Contains(string(b), `"embedding":`+want) {
			t.Errorf("%s: %v %s", body, err, b)
		}
	}
	for _, body := range []string{`{}`, `{"input":[]}`, `{"input":"a","dimensions":0}`, `{"input":"a","encoding_format":"int8"}`} {
		if _, err := DecodeEmbeddings([]byte(body)); err == nil {
			t.Errorf("%s passes", body)
		}
	}
}

func TestErrorsShowTheirHint(t *testing.T) {
	b, err := EncodeError(llm.Errorf(llm.CodeModelNotFound, "model %q is not here", "x").WithParam("model").WithHint("irori pull x"), "invalid_request_error")
	want := `{"error":{"message":"model \"x\" is not here (hint: irori pull x)","type":"invalid_request_error","param":"model","code":"model_not_found","hint":"irori pull x"}}`
	if err != nil || string(b) != want {
		t.Errorf("%v %s", err, b)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"messages":[{"role":"user","content":"x"}]}`, `{"prompt":[[1]]}`, `{"input":"x"}`, `{"content":"x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// None may panic; what passes must have something to answer.
		if c, err := DecodeChat(b); err == nil && len(c.Requests) != 1 {
			t.Error("a chat without a request")
		}
		if c, err := DecodeCompletion(b); err == nil && len(c.Requests) == 0 {
			t.Error("a completion without a request")
		}
		if e, err := DecodeEmbeddings(b); err == nil && len(e.Request.Inputs) == 0 {
			t.Error("embeddings without an input")
		}
		if _, err := DecodeTokenize(b); err != nil && llm.CodeOf(err) == llm.CodeInternal {
			t.Error(err)
		}
	})
}
