package app

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// full are requests with every field that an endpoint knows, and some that it does
// not.
var full = []struct{ path, body string }{
	{"/v1/chat/completions", `{"model":"MODEL","messages":[
		{"role":"system","content":"s","name":"n"},{"role":"developer","content":[{"type":"text","text":"d"}]},
		{"role":"user","name":"u","content":[{"type":"text","text":"hi","more":"x"}],"more":"x"},
		{"role":"assistant","content":"a","reasoning_content":"r","refusal":"no","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"b\"}"}}],"more":{"deep":["x"]}},
		{"role":"tool","tool_call_id":"c1","name":"f","content":"t"}],
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","title":"t","properties":{"a":{"type":"string","description":"p","enum":["e"],"default":"z"}}}}}],
		"tool_choice":"auto","response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object","title":"t"}}},
		"stop":["STOP"],"user":"u1","metadata":{"k":"v"},"prompt_cache_key":"p","safety_identifier":"i","service_tier":"auto","reasoning_effort":"low",
		"prediction":{"type":"content","content":"x"},"chat_template_kwargs":{"k":"v"},"modalities":["text"],"more":"x"}`},
	{"/v1/completions", `{"model":"MODEL","prompt":"hi","suffix":"","stop":["STOP"],"user":"u1","metadata":{"k":"v"},"dry_sequence_breakers":["x"],"more":{"deep":"x"}}`},
	{"/v1/embeddings", `{"model":"MODEL","input":["hi"],"encoding_format":"float","user":"u1","metadata":{"k":"v"},"more":"x"}`},
	{"/v1/rerank", `{"model":"MODEL","query":"q","documents":["a",{"text":"b","more":"x"}],"user":"u1","more":"x"}`},
	{"/v1/responses", `{"model":"MODEL","instructions":"s","input":[
		{"type":"message","role":"user","content":[{"type":"input_text","text":"hi","more":"x"}],"id":"msg_1","more":"x"},
		{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"r"}],"encrypted_content":"c2VhbGVk"},
		{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":\"b\"}"},{"type":"function_call_output","call_id":"c1","output":"o"},
		{"role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]}]},{"role":"user","content":"go"}],
		"tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","title":"t"}}],"tool_choice":"auto","text":{"format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object","title":"t"}}},
		"reasoning":{"effort":"low","summary":"auto"},"metadata":{"k":"v"},"user":"u1","prompt_cache_key":"p","safety_identifier":"i","include":[],"more":"x"}`},
	{"/v1/responses/input_tokens", `{"model":"MODEL","instructions":"s","input":"hi","metadata":{"k":"v"},"more":"x"}`},
	{"/v1/responses/compact", `{"model":"MODEL","instructions":"s","input":[{"role":"user","content":"hi"}],"metadata":{"k":"v"},"more":"x"}`},
	{"/v1/messages", `{"model":"MODEL","max_tokens":20,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"},"citations":{"x":"y"}}],"messages":[
		{"role":"user","content":[{"type":"text","text":"hi","more":"x"},{"type":"document","title":"t","context":"c","source":{"type":"text","media_type":"text/plain","data":"doc"}},{"type":"search_result","title":"t","source":"s","content":[{"type":"text","text":"found"}]}]},
		{"role":"assistant","content":[{"type":"thinking","thinking":"r","signature":"EqQBCgIYAhIMn2lr"},{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3p"},{"type":"text","text":"a"},{"type":"tool_use","id":"t1","name":"f","input":{"a":"b"}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"t"}],"more":"x"}]}],
		"tools":[{"name":"f","description":"d","input_schema":{"type":"object","title":"t","properties":{"a":{"type":"string","description":"p"}}},"more":"x"}],"tool_choice":{"type":"auto"},
		"stop_sequences":["STOP"],"thinking":{"type":"disabled"},"metadata":{"user_id":"u1","more":"x"},"output_config":{"effort":"low"},"container":"c","service_tier":"auto","mcp_servers":[{"type":"url","url":"https://x.example","name":"n","authorization_token":"t"}],"more":"x"}`},
	{"/v1/messages/count_tokens", `{"model":"MODEL","system":"s","messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],"metadata":{"user_id":"u1"},"more":"x"}`},
	{"/api/chat", `{"model":"MODEL","stream":false,"messages":[{"role":"system","content":"s","more":"x"},{"role":"user","content":"hi"},{"role":"assistant","content":"a","thinking":"r","tool_calls":[{"id":"c1","function":{"name":"f","arguments":{"a":"b"}}}]},{"role":"tool","tool_name":"f","content":"t"}],
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","title":"t"}}}],"format":{"type":"object","title":"t"},"options":{"stop":["STOP"],"more":"x"},"think":"low","keep_alive":"5m","more":{"deep":"x"}}`},
	{"/api/generate", `{"model":"MODEL","stream":false,"system":"s","prompt":"hi","suffix":"","template":"","options":{"stop":["STOP"]},"keep_alive":"5m","more":"x"}`},
	{"/api/embed", `{"model":"MODEL","input":["hi"],"options":{"more":"x"},"more":"x"}`},
	{"/api/embeddings", `{"model":"MODEL","prompt":"hi","more":"x"}`},
	{"/tokenize", `{"model":"MODEL","content":"hi","more":"x"}`},
	{"/tokenize", `{"model":"MODEL","messages":[{"role":"user","content":"hi","more":"x"}],"more":"x"}`},
}

