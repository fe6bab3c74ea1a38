package output

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/llm"
)

var tools = []llm.Tool{{
	Name:       "get_weather",
	Parameters: []byte(`{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}}}`),
}}

// answer is what all deltas of an output come to.
type answer struct {
	Text, Reasoning string
	Calls           []llm.ToolCall
}

func counter() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("id%d", n) }
}

func collect(t testing.TB, deltas []Delta) answer {
	t.Helper()
	var a answer
	for _, d := range deltas {
		a.Text += d.Text
		a.Reasoning += d.Reasoning
		if c := d.ToolCall; c != nil {
			if c.Index == len(a.Calls) {
				if c.ID == "" || c.Name == "" {
					t.Fatalf("the first fragment of call %d has no id or name", c.Index)
				}
				a.Calls = append(a.Calls, llm.ToolCall{ID: c.ID, Name: c.Name})
			} else if c.ID != "" || c.Name != "" || c.Index != len(a.Calls)-1 {
				t.Fatalf("a later fragment has id %q, name %q, index %d", c.ID, c.Name, c.Index)
			}
			a.Calls[c.Index].Arguments += c.Arguments
		}
	}
	return a
}

func parse(t testing.TB, f Format, o Options, pieces ...string) answer {
	t.Helper()
	o.NewID = counter()
	p := NewParser(f, o)
	var all []Delta
	for _, s := range pieces {
		all = append(all, p.Feed(s)...)
	}
	return collect(t, append(all, p.Finish()...))
}

func call(name, args string) llm.ToolCall { return llm.ToolCall{Name: name, Arguments: args} }

type sample struct {
	name   string
	format Format
	opts   Options
	in     string
	want   answer
}

func withTools(o Options) Options { o.Tools = tools; return o }

