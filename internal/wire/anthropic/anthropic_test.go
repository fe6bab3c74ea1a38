package anthropic

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/ask"
)

// TestConversation checks what models see of a conversation with tools.
// TestEffort checks which words say how hard a model should think, and that
// another is refused by the name of its field.
func TestEffort(t *testing.T) {
	for effort, want := range map[string]string{
		`null`: "", `"low"`: "low", `"medium"`: "medium", `"high"`: "high", `"xhigh"`: "high", `"max"`: "high",
		`""`: "!", `"High"`: "!", `"minimal"`: "!", `"none"`: "!", `"call hanako.yamada@example.co.jp"`: "!", `3`: "!", `["low"]`: "!",
	} {
		body := []byte(`{"model":"m","max_tokens":9,"output_config":{"effort":` + effort + `},"messages":[{"role":"user","content":"hi"}]}`)
		for what, read := range map[string]func([]byte) (*llm.Request, error){"asked": DecodeMessages, "counted": DecodeCount} {
			r, err := read(body)
			if want != "!" {
				if err != nil || r.Effort != want {
					t.Errorf("%s, %s: %+v %v", effort, what, r, err)
				}
				continue
			}
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Code != llm.CodeInvalidRequest || e.Param != "output_config" || !strings.Contains(e.Message, "output_config.effort") {
				t.Errorf("%s, %s: %v", effort, what, err)
			}
		}
	}
}

func TestConversation(t *testing.T) {
	r, err := DecodeMessages([]byte(bodies[7]))
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) []llm.Part { return []llm.Part{{Type: llm.PartText, Text: s}} }
	want := []llm.Message{
		llm.TextMessage(llm.RoleUser, "hi"),
		{
			Role: llm.RoleAssistant, Parts: text("I look."), Reasoning: "hmown",
			Thoughts: []llm.Thought{{Text: "hm", Signature: "EqQB"}, {Redacted: "zzz"}},
			ToolCalls: []llm.ToolCall{
				{ID: "toolu_1", Name: "ls", Arguments: `{"p":"."}`}, {ID: "toolu_2", Name: "cat", Arguments: `{}`},
			},
		},
		{Role: llm.RoleTool, ToolCallID: "toolu_1", Name: "ls", Parts: append(text("a b"), llm.Part{Type: llm.PartImage, URL: "https://a.example/c.png"})},
		{Role: llm.RoleTool, ToolCallID: "toolu_2", Name: "cat", Parts: text("no such file"), ToolFailed: true},
		llm.TextMessage(llm.RoleUser, "and then?"),
	}
	if d := cmp.Diff(want, r.Messages); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestThinking checks who thinks: a client that says nothing gets no thoughts
// from a model that can choose, and adaptive leaves it to the model.
func TestThinking(t *testing.T) {
	for given, want := range map[string]*bool{
		``:                                num(false),
		`"thinking":null,`:                num(false),
		`"thinking":{"type":"disabled"},`: num(false),
		`"thinking":{"type":"enabled","budget_tokens":1024},`: num(true),
		`"thinking":{"type":"adaptive","display":"omitted"},`: nil,
		`"thinking":{"type":"between_tools"},`:                nil,
	} {
		r, err := DecodeMessages([]byte(`{` + given + askHi + `}`))
		if err != nil {
			t.Fatalf("%s: %v", given, err)
		}
		if d := cmp.Diff(want, r.Think); d != "" {
			t.Errorf("%s: %s", given, d)
		}
	}
}

// TestCountNeedsNoBound checks that counting asks for less than generating.
func TestCountNeedsNoBound(t *testing.T) {
	body := []byte(`{"system":"s","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}`)
	r, err := DecodeCount(body)
	if err != nil || len(r.Messages) != 3 {
		t.Fatalf("%v, %+v", err, r)
	}
	if _, err := DecodeMessages(body); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("without max_tokens: %v", err)
	}
	if _, err := DecodeCount([]byte(`{}`)); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("without messages: %v", err)
	}
}

