package gemini

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"irori/internal/golden"
	"irori/internal/llm"
)

func ptr[T any](v T) *T { return &v }

func user(parts ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleUser, Parts: parts} }

var hi = []llm.Message{llm.TextMessage(llm.RoleUser, "hi <b>")}

// requests are what other dialects' clients ask for.
var requests = []struct {
	name string
	r    llm.Request
}{
	{"plain", llm.Request{Messages: hi}},
	{"sampling", llm.Request{Messages: hi, MaxTokens: ptr(9), Stop: []string{"END"}, N: 2, Sampling: llm.Sampling{
		Temperature: ptr(float32(0.5)), TopP: ptr(float32(0.9)), TopK: ptr(20), Seed: ptr(uint32(7)), PresencePenalty: ptr(float32(1)), FrequencyPenalty: ptr(float32(-1)),
	}}},
	{"system", llm.Request{Messages: []llm.Message{
		llm.TextMessage(llm.RoleSystem, "be brief"), llm.TextMessage(llm.RoleDeveloper, "be kind"), llm.TextMessage(llm.RoleUser, "one"), llm.TextMessage(llm.RoleSystem, "it is May"), llm.TextMessage(llm.RoleUser, "two"),
	}}},
	{"images", llm.Request{Messages: []llm.Message{user(
		llm.Part{Type: llm.PartImage, URL: "data:image/png;base64,QUJD"}, llm.Part{Type: llm.PartImage, URL: filesAPI + "v1beta/files/x"}, llm.Part{Type: llm.PartText, Text: "which?"},
	)}}},
	{"an image's address", llm.Request{Messages: []llm.Message{user(llm.Part{Type: llm.PartImage, URL: "https://a.example/b.png"})}}},
	{"tools", llm.Request{
		Messages: []llm.Message{
			llm.TextMessage(llm.RoleUser, "look"),
			{Role: llm.RoleAssistant, Thoughts: []llm.Thought{{Text: "hm", Signature: "EqQB"}, {Signature: mark + "c2ln"}}, Parts: []llm.Part{{Type: llm.PartText, Text: "I look."}}, ToolCalls: []llm.ToolCall{{ID: "1", Name: "ls", Arguments: `{"p":"."}`}, {ID: "2", Name: "cat", Arguments: ""}}},
			{Role: llm.RoleTool, ToolCallID: "1", Parts: []llm.Part{{Type: llm.PartText, Text: "a b"}}},
			{Role: llm.RoleTool, ToolCallID: "2", ToolFailed: true, Parts: []llm.Part{{Type: llm.PartText, Text: "no such file"}}},
			{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "3", Name: "ls", Arguments: `[1]`}}},
			{Role: llm.RoleTool, ToolCallID: "3", Parts: []llm.Part{{Type: llm.PartText, Text: `{"n":1}`}}},
		},
		Tools: []llm.Tool{{Name: "ls", Description: "lists", Parameters: json.RawMessage(`{"type":"object","additionalProperties":false}`)}, {Name: "cat"}},
	}},
	{"a result of nothing", llm.Request{Messages: []llm.Message{{Role: llm.RoleTool, ToolCallID: "9"}}}},
	{"must call", llm.Request{Messages: hi, Tools: []llm.Tool{{Name: "f"}}, ToolChoice: llm.ToolChoice{Mode: llm.ToolRequired}}},
	{"must call one", llm.Request{Messages: hi, Tools: []llm.Tool{{Name: "f"}}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "f"}}},
	{"must not call", llm.Request{Messages: hi, Tools: []llm.Tool{{Name: "f"}}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNone}}},
	{"json", llm.Request{Messages: hi, Format: llm.Format{Kind: llm.FormatJSON}}},
	{"schema", llm.Request{Messages: hi, Format: llm.Format{Kind: llm.FormatJSONSchema, Schema: json.RawMessage(`{"type":"object"}`)}}},
	{"grammar", llm.Request{Messages: hi, Format: llm.Format{Kind: llm.FormatGrammar, Grammar: "root ::= \"a\""}}},
	{"think", llm.Request{Messages: hi, Think: ptr(true)}},
	{"do not think", llm.Request{Messages: hi, Think: ptr(false)}},
	{"effort", llm.Request{Messages: hi, Effort: "low"}},
	{"logprobs", llm.Request{Messages: hi, Logprobs: true}},
	{"raw", llm.Request{Raw: true, Prompt: "x"}},
	{"bias", llm.Request{Messages: hi, Sampling: llm.Sampling{LogitBias: map[int32]float32{1: 2}}}},
}

func TestRequests(t *testing.T) {
	var out strings.Builder
	for _, c := range requests {
		b, err := EncodeRequest(&c.r)
		if err != nil {
			fmt.Fprintf(&out, "> %s\n%s: %v\n\n", c.name, llm.CodeOf(err), err)
			continue
		}
		if !json.Valid(b) {
			t.Errorf("%s: %s", c.name, b)
		}
		fmt.Fprintf(&out, "> %s\n%s\n\n", c.name, b)
	}
	golden.Check(t, "testdata/requests.txt", out.String())
}