var samples = []sample{
	{"plain", FormatHermes, Options{}, "こんにちは <b> {\"a\":1}\n", answer{Text: "こんにちは <b> {\"a\":1}\n"}},
	{"think", FormatHermes, Options{}, "<think>\nhm <x\n\n</think>\n\nYes.", answer{Reasoning: "hm <x", Text: "Yes."}},
	{"open think", FormatHermes, Options{StartInThinking: true}, "考え中\n</think>\n答え", answer{Reasoning: "考え中", Text: "答え"}},
	{"think never closed", FormatHermes, Options{}, "<think>hm </thin", answer{Reasoning: "hm </thin"}},
	{"call", FormatHermes, withTools(Options{}),
		"Let me see.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"東京\", \"days\": 2}}\n</tool_call>",
		answer{Text: "Let me see.", Calls: []llm.ToolCall{call("get_weather", `{"city": "東京", "days": 2}`)}}},
	{"two calls", FormatHermes, withTools(Options{}),
		"<tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call>\n<tool_call>{\"arguments\":{\"x\":[1,{\"y\":\"}\"}]},\"name\":\"b\"}</tool_call>\n",
		answer{Calls: []llm.ToolCall{call("a", "{}"), call("b", `{"x":[1,{"y":"}"}]}`)}}},
	{"think and call", FormatHermes, withTools(Options{StartInThinking: true}),
		"I must.</think>\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>",
		answer{Reasoning: "I must.", Calls: []llm.ToolCall{call("f", "{}")}}},
	{"no closing tag", FormatHermes, withTools(Options{}), `<tool_call>{"name":"f","arguments":{"a":1}}`,
		answer{Calls: []llm.ToolCall{call("f", `{"a":1}`)}}},
	{"string arguments", FormatHermes, withTools(Options{}), `<tool_call>{"name":"f","arguments":"{\"a\":1}"}</tool_call>`,
		answer{Calls: []llm.ToolCall{call("f", `{"a":1}`)}}},
	{"malformed", FormatHermes, withTools(Options{}), "x <tool_call>{name: f}</tool_call> y",
		answer{Text: "x <tool_call>{name: f}</tool_call> y"}},
	{"malformed then good", FormatHermes, withTools(Options{}), `<tool_call><tool_call>{"name":"f","arguments":{}}</tool_call>`,
		answer{Text: "<tool_call>", Calls: []llm.ToolCall{call("f", "{}")}}},
	{"cut header", FormatHermes, withTools(Options{}), `a <tool_call>{"name": "ge`, answer{Text: `a <tool_call>{"name": "ge`}},
	{"cut arguments", FormatHermes, withTools(Options{}), `<tool_call>{"name":"f","arguments":{"a":"b`,
		answer{Calls: []llm.ToolCall{call("f", `{"a":"b`)}}},
	{"nearly a marker", FormatHermes, withTools(Options{}), "a <tool_cal <tool_ b<", answer{Text: "a <tool_cal <tool_ b<"}},
	{"no tools given", FormatHermes, Options{}, `<tool_call>{"name":"f","arguments":{}}</tool_call>`,
		answer{Text: `<tool_call>{"name":"f","arguments":{}}</tool_call>`}},
	{"choice none", FormatHermes, withTools(Options{ToolChoice: llm.ToolChoice{Mode: llm.ToolNone}}),
		`<tool_call>{"name":"f","arguments":{}}</tool_call>`, answer{Text: `<tool_call>{"name":"f","arguments":{}}</tool_call>`}},
	{"qwen xml", FormatQwenXML, withTools(Options{}),
		"ok\n<tool_call>\n<function=get_weather>\n<parameter=city>\n\"東\"\n<京>\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
		answer{Text: "ok", Calls: []llm.ToolCall{call("get_weather", `{"city": "\"東\"\n<京>", "days": 3}`)}}},
	{"qwen xml empty", FormatQwenXML, withTools(Options{}), "<function=f>\n</function>",
		answer{Calls: []llm.ToolCall{call("f", "{}")}}},
	{"llama bare", FormatLlama3, withTools(Options{}), `{"name": "get_weather", "parameters": {"city": "NY"}}`,
		answer{Calls: []llm.ToolCall{call("get_weather", `{"city": "NY"}`)}}},
	{"llama two", FormatLlama3, withTools(Options{}), `{"name":"a","parameters":{}}; {"name":"b","parameters":{"x":null}}`,
		answer{Calls: []llm.ToolCall{call("a", "{}"), call("b", `{"x":null}`)}}},
	{"llama python tag", FormatLlama3, withTools(Options{}), `<|python_tag|>{"type":"function","name":"a","parameters":{"q":"v"}}<|eom_id|>`,
		answer{Calls: []llm.ToolCall{call("a", `{"q":"v"}`)}}},
	{"llama json answer", FormatLlama3, withTools(Options{}), `{"name": "愛", "age": 30}`, answer{Text: `{"name": "愛", "age": 30}`}},
	{"llama late brace", FormatLlama3, withTools(Options{}), `See {"name": "x", "parameters": {}}`,
		answer{Text: `See {"name": "x", "parameters": {}}`}},
	{"mistral list", FormatMistral, withTools(Options{}),
		`[TOOL_CALLS] [{"name": "a", "arguments": {"x": 1}, "id": "123456789"}, {"name": "b", "arguments": {}}]`,
		answer{Calls: []llm.ToolCall{call("a", `{"x": 1}`), call("b", "{}")}}},
	{"mistral args", FormatMistralArgs, withTools(Options{}), `Hm.[TOOL_CALLS]a[ARGS]{"x": 1}[TOOL_CALLS]b[CALL_ID]xyz[ARGS]{}`,
		answer{Text: "Hm.", Calls: []llm.ToolCall{call("a", `{"x": 1}`), call("b", "{}")}}},
	{"mistral think", FormatMistralArgs, Options{}, "[THINK]hm[/THINK]so", answer{Reasoning: "hm", Text: "so"}},
	{"deepseek v3", FormatDeepSeek, withTools(Options{StartInThinking: true}),
		"hm</think>go<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>a\n```json\n{\"x\": 1}\n```<｜tool▁call▁end｜>\n" +
			"<｜tool▁call▁begin｜>function<｜tool▁sep｜>b\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
		answer{Reasoning: "hm", Text: "go", Calls: []llm.ToolCall{call("a", `{"x": 1}`), call("b", "{}")}}},
	{"deepseek v3.1", FormatDeepSeek, withTools(Options{}),
		"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>a<｜tool▁sep｜>{\"x\": \"雨\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
		answer{Calls: []llm.ToolCall{call("a", `{"x": "雨"}`)}}},
	{"deepseek v3.2", FormatDSML, withTools(Options{StartInThinking: true}),
		"hm</think>go\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">京都 \"x\"\n<a></｜DSML｜parameter>\n" +
			"<｜DSML｜parameter name=\"days\" string=\"false\">3</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"b\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
		answer{Reasoning: "hm", Text: "go", Calls: []llm.ToolCall{call("get_weather", `{"city": "京都 \"x\"\n<a>", "days": 3}`), call("b", "{}")}}},
	{"deepseek v4", FormatDSML, withTools(Options{}),
		"<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"a\">\n<｜DSML｜parameter name=\"x\" string=\"false\">{\"y\": [1]}</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
		answer{Calls: []llm.ToolCall{call("a", `{"x": {"y": [1]}}`)}}},
	{"gemma tool_code", FormatGemma, withTools(Options{}), "```tool_code\nprint(get_weather(city=\"大阪\", days=2, f=[1, None]))\n```",
		answer{Calls: []llm.ToolCall{call("get_weather", `{"city": "大阪", "days": 2, "f": [1, null]}`)}}},
	{"gemma bare", FormatGemma, withTools(Options{}), `{"name": "a", "parameters": {"b": 1}}`,
		answer{Calls: []llm.ToolCall{call("a", `{"b": 1}`)}}},
	{"function gemma", FormatGemmaCall, withTools(Options{}),
		"<start_function_call>call:get_weather{city:<escape>Kyoto, JP<escape>,days:2}<end_function_call>",
		answer{Calls: []llm.ToolCall{call("get_weather", `{"city": "Kyoto, JP", "days": 2}`)}}},
	{"gemma 4", FormatGemmaCall, withTools(Options{}), `<|tool_call>call:f{a:{b:[<|"|>x}<|"|>,true]}}<tool_call|>`,
		answer{Calls: []llm.ToolCall{call("f", `{"a": {"b": ["x}", true]}}`)}}},
	{"harmony", FormatHarmony, withTools(Options{}),
		"<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\":\"東京\"}<|call|>",
		answer{Reasoning: "Think.", Calls: []llm.ToolCall{call("get_weather", `{"city":"東京"}`)}}},
	{"harmony final", FormatHarmony, Options{},
		"<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>はい < 3\n<|return|>",
		answer{Reasoning: "A", Text: "はい < 3\n"}},
	{"harmony recipient first", FormatHarmony, withTools(Options{}),
		" to=functions.f<|channel|>commentary json<|message|>{}<|call|>", answer{Calls: []llm.ToolCall{call("f", "{}")}}},
	{"harmony plain", FormatHarmony, Options{}, "just text", answer{Text: "just text"}},
}