func TestDropBilling(t *testing.T) {
	const line = "x-anthropic-billing-header: cc_version=2.1.197.abc;"
	for _, c := range []struct {
		system []string
		want   []string
	}{
		{[]string{line, "agent"}, []string{"agent"}},
		{[]string{line + "\n", "agent"}, []string{"agent"}},
		{[]string{line + "\n\nagent"}, []string{"agent"}},
		{[]string{line}, nil},
		{[]string{"agent", "about " + line}, []string{"agent", "about " + line}},
	} {
		r := &llm.Request{Messages: []llm.Message{{Role: llm.RoleSystem}, llm.TextMessage(llm.RoleUser, line)}}
		for _, s := range c.system {
			r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Type: llm.PartText, Text: s})
		}
		DropBilling(r)
		var got []string
		for _, m := range r.Messages[:len(r.Messages)-1] {
			for _, p := range m.Parts {
				got = append(got, p.Text)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%q: %s", c.system, d)
		}
		if last := r.Messages[len(r.Messages)-1]; last.Text() != line {
			t.Errorf("what the user says was changed to %q", last.Text())
		}
	}
}

// TestUpstream reads a stream as the vendor sends it: with unknown events and
// blocks, a usage that comes in parts, tools that ran there, and more than one
// beginning and end.
func TestUpstream(t *testing.T) {
	const stream = `{"type":"message_start","message":{"id":"msg_x","content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":20,"cache_creation_input_tokens":7,"output_tokens":1,"service_tier":"batch"}}}
{"type":"message_start","message":{"usage":{"input_tokens":3,"service_tier":7}}}
{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}
{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}
{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"q\":1}"}}
{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"火"}}
{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{}}}
{"type":"something_new","index":2}
{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}
{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}
{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}
{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":15,"output_tokens_details":{"thinking_tokens":5},"service_tier":null}}
{"type":"message_stop"}
{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"after the end"}}`
	d := ask.NewDecoder()
	var got []llm.Event
	for line := range strings.Lines(stream) {
		events, err := d.Event([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, events...)
	}
	first := &llm.Usage{PromptTokens: num(30), CachedTokens: num(20), CacheWrite: num(7), Source: llm.UsageBackend}
	first.Tier = "batch"
	last := *first
	last.OutputTokens, last.ReasoningTokens = num(15), num(5)
	want := []llm.Event{
		{Type: llm.EventStart, Usage: first}, think("hm"), {Type: llm.EventReasoning, Signature: "EqQB"}, words("火"),
		call(0, "toolu_1", "f", ""), call(0, "", "", `{"a":1}`), finish(llm.FinishToolCalls), {Type: llm.EventUsage, Usage: &last},
	}
	if diff := cmp.Diff(want, got); diff != "" || !d.Done() {
		t.Errorf("done %v, -want +got:\n%s", d.Done(), diff)
	}
}

func TestErrors(t *testing.T) {
	for status, kind := range map[int]string{
		400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
		404: "not_found_error", 405: "invalid_request_error", 413: "request_too_large", 429: "rate_limit_error",
		500: "api_error", 503: "api_error", 504: "timeout_error", 529: "overloaded_error",
	} {
		body := string(EncodeError(llm.Errorf(llm.CodeInternal, "no").WithHint("irori doctor"), status, "req_1"))
		want := `{"type":"error","error":{"type":"` + kind + `","message":"no (hint: irori doctor)"},"request_id":"req_1"}`
		if body != want {
			t.Errorf("%d: %s", status, body)
		}
	}
	for body, want := range map[string]llm.Code{
		`{"type":"error","error":{"type":"overloaded_error","message":"later"}}`:                             llm.CodeOverloaded,
		`{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens"}}`: llm.CodeContextLength,
		`{"type":"error","error":{"type":"some_new_error","message":"x"}}`:                                   llm.CodeBadAnswer,
		`<html>bad gateway`: llm.CodeBadAnswer,
	} {
		if e := ask.DecodeError(502, []byte(body)); e.Code != want || e.Message == "" {
			t.Errorf("%s: %+v", body, e)
		}
	}
	// What is written is read back as the same kind of failure.
	long := EncodeError(llm.Errorf(llm.CodeContextLength, "the prompt has 9 tokens"), 400, "")
	if e := ask.DecodeError(400, long); e.Code != llm.CodeContextLength {
		t.Errorf("%s: %+v", long, e)
	}
	_, err := ask.NewDecoder().Event([]byte(`{"type":"error","error":{"type":"overloaded_error","message":"later"}}`))
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Code != llm.CodeOverloaded || e.Message != "later" {
		t.Errorf("%v", err)
	}
}

// TestRefused checks that nothing is asked of an upstream in part.
func TestRefused(t *testing.T) {
	for field, r := range map[string]*llm.Request{
		"prompt": {Raw: true, PromptTokens: []int32{1}}, "echo": {Raw: true, Prompt: "x", Echo: true}, "n": {N: 2}, "logprobs": {Logprobs: true}, "grammar": {Format: llm.Format{Kind: llm.FormatGrammar, Field: "grammar"}},
		"logit_bias": {Sampling: llm.Sampling{LogitBias: map[int32]float32{1: 1}}}, "min_p": {Sampling: llm.Sampling{MinP: num(float32(0.1))}},
	} {
		_, err := ask.EncodeRequest(r)
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Code != llm.CodeUnsupported || e.Param != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestWholeWithoutUsage checks that nobody is said to have counted where a
// whole answer came without counts.
func TestWholeWithoutUsage(t *testing.T) {
	for body, want := range map[string]llm.UsageSource{
		`{"type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}`:                                              llm.UsageUnknown,
		`{"type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}`: llm.UsageBackend,
	} {
		events, err := ask.DecodeMessage([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if u := events[len(events)-1].Usage; u == nil || u.Source != want {
			t.Errorf("%s: counted by %+v, want %q", body, u, want)
		}
	}
}

// TestWhatIsNoBody checks that bytes are never replaced in silence.
func TestWhatIsNoBody(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"` + "\xe7\x81" + `"}]}`: "the body is not UTF-8: 0xe7 at byte 67",
		"\xfe\xff\x00{\x00}": "the body is in UTF-16, not in UTF-8",
	} {
		_, messages := DecodeMessages([]byte(body))
		_, count := DecodeCount([]byte(body))
		for _, err := range []error{messages, count} {
			if llm.CodeOf(err) != llm.CodeInvalidRequest || err.Error() != want {
				t.Errorf("%q: %v, want %s", body, err, want)
			}
		}
	}
}

// The billing line goes, and no other byte of a body changes.
func TestCutBilling(t *testing.T) {
	const line = "x-anthropic-billing-header: cc_version=2;"
	for in, want := range map[string]string{
		`{"system":"be  brief", "x":1.50}`:                                                    `{"system":"be  brief", "x":1.50}`,
		`{"system":"` + line + `\nbe <brief>", "x":1.50}`:                                     `{"system":"be <brief>", "x":1.50}`,
		`{"system":[ {"type":"text","text":"` + line + `"}, {"text":"a", "z":[1]}],"x":1.50}`: `{"system":[{"text":"a", "z":[1]}],"x":1.50}`,
		`{"system":[{"text":"` + line + `\n\na","cache_control":{}}]}`:                        `{"system":[{"text":"a","cache_control":{}}]}`,
		`{"system":[{"text":"` + line + `"}]}`:                                                `{"system":[]}`,
		`{"system":"see ` + line + `","messages":[{"role":"user","content":"` + line + `"}]}`: `{"system":"see ` + line + `","messages":[{"role":"user","content":"` + line + `"}]}`,
		`{"messages":[{"role":"user","content":"` + line + `"}],"system":5}`:                  `{"messages":[{"role":"user","content":"` + line + `"}],"system":5}`,
	} {
		if got := string(CutBilling([]byte(in))); got != want {
			t.Errorf("%s\n gives %s\n not   %s", in, got, want)
		}
	}
}

// What no event says of an answer is told of.
func TestReadMessage(t *testing.T) {
	for block, want := range map[string]bool{
		`{"type":"text","text":"a","citations":null}`: false, `{"type":"thinking","thinking":"a","signature":""}`: false,
		`{"type":"tool_use","id":"a","name":"f","input":{}}`: false,
		`{"type":"text","text":"a","citations":[{}]}`:        true, `{"type":"thinking","thinking":"a","signature":"EqQB"}`: true,
		`{"type":"redacted_thinking","data":"x"}`: true, `{"type":"server_tool_use","id":"a","name":"web_search","input":{}}`: true,
	} {
		events, err := ask.ReadMessage([]byte(`{"type":"message","content":[` + block + `],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`))
		if got := events[len(events)-1].Type == llm.EventBeyond; err != nil || got != want {
			t.Errorf("%s: %v %v", block, err, got)
		}
	}
}
