package pass

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/wire/openai/ask"
)

// answers are whole answers; with true those that are read at a glance.
var answers = map[string]bool{
	`{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8},"service_tier":"default"}`: true,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2}}}`:                                true,
	`{"choices":[{"message":{"content":"a \"finish_reason\":\"length\" [}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":0},"service_tier":"auto"}`:                                                                                               true,
	`{"choices":[{"index":0,"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}`:                                                                                      false,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}`:                                                                                                                                 false,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":3,"completion_tokens":5}}`:                                                                                                                                             false,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop","Finish_Reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}`:                                                                                                                  false,
	`{"choices":[{"index":1,"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}`:                                                                            false,
	`{"choices":[{"index":0,"message":{"content":"seven"},"finish_reason":"stop"}]}`:                                                                                                                                                                                         false,
	`{"choices":[{"index":0,"message":{"content":"seven"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3}}`:                                                                                                                                                             false,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":-5}}`:                                                                                                                                          false,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1},"Usage":{"prompt_tokens":3}}`:                                                                                                               false,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1},"usage":{"prompt_tokens":3}}`:                                                                                                               false,
	`{"error":{"message":"no"},"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`:                                                                                                                  false,
	`{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`:                                                                                                                                                                                                       false,
	`{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}`:                                                                                                                                            false,
}

// said is what the ledger takes of events.
func said(events []llm.Event, err error) (finish llm.FinishReason, u *llm.Usage, failed string) {
	if err != nil {
		return "", nil, err.Error()
	}
	for _, e := range events {
		if e.Finish != "" {
			finish = e.Finish
		}
		if e.Usage != nil {
			u = e.Usage
		}
	}
	return finish, u, ""
}

func same(t *testing.T, data []byte) {
	t.Helper()
	f, u, e := said(Whole(data))
	wf, wu, we := said(ask.DecodeAnswer(data))
	if f != wf || e != we || !reflect.DeepEqual(u, wu) {
		got, _ := json.Marshal(u)
		want, _ := json.Marshal(wu)
		t.Errorf("%s\n gives %q %s %q, in full %q %s %q", data, f, got, e, wf, want, we)
	}
}

func TestWhole(t *testing.T) {
	for in, want := range answers {
		same(t, []byte(in))
		if _, ok := glance([]byte(in)); ok != want && json.Valid([]byte(in)) {
			t.Errorf("%s\n is read at a glance: %v, want %v", in, ok, want)
		}
	}
}

// FuzzWhole holds the glance to what the full reading says.
func FuzzWhole(f *testing.F) {
	for in := range answers {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if strings.Contains(in, `\u`) || !json.Valid([]byte(in)) {
			return // a name may be written in escapes
		}
		if _, ok := glance([]byte(in)); !ok {
			return
		}
		if _, _, e := said(ask.DecodeAnswer([]byte(in))); e != "" {
			return // a field of a wrong type that nobody needs
		}
		same(t, []byte(in))
	})
}

func BenchmarkWhole(b *testing.B) {
	in := []byte(`{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + strings.Repeat("seventeencharacters ", 64) + `"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Whole(in); err != nil {
			b.Fatal(err)
		}
	}
}
