package anthropic

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"irori/internal/golden"
	"irori/internal/llm"
	"irori/internal/wire/anthropic/ask"
)

const askHi = `"max_tokens":9,"messages":[{"role":"user","content":"hi"}]`

// bodies are requests as clients send them, good and bad.
var bodies = []string{
	`{"model":"m",` + askHi + `}`,
	`{"model":"m","stream":true,"system":"be brief","temperature":0.5,"top_p":0.9,"top_k":20,"stop_sequences":["END"],"metadata":{"user_id":"{\"a\":1}"},` + askHi + `}`,
	// What Claude Code sends: a billing line, marks that move, keys of betas.
	`{"model":"m","system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.197.abc; cc_entrypoint=cli;"},{"type":"text","text":"You are an agent.","cache_control":{"type":"ephemeral"}},{"type":"text","text":"\nBe brief."}],"thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"},"context_management":{"edits":[]},"unknown":[1],` + askHi + `}`,
	`{"model":"m","system":"x-anthropic-billing-header: a; b;\n\nYou are an agent.",` + askHi + `}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},{"role":"system","content":"the date is 1 May"},{"role":"user","content":"go"}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},{"type":"image","source":{"type":"url","url":"https://a.example/b.png"}},{"type":"text","text":"which?"}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"T","context":"C","source":{"type":"text","media_type":"text/plain","data":"words"}},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}},{"type":"search_result","source":"https://a.example","title":"S","content":[{"type":"text","text":"found"}]}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":"hi"},
	  {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"EqQB"},{"type":"redacted_thinking","data":"zzz"},{"type":"thinking","thinking":"own","signature":"irori-abc"},{"type":"text","text":"I look."},{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"tool_use","id":"toolu_1","name":"ls","input":{"p":"."}},{"type":"tool_use","id":"toolu_2","name":"cat","input":{}}]},
	  {"role":"user","content":[{"type":"text","text":"and then?"},{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"a b"},{"type":"image","source":{"type":"url","url":"https://a.example/c.png"}}]},{"type":"tool_result","tool_use_id":"toolu_2","is_error":true,"content":"no such file","cache_control":{"type":"ephemeral"}}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true},{"type":"tool_result","tool_use_id":"b"}]}]}`,
	`{"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"z":{},"a":{}}},"cache_control":{"type":"ephemeral"},"strict":true},{"type":"custom","name":"g"},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true},` + askHi + `}`,
	`{"tools":[{"name":"f"}],"tool_choice":{"type":"any"},` + askHi + `}`,
	`{"tools":[{"name":"f"}],"tool_choice":{"type":"tool","name":"f"},` + askHi + `}`,
	`{"tools":[{"name":"f"}],"tool_choice":{"type":"none"},` + askHi + `}`,
	`{"thinking":{"type":"enabled","budget_tokens":2048},"max_tokens":4000,"messages":[{"role":"user","content":"hi"}]}`,
	`{"thinking":{"type":"disabled"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}},` + askHi + `}`,
	"\ufeff" + `{` + askHi + `}`,
	`{"output_format":{"type":"json_schema","schema":{"type":"array"}},` + askHi + `}`,

	`{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
	`{"max_tokens":0,"messages":[{"role":"user","content":"hi"}]}`,
	`{"max_tokens":9}`,
	`{"max_tokens":9,"messages":{}}`,
	`{"max_tokens":"9","messages":[]}`,
	`{"max_tokens":1.5,"messages":[]}`,
	`{"max_tokens":9,"temperature":1e999,"messages":[]}`,
	`{"max_tokens":9,"stream":"yes","messages":[]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":7}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user"}]}`,
	`{"max_tokens":9,"messages":[{"content":"x"}]}`,
	`{"max_tokens":9,"messages":[{"role":"tool","content":"x"}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"text":"x"}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":{}}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"x"}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"image"}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"x"}}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QQ=="}}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":"{}"}]},{"role":"user","content":"y"}]}`,
	`{"max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"The answer is ("}]}`,
	`{"tools":[{"input_schema":{}}],` + askHi + `}`,
	`{"tools":[{"name":"f","input_schema":{"type":"string"}}],` + askHi + `}`,
	`{"tools":[{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"tool","name":"web_search"},` + askHi + `}`,
	`{"tools":[{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"any"},` + askHi + `}`,
	`{"tools":[{"name":"f"}],"tool_choice":{"type":"tool","name":"g"},` + askHi + `}`,
	`{"tools":[{"name":"f"}],"tool_choice":{"type":"some"},` + askHi + `}`,
	`{"output_config":{"format":{"type":"text"}},` + askHi + `}`,
	`{"output_config":{"format":{"type":"json_schema"}},` + askHi + `}`,
	`{"suffix`,
	`[]`,
	``,
	`{} {}`,
}

