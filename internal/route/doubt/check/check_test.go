package check

import (
	"encoding/json"
	"strings"
	"testing"

	"irori/internal/llm"
)

func ask(text string) *llm.Request {
	return &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, text)}}
}

func shaped(kind llm.FormatKind, schema string) *llm.Request {
	r := ask("Tell me about Rome.")
	r.Format = llm.Format{Kind: kind, Schema: json.RawMessage(schema)}
	return r
}

func with(r *llm.Request, f func(*llm.Request)) *llm.Request { f(r); return r }

const person = `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0}},"required":["name","age"],"additionalProperties":false}`

func tooled() *llm.Request {
	r := ask("What is the weather in Rome?")
	r.Tools = []llm.Tool{{Name: "weather", Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"},"days":{"enum":[1,2,3]}},"required":["city"]}`)}}
	return r
}

func call(name, arguments string) Answer {
	return Answer{Calls: []llm.ToolCall{{Name: name, Arguments: arguments}}, Finish: llm.FinishToolCalls}
}

func said(text string) Answer { return Answer{Text: text, Finish: llm.FinishStop} }

// TestWhole has each kind with answers that must be found, and beside them
// answers like them that must not.
func TestWhole(t *testing.T) {
	long := strings.Repeat("Rome was not built in a day, and neither was anything else worth a visit. ", 2)
	for _, c := range []struct {
		name string
		req  *llm.Request
		a    Answer
		want Kind
	}{
		{"empty", ask("Hello?"), said(" \n"), Empty},
		{"a call is no empty answer", tooled(), call("weather", `{"city":"Rome"}`), ""},
		{"cut off where the client wanted it", with(ask("Tell me."), func(r *llm.Request) { r.MaxTokens = llm.IntPtr(100) }), Answer{Text: long, Finish: llm.FinishLength}, ""},
		{"cut off by the server", with(ask("Tell me."), func(r *llm.Request) { r.MaxTokens = llm.IntPtr(2000) }), Answer{Text: "Rome was not built in", Finish: llm.FinishLength, Most: 5}, Truncated},
		{"cut off by the server, nobody counted", with(ask("Tell me."), func(r *llm.Request) { r.MaxTokens = llm.IntPtr(2000) }), Answer{Text: long, Finish: llm.FinishLength, Most: len(long)}, Truncated},
		{"all but cut off where the client wanted it", with(ask("Tell me."), func(r *llm.Request) { r.MaxTokens = llm.IntPtr(100) }), Answer{Text: long, Finish: llm.FinishLength, Most: 98}, ""},
		{"nobody knows how long it is", with(ask("Tell me."), func(r *llm.Request) { r.MaxTokens = llm.IntPtr(2000) }), Answer{Text: long, Finish: llm.FinishLength}, ""},
		{"a completion's default", raw("Rome was"), Answer{Text: " not built in a day", Finish: llm.FinishLength, Most: 16}, ""},
		{"a completion that goes on", raw("Rome was"), Answer{Text: " not built in a day", Finish: llm.FinishLength, Most: 40}, Truncated},
		{"context full", ask("Tell me."), Answer{Text: long, Finish: llm.FinishLength}, Truncated},
		{"one token was wanted", with(ask("Yes or no?"), func(r *llm.Request) { r.MaxTokens = llm.IntPtr(1) }), Answer{Text: "Yes", Finish: llm.FinishLength}, ""},
		{"filtered", ask("Tell me."), Answer{Text: "Well", Finish: llm.FinishContentFilter}, Filtered},

		{"to be in Japanese", ask("囲炉裏とは何か、日本語で短く説明してください。"), said("An irori is a hearth in the floor of a house."), Language},
		{"in Japanese it is", ask("Explain irori in Japanese."), said("囲炉裏は、床を四角く切って火を焚く場所です。"), ""},
		{"romaji", ask("Write こんにちは in Japanese romaji."), said("konnichiwa, konnichiwa, konnichiwa"), ""},
		{"json", shaped(llm.FormatJSON, ""), said(`{"a":1}`), ""},
		{"no json", shaped(llm.FormatJSON, ""), said(`Here it is: {"a":1}`), JSON},
		{"fenced json", shaped(llm.FormatJSON, ""), said("```json\n{\"a\":1}\n```"), JSON},
		{"half json", shaped(llm.FormatJSON, ""), said(`{"a":1`), JSON},
		{"two texts", shaped(llm.FormatJSON, ""), said(`{"a":1}{"b":2}`), JSON},
		{"json but no object", shaped(llm.FormatJSON, ""), said(`[1]`), JSON},
		{"schema", shaped(llm.FormatJSONSchema, person), said(`{"name":"Ada","age":36}`), ""},
		{"member missing", shaped(llm.FormatJSONSchema, person), said(`{"name":"Ada"}`), Schema},
		{"member of another type", shaped(llm.FormatJSONSchema, person), said(`{"name":"Ada","age":"36"}`), Schema},
		{"fraction for integer", shaped(llm.FormatJSONSchema, person), said(`{"name":"Ada","age":3.5}`), Schema},
		{"member too many", shaped(llm.FormatJSONSchema, person), said(`{"name":"Ada","age":3,"x":1}`), Schema},
		{"a schema in a ring says nothing", shaped(llm.FormatJSONSchema, `{"$ref":"#"}`), said(`{"name":"Ada"}`), ""},
		{"no schema at all", shaped(llm.FormatJSONSchema, `"x"`), said(`{"name":"Ada"}`), ""},

		{"unknown tool", tooled(), call("wether", `{"city":"Rome"}`), Tool},
		{"arguments miss one", tooled(), call("weather", `{}`), Tool},
		{"arguments out of range", tooled(), call("weather", `{"city":"Rome","days":9}`), Tool},
		{"arguments are half", tooled(), call("weather", `{"city":"Ro`), Tool},
		{"arguments are a list", tooled(), call("weather", `["Rome"]`), Tool},
		{"call in the text", tooled(), said(`<tool_call>{"name":"weather"}</tool_call>`), Tool},
		{"call where none may be", ask("Hi"), call("weather", `{}`), Tool},
		{"no call where one must be", with(tooled(), func(r *llm.Request) { r.ToolChoice.Mode = llm.ToolRequired }), said("It is sunny in Rome."), Tool},
		{"no call where one may be", tooled(), said("It is sunny in Rome."), ""},

		{"go", ask("Write Go code"), said("```go\nfunc f() int { return 1 }\n```"), ""},
		{"broken go", ask("Write Go code"), said("```go\npackage p\nfunc f() int { return 1\n```"), Code},
		{"go statements", ask("Write Go code"), said("```go\nx := 1\nfmt.Println(x)\n```"), ""},
		{"python", ask("Write code"), said("```python\ndef f(x):\n    return {'a': [x, \"it's\"]}  # don't (\n```"), ""},
		{"broken python", ask("Write code"), said("```python\nprint(f(1, [2, 3)\n```"), Code},
		{"python string", ask("Write code"), said("```python\nprint('abc)\n```"), Code},
		{"python docstring", ask("Write code"), said("```python\ndef f():\n    \"\"\"It's (here.\n    \"\"\"\n```"), ""},
		{"js", ask("Write code"), said("```js\nconst f = (x) => x + 1;\n```"), ""},
		{"js object", ask("Write code"), said("```js\n{ a: 1, b: [2] }\n```"), ""},
		{"js module", ask("Write code"), said("```js\nimport x from 'y';\nexport const z = <T/>;\n```"), ""},
		{"broken js", ask("Write code"), said("```js\nfunction f( { return 1; \n```"), Code},
		{"json block", ask("Write JSON code"), said("```json\n{\"a\": 1,}\n```"), Code},
		{"json with comments", ask("Write JSON code"), said("```json\n{\"a\": 1, // one\n}\n```"), ""},
		{"open block", ask("Write code"), said("Here:\n```python\nx = 1\n"), Code},
		{"left out on purpose", ask("Write Go code"), said("```go\nfunc f() {\n    ...\n}\n```"), ""},

		{"left out in a list", ask("Write code"), said("```python\nx = [1,\n...\n```"), ""},

		{"refusal en", ask("Say it."), said("I'm sorry, but I can't help with that request."), Refusal},
		{"refusal en 2", ask("Say it."), said("I cannot provide instructions for this."), Refusal},
		{"refusal ai", ask("Say it."), said("As an AI language model, I do not have access to the internet."), Refusal},
		{"refusal ja", ask("教えてください。"), said("申し訳ありませんが、そのご要望にはお答えできません。"), Refusal},
		{"refusal ja 2", ask("教えてください。"), said("そのような内容の作成はお手伝いできません。"), Refusal},
		{"unknown is an answer", ask("When?"), said("Nobody knows when it was built. You cannot see it any more."), ""},
		{"apology in a letter", ask("Write a letter."), said("Dear Ms Ito, thank you for the invitation. I am sorry that I cannot help with the move on Sunday."), ""},
		{"impossible ja", ask("ペンギンは飛べますか。"), said("ペンギンは空を飛ぶことができません。泳ぎは得意です。"), ""},

		{"loop", ask("Tell me."), said("It is so. " + strings.Repeat("and so on and on, ", 12)), Repetition},
		{"loop ja", ask("教えて。"), said("これは" + strings.Repeat("1,000円ですが、", 12)), Repetition},
		{"loop asked for", ask("Repeat it 100 times."), said(strings.Repeat("and so on and on, ", 12)), ""},
		{"rule of a table", ask("Tell me."), said("| a | b |\n|" + strings.Repeat("-", 120) + "|"), ""},
		{"rule at the end", ask("Tell me."), said("Rome\n" + strings.Repeat("-", 120)), ""},
		{"list", ask("Tell me."), said("1. item one\n2. item two\n3. item three\n4. item four\n5. item five\n6. item six"), ""},
		{"same lines", ask("Tell me."), said(strings.Repeat("This line is the same.\nAnother "+"one.\n", 3) + strings.Repeat("This line is the same.\n\nx\n", 8)), Repetition},

		{"english for japanese", ask("日本の歴史について教えてください。"), said("Japan has a long history that goes back to the Jomon period and beyond."), Language},
		{"chinese for japanese", ask("日本の歴史について教えてください。"), said("日本历史悠久，从绳文时代开始，经历了许多不同的时代和变化，直到现代社会。"), Language},
		{"japanese for japanese", ask("日本の歴史について教えてください。"), said("日本の歴史は縄文時代にさかのぼります。JavaScriptとは関係ありません。"), ""},
		{"translation", ask("次の文を英語に訳してください：今日は天気がよい。"), said("The weather is nice today, so let us go out."), ""},
		{"code for japanese", ask("配列を並べ替える方法は？"), said("次のようにします。\n```python\nresult = sorted(values, key=lambda v: v.name, reverse=True)\n```"), ""},
		{"name for japanese", ask("作者は誰ですか。"), said("William Shakespeare"), ""},
		{"japanese for english", ask("Tell me about the history of the town."), said("この町には長い歴史があり、江戸時代から宿場として栄えてきました。"), Language},
		{"japanese asked for", ask("Tell me in Japanese about the town."), said("この町には長い歴史があり、江戸時代から宿場として栄えてきました。"), ""},

		{"no sources", ask("Explain it and cite your sources."), said(long), Citation},
		{"sources", ask("Explain it and cite your sources."), said(long + "[1] https://example.org"), ""},
		{"no sources ja", ask("出典を明記して説明してください。"), said("ローマは一日にして成らずと言われ、長い年月をかけて少しずつ築かれてきた都市であり、いまも多くの人が訪れています。"), Citation},
		{"sources ja", ask("出典を明記して説明してください。"), said("ローマは一日にして成らずと言われる。出典：『ローマの歴史』。長い年月をかけて少しずつ築かれてきた都市です。"), ""},
		{"sources not asked for", ask("Which sources of light were used?"), said(long), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Whole(c.req, c.a)
			var kinds []string
			for _, f := range got {
				kinds = append(kinds, string(f.Kind)+" ("+f.Reason+")")
				if f.Reason == "" {
					t.Errorf("%s has no reason", f.Kind)
				}
			}
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("found %v, want nothing", kinds)
			case c.want != "" && (len(got) != 1 || got[0].Kind != c.want):
				t.Errorf("found %v, want %s alone", kinds, c.want)
			}
		})
	}
}

