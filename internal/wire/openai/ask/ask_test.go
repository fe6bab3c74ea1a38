package ask

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/llm"
	"irori/internal/wire/openai"
)

// told is what a stream of chunks says in the end.
type told struct {
	Text, Thought string
	Calls         []llm.ToolCall
	Finish        llm.FinishReason
	Usage         *llm.Usage
}

func tell(t *testing.T, chunks ...string) (told, error) {
	t.Helper()
	d := NewDecoder()
	var out told
	take := func(events []llm.Event, err error) error {
		for _, e := range events {
			switch e.Type {
			case llm.EventText:
				out.Text += e.Text
			case llm.EventReasoning:
				out.Thought += e.Text
			case llm.EventToolCall:
				c := e.ToolCall
				if c.Index == len(out.Calls) {
					out.Calls = append(out.Calls, llm.ToolCall{ID: c.ID, Name: c.Name})
				} else if c.ID != "" || c.Name != "" {
					t.Errorf("call %d is named twice", c.Index)
				}
				out.Calls[c.Index].Arguments += c.Arguments
			case llm.EventFinish:
				out.Finish = e.Finish
			case llm.EventUsage:
				out.Usage = e.Usage
			}
		}
		return err
	}
	for _, c := range chunks {
		if err := take(d.Event([]byte(c))); err != nil {
			return out, err
		}
	}
	return out, take(d.End())
}

func delta(s string) string { return `{"choices":[{"index":0,"delta":` + s + `}]}` }

