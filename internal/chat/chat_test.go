package chat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
)

func contains(s, sub string) bool { return strings.Contains(s, sub) }

func say(r llm.Role, s string) llm.Message { return llm.TextMessage(r, s) }

var weather = llm.Tool{
	Name: "get_weather", Description: "天気を調べる",
	Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`),
}

func called(id, args string) llm.Message {
	return llm.Message{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: id, Name: "get_weather", Arguments: args}}}
}

func result(id, s string) llm.Message {
	return llm.Message{Role: llm.RoleTool, ToolCallID: id, Name: "get_weather", Parts: []llm.Part{{Type: llm.PartText, Text: s}}}
}

type conversation struct {
	name  string
	msgs  []llm.Message
	tools []llm.Tool
	words []string
}

// conversations are what clients send, whatever the model.
func conversations() []conversation {
	u, a, s := llm.RoleUser, llm.RoleAssistant, llm.RoleSystem
	return []conversation{
		{"user", []llm.Message{say(u, "QUESTION")}, nil, []string{"QUESTION"}},
		{"system", []llm.Message{say(s, "RULE"), say(u, "QUESTION")}, nil, []string{"RULE", "QUESTION"}},
		{"developer", []llm.Message{say(llm.RoleDeveloper, "RULE"), say(u, "QUESTION")}, nil, []string{"RULE", "QUESTION"}},
		{"turns", []llm.Message{say(u, "ONE"), say(a, "TWO"), say(u, "THREE")}, nil, []string{"ONE", "TWO", "THREE"}},
		{"late system", []llm.Message{say(u, "ONE"), say(a, "TWO"), say(s, "RULE"), say(u, "THREE")}, nil,
			[]string{"ONE", "TWO", "RULE", "THREE"}},
		{"system last", []llm.Message{say(u, "ONE"), say(s, "RULE")}, nil, []string{"ONE", "RULE"}},
		{"two systems", []llm.Message{say(s, "RULE"), say(s, "MORE"), say(u, "ONE")}, nil, []string{"RULE", "MORE", "ONE"}},
		{"two users", []llm.Message{say(u, "ONE"), say(u, "TWO")}, nil, []string{"ONE", "TWO"}},
		{"tools", []llm.Message{say(u, "ONE")}, []llm.Tool{weather}, []string{"ONE", "get_weather", "天気を調べる"}},
		{"call", []llm.Message{say(u, "ONE"), called("call00001", `{"city":"東京"}`), result("call00001", "SUNNY")},
			[]llm.Tool{weather}, []string{"ONE", "get_weather", "東京", "SUNNY"}},
		{"system and call", []llm.Message{say(s, "RULE"), say(u, "ONE"), called("call00001", `{"city":"東京"}`), result("call00001", "SUNNY"),
			say(a, "FINE"), say(u, "THANKS")}, []llm.Tool{weather}, []string{"RULE", "東京", "SUNNY", "FINE", "THANKS"}},
		{"bad arguments", []llm.Message{say(u, "ONE"), called("call00001", `{"city":`), result("call00001", "OOPS")},
			[]llm.Tool{weather}, []string{"OOPS"}},
		{"call without tools", []llm.Message{say(u, "ONE"), called("call00001", `{"city":"東京"}`), result("call00001", "SUNNY"), say(u, "TWO")},
			nil, []string{"ONE", "TWO"}},
	}
}

func TestConversations(t *testing.T) {
	strict := `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}
{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('must alternate') }}{% endif %}
[{{ m.role }}]{{ m.content }}{% endfor %}`
	for name, src := range map[string]string{
		"chatml": chatML, "llama": llamaHeaders, "gemma": gemmaTurns, "strict": strict,
		"deaf":  `{% for m in messages if m.role in ['user', 'assistant'] %}[{{ m.role }}]{{ m.content }}{% endfor %}`,
		"typed": `{% for m in messages %}[{{ m.role }}]{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}`,
	} {
		tm, err := Compile(Options{Source: src, BOS: "<s>"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range conversations() {
			out, err := tm.Render(Input{Messages: c.msgs, Tools: c.tools, AddGenerationPrompt: true})
			if err != nil {
				t.Errorf("%s / %s: %v", name, c.name, err)
			}
			for _, w := range c.words {
				if !contains(out, w) {
					t.Errorf("%s / %s: %q is missing in %q", name, c.name, w, out)
				}
			}
		}
	}
}

const toolTemplate = `{%- if tools %}{% for t in tools %}{{ t | tojson }}{% endfor %}{% endif %}
{%- for m in messages %}[{{ m.role }}]{{ m.content }}{% if m.tool_calls %}{% for c in m.tool_calls %}
{%- if WANT %}{{ raise_exception('arguments') }}{% endif %}<tool_call>{{ c.function.name }} {{ ARGS }}</tool_call>{% endfor %}{% endif %}{% endfor %}
{%- if add_generation_prompt %}[assistant]{% if enable_thinking %}<think>{% endif %}{% endif %}`

func compileTools(t *testing.T, want, args string) *Template {
	t.Helper()
	src := strings.NewReplacer("WANT", want, "ARGS", args).Replace(toolTemplate)
	tm, err := Compile(Options{Source: src})
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

func TestArgumentsTakeTheFormTheTemplateWants(t *testing.T) {
	in := Input{Messages: []llm.Message{say(llm.RoleUser, "q"), called("", `{"b": 1, "a": "東"}`), result("", "r")}, Tools: []llm.Tool{weather}}
	for name, tm := range map[string]*Template{
		"object":         compileTools(t, "c.function.arguments is string", "c.function.arguments | tojson"),
		"string":         compileTools(t, "c.function.arguments is not string", "c.function.arguments"),
		"printed as is":  compileTools(t, "false", "c.function.arguments"),
		"either, object": compileTools(t, "false", "c.function.arguments if c.function.arguments is string else c.function.arguments | tojson"),
	} {
		out, err := tm.Render(in)
		if err != nil || !contains(out, `<tool_call>get_weather {"b": 1, "a": "東"}</tool_call>`) {
			t.Errorf("%s: %v in %q", name, err, out)
		}
		if !tm.Caps().SupportsTools || tm.Format() != FormatHermes {
			t.Errorf("%s: %+v %s", name, tm.Caps(), tm.Format())
		}
	}
}

func TestToolsKeepTheClientsText(t *testing.T) {
	tm := compileTools(t, "false", "c.function.arguments")
	tool := llm.Tool{Name: "f", Raw: json.RawMessage(`{"type":"function","function":{"parameters":{"z":1,"a":2.50},"name":"f"}}`)}
	out, err := tm.Render(Input{Messages: []llm.Message{say(llm.RoleUser, "q")}, Tools: []llm.Tool{tool}})
	want := `{"type": "function", "function": {"parameters": {"z": 1, "a": 2.5}, "name": "f"}}[user]q`
	if err != nil || out != want {
		t.Errorf("got %q, %v\nwant %q", out, err, want)
	}
}

func TestThinking(t *testing.T) {
	tm := compileTools(t, "false", "c.function.arguments")
	if c := tm.Caps(); !c.SupportsThinking || c.StartsThinking {
		t.Errorf("%+v", c)
	}
	yes := true
	for _, in := range []Input{{Think: &yes}, {Args: map[string]json.RawMessage{"enable_thinking": []byte("true")}}} {
		in.Messages, in.AddGenerationPrompt = []llm.Message{say(llm.RoleUser, "q")}, true
		out, err := tm.Render(in)
		if err != nil || !OpensThinking(out) {
			t.Errorf("%q, %v", out, err)
		}
	}
	always, err := Compile(Options{Source: chatML + "<think>\n"})
	if err != nil || !always.Caps().StartsThinking {
		t.Errorf("%v", err)
	}
}

func TestBuiltinTemplates(t *testing.T) {
	vocabulary := func(words ...string) func(string) bool {
		return func(w string) bool { return contains(" "+strings.Join(words, " ")+" ", " "+w+" ") }
	}
	in := Input{Messages: []llm.Message{say(llm.RoleSystem, "s"), say(llm.RoleUser, "u")}, AddGenerationPrompt: true}
	for want, has := range map[string]func(string) bool{
		"<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n": vocabulary("<|im_start|>", "<|im_end|>"),
		"B<|start_header_id|>system<|end_header_id|>\n\ns<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|>" +
			"<|start_header_id|>assistant<|end_header_id|>\n\n": vocabulary("<|start_header_id|>", "<|eot_id|>"),
		"B<start_of_turn>user\ns\n\nu<end_of_turn>\n<start_of_turn>model\n": vocabulary("<start_of_turn>", "<end_of_turn>"),
	} {
		tm, err := Compile(Options{HasToken: has, BOS: "B"})
		if err != nil {
			t.Fatal(err)
		}
		if out, err := tm.Render(in); err != nil || out != want {
			t.Errorf("got %q, %v\nwant %q", out, err, want)
		}
	}
	if _, err := Compile(Options{HasToken: vocabulary("x")}); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Errorf("a vocabulary that fits nothing: %v", err)
	}
}

func TestErrors(t *testing.T) {
	if _, err := Compile(Options{Name: "m", Source: "a\n{% if %}"}); llm.CodeOf(err) != llm.CodeUnsupported || !contains(err.Error(), "line 2") {
		t.Errorf("%v", err)
	}
	tm, err := Compile(Options{Source: "{{ raise_exception('only on Mondays') }}"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tm.Render(Input{Messages: []llm.Message{say(llm.RoleUser, "q")}})
	if llm.CodeOf(err) != llm.CodeInvalidRequest || !contains(err.Error(), "only on Mondays") {
		t.Errorf("%v", err)
	}
}

func TestDate(t *testing.T) {
	tm, err := Compile(Options{Source: "{{ strftime_now('%-d %B %Y') }} {{ messages[0].content }}"})
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Messages: []llm.Message{say(llm.RoleUser, "q")}, Now: time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)}
	if out, err := tm.Render(in); err != nil || out != "7 March 2026 q" {
		t.Errorf("%q, %v", out, err)
	}
}