// TestBegun looks at the first part of an answer.
func TestBegun(t *testing.T) {
	for _, c := range []struct {
		req  *llm.Request
		a    Answer
		want Kind
	}{
		{ask("Say it."), Answer{Text: "I'm sorry, but I can't help with"}, Refusal},
		{shaped(llm.FormatJSON, ""), Answer{Text: `{"a": [1, 2`}, ""},
		{ask("Write code"), Answer{Text: "```go\nfunc f("}, ""},
		{tooled(), Answer{Calls: []llm.ToolCall{{Name: "nothing", Arguments: `{"ci`}}}, Tool},
		{tooled(), Answer{Calls: []llm.ToolCall{{Name: "weather", Arguments: `{"ci`}}}, ""},
		{ask("日本の歴史について教えてください。"), Answer{Text: "Japan has a long history"}, Language},
		{ask("Hello?"), Answer{}, ""},
	} {
		got := Begun(c.req, c.a)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0].Kind != c.want) {
			t.Errorf("%q: found %v, want %q", c.a.Text, got, c.want)
		}
	}
}

// TestSchemaEnds gives schemas that would take for ever.
func TestSchemaEnds(t *testing.T) {
	doubling := `{"$defs":{"a0":{"type":"string"}`
	for i := 1; i < 60; i++ {
		prev, this := string(rune('0'+(i-1)%10)), string(rune('0'+i%10))
		doubling += `,"a` + strings.Repeat("x", i/10) + this + `":{"anyOf":[{"$ref":"#/$defs/a` + strings.Repeat("x", (i-1)/10) + prev + `"},{"$ref":"#/$defs/a` + strings.Repeat("x", (i-1)/10) + prev + `"}]}`
	}
	doubling += `},"$ref":"#/$defs/axxxxx9"}`
	if !json.Valid([]byte(doubling)) {
		t.Fatal("the schema of the test is none")
	}
	for _, s := range []string{doubling, `{"$ref":"#"}`, `{"allOf":[{"$ref":"#"},{"$ref":"#"}]}`, `{"items":{"$ref":"#"},"anyOf":[{"$ref":"#"}]}`} {
		if why := against(json.RawMessage(s), map[string]any{"a": 1.0}); why != "" {
			t.Errorf("%.40s: %s", s, why)
		}
	}
}