// answers are streams as the API sends them, an event a line.
var answers = []string{
	`{"candidates":[{"content":{"parts":[{"text":"火 <"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":6,"totalTokenCount":6},"modelVersion":"gemini-3-flash","responseId":"r"}
{"candidates":[{"content":{"parts":[{"text":"b>"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":6,"cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":5,"totalTokenCount":14}}`,
	`{"candidates":[{"content":{"parts":[{"text":"I think.","thought":true}],"role":"model"}}]}
{"candidates":[{"content":{"parts":[{"functionCall":{"name":"ls","args":{"p":"."}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"x","name":"cat"}}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":6,"toolUsePromptTokenCount":2,"candidatesTokenCount":3}}`,
	`{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"MAX_TOKENS"},{"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"SAFETY"}]}`,
	`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":6,"totalTokenCount":6}}`,
	`{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`,
	`{"usageMetadata":{"promptTokenCount":6}}`,
	`{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}
{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}`,
	`{"candidates":[{"index":4000,"content":{"parts":[{"text":"a"}]}}]}`,
	`[{}]`,
	// Half a character in each event.
	"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\xe7\x81\"}]}}]}\n{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\xab\"}]},\"finishReason\":\"STOP\"}]}",
}

func decode(text string) ([]llm.Event, error) {
	d := NewDecoder()
	var all []llm.Event
	for line := range strings.SplitSeq(text, "\n") {
		events, err := d.Event([]byte(line))
		all = append(all, events...)
		if err != nil {
			return all, err
		}
	}
	events, err := d.End()
	return append(all, events...), err
}

func TestAnswers(t *testing.T) {
	var out strings.Builder
	for _, a := range answers {
		events, err := decode(a)
		fmt.Fprintf(&out, "> %s\n", strings.ToValidUTF8(a, "�"))
		for _, e := range events {
			b, merr := json.Marshal(e)
			if merr != nil {
				t.Fatal(merr)
			}
			fmt.Fprintf(&out, "%s\n", b)
		}
		if err != nil {
			fmt.Fprintf(&out, "%s: %v\n", llm.CodeOf(err), err)
		}
		out.WriteString("\n")
	}
	golden.Check(t, "testdata/answers.txt", out.String())
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		code   llm.Code
	}{
		{400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}`, llm.CodeBadAnswer},
		{400, `{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}`, llm.CodeContextLength},
		{400, `{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}`, llm.CodeInvalidRequest},
		{404, `{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}`, llm.CodeModelNotFound},
		{429, `{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}`, llm.CodeOverloaded},
		{503, `<html>`, llm.CodeUnavailable}, {504, ``, llm.CodeTimeout}, {302, `[]`, llm.CodeBadAnswer},
	} {
		if e := DecodeError(c.status, []byte(c.body)); e.Code != c.code || !strings.HasPrefix(e.Message, fmt.Sprintf("it answers %d: ", c.status)) {
			t.Errorf("%d %s: %s %s", c.status, c.body, e.Code, e.Message)
		}
	}
}

func TestModelsAndVectors(t *testing.T) {
	list, next, err := DecodeModels([]byte(`{"models":[{"name":"models/gemini-3-flash","inputTokenLimit":1048576,"supportedGenerationMethods":["generateContent"]},{"name":"models/gemini-embedding-001","supportedGenerationMethods":["embedContent"]},{"name":"models/"}],"nextPageToken":"n"}`))
	if err != nil || next != "n" || cmp.Diff(list, []Model{{"gemini-3-flash", 1048576, false}, {"gemini-embedding-001", 0, true}}) != "" {
		t.Errorf("%+v %q %v", list, next, err)
	}
	if _, _, err := DecodeModels([]byte(`{}`)); llm.CodeOf(err) != llm.CodeBadAnswer {
		t.Error(err)
	}
	b, err := EncodeEmbed(&llm.EmbedRequest{Model: "e", Dimensions: 2, Inputs: []llm.EmbedInput{{Text: "a"}, {Text: "b"}}})
	if want := `{"requests":[{"model":"models/e","content":{"parts":[{"text":"a"}]},"outputDimensionality":2},{"model":"models/e","content":{"parts":[{"text":"b"}]},"outputDimensionality":2}]}`; err != nil || string(b) != want {
		t.Errorf("%s %v", b, err)
	}
	if _, err := EncodeEmbed(&llm.EmbedRequest{Inputs: []llm.EmbedInput{{Tokens: []int32{1}}}}); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Error(err)
	}
	res, err := DecodeEmbed([]byte(`{"embeddings":[{"values":[1,0]},{"values":[0,1]}]}`), 2)
	if err != nil || len(res.Vectors) != 2 || res.Usage.PromptTokens != nil {
		t.Errorf("%+v %v", res, err)
	}
	for _, text := range []string{`{"embeddings":[{"values":[1]}]}`, `{"embeddings":[{"values":[1]},{}]}`, `x`} {
		if _, err := DecodeEmbed([]byte(text), 2); llm.CodeOf(err) != llm.CodeBadAnswer {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever comes, nothing breaks, texts are UTF-8, and faults have a code.
func FuzzDecoder(f *testing.F) {
	for _, a := range answers {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, text string) {
		events, err := decode(text)
		var e *llm.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%v has no code", err)
		}
		for _, e := range events {
			if !utf8.ValidString(e.Text) {
				t.Errorf("%q is not UTF-8", e.Text)
			}
		}
	})
}
