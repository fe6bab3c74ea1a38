package openai

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"irori/internal/llm"
)

// decoders are the endpoints that take a body.
var decoders = map[string]func([]byte) error{
	"chat":       func(b []byte) error { _, err := DecodeChat(b); return err },
	"completion": func(b []byte) error { _, err := DecodeCompletion(b); return err },
	"embeddings": func(b []byte) error { _, err := DecodeEmbeddings(b); return err },
	"tokenize":   func(b []byte) error { _, err := DecodeTokenize(b); return err },
}

// inside matches what a reader of an error must not see of our insides.
var inside = regexp.MustCompile(`\bGo\b|unmarshal|json:|openai\.|llm\.|struct|\bint\d*\b|float\d|\bslice\b|\bmap\[|sampling\.|unhonoured`)

// TestWrongTypes sends values of a wrong type everywhere: the error names the
// place, what stands there and what should.
func TestWrongTypes(t *testing.T) {
	const ask = `"messages":[{"role":"user","content":"x"}]`
	tool := func(s string) string { return `{"tools":[{"type":"function","function":` + s + `}],` + ask + `}` }
	choice := func(s string) string {
		return `{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":` + s + `,` + ask + `}`
	}
	for _, c := range []struct{ endpoint, body, param, message string }{
		{"chat", `7`, "", "the body must be a JSON object, not the number 7"},
		{"chat", `"hi"`, "", `the body must be a JSON object, not the string "hi"`},
		{"chat", `{"model":5,` + ask + `}`, "model", "model must be a string, not the number 5"},
		{"chat", `{"model":["m"],` + ask + `}`, "model", "model must be a string, not a list"},
		{"chat", `{"messages":"hi"}`, "messages", `messages must be a list, not the string "hi"`},
		{"chat", `{"messages":{"role":"user"}}`, "messages", "messages must be a list, not an object"},
		{"chat", `{"messages":["hi"]}`, "messages", `messages[0] must be an object, not the string "hi"`},
		{"chat", `{"messages":[{"role":1,"content":"x"}]}`, "messages", "messages[0].role must be a string, not the number 1"},
		{"chat", `{"messages":[{"role":"user","content":7}]}`, "messages", "messages[0].content must be a string or a list of parts, not the number 7"},
		{"chat", `{"messages":[{"role":"user","content":{"text":"x"}}]}`, "messages", "messages[0].content must be a string or a list of parts, not an object"},
		{"chat", `{"messages":[{"role":"user","content":["x"]}]}`, "messages", `messages[0].content[0] must be an object, not the string "x"`},
		{"chat", `{"messages":[{"role":"user","content":[{"type":"text","text":5}]}]}`, "messages", "messages[0].content[0].text must be a string, not the number 5"},
		{"chat", `{"messages":[{"role":"user","content":[{"text":"x"}]}]}`, "messages", "messages[0].content[0].type is missing"},
		{"chat", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":5}]}]}`, "messages", "messages[0].content[0].image_url must be a string or an object with a url, not the number 5"},
		{"chat", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":[]}}]}]}`, "messages", "messages[0].content[0].image_url.url must be a string, not a list"},
		{"chat", `{` + ask + `,"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":{}}]}`, "messages", "messages[1].tool_calls must be a list, not an object"},
		{"chat", `{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":[1]}}]}]}`, "messages", "messages[0].tool_calls[0].function.arguments must be a string or an object, not a list"},
		{"chat", `{"messages":[{"role":"assistant","function_call":"f"}]}`, "messages", `messages[0].function_call must be an object, not the string "f"`},
		{"chat", `{"stream":"yes",` + ask + `}`, "stream", `stream must be true or false, not the string "yes"`},
		{"chat", `{"stream_options":true,` + ask + `}`, "stream_options", "stream_options must be an object, not true"},
		{"chat", `{"stream_options":{"include_usage":1},` + ask + `}`, "stream_options", "stream_options.include_usage must be true or false, not the number 1"},
		{"chat", `{"temperature":"hot",` + ask + `}`, "temperature", `temperature must be a number, not the string "hot"`},
		{"chat", `{"temperature":1e99,` + ask + `}`, "temperature", "temperature is too large a number: 1e99"},
		{"chat", `{"top_k":1.5,` + ask + `}`, "top_k", "top_k must be a whole number, not the number 1.5"},
		{"chat", `{"max_tokens":99999999999999999999,` + ask + `}`, "max_tokens", "max_tokens is too large a number: 99999999999999999999"},
		{"chat", `{"mirostat":"2",` + ask + `}`, "mirostat", `mirostat must be a whole number, not the string "2"`},
		{"chat", `{"samplers":"top_k",` + ask + `}`, "samplers", `samplers must be a list, not the string "top_k"`},
		{"chat", `{"seed":true,` + ask + `}`, "seed", "seed must be a whole number, not true"},
		{"chat", `{"stop":5,` + ask + `}`, "stop", "stop must be a string or a list of strings, not the number 5"},
		{"chat", `{"stop":["a",{}],` + ask + `}`, "stop", "stop[1] must be a string, not an object"},
		{"chat", `{"logit_bias":[1],` + ask + `}`, "logit_bias", "logit_bias must be an object, not a list"},
		{"chat", `{"logit_bias":{"5":"x"},` + ask + `}`, "logit_bias", `logit_bias.5 must be a number, not the string "x"`},
		{"chat", `{"logprobs":3,` + ask + `}`, "logprobs", "logprobs must be true or false, not the number 3"},
		{"chat", `{"response_format":"json",` + ask + `}`, "response_format", `response_format must be an object, not the string "json"`},
		{"chat", `{"response_format":{"type":"json_schema","json_schema":[]},` + ask + `}`, "response_format", "response_format.json_schema must be an object, not a list"},
		{"chat", `{"grammar":{},` + ask + `}`, "grammar", "grammar must be a string, not an object"},
		{"chat", `{"adapters":["a"],` + ask + `}`, "adapters", `adapters[0] must be an object, not the string "a"`},
		{"chat", `{"lora":[{"id":0,"scale":1}],` + ask + `}`, "lora", "lora[0].name is missing; an adapter goes by the name that the config gives it"},
		{"chat", `{"tools":{},` + ask + `}`, "tools", "tools must be a list, not an object"},
		{"chat", `{"tools":["f"],` + ask + `}`, "tools", `tools[0] must be an object, not the string "f"`},
		{"chat", tool(`"f"`), "tools", `tools[0].function must be an object, not the string "f"`},
		{"chat", tool(`{"name":1}`), "tools", "tools[0].function.name must be a string, not the number 1"},
		{"chat", tool(`{"name":"f","parameters":"x"}`), "tools", `tools[0].function.parameters must be an object, not the string "x"`},
		{"chat", tool(`{"name":"f","parameters":{"type":"string"}}`), "tools", `tools[0].function.parameters.type must be "object", not the string "string"`},
		{"chat", tool(`{"name":"f","parameters":{"type":["string"]}}`), "tools", `tools[0].function.parameters.type must be "object", not a list`},
		{"chat", `{"functions":[{"name":"f","parameters":{"type":"array"}}],` + ask + `}`, "functions", `functions[0].parameters.type must be "object", not the string "array"`},
		{"chat", choice(`5`), "tool_choice", "tool_choice must be auto, none, required or an object that names a function, not the number 5"},
		{"chat", choice(`[]`), "tool_choice", "tool_choice must be auto, none, required or an object that names a function, not a list"},
		{"chat", choice(`{"function":"f"}`), "tool_choice", `tool_choice.function must be an object, not the string "f"`},
		{"chat", choice(`{"type":"custom","custom":{"name":"f"}}`), "tool_choice", `tool_choice.type "custom" is not supported; use function or allowed_tools`},
		{"chat", choice(`{"type":"allowed_tools"}`), "tool_choice", "tool_choice.allowed_tools.tools is missing or empty"},
		{"chat", choice(`{"type":"allowed_tools","allowed_tools":{"mode":"any","tools":[{"name":"f"}]}}`), "tool_choice", `tool_choice.allowed_tools.mode is "any"; use auto or required`},
		{"chat", choice(`{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"name":"g"}]}}`), "tool_choice", `tool_choice.allowed_tools.tools[0] names "g", which is not among the tools`},
		{"chat", choice(`{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":"f"}}`), "tool_choice", `tool_choice.allowed_tools.tools must be a list, not the string "f"`},
		{"chat", `{"functions":[{"name":5}],` + ask + `}`, "functions", "functions[0].name must be a string, not the number 5"},
		{"chat", `{"functions":[{"name":"f"}],"function_call":5,` + ask + `}`, "function_call", "function_call must be auto, none or an object with a name, not the number 5"},
		{"chat", `{"chat_template_kwargs":[],` + ask + `}`, "chat_template_kwargs", "chat_template_kwargs must be an object, not a list"},
		{"chat", `{"chat_template_kwargs":{"enable_thinking":"no"},` + ask + `}`, "chat_template_kwargs", `chat_template_kwargs.enable_thinking must be true or false, not the string "no"`},
		{"chat", `{"reasoning_effort":3,` + ask + `}`, "reasoning_effort", "reasoning_effort must be a string, not the number 3"},
		{"completion", `{"prompt":5}`, "prompt", "prompt must be a string, a list of strings, token ids, or lists of token ids, not the number 5"},
		{"completion", `{"prompt":[]}`, "prompt", "prompt is an empty list"},
		{"completion", `{"prompt":[1,"a"]}`, "prompt", `prompt[1] must be a whole number, not the string "a"`},
		{"completion", `{"prompt":["a",1]}`, "prompt", "prompt[1] must be a string or a list of token ids, not the number 1"},
		{"completion", `{"prompt":[[1],[2.5]]}`, "prompt", "prompt[1][0] must be a whole number, not the number 2.5"},
		{"completion", `{"prompt":[[1],[]]}`, "prompt", "prompt[1] is an empty list"},
		{"completion", `{"prompt":"a","logprobs":true}`, "logprobs", "logprobs must be a whole number, not true"},
		{"completion", `{"prompt":"a","echo":"yes"}`, "echo", `echo must be true or false, not the string "yes"`},
		{"completion", `{"prompt":"a","best_of":"2"}`, "best_of", `best_of must be a whole number, not the string "2"`},
		{"embeddings", `{"input":{"a":1}}`, "input", "input must be a string, a list of strings, token ids, or lists of token ids, not an object"},
		{"embeddings", `{"input":"a","dimensions":"3"}`, "dimensions", `dimensions must be a whole number, not the string "3"`},
		{"embeddings", `{"input":"a","encoding_format":1}`, "encoding_format", "encoding_format must be a string, not the number 1"},
		{"tokenize", `{"content":5}`, "content", "content must be a string, not the number 5"},
		{"tokenize", `{"messages":[5]}`, "messages", "messages[0] must be an object, not the number 5"},
		{"tokenize", `{"content":"a","with_pieces":"yes"}`, "with_pieces", `with_pieces must be true or false, not the string "yes"`},
	} {
		err := decoders[c.endpoint]([]byte(c.body))
		e, isErr := errors.AsType[*llm.Error](err)
		if !isErr || e.Message != c.message || e.Param != c.param || e.Code != llm.CodeInvalidRequest && e.Code != llm.CodeUnsupported {
			t.Errorf("%s %s\n gives %v (param %q)\n want  %s (param %q)", c.endpoint, c.body, err, paramOf(e), c.message, c.param)
		}
		if err != nil && inside.MatchString(err.Error()) {
			t.Errorf("%s: the error shows our insides: %v", c.body, err)
		}
	}
}

// wrongValues are one of each kind.
var wrongValues = []string{`null`, `true`, `5`, `-0.5`, `1e400`, `"x"`, `[]`, `["x"]`, `[[]]`, `[{}]`, `{}`, `{"x":1}`, `{"name":5}`, `{"type":5}`}

// TestNoErrorShowsInsides puts a value of each kind in each field: whatever
// is wrong with it is said in words.
func TestNoErrorShowsInsides(t *testing.T) {
	for endpoint, fields := range map[string]string{
		"chat": `model messages tools tool_choice parallel_tool_calls logprobs top_logprobs reasoning_effort chat_template_kwargs enable_thinking
			functions function_call best_of stream stream_options temperature top_p top_k min_p typical_p top_n_sigma xtc_probability dynatemp_range
			mirostat samplers repeat_last_n dry_sequence_breakers logit_bias seed max_tokens max_completion_tokens n_predict n n_cmpl stop ignore_eos
			response_format grammar json_schema user adapters lora modalities audio min_tokens guided_json`,
		"completion": `prompt echo logprobs suffix best_of add_special_tokens max_tokens`,
		"embeddings": `input model encoding_format dimensions normalize`,
		"tokenize":   `content prompt messages add_special parse_special with_pieces`,
	} {
		for field := range strings.FieldsSeq(fields) {
			for _, v := range wrongValues {
				body := `{"messages":[{"role":"user","content":"x"}],"prompt":"x","input":"x","` + field + `":` + v + `}`
				err := decoders[endpoint]([]byte(body))
				if err == nil {
					continue
				}
				e, isErr := errors.AsType[*llm.Error](err)
				if !isErr || e.Param == "" || inside.MatchString(err.Error()) {
					t.Errorf("%s %s: %v (param %q)", endpoint, body, err, paramOf(e))
				}
			}
		}
	}
}