func TestSchema(t *testing.T) {
	for _, c := range []struct {
		schema, value string
		fits          bool
	}{
		{`{"type":["string","null"]}`, `null`, true},
		{`{"type":["string","null"]}`, `1`, false},
		{`{"type":"number"}`, `1`, true},
		{`{"const":{"a":[1]}}`, `{"a":[1]}`, true},
		{`{"const":1}`, `2`, false},
		{`{"minLength":2,"maxLength":3}`, `"東京"`, true},
		{`{"maxLength":3}`, `"abcd"`, false},
		{`{"pattern":"^[a-z]+$"}`, `"A"`, false},
		{`{"pattern":"(?<=x)"}`, `"A"`, true},
		{`{"multipleOf":0.1}`, `0.3`, true},
		{`{"exclusiveMaximum":3}`, `3`, false},
		{`{"items":{"type":"integer"},"minItems":1}`, `[1,"2"]`, false},
		{`{"items":{"type":"integer"},"minItems":1}`, `[]`, false},
		{`{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}`, `["a",1]`, true},
		{`{"uniqueItems":true}`, `[1,1]`, false},
		{`{"oneOf":[{"type":"string"},{"type":"integer"}]}`, `1.5`, false},
		{`{"oneOf":[{"type":"number"},{"type":"integer"}]}`, `1`, true},
		{`{"allOf":[{"required":["a"]},{"required":["b"]}]}`, `{"a":1}`, false},
		{`{"additionalProperties":{"type":"string"}}`, `{"a":1}`, false},
		{`{"patternProperties":{"^x":{"type":"string"}},"additionalProperties":false}`, `{"x1":"a"}`, true},
		{`{"patternProperties":{"^x":{"type":"string"}},"additionalProperties":false}`, `{"y":"a"}`, false},
		{`{"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"required":["v"]}},"$ref":"#/$defs/n"}`, `{"v":1,"next":{"v":2}}`, true},
		{`{"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"required":["v"]}},"$ref":"#/$defs/n"}`, `{"v":1,"next":{}}`, false},
		{`{"properties":{"a":false}}`, `{"a":1}`, false},
		{`{"if":{"type":"string"},"then":false}`, `"x"`, true},
	} {
		var v any
		if err := json.Unmarshal([]byte(c.value), &v); err != nil {
			t.Fatal(err)
		}
		if why := against(json.RawMessage(c.schema), v); (why == "") != c.fits {
			t.Errorf("%s against %s: %q", c.value, c.schema, why)
		}
	}
}

func FuzzWhole(f *testing.F) {
	f.Add("```go\nfunc", `{"type":"object"}`, `{"a":1}`)
	f.Add("<tool_call>", `{"$ref":"#"}`, `{`)
	f.Fuzz(func(_ *testing.T, text, schema, arguments string) {
		r := tooled()
		r.Format = llm.Format{Kind: llm.FormatJSONSchema, Schema: json.RawMessage(schema)}
		r.Tools[0].Parameters = json.RawMessage(schema)
		Whole(r, said(text))
		Whole(r, call("weather", arguments))
		Begun(ask(text), said(arguments))
	})
}
