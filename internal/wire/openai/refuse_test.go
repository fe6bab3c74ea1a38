package openai

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
)

// with is a chat request with some more members.
func with(more string) []byte {
	return []byte(`{"messages":[{"role":"user","content":"x"}],` + more + `}`)
}

// TestWhatCannotBeKeptIsRefused sends every part that is not supported, first
// with its neutral values, then with one that asks for something.
func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	for _, c := range []struct {
		parts  any
		decode func(string) error
	}{
		{unhonoured{}, func(part string) error { _, err := DecodeChat(with(part)); return err }},
		{unhonoured{}, func(part string) error {
			_, err := DecodeCompletion([]byte(`{"prompt":"x",` + part + `}`))
			return err
		}},
		{vectorParts{}, func(part string) error {
			_, err := DecodeEmbeddings([]byte(`{"input":"x",` + part + `}`))
			return err
		}},
	} {
		typ := reflect.TypeOf(c.parts)
		for i := range typ.NumField() {
			f := typ.Field(i)
			name := f.Tag.Get("json")
			for n := range strings.SplitSeq("null|"+f.Tag.Get("neutral"), "|") {
				switch n {
				case "":
					continue
				case "<0":
					n = "-1"
				}
				if err := c.decode(`"` + name + `":` + n); err != nil {
					t.Errorf("%s: %s asks for nothing, but gives %v", name, n, err)
				}
			}
			err := c.decode(`"` + name + `":"something"`)
			e, isErr := errors.AsType[*llm.Error](err)
			if !isErr || e.Code != llm.CodeUnsupported || e.Param != name || !strings.HasPrefix(e.Message, name+" is not supported") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, part := range []string{`"mirostat":0`, `"xtc_probability":0`, `"modalities":["text"]`, `"best_of":1`, `"best_of":null`, `"min_keep":1.0`, `"top_n_sigma":-1`} {
		if _, err := DecodeChat(with(part)); err != nil {
			t.Errorf("%s: %v", part, err)
		}
	}
	for part, param := range map[string]string{`"best_of":2`: "best_of", `"modalities":["text","audio"]`: "modalities", `"modalities":["audio"],"audio":{"voice":"a"}`: "modalities"} {
		_, err := DecodeChat(with(part))
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Code != llm.CodeUnsupported || e.Param != param {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// TestAdviceIsTolerated sends what does not change the answer, and what is
// not known at all.
func TestAdviceIsTolerated(t *testing.T) {
	for _, part := range []string{
		`"user":"u"`, `"metadata":{"a":"b"}`, `"store":true`, `"service_tier":"flex"`, `"prompt_cache_key":"k"`, `"safety_identifier":"s"`,
		`"parallel_tool_calls":true`, `"reasoning_effort":"high"`, `"verbosity":"low"`, `"prediction":{"type":"content","content":"x"}`,
		`"cache_prompt":true`, `"id_slot":3`, `"n_keep":5`, `"timings_per_token":true`, `"anything":{"new":[1]}`,
		`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":["object","null"]}}},{"type":"function","function":{"name":"g","parameters":{"type":null}}}]`,
		`"tools":[{"type":"web_search"},{"type":"namespace","tools":[]},{"type":"custom","custom":{"name":"x"}}]`,
	} {
		if _, err := DecodeChat(with(part)); err != nil {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func TestSamplersLeftOutAreOff(t *testing.T) {
	c, err := DecodeChat(with(`"samplers":["dry","top_k","typical_p","min_p"],"top_k":5,"top_p":0.5,"temperature":0.2,"repeat_penalty":2,"dry_multiplier":1`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(v float32) *float32 { return &v }
	want := llm.Sampling{
		TopK: ptr(5), TopP: f(1), Temperature: f(1), DynatempRange: f(0), RepeatPenalty: f(1), PresencePenalty: f(0), FrequencyPenalty: f(0),
		DRYMultiplier: f(1), TopNSigma: f(0), XTCProbability: f(0),
	}
	if d := cmp.Diff(want, c.Requests[0].Sampling); d != "" {
		t.Error(d)
	}
	for part, words := range map[string]string{
		`"samplers":["temperature","top_k"]`: "top_k after temperature",
		`"samplers":["top_k","top_k"]`:       "top_k after top_k",
		`"samplers":["tfs_z"]`:               `samplers[0] is "tfs_z"`,
	} {
		if _, err := DecodeChat(with(part)); err == nil || !strings.Contains(err.Error(), words) || llm.CodeOf(err) != llm.CodeUnsupported {
			t.Errorf("%s: %v", part, err)
		}
	}
	if c, err := DecodeChat(with(`"samplers":[]`)); err != nil || c.Requests[0].Sampling.TopK != nil {
		t.Errorf("an empty list: %v", err)
	}
}

func TestOtherNamesOfTheSame(t *testing.T) {
	c, err := DecodeChat(with(`"n_predict":9,"n_cmpl":2,"json_schema":{"type":"null"}`))
	if err != nil {
		t.Fatal(err)
	}
	r := c.Requests[0]
	if *r.MaxTokens != 9 || r.N != 2 || r.Format.Kind != llm.FormatJSONSchema || r.Format.Field != "json_schema" {
		t.Errorf("%+v", r)
	}
	if c, err = DecodeChat(with(`"n_predict":9,"max_tokens":3,"n":1,"n_cmpl":2`)); err != nil || *c.Requests[0].MaxTokens != 3 || c.Requests[0].N != 1 {
		t.Errorf("OpenAI's names come first: %v", err)
	}
}

func TestAllowedToolsNarrow(t *testing.T) {
	c, err := DecodeChat(with(`"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],
		"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}},{"type":"mcp","server_label":"s"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := c.Requests[0]
	if len(r.Tools) != 1 || r.Tools[0].Name != "g" || r.ToolChoice.Mode != llm.ToolRequired {
		t.Errorf("%+v, %+v", r.Tools, r.ToolChoice)
	}
}

// TestFunctionsAreTools follows the older form there and back.
func TestFunctionsAreTools(t *testing.T) {
	c, err := DecodeChat([]byte(`{"functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"},"messages":[
		{"role":"user","content":"x"},
		{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},
		{"role":"function","name":"f","content":"ok"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := c.Requests[0]
	want := []llm.Message{
		llm.TextMessage(llm.RoleUser, "x"),
		{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "call00001", Name: "f", Arguments: `{"a":1}`}}},
		{Role: llm.RoleTool, Name: "f", ToolCallID: "call00001", Parts: []llm.Part{{Type: llm.PartText, Text: "ok"}}},
	}
	if d := cmp.Diff(want, r.Messages); d != "" {
		t.Error(d)
	}
	if string(r.Tools[0].Raw) != `{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}` {
		t.Errorf("the template would print %s", r.Tools[0].Raw)
	}
	if !c.Legacy || r.ToolChoice != (llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}) || *r.ParallelTools {
		t.Errorf("legacy %v, %+v, parallel %v", c.Legacy, r.ToolChoice, r.ParallelTools)
	}
	events := []llm.Event{
		{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{ID: "c", Name: "f"}},
		{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Arguments: `{"a":1}`}},
		{Type: llm.EventFinish, Finish: llm.FinishToolCalls},
	}
	reply := Reply{ID: "i", Model: "m", Legacy: true}
	col, s := NewCollector(reply, 1), NewStreamer(reply)
	var chunks []string
	for _, e := range events {
		col.Event(e)
		list, err := s.Event(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range list {
			var x struct {
				Choices []struct {
					Delta  json.RawMessage
					Finish *string `json:"finish_reason"`
				}
			}
			if err := json.Unmarshal(b, &x); err != nil {
				t.Fatal(err)
			}
			line := string(x.Choices[0].Delta)
			if f := x.Choices[0].Finish; f != nil {
				line += " " + *f
			}
			chunks = append(chunks, line)
		}
	}
	if d := cmp.Diff([]string{
		`{"role":"assistant","content":""}`, `{"function_call":{"name":"f","arguments":""}}`, `{"function_call":{"arguments":"{\"a\":1}"}}`, `{} function_call`,
	}, chunks); d != "" {
		t.Error(d)
	}
	whole, err := col.Encode(nil, nil)
	if err != nil || !strings.Contains(string(whole), `"message":{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},"logprobs":null,"finish_reason":"function_call"`) {
		t.Errorf("%v %s", err, whole)
	}
	if _, err := DecodeChat(with(`"functions":[{"name":"f"}],"tools":[{"type":"function","function":{"name":"g"}}]`)); err == nil {
		t.Error("both forms at once pass")
	}
}