// spots are a JSON value with a text in every one of its places in turn: after and
// in place of each string, as a name and as the value of a member of each object.
func spots(v any, text string, whole func(any)) {
	switch x := v.(type) {
	case string:
		whole(text)
		whole(x + " " + text)
	case map[string]any:
		for name, old := range x {
			spots(old, text, func(n any) {
				x[name] = n
				whole(x)
				x[name] = old
			})
		}
		for name, value := range map[string]any{text: "x", "added": text, "added_id": text, "signature": text} {
			if _, taken := x[name]; taken {
				continue
			}
			x[name] = value
			whole(x)
			delete(x, name)
		}
	case []any:
		for i, old := range x {
			spots(old, text, func(n any) {
				x[i] = n
				whole(x)
				x[i] = old
			})
		}
	case float64, bool:
		whole(text)
	}
}

// TestEveryField puts a private text in every field of every endpoint, and looks
// at what each kind of cloud was sent: what is read is refused or masked, what is
// not known is dropped, and in no case the text arrives.
func TestEveryField(t *testing.T) {
	sealed := base64.StdEncoding.EncodeToString([]byte("write to " + secretMail))
	for _, class := range []string{"redact", "local-only"} {
		clouds := map[string]*cloud{"a:anthropic": newCloud(t)}
		if class == "redact" {
			clouds["o:openai"], clouds["g:gemini"], clouds["l:ollama"] = newCloud(t), newCloud(t), newCloud(t)
		}
		base := away(t, clouds, func(e *Env) {
			e.Config.Privacy.Scope, e.Config.Privacy.Classes = "all", map[string]string{"email": class}
		})
		for name, c := range clouds {
			who, _, _ := strings.Cut(name, ":")
			for _, x := range full {
				var v any
				if err := json.Unmarshal([]byte(strings.ReplaceAll(x.body, "MODEL", who+"/fake-model")), &v); err != nil {
					t.Fatal(x.path, err)
				}
				asked, last := 0, ""
				ask := func(v any, secret string, header ...string) {
					b, err := json.Marshal(v)
					if err != nil {
						t.Fatal(err)
					}
					status, _, answer := postTo(t, base+x.path, string(b), header...)
					if status == http.StatusOK {
						asked++
					}
					got := c.sent()
					last = answer
					if strings.Contains(got, secret) || strings.Contains(got, sealed[20:30]) {
						t.Errorf("%s, %s of %s: %d %.200s\nsent %.1500s\nfor %s", name, x.path, class, status, answer, got, b)
					}
				}
				spots(v, secretMail, func(v any) { ask(v, secretMail) })
				// What only a provider can read may hold what is only written otherwise.
				for _, own := range []string{"EqQBCgIYAhIMn2lr", "EmwKAhgBEgy3va3p", "c2VhbGVk"} {
					if strings.Contains(x.body, own) {
						var v any
						if err := json.Unmarshal([]byte(strings.NewReplacer("MODEL", who+"/fake-model", own, sealed).Replace(x.body)), &v); err != nil {
							t.Fatal(err)
						}
						ask(v, sealed)
					}
				}
				for _, h := range []string{"Anthropic-Beta", "Openai-Organization", "X-Whatever", "User-Agent", "Session-Id", "X-Client-Request-Id", "Traceparent", "Idempotency-Key", "Cookie", "Authorization"} {
					ask(v, secretMail, h, secretMail)
				}
				if class == "redact" && asked == 0 && name+x.path != "l:ollama/v1/completions" && !strings.Contains(x.path, "token") && !strings.Contains(x.path, "rerank") && !strings.Contains(x.path, "embed") {
					t.Errorf("%s, %s: nothing was answered: %s", name, x.path, last)
				}
			}
		}
	}
}