const stop = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`

func TestUsageStandsAnywhere(t *testing.T) {
	want := &llm.Usage{PromptTokens: llm.IntPtr(9), OutputTokens: llm.IntPtr(3), CachedTokens: llm.IntPtr(4), ReasoningTokens: llm.IntPtr(2), Source: llm.UsageBackend}
	const u = `"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}`
	for name, chunks := range map[string][]string{
		"a chunk of its own":  {delta(`{"content":"a"}`), stop, `{"choices":[],` + u + `}`, "[DONE]"},
		"the last one":        {delta(`{"content":"a"}`), strings.TrimSuffix(stop, "}") + "," + u + "}", "[DONE]"},
		"twice":               {delta(`{"content":"a"}`), strings.TrimSuffix(stop, "}") + "," + u + "}", `{"choices":[],` + u + `}`},
		"each, the last wins": {strings.TrimSuffix(delta(`{"content":"a"}`), "}") + `,"usage":{"prompt_tokens":9,"completion_tokens":1}}`, stop, `{"choices":null,` + u + `}`, `{"choices":[],"usage":null}`},
	} {
		got, err := tell(t, chunks...)
		if diff := cmp.Diff(told{Text: "a", Finish: "stop", Usage: want}, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestFragmentsOfCalls(t *testing.T) {
	two := []llm.ToolCall{{ID: "a", Name: "f", Arguments: `{"x":1}`}, {ID: "b", Name: "g", Arguments: `{"y":2}`}}
	for name, c := range map[string]struct {
		parts []string
		want  []llm.ToolCall
	}{
		"as written": {[]string{`{"index":0,"id":"a","function":{"name":"f","arguments":""}}`, `{"index":0,"function":{"arguments":"{\"x\":"}}`,
			`{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`, `{"index":0,"function":{"arguments":"1}"}}`}, two},
		"names repeat": {[]string{`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`, `{"index":0,"id":"a","function":{"name":"f","arguments":"1}"}}`,
			`{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`}, two},
		"no index": {[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`, `{"function":{"arguments":"1}"}}`,
			`{"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`}, two},
		"no index, ids repeat": {[]string{`{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}`, `{"id":"a","function":{"name":"f","arguments":"1}"}}`,
			`{"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`}, two},
		"all are number 0": {[]string{`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}`, `{"index":0,"id":"b","function":{"name":"g","arguments":{"y":2}}}`}, two},
		"the name comes later": {[]string{`{"index":0,"id":"a","function":{"arguments":"{\"x\""}}`, `{"index":0,"function":{"name":"f","arguments":":1}"}}`},
			two[:1]},
	} {
		chunks := []string{}
		for _, p := range c.parts {
			chunks = append(chunks, delta(`{"tool_calls":[`+p+`]}`))
		}
		got, err := tell(t, append(chunks, stop)...)
		if diff := cmp.Diff(c.want, got.Calls); diff != "" || err != nil || got.Finish != llm.FinishToolCalls {
			t.Errorf("%s: %v %s %s", name, err, got.Finish, diff)
		}
	}
	got, err := tell(t, delta(`{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"f","arguments":"{}"}}]}`), stop)
	if err != nil || len(got.Calls) != 2 || got.Calls[0].ID == "" || got.Calls[0].ID == got.Calls[1].ID {
		t.Errorf("calls without ids: %v %v", got.Calls, err)
	}
}

// A text comes out whole however its bytes, or the halves of its surrogate
// pairs, are spread over the events.
func TestSplitCharacters(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.StringOf(rapid.RuneFrom([]rune("aé囲炉🔥\"\\\n"))).Draw(rt, "text")
		var pieces []string
		if rapid.Bool().Draw(rt, "bytes") {
			for i := range len(want) {
				switch c := want[i]; c {
				case '"', '\\':
					pieces = append(pieces, `\`+string(c))
				case '\n':
					pieces = append(pieces, `\n`)
				default:
					pieces = append(pieces, want[i:i+1])
				}
			}
		} else {
			for _, r := range want {
				if r > 0xFFFF {
					r -= 0x10000
					pieces = append(pieces, unit16(0xD800+r>>10), unit16(0xDC00+r&0x3FF))
					continue
				}
				pieces = append(pieces, unit16(r))
			}
		}
		var chunks []string
		for len(pieces) > 0 {
			n := rapid.IntRange(1, len(pieces)).Draw(rt, "n")
			chunks = append(chunks, delta(`{"content":"`+strings.Join(pieces[:n], "")+`"}`))
			pieces = pieces[n:]
		}
		got, err := tell(t, append(chunks, stop)...)
		if err != nil || got.Text != want {
			rt.Fatalf("%q %v, want %q, of %q", got.Text, err, want, chunks)
		}
	})
	got, err := tell(t, delta(`{"content":"a\ud83d"}`), delta(`{"content":"b\udd25"}`), stop)
	if err != nil || !strings.HasPrefix(got.Text, "a\uFFFD") || !strings.Contains(got.Text, "b\uFFFD") {
		t.Errorf("halves that do not fit: %q %v", got.Text, err)
	}
}

func unit16(r rune) string {
	return `\u` + string("0123456789abcdef"[r>>12]) + string("0123456789abcdef"[r>>8&15]) + string("0123456789abcdef"[r>>4&15]) + string("0123456789abcdef"[r&15])
}

func TestBadAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		chunks []string
		code   llm.Code
		words  string
	}{
		"nothing":          {nil, llm.CodeBadAnswer, "empty"},
		"only the end":     {[]string{"[DONE]"}, llm.CodeBadAnswer, "empty"},
		"breaks off":       {[]string{delta(`{"content":"a"}`)}, llm.CodeBadAnswer, "breaks off"},
		"HTML":             {[]string{"<html>"}, llm.CodeBadAnswer, "cannot be read"},
		"too deep":         {[]string{`{"choices":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}"}, llm.CodeBadAnswer, "cannot be read"},
		"a wild number":    {[]string{`{"choices":[{"index":-1,"delta":{}}]}`}, llm.CodeBadAnswer, "numbered a choice -1"},
		"an error":         {[]string{`{"error":{"message":"no more","code":429}}`}, llm.CodeOverloaded, "no more"},
		"an error of text": {[]string{delta(`{"content":"a"}`), `{"error":"it fell over"}`}, llm.CodeBadAnswer, "it fell over"},
	} {
		_, err := tell(t, c.chunks...)
		if llm.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %s %v", name, llm.CodeOf(err), err)
		}
	}
	if _, err := tell(t, delta(`{"content":"a"}`), "[DONE]"); err != nil {
		t.Errorf("an end without a reason: %v", err)
	}
	for _, c := range []struct {
		status int
		body   string
		code   llm.Code
		words  string
	}{
		{400, `{"error":{"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}`, llm.CodeContextLength, "context size"},
		{404, `{"detail":"Not Found"}`, llm.CodeModelNotFound, "Not Found"},
		{502, "<html>\n<h1>Bad\x00 Gateway</h1>", llm.CodeBadAnswer, "<html> <h1>Bad Gateway</h1>"},
		{500, "", llm.CodeBadAnswer, "nothing"},
		{500, `{"error":{"code":500,"message":"image input is not supported","type":"server_error"}}`, llm.CodeUnsupported, "image input"},
	} {
		if e := DecodeError(c.status, []byte(c.body)); e.Code != c.code || !strings.Contains(e.Message, c.words) {
			t.Errorf("%d %s: %s %q", c.status, c.body, e.Code, e.Message)
		}
	}
}

// What goes out is what our own server reads back.
func TestRequestsRoundTrip(t *testing.T) {
	for _, in := range []string{
		`{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}],"max_tokens":5,"temperature":0.5,"seed":3,"stop":["x"],"n":2,"user":"u"}`,
		`{"model":"m","messages":[{"role":"user","content":"<&>"},{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"required","parallel_tool_calls":false,"chat_template_kwargs":{"enable_thinking":false}}`,
		`{"model":"m","messages":[{"role":"user","content":"u"}],"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}},"logprobs":true,"top_logprobs":2,"reasoning_effort":"low","logit_bias":{"5":3},"top_k":4,"repeat_penalty":1.5}`,
	} {
		first, err := openai.DecodeChat([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		b, err := EncodeRequest(first.Requests[0], Dialect{Template: true, Grammar: true})
		if err != nil {
			t.Fatal(err)
		}
		second, err := openai.DecodeChat(b)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if !second.Stream || !second.IncludeUsage {
			t.Errorf("no stream with usage is asked for: %s", b)
		}
		second.Requests[0].Stream = false
		// The way of calling is told apart, not the bytes of the arguments.
		args := map[string]json.RawMessage{}
		for k, v := range first.Requests[0].TemplateArgs {
			args[k] = v
		}
		if diff := cmp.Diff(first.Requests, second.Requests); diff != "" {
			t.Errorf("%s\n%s", b, diff)
		}
	}
	for field, r := range map[string]*llm.Request{
		"adapters":   {Adapters: []llm.Adapter{{Name: "a"}}},
		"ignore_eos": {IgnoreEOS: true},
		"grammar":    {Format: llm.Format{Kind: llm.FormatGrammar, Grammar: "root ::= x", Field: "grammar"}},
	} {
		if _, err := EncodeRequest(r, Dialect{Vendor: true}); llm.CodeOf(err) != llm.CodeUnsupported || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	got, err := DecodeEmbed([]byte(`{"data":[{"index":1,"embedding":"AACAPwAAAEA="},{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":4,"total_tokens":4}}`), 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float32{{1, 2}, {1, 2}}, got.Vectors); diff != "" || *got.Usage.PromptTokens != 4 || *got.Usage.OutputTokens != 0 {
		t.Error(diff)
	}
	for _, in := range []string{`{"data":[]}`, `{"data":[{"index":7,"embedding":[1]}]}`, `[]`, `{"data":[{"index":0,"embedding":"!"}]}`} {
		if _, err := DecodeEmbed([]byte(in), 1); llm.CodeOf(err) != llm.CodeBadAnswer {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// FuzzDecoder holds that no answer breaks the decoder, and that all text is
// UTF-8.
func FuzzDecoder(f *testing.F) {
	f.Add(delta(`{"content":"a\ud83d"}`) + "\n" + delta(`{"content":"\udd25"}`) + "\n" + stop)
	f.Add(delta(`{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}},{"index":3,"function":{"arguments":{}}}]}`) + "\n[DONE]")
	f.Add(`{"choices":[{"text":"x","logprobs":{"tokens":["x"],"token_logprobs":[null],"top_logprobs":[{"a":-1}]}}],"usage":{"prompt_tokens":-1}}`)
	f.Fuzz(func(t *testing.T, in string) {
		d := NewDecoder()
		check := func(events []llm.Event, err error) bool {
			for _, e := range events {
				if strings.ToValidUTF8(e.Text+e.ToolCall.Arguments, "") != e.Text+e.ToolCall.Arguments {
					t.Fatalf("%q is no UTF-8", e.Text+e.ToolCall.Arguments)
				}
			}
			return err == nil
		}
		for line := range strings.SplitSeq(in, "\n") {
			if !check(d.Event([]byte(line))) {
				return
			}
		}
		check(d.End())
	})
}