func (s sample) expected() answer {
	want := s.want
	want.Calls = nil
	for i, c := range s.want.Calls {
		c.ID = fmt.Sprintf("id%d", i+1)
		want.Calls = append(want.Calls, c)
	}
	return want
}

func TestFormats(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			if d := cmp.Diff(s.expected(), parse(t, s.format, s.opts, s.in)); d != "" {
				t.Errorf("in one piece (-want +got):\n%s", d)
			}
			if d := cmp.Diff(s.expected(), parse(t, s.format, s.opts, strings.Split(s.in, "")...)); d != "" {
				t.Errorf("character by character (-want +got):\n%s", d)
			}
		})
	}
}

// TestCutShowsNoMarkers cuts each sample at each place, as a bound on tokens
// does: what comes out must be a beginning of what the whole gives.
func TestCutShowsNoMarkers(t *testing.T) {
	for _, s := range samples {
		if s.name == "think never closed" || s.name == "cut header" || s.name == "nearly a marker" {
			continue // cut themselves
		}
		if len(s.opts.Tools) > 0 {
			s.opts.Tools = []llm.Tool{tools[0], {Name: "a"}, {Name: "b"}, {Name: "f"}}
		}
		whole := parse(t, s.format, s.opts, s.in)
		for i := range s.in {
			o := s.opts
			o.NewID = counter()
			p := NewParser(s.format, o)
			got := collect(t, append(p.Feed(s.in[:i]), p.Cut()...))
			// A single character is shown although it may begin a marker.
			begins := func(whole, part string) bool {
				part = strings.TrimRight(strings.TrimRight(part, "<[` t"), "\n ")
				return strings.HasPrefix(whole, part)
			}
			if !begins(whole.Text, got.Text) || !begins(whole.Reasoning, got.Reasoning) {
				t.Errorf("%s cut to %q shows %q and reasons %q", s.name, s.in[:i], got.Text, got.Reasoning)
			}
			for k, c := range got.Calls {
				if k >= len(whole.Calls) || c.Name != whole.Calls[k].Name || !strings.HasPrefix(whole.Calls[k].Arguments, c.Arguments) {
					t.Errorf("%s cut to %q calls %+v", s.name, s.in[:i], c)
				}
			}
		}
	}
}

