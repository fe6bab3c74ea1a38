package responses

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"irori/internal/golden"
	"irori/internal/llm"
	"irori/internal/wire/openai/ask"
)

const say = `"input":"hi"`

// bodies are requests as clients send them, good and bad.
var bodies = []string{
	`{"model":"m",` + say + `}`,
	`{"model":"m","stream":true,"instructions":"be brief","temperature":0.5,"top_p":0.9,"max_output_tokens":99,"user":"u","unknown":[1],` + say + `}`,
	// What codex sends: ids of its own, a namespace, tools of the vendor's.
	`{"model":"m","stream":true,"store":false,"input":[{"type":"message","id":"msg_223cac5b","role":"developer","content":[{"type":"input_text","text":"You are an agent."}]},{"type":"message","id":"msg_01","role":"user","content":[{"type":"input_text","text":"<env>"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"say hi"}]}],` +
		`"tools":[{"type":"function","name":"exec_command","description":"runs","strict":false,"parameters":{"type":"object","properties":{"cmd":{"type":"string"}}}},{"type":"namespace","name":"multi_agent_v1","description":"agents","tools":[{"type":"function","name":"spawn_agent","parameters":{"type":"object","properties":{}}},{"type":"function","name":"exec_command"}]},{"type":"web_search","external_web_access":false},{"type":"image_generation"},{"type":"local_shell"}],` +
		`"tool_choice":"auto","parallel_tool_calls":true,"reasoning":{"summary":"auto"},"include":["reasoning.encrypted_content"],"prompt_cache_key":"01a1","client_metadata":{"x":"y"}}`,
	// A turn with calls of every kind.
	`{"tools":[{"type":"custom","name":"apply_patch","description":"patches","format":{"type":"grammar","syntax":"lark","definition":"start: /.+/"}},{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]}],"input":[{"role":"user","content":"go"},` +
		`{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA"},{"type":"message","id":"msg_2","role":"assistant","content":[{"type":"output_text","text":"I look.","annotations":[]}]},` +
		`{"type":"function_call","id":"fc_1","call_id":"call_1","namespace":"n","name":"f","arguments":"{\"a\":1}"},{"type":"custom_tool_call","call_id":"call_2","name":"apply_patch","input":"*** <Begin>\n\"x\""},` +
		`{"type":"function_call_output","call_id":"call_1","output":[{"type":"input_text","text":"one"},{"type":"input_text","text":"two"}]},{"type":"custom_tool_call_output","call_id":"call_2","output":"done"},` +
		`{"type":"web_search_call","id":"ws_1","status":"completed"},{"type":"message","role":"assistant","content":"Good."},{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"left over"}]},{"role":"user","content":"and?"}]}`,
	`{"input":[{"role":"user","content":[{"type":"input_text","text":"what"},{"type":"input_image","image_url":"data:image/png;base64,QQ==","detail":"auto"},{"type":"input_image","image_url":{"url":"https://a.example/b.png"}}]}]}`,
	`{"input":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},{"role":"system","content":"late"},{"role":"user","content":"y"}]}`,
	`{"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}},"verbosity":"low"},` + say + `}`,
	`{"text":{"format":{"type":"json_object"}},` + say + `}`,
	`{"text":{"format":{"type":"text"}},"reasoning":{"effort":"xhigh"},` + say + `}`,
	`{"reasoning":{"effort":"none"},"top_logprobs":2,` + say + `}`,
	`{"include":["message.output_text.logprobs"],` + say + `}`,
	`{"tools":[{"type":"function","name":"f"},{"type":"custom","name":"g"}],"tool_choice":{"type":"custom","name":"g"},"parallel_tool_calls":false,` + say + `}`,
	`{"tools":[{"type":"function","name":"f"},{"type":"function","name":"g"},{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"},{"type":"web_search"}]},` + say + `}`,
	`{"tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]}],"tool_choice":{"type":"function","namespace":"n","name":"f"},` + say + `}`,
	`{"tools":[{"type":"function","name":"f"}],"tool_choice":"required",` + say + `}`,
	`{"tools":[{"type":"function","name":"f"}],"tool_choice":"none",` + say + `}`,
	`{"tools":[{"type":"function","function":{"name":"old","parameters":{"type":"object"}}},{"type":"function","name":"old"}],` + say + `}`,
	`{"tools":[{"type":"function","name":"n__f"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]},{"type":"namespace","name":"a_namespace_with_a_name_that_is_rather_long","tools":[{"type":"function","name":"and_a_function_with_another"}]}],` + say + `}`,
	`{"previous_response_id":"resp_1","input":[{"type":"item_reference","id":"msg_kept"},{"type":"compaction","encrypted_content":"sealed"},{"id":"msg_kept"},{"role":"user","content":"on"}]}`,
	`{"instructions":[{"role":"developer","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]}],"conversation":{"id":"conv_1"},"truncation":"auto","metadata":{"a":"b"},"background":true,"input":[]}`,

	`{"model":"m"}`,
	`{"input":[]}`,
	`{"input":7}`,
	`{"input":["x"]}`,
	`{"input":[{"content":"x"}]}`,
	`{"input":[{"role":"tool","content":"x"}]}`,
	`{"input":[{"role":"user"}]}`,
	`{"input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]}`,
	`{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}`,
	`{"input":[{"role":"user","content":[{"type":"input_audio"}]}]}`,
	`{"input":[{"role":"user","content":[{"text":"x"}]}]}`,
	`{"input":[{"type":"function_call_output","call_id":"c","output":"x"}]}`,
	`{"input":[{"type":"function_call","name":"f"}]}`,
	`{"input":[{"type":"function_call","call_id":"c","name":"f"},{"type":"function_call_output","call_id":"c"}]}`,
	`{"input":[{"type":"item_reference","id":"msg_nope"}]}`,
	`{"input":[{"type":"compaction","encrypted_content":"forged"}]}`,
	`{"max_output_tokens":0,` + say + `}`,
	`{"temperature":"hot",` + say + `}`,
	`{"top_logprobs":21,` + say + `}`,
	`{"tools":{},` + say + `}`,
	`{"tools":["x"],` + say + `}`,
	`{"tools":[{"type":"function"}],` + say + `}`,
	`{"tools":[{"type":"function","name":"f","parameters":{"type":"array"}}],` + say + `}`,
	`{"tools":[{"type":"web_search"}],"tool_choice":"required",` + say + `}`,
	`{"tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"},` + say + `}`,
	`{"tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"g"},` + say + `}`,
	`{"tool_choice":"some",` + say + `}`,
	`{"text":{"format":{"type":"xml"}},` + say + `}`,
	`{"text":{"format":{"type":"json_schema"}},` + say + `}`,
	`{"reasoning":{"effort":"some"},` + say + `}`,
	`{"background":true,"store":false,` + say + `}`,
	`{"conversation":"c","previous_response_id":"r",` + say + `}`,
	`{"conversation":7,` + say + `}`,
	`{"prompt":{"id":"p"},` + say + `}`,
	`{"metadata":{"` + strings.Repeat("k", 65) + `":"v"},` + say + `}`,
	`{"suffix`,
	``,
	`[]`,
}