// TestGoldenRequests pins what is understood of a request, as it would be put
// to an upstream: a model on this machine gets the same, without the thoughts
// that the vendor signed.
func TestGoldenRequests(t *testing.T) {
	var got strings.Builder
	for _, body := range bodies {
		fmt.Fprintf(&got, "> %s\n", body)
		r, err := DecodeMessages([]byte(body))
		if e, ok := errors.AsType[*llm.Error](err); ok {
			fmt.Fprintf(&got, "%s [%s]: %s\n\n", e.Code, e.Param, EncodeError(e, 400, ""))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		DropBilling(r)
		out, err := ask.EncodeRequest(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s\n\n", out)
	}
	golden.Check(t, "testdata/requests.txt", got.String())
}

func num[T any](v T) *T { return &v }

func words(s string) llm.Event { return llm.Event{Type: llm.EventText, Text: s} }
func think(s string) llm.Event { return llm.Event{Type: llm.EventReasoning, Text: s} }
func call(i int, id, name, args string) llm.Event {
	return llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: i, ID: id, Name: name, Arguments: args}}
}
func finish(f llm.FinishReason) llm.Event { return llm.Event{Type: llm.EventFinish, Finish: f} }

var begin = llm.Event{Type: llm.EventStart, Usage: &llm.Usage{PromptTokens: num(10), CachedTokens: num(4)}}

// TestGoldenAnswers pins every byte of answers, streamed and plain.
func TestGoldenAnswers(t *testing.T) {
	usage := &llm.Usage{PromptTokens: num(10), CachedTokens: num(4), CacheWrite: num(1), OutputTokens: num(7), ReasoningTokens: num(2)}
	cases := []struct {
		name   string
		events []llm.Event
		usage  *llm.Usage
		ext    *llm.Spent
	}{
		{"text", []llm.Event{begin, words("火 <b>"), words("!\n"), finish(llm.FinishStop)}, usage, nil},
		{"nothing", []llm.Event{begin, finish(llm.FinishStop)}, nil, nil},
		{"no beginning, no end", []llm.Event{words("a")}, &llm.Usage{OutputTokens: num(1)}, nil},
		{"begun twice", []llm.Event{begin, begin, words("a"), finish(llm.FinishLength)}, usage, nil},
		{"stop sequence, energy", []llm.Event{begin, words("a"), {Type: llm.EventFinish, Finish: llm.FinishStop, StopSequence: "END"}}, usage, &llm.Spent{EnergyJ: num(1.5), EnergyMethod: "modelled"}},
		{"thinking", []llm.Event{begin, think("h"), think("m"), words("4"), finish(llm.FinishStop)}, usage, nil},
		{"signed thinking", []llm.Event{begin, think("h"), {Type: llm.EventReasoning, Signature: "EqQB"}, {Type: llm.EventReasoning, Redacted: "zzz"}, think("more"), words("4"), finish(llm.FinishContentFilter)}, usage, nil},
		{"a call", []llm.Event{begin, words("so"), call(0, "call_1", "f", ""), call(0, "", "", `{"a":`), call(0, "", "", `1}`), finish(llm.FinishToolCalls)}, usage, nil},
		{"calls one after another", []llm.Event{begin, call(0, "call_1", "f", `{}`), call(1, "call_2", "g", `{"a":`), call(1, "", "", `1}`), words("done"), finish(llm.FinishToolCalls)}, usage, nil},
		{"calls mixed", []llm.Event{begin, call(0, "call_1", "f", `{"a`), call(1, "call_2", "g", `{"b"`), words("between"), call(0, "", "", `":1}`), call(1, "", "", `:2}`), finish(llm.FinishToolCalls)}, usage, nil},
		{"calls without arguments or id", []llm.Event{begin, call(0, "", "f", ""), call(1, "", "g", ""), finish(llm.FinishToolCalls)}, usage, nil},
		{"a call cut off", []llm.Event{begin, call(0, "call_1", "f", `{"a":"b`), finish(llm.FinishLength)}, usage, nil},
		{"another choice", []llm.Event{begin, {Type: llm.EventText, Text: "b", Choice: 1}, words("a"), finish(llm.FinishStop)}, usage, nil},
	}
	var got strings.Builder
	for _, c := range cases {
		s := NewStreamer(Reply{ID: "msg_1", Model: "small"})
		col := NewCollector(Reply{ID: "msg_1", Model: "small"})
		var frames []byte
		for _, e := range c.events {
			frames = s.Append(frames, e)
			col.Event(e)
		}
		plain, err := col.Encode(c.usage, c.ext)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "> %s\n%s\n%s\n\n", c.name, s.AppendEnd(frames, c.usage, c.ext), plain)
	}
	golden.Check(t, "testdata/answers.txt", got.String())
}