func TestCutAtAnUnfinishedCall(t *testing.T) {
	for _, c := range []struct {
		format Format
		in     string
		want   answer
	}{
		{FormatHermes, `a <tool_call>{"name": "ge`, answer{Text: "a"}},
		{FormatHermes, `a <tool_c`, answer{Text: "a"}},
		{FormatHermes, `a <`, answer{Text: "a <"}},
		{FormatHermes, `<tool_call>{"name":"f","arguments":{"a":"b`, answer{Calls: []llm.ToolCall{{ID: "id1", Name: "f", Arguments: `{"a":"b`}}}},
		{FormatHermes, `<tool_call>{"name":"f","arguments":{}}</tool_ca`, answer{Calls: []llm.ToolCall{{ID: "id1", Name: "f", Arguments: `{}`}}}},
		{FormatHermes, `<tool_call>no JSON at all`, answer{Text: "<tool_call>no JSON at all"}},
		{FormatHermes, `<think>so </thi`, answer{Reasoning: "so"}},
		{FormatGemma, "```tool_code\nget_weather(city=", answer{}},
		{FormatLlama3, `{"name": "get_wea`, answer{}},
		{FormatLlama3, `{"name": "get_weather", "para`, answer{}},
		{FormatLlama3, `{"name": "Bob`, answer{Text: `{"name": "Bob`}},
		{FormatMistral, `[TOOL_CALLS] [{"name": "f"`, answer{}},
		{FormatHarmony, `<|channel|>final<|message|>Yes <|en`, answer{Text: "Yes"}},
		{FormatHarmony, `<|chan`, answer{}},
	} {
		p := NewParser(c.format, Options{Tools: tools, NewID: counter()})
		if d := cmp.Diff(c.want, collect(t, append(p.Feed(c.in), p.Cut()...))); d != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.format, c.in, d)
		}
	}
}

var formats = []Format{
	FormatGeneric, FormatHermes, FormatQwenXML, FormatLlama3, FormatMistral, FormatMistralArgs, FormatDeepSeek, FormatDSML,
	FormatGemma, FormatGemmaCall, FormatHarmony,
}