// past is a conversation before the request, for requests that name one.
var past = Past{
	Items: []json.RawMessage{
		json.RawMessage(`{"type":"message","id":"msg_a","role":"user","content":[{"type":"input_text","text":"before"}]}`),
		json.RawMessage(`{"type":"message","id":"msg_b","role":"assistant","content":[{"type":"output_text","text":"yes"}]}`),
	},
	Find: func(id string) (json.RawMessage, error) {
		if id != "msg_kept" {
			return nil, nil
		}
		return json.RawMessage(`{"type":"message","id":"msg_kept","role":"assistant","content":[{"type":"output_text","text":"kept"}]}`), nil
	},
	Open: func(s string) (string, error) {
		if s != "sealed" {
			return "", errors.New("no")
		}
		return "we met", nil
	},
}

// TestGoldenRequests pins what is understood of a request, as it would be put
// to a server of chat completions.
func TestGoldenRequests(t *testing.T) {
	var got strings.Builder
	for _, b := range bodies {
		fmt.Fprintf(&got, "> %s\n", b)
		r, err := Decode([]byte(b))
		if err == nil {
			p := past
			if r.Previous == "" {
				p.Items = nil
			}
			err = r.Converse(p)
		}
		if e, ok := errors.AsType[*llm.Error](err); ok {
			fmt.Fprintf(&got, "%s [%s]: %s | %s\n\n", e.Code, e.Param, e.Message, e.Hint)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out, err := ask.EncodeRequest(r.Request, ask.Dialect{Template: true})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s\nkept=%v background=%v previous=%q conversation=%q truncate=%v logprobs=%v/%d %s\n\n",
			out, r.Store, r.Background, r.Previous, r.Conversation, r.Truncate, r.Logprobs, r.TopLogprobs, r.Items("K"))
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

const (
	allTools = `"tools":[{"type":"function","name":"f"},{"type":"custom","name":"p"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]}],`
	key      = "00000000000000000000000000000001"
)

// TestGoldenAnswers pins every byte of answers, streamed and plain.
func TestGoldenAnswers(t *testing.T) {
	usage := &llm.Usage{PromptTokens: num(10), CachedTokens: num(4), OutputTokens: num(7), ReasoningTokens: num(2)}
	logged := words("a")
	logged.Logprobs = []llm.TokenLogprob{{Text: "a", Bytes: []byte("a"), Logprob: -0.5, Top: []llm.TokenLogprob{{Text: "b", Bytes: []byte("b"), Logprob: -1}}}}
	cases := []struct {
		name, request string
		events        []llm.Event
		err           error
	}{
		{"text", `{"model":"m","metadata":{"a":"b"},` + say + `}`, []llm.Event{begin, words("火 <b>"), words("!\n"), finish(llm.FinishStop)}, nil},
		{"nothing", `{` + say + `}`, []llm.Event{begin, finish(llm.FinishStop)}, nil},
		{"cut at the bound", `{"max_output_tokens":1,` + say + `}`, []llm.Event{begin, words("a"), finish(llm.FinishLength)}, nil},
		{"filtered", `{` + say + `}`, []llm.Event{begin, words("a"), finish(llm.FinishContentFilter)}, nil},
		{"logprobs", `{"top_logprobs":1,` + say + `}`, []llm.Event{begin, logged, finish(llm.FinishStop)}, nil},
		{"thinking as it is", `{` + say + `}`, []llm.Event{begin, think("h"), think("m"), words("4"), finish(llm.FinishStop)}, nil},
		{"thinking as a summary", `{"reasoning":{"effort":"low","summary":"auto"},` + say + `}`, []llm.Event{begin, think("h"), think("m"), words("4"), finish(llm.FinishStop)}, nil},
		{"signed thinking", `{` + say + `}`, []llm.Event{begin, think("h"), {Type: llm.EventReasoning, Signature: "EqQB"}, {Type: llm.EventReasoning, Redacted: "zzz"}, words("4"), finish(llm.FinishStop)}, nil},
		{"a call", `{` + allTools + say + `}`, []llm.Event{begin, words("so"), call(0, "call_1", "f", ""), call(0, "", "", `{"a":`), call(0, "", "", `1}`), finish(llm.FinishToolCalls)}, nil},
		{"calls of a namespace, custom, mixed", `{` + allTools + say + `}`, []llm.Event{begin, call(0, "call_1", "n__g", `{"a`), call(1, "call_2", "p", `{"input":"x\n\ud83d`), call(0, "", "", `":1}`), call(1, "", "", `\udd25\u00`), call(1, "", "", `e9"}`), words("done"), finish(llm.FinishToolCalls)}, nil},
		{"calls without arguments, id or tool", `{` + allTools + say + `}`, []llm.Event{begin, call(0, "", "f", ""), call(1, "", "other", "{}"), call(2, "c", "p", `no object`), finish(llm.FinishToolCalls)}, nil},
		{"white space after a whole call", `{` + allTools + say + `}`, []llm.Event{begin, call(0, "call_1", "f", `{}`), words("so"), call(0, "", "", "\n"), finish(llm.FinishToolCalls)}, nil},
		{"a call cut off", `{` + allTools + say + `}`, []llm.Event{begin, call(0, "call_1", "f", `{"a":"b`), finish(llm.FinishLength)}, nil},
		{"broken off", `{` + say + `}`, []llm.Event{begin, words("a")}, llm.Errorf(llm.CodeCrashed, "the worker died").WithHint("irori doctor")},
		{"in the background", `{"background":true,"conversation":"conv_1",` + say + `}`, []llm.Event{begin, words("a"), {Type: llm.EventText, Text: "b", Choice: 1}, finish(llm.FinishStop)}, nil},
	}
	var got strings.Builder
	for _, c := range cases {
		var plain []byte
		for _, streamed := range []bool{true, false} {
			q, err := Decode([]byte(c.request))
			if err != nil {
				t.Fatal(err)
			}
			a := NewAnswer(q, Reply{Key: key, Model: "small", Created: 5}, streamed)
			var frames []byte
			for _, e := range c.events {
				frames = a.Append(frames, e)
			}
			if c.err != nil {
				frames = a.Last(a.Fail(frames, c.err, usage, nil))
			} else {
				frames = a.Last(a.Finish(frames, usage, &llm.Spent{EnergyJ: num(1.5), EnergyMethod: "modelled"}, 7))
			}
			out, err := a.Response()
			if err != nil {
				t.Fatal(err)
			}
			if streamed {
				fmt.Fprintf(&got, "> %s\n%s\n%s\n\n", c.name, frames, out)
				plain = out
			} else if len(frames) > 0 || string(out) != string(plain) {
				t.Errorf("%s: the plain answer is %s, the streamed one %s", c.name, out, plain)
			}
		}
	}
	golden.Check(t, "testdata/answers.txt", got.String())
}