// shards are pieces of every format's syntax, from which texts are made that
// nobody would write.
var shards = []string{
	"<tool_call>", "</tool_call>", "<think>", "</think>", "\n", " ", "a", "東", "{", "}", "[", "]", `"`, ":", ",", ";", "1", `\`,
	`{"name": "f", "arguments": {"x": 1}}`, `{"name": "f", "parameters": {}}`, `"name"`, `"arguments"`, "<function=f>", "</function>",
	"<parameter=k>", "</parameter>", "[TOOL_CALLS]", "[ARGS]", "[THINK]", "[/THINK]", "<|python_tag|>", "<｜tool▁call▁begin｜>",
	"<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁begin｜>", "```json\n", "```", "```tool_code\n", "f(x=1)", "function",
	"<｜DSML｜function_calls>", "</｜DSML｜tool_calls>", "<｜DSML｜invoke name=\"f\">", "<｜DSML｜parameter name=\"k\" string=\"true\">", "<｜DSML｜parameter name=\"k\" string=\"false\">",
	"</｜DSML｜parameter>", "</｜DSML｜invoke>", "<｜DSML｜invoke",
	"<start_function_call>", "call:f{k:1}", "<end_function_call>", "<|channel|>", "analysis", "final", "<|message|>", "<|end|>",
	"<|start|>", "assistant", " to=functions.f", "<|call|>", "<tool", "<th",
}

// TestAnySplit says that how a text is cut does not matter.
func TestAnySplit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := rapid.SampledFrom(formats).Draw(rt, "format")
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(shards), 0, 24).Draw(rt, "shards"), "")
		if rapid.Bool().Draw(rt, "sample") {
			s := rapid.SampledFrom(samples).Draw(rt, "of")
			f, text = s.format, s.in+text
		}
		o := Options{StartInThinking: rapid.Bool().Draw(rt, "thinking")}
		if rapid.Bool().Draw(rt, "tools") {
			o.Tools = tools
		}
		var pieces []string
		for rest := []rune(text); len(rest) > 0; {
			n := rapid.IntRange(1, min(len(rest), 12)).Draw(rt, "cut")
			pieces = append(pieces, string(rest[:n]))
			rest = rest[n:]
		}
		if d := cmp.Diff(parse(t, f, o, text), parse(t, f, o, pieces...)); d != "" {
			rt.Fatalf("%s %q in %q (-whole +pieces):\n%s", f, text, pieces, d)
		}
	})
}

// TestPlainTextPasses says that text without markers comes out as it went in,
// and at once apart from what may begin a marker.
func TestPlainTextPasses(t *testing.T) {
	for _, f := range formats {
		p := NewParser(f, Options{Tools: tools})
		var got string
		for _, w := range []string{"朝は", "a < b", " & c", " done."} {
			for _, d := range p.Feed(w) {
				got += d.Text
			}
		}
		if got != "朝はa < b & c done." {
			t.Errorf("%s: %q", f, got)
		}
	}
}

func FuzzParser(f *testing.F) {
	for _, s := range samples {
		f.Add(s.in, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint8) {
		text = strings.ToValidUTF8(text, "?")
		for _, format := range formats {
			o := Options{Tools: tools, StartInThinking: seed&1 == 0}
			whole := parse(t, format, o, text)
			if strings.Contains(whole.Text, "\ufffd") && !strings.Contains(text, "\ufffd") {
				t.Fatalf("%s: a broken character in %q", format, whole.Text)
			}
			step := int(seed>>1)%7 + 1
			var pieces []string
			for r := []rune(text); len(r) > 0; r = r[min(step, len(r)):] {
				pieces = append(pieces, string(r[:min(step, len(r))]))
			}
			if d := cmp.Diff(whole, parse(t, format, o, pieces...)); d != "" {
				t.Fatalf("%s %q (-whole +pieces):\n%s", format, text, d)
			}
		}
	})
}
