//go:build unix

package main_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/testreal"
)

// TestE2EAPI asks one server everything that its endpoints promise.
func TestE2EAPI(t *testing.T) {
	s := up(t, testreal.Home(t))
	for _, c := range []struct {
		name string
		test func(*testing.T, *server)
	}{
		{"chat", chatPlain}, {"chat stream", chatStream}, {"completions", completions}, {"completions stream", completionsStream}, {"scored prompt", scoredPrompt},
		{"embeddings", embeddings}, {"models", modelLists}, {"tokenize", tokenize}, {"health and metrics", health},
		{"json schema", jsonSchema}, {"tools", tools}, {"bad input", badInput}, {"too long", tooLong}, {"guards", guards},
		{"ledger", func(t *testing.T, s *server) { s.balanced(t) }},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, s) })
	}
}

const chatPath = "/v1/chat/completions"

func hello(more object) object {
	o := object{"model": "irori/local", "messages": []object{{"role": "user", "content": "Say hello."}}, "max_tokens": 12, "temperature": 0}
	for k, v := range more {
		o[k] = v
	}
	return o
}

// accounted checks what every admitted answer carries.
func accounted(t *testing.T, r reply) {
	t.Helper()
	for name, want := range map[string]string{"X-Irori-Model": testreal.ModelName, "X-Irori-Route": "local", "X-Irori-Backend": "embedded"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r.Header.Get("X-Irori-Reason") == "" || len(r.Header.Get("X-Irori-Id")) != 32 {
		t.Errorf("the headers are %v", r.Header)
	}
	if r.Trailer.Get("X-Irori-Energy-J") == "" || !strings.HasSuffix(r.Trailer.Get("X-Irori-Cost"), " JPY") {
		t.Errorf("the trailers are %v", r.Trailer)
	}
}

func chatPlain(t *testing.T, s *server) {
	r := s.post(t, chatPath, hello(nil), "X-Irori-Usage", "1", "User-Agent", "e2e/1.0 more")
	accounted(t, r)
	if r.body["object"] != "chat.completion" || digString(r.body, "choices", 0, "message", "role") != "assistant" ||
		digString(r.body, "choices", 0, "message", "content") == "" || r.body["model"] != testreal.ModelName {
		t.Errorf("the answer is %s", r.raw)
	}
	in, out := digNumber(r.body, "usage", "prompt_tokens"), digNumber(r.body, "usage", "completion_tokens")
	if in < 3 || out < 1 || out > 12 || digNumber(r.body, "usage", "total_tokens") != in+out {
		t.Errorf("the usage is %v", r.body["usage"])
	}
	if dig(r.body, "usage", "irori", "energy_j") == nil || digString(r.body, "usage", "irori", "energy_method") == "" {
		t.Errorf("usage.irori is %v", dig(r.body, "usage", "irori"))
	}
	rec := record(t, s.home, r.Header.Get("X-Irori-Id"))
	for name, want := range map[string]any{
		"status": "ok", "api": "chat", "route": "local", "model": testreal.ModelName, "model_requested": "irori/local", "stream": false,
		"prompt_tokens": in, "output_tokens": out, "client": "e2e/1.0", "currency": "JPY", "finish_reason": dig(r.body, "choices", 0, "finish_reason"),
	} {
		if d := cmp.Diff(want, rec[name]); d != "" {
			t.Errorf("%s of the record:\n%s", name, d)
		}
	}
	for _, name := range []string{"ttft_s", "total_s", "queue_s", "energy_j", "energy_low_j", "energy_high_j", "energy_method", "energy_basis", "cost", "price_version", "engine", "quantization"} {
		if rec[name] == nil {
			t.Errorf("the record has no %s: %v", name, rec)
		}
	}
	if strings.Contains(text(rec), "hello") {
		t.Error("the record holds text of the request")
	}
}

func chatStream(t *testing.T, s *server) {
	whole := s.post(t, chatPath, hello(nil))
	r := s.post(t, chatPath, hello(object{"stream": true, "stream_options": object{"include_usage": true}}))
	accounted(t, r)
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Errorf("the content type is %q", got)
	}
	list, done := events(t, strings.NewReader(string(r.raw)))
	if !done || len(list) < 3 {
		t.Fatalf("[DONE] %v, %d events: %s", done, len(list), r.raw)
	}
	var b strings.Builder
	finish := ""
	for i, e := range list {
		if e["object"] != "chat.completion.chunk" || e["id"] != list[0]["id"] || e["model"] != testreal.ModelName {
			t.Errorf("event %d is %v", i, e)
		}
		b.WriteString(digString(e, "choices", 0, "delta", "content"))
		if f := digString(e, "choices", 0, "finish_reason"); f != "" {
			finish = f
		}
	}
	if digString(list[0], "choices", 0, "delta", "role") != "assistant" {
		t.Errorf("the first event is %v", list[0])
	}
	last := list[len(list)-1]
	if d := cmp.Diff([]any{}, last["choices"]); d != "" || digNumber(last, "usage", "completion_tokens") < 1 {
		t.Errorf("the last event is %v", last)
	}
	if b.String() != digString(whole.body, "choices", 0, "message", "content") || finish != digString(whole.body, "choices", 0, "finish_reason") {
		t.Errorf("the stream says %q (%s), the whole answer %s", b.String(), finish, whole.raw)
	}
	list, _ = events(t, strings.NewReader(string(s.post(t, chatPath, hello(object{"stream": true})).raw)))
	if last := list[len(list)-1]; last["usage"] != nil {
		t.Errorf("usage comes unasked: %v", last)
	}
}

func completions(t *testing.T, s *server) {
	prompts := []string{"One, two, three,", "囲炉裏は"}
	r := s.post(t, "/v1/completions", object{"prompt": prompts, "echo": true, "n": 2, "max_tokens": 4, "temperature": 0})
	accounted(t, r)
	choices, _ := r.body["choices"].([]any)
	if len(choices) != 4 {
		t.Fatalf("%d choices: %s", len(choices), r.raw)
	}
	for i, c := range choices {
		txt := digString(c, "text")
		if digNumber(c, "index") != float64(i) || !strings.HasPrefix(txt, prompts[i/2]) || len(txt) == len(prompts[i/2]) {
			t.Errorf("choice %d is %q, index %v", i, txt, dig(c, "index"))
		}
	}
	if out := digNumber(r.body, "usage", "completion_tokens"); out < 4 || out > 16 {
		t.Errorf("the usage is %v", r.body["usage"])
	}
	one := s.post(t, "/v1/completions", object{"prompt": prompts[0], "max_tokens": 4, "temperature": 0, "logprobs": 2})
	c := dig(one.body, "choices", 0)
	if got := digString(choices[0], "text"); got != prompts[0]+digString(c, "text") {
		t.Errorf("with echo %q, without %q", got, digString(c, "text"))
	}
	tokens, _ := dig(c, "logprobs", "tokens").([]any)
	joined := ""
	for i, tok := range tokens {
		joined += digString(tok)
		if p := digNumber(c, "logprobs", "token_logprobs", i); p > 0 || p < -50 {
			t.Errorf("the logprob of token %d is %v", i, p)
		}
		if top, _ := dig(c, "logprobs", "top_logprobs", i).(object); len(top) != 2 {
			t.Errorf("token %d has %d alternatives", i, len(top))
		}
	}
	if joined != digString(c, "text") || digNumber(c, "logprobs", "text_offset", 0) != 0 {
		t.Errorf("the tokens are %q of %s", joined, text(c))
	}
}

// scoredPrompt asks as evaluation harnesses do: the prompt's own tokens, one
// token more, and the best alternative of each.
func scoredPrompt(t *testing.T, s *server) {
	const prompt = "The capital of France is Paris"
	r := s.post(t, "/v1/completions", object{"prompt": prompt, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": true, "seed": 1234})
	accounted(t, r)
	c := dig(r.body, "choices", 0)
	tokens, _ := dig(c, "logprobs", "tokens").([]any)
	in := int(digNumber(r.body, "usage", "prompt_tokens"))
	if len(tokens) != in+1 || dig(c, "logprobs", "token_logprobs", 0) != nil || dig(c, "logprobs", "top_logprobs", 0) != nil {
		t.Fatalf("the answer is %s", r.raw)
	}
	whole := digString(c, "text")
	for i := range tokens {
		at := int(digNumber(c, "logprobs", "text_offset", i))
		if name := digString(tokens[i]); !strings.HasPrefix(whole[at:], name) {
			t.Errorf("token %d is %q, at %d stands %q", i, name, at, whole[at:])
		}
		top, _ := dig(c, "logprobs", "top_logprobs", i).(object)
		// The best one, and the token itself where it is another.
		_, own := top[digString(tokens[i])]
		if i > 0 && (!own || len(top) > 2 || digNumber(c, "logprobs", "token_logprobs", i) >= 0) {
			t.Errorf("token %d: %s", i, r.raw)
		}
	}
	if p := digNumber(c, "logprobs", "token_logprobs", in-1); p < -3 {
		t.Errorf("Paris is found unlikely: %v", p)
	}
}

func completionsStream(t *testing.T, s *server) {
	r := s.post(t, "/v1/completions", object{"prompt": "One, two,", "max_tokens": 5, "stream": true, "temperature": 0, "ignore_eos": true})
	list, done := events(t, strings.NewReader(string(r.raw)))
	if !done || len(list) == 0 || list[0]["object"] != "text_completion" || digString(list[len(list)-1], "choices", 0, "finish_reason") != "length" {
		t.Errorf("the stream is %s", r.raw)
	}
}

func embeddings(t *testing.T, s *server) {
	get := func(more object) ([]any, reply) {
		o := object{"input": []string{"The fire is warm.", "囲炉裏の火は暖かい。"}}
		for k, v := range more {
			o[k] = v
		}
		r := s.post(t, "/v1/embeddings", o)
		data, _ := r.body["data"].([]any)
		if len(data) != 2 {
			t.Fatalf("%d vectors: %.300s", len(data), r.raw)
		}
		return data, r
	}
	plain, r := get(nil)
	accounted(t, r)
	if digNumber(r.body, "usage", "prompt_tokens") < 5 {
		t.Errorf("the usage is %v", r.body["usage"])
	}
	coded, _ := get(object{"encoding_format": "base64"})
	cut, _ := get(object{"dimensions": 32})
	for i := range plain {
		v := floats(dig(plain[i], "embedding"))
		b, err := base64.StdEncoding.DecodeString(digString(coded[i], "embedding"))
		if err != nil || len(b) != 4*len(v) {
			t.Fatalf("%d bytes for %d numbers: %v", len(b), len(v), err)
		}
		for k := range v {
			if d := float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*k:]))) - v[k]; math.Abs(d) > 1e-6 {
				t.Fatalf("number %d of vector %d differs by %v", k, i, d)
			}
		}
		if n := norm(v); math.Abs(n-1) > 1e-3 {
			t.Errorf("the length of vector %d is %v", i, n)
		}
		if w := floats(dig(cut[i], "embedding")); len(w) != 32 || math.Abs(norm(w)-1) > 1e-3 {
			t.Errorf("the vector cut to 32 has %d numbers and length %v", len(w), norm(w))
		}
	}
}

func floats(v any) []float64 {
	l, _ := v.([]any)
	out := make([]float64, len(l))
	for i := range l {
		out[i], _ = l[i].(float64)
	}
	return out
}

func norm(v []float64) float64 {
	n := 0.0
	for _, x := range v {
		n += x * x
	}
	return math.Sqrt(n)
}

func modelLists(t *testing.T, s *server) {
	r := s.ask(t, "GET", "/v1/models", "")
	have := map[string]object{}
	list, _ := r.body["data"].([]any)
	for _, m := range list {
		o, _ := m.(object)
		have[digString(o, "id")] = o
	}
	for _, id := range []string{testreal.ModelName, "irori/auto", "irori/local"} {
		if have[id] == nil || have[id]["object"] != "model" {
			t.Errorf("%s is not in the list: %s", id, r.raw)
		}
		one := s.ask(t, "GET", "/v1/models/"+id, "")
		if d := cmp.Diff(have[id], one.body); d != "" {
			t.Errorf("%s alone differs:\n%s", id, d)
		}
	}
	if have[testreal.ModelName]["loaded"] != true {
		t.Errorf("the model is not shown as loaded: %v", have[testreal.ModelName])
	}
	if r := s.ask(t, "GET", "/v1/models/none/such", ""); r.StatusCode != 404 || digString(r.body, "error", "code") != "model_not_found" {
		t.Errorf("an unknown model gives %d: %s", r.StatusCode, r.raw)
	}
}

func tokenize(t *testing.T, s *server) {
	const word = "囲炉裏 fire"
	r := s.post(t, "/tokenize", object{"content": word, "with_pieces": true})
	list, _ := r.body["tokens"].([]any)
	if len(list) == 0 || digNumber(r.body, "count") != float64(len(list)) {
		t.Errorf("the answer is %s", r.raw)
	}
	chat := s.post(t, "/tokenize", object{"messages": []object{{"role": "user", "content": "Say hello."}}})
	asked := s.post(t, chatPath, hello(nil))
	if n := digNumber(chat.body, "count"); n != digNumber(asked.body, "usage", "prompt_tokens") {
		t.Errorf("tokenize counts %v, the usage says %v", n, dig(asked.body, "usage", "prompt_tokens"))
	}
	if chat.Header.Get("X-Irori-Id") != "" {
		t.Error("tokenize was taken into the ledger")
	}
}

func health(t *testing.T, s *server) {
	if r := s.ask(t, "GET", "/healthz", ""); r.StatusCode != 200 || r.body["status"] != "ok" {
		t.Errorf("healthz: %d %s", r.StatusCode, r.raw)
	}
	r := s.ask(t, "GET", "/metrics", "")
	for _, line := range []string{"irori_build_info{", `irori_requests_in_flight{api="chat"} 0`} {
		if !strings.Contains(string(r.raw), line) {
			t.Errorf("the metrics have no %s", line)
		}
	}
}

func jsonSchema(t *testing.T, s *server) {
	schema := object{
		"type": "object", "additionalProperties": false, "required": []string{"name", "age", "kind"},
		"properties": object{
			"name": object{"type": "string", "maxLength": 12}, "age": object{"type": "integer", "minimum": 0, "maximum": 120},
			"kind": object{"enum": []string{"cat", "dog"}},
		},
	}
	r := s.post(t, chatPath, hello(object{
		"max_tokens": 120, "response_format": object{"type": "json_schema", "json_schema": object{"name": "pet", "strict": true, "schema": schema}},
	}))
	var pet struct {
		Name, Kind string
		Age        int
	}
	d := json.NewDecoder(strings.NewReader(digString(r.body, "choices", 0, "message", "content")))
	d.DisallowUnknownFields()
	if err := d.Decode(&pet); err != nil || pet.Kind != "cat" && pet.Kind != "dog" || len([]rune(pet.Name)) > 12 || pet.Age > 120 {
		t.Errorf("%s: %+v, %v", r.raw, pet, err)
	}
	if f := digString(r.body, "choices", 0, "finish_reason"); f != "stop" {
		t.Errorf("it ends by %q", f)
	}
}

func tools(t *testing.T, s *server) {
	r := s.post(t, chatPath, object{
		"messages": []object{{"role": "user", "content": "What is the weather in Kyoto?"}}, "max_tokens": 200, "temperature": 0, "stream": true,
		"tool_choice": "required", "parallel_tool_calls": false,
		"tools": []object{{"type": "function", "function": object{
			"name": "get_weather", "description": "Tells the weather of a city.",
			"parameters": object{"type": "object", "properties": object{"city": object{"type": "string", "maxLength": 20}}, "required": []string{"city"}, "additionalProperties": false},
		}}},
	})
	list, done := events(t, strings.NewReader(string(r.raw)))
	var args strings.Builder
	names, ids, fragments, finish := 0, 0, 0, ""
	for _, e := range list {
		calls, _ := dig(e, "choices", 0, "delta", "tool_calls").([]any)
		for _, c := range calls {
			if digNumber(c, "index") != 0 {
				continue // further calls are allowed
			}
			fragments++
			args.WriteString(digString(c, "function", "arguments"))
			if n := digString(c, "function", "name"); n != "" {
				names++
				if n != "get_weather" || digString(c, "type") != "function" {
					t.Errorf("the call is %v", c)
				}
			}
			if digString(c, "id") != "" {
				ids++
			}
		}
		if f := digString(e, "choices", 0, "finish_reason"); f != "" {
			finish = f
		}
	}
	var parsed struct{ City *string }
	if err := json.Unmarshal([]byte(args.String()), &parsed); err != nil || parsed.City == nil {
		t.Errorf("the arguments are %q: %v", args.String(), err)
	}
	if !done || names != 1 || ids != 1 || fragments < 3 || finish != "tool_calls" {
		t.Errorf("done %v, %d names, %d ids, %d fragments, ends by %q\n%s", done, names, ids, fragments, finish, r.raw)
	}
}

func badInput(t *testing.T, s *server) {
	const ok = `"messages":[{"role":"user","content":"hi"}],"max_tokens":1`
	for _, c := range []struct {
		path, body  string
		status      int
		code, param string
	}{
		{chatPath, ``, 400, "invalid_request", ""},
		{chatPath, `{`, 400, "invalid_request", ""},
		{chatPath, `[]`, 400, "invalid_request", ""},
		{chatPath, `null`, 400, "invalid_request", "messages"},
		{chatPath, `{} {}`, 400, "invalid_request", ""},
		{chatPath, `{"messages":"hi"}`, 400, "invalid_request", "messages"},
		{chatPath, `{"messages":[]}`, 400, "invalid_request", "messages"},
		{chatPath, `{"messages":[{"role":"wizard","content":"hi"}]}`, 400, "invalid_request", "messages"},
		{chatPath, `{"messages":[{"role":"user"}]}`, 400, "invalid_request", "messages"},
		{chatPath, `{"messages":[{"role":"user","content":7}]}`, 400, "invalid_request", "messages"},
		{chatPath, `{` + ok + `,"temperature":"hot"}`, 400, "invalid_request", "temperature"},
		{chatPath, `{` + ok + `,"n":0}`, 400, "invalid_request", "n"},
		{chatPath, `{"messages":[{"role":"user","content":"hi"}],"max_tokens":0}`, 400, "invalid_request", "max_tokens"},
		{chatPath, `{` + ok + `,"stop":7}`, 400, "invalid_request", "stop"},
		{chatPath, `{` + ok + `,"top_logprobs":3}`, 400, "invalid_request", "top_logprobs"},
		{chatPath, `{` + ok + `,"tool_choice":"required"}`, 400, "invalid_request", "tool_choice"},
		{chatPath, `{` + ok + `,"response_format":{"type":"poem"}}`, 400, "invalid_request", "response_format"},
		{chatPath, `{` + ok + `,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"banana"}}}}`, 400, "unsupported", "response_format"},
		{chatPath, `{` + ok + `,"grammar":"root ::= ("}`, 400, "invalid_request", "grammar"},
		{chatPath, `{` + ok + `,"adapters":[{"name":"none"}]}`, 0, "", ""},
		{chatPath, `{` + ok + `,"model":"no-such-model"}`, 404, "model_not_found", "model"},
		{chatPath, `{` + ok + `,"model":"irori/cloud"}`, 404, "model_not_found", "model"},
		{chatPath, `{` + ok + `,"model":"../../etc/passwd"}`, 404, "model_not_found", "model"},
		{"/v1/completions", `{}`, 400, "invalid_request", "prompt"},
		{"/v1/completions", `{"prompt":[1,"a"]}`, 400, "invalid_request", "prompt"},
		{"/v1/completions", `{"prompt":[99999999],"max_tokens":1}`, 400, "invalid_request", ""},
		{"/v1/completions", `{"prompt":"a","max_tokens":0}`, 400, "invalid_request", "max_tokens"},
		{"/v1/completions", `{"prompt":"a","min_tokens":3}`, 400, "unsupported", "min_tokens"},
		{"/v1/completions", `{"prompt":"a","suffix":"b"}`, 400, "unsupported", "suffix"},
		{"/v1/embeddings", `{}`, 400, "invalid_request", "input"},
		{"/v1/embeddings", `{"input":"a","dimensions":100000}`, 400, "invalid_request", ""},
		{"/v1/embeddings", `{"input":"a","encoding_format":"hex"}`, 400, "invalid_request", "encoding_format"},
		{"/tokenize", `{}`, 400, "invalid_request", "content"},
	} {
		r := s.ask(t, "POST", c.path, c.body)
		e := dig(r.body, "error")
		if c.status == 0 {
			if r.StatusCode/100 != 4 || digString(e, "message") == "" {
				t.Errorf("%s gives %d: %s", c.body, r.StatusCode, r.raw)
			}
			continue
		}
		param := digString(e, "param")
		if r.StatusCode != c.status || digString(e, "code") != c.code || digString(e, "message") == "" || c.param != "" && param != c.param {
			t.Errorf("%s %s gives %d %s, want %d %s %s", c.path, c.body, r.StatusCode, r.raw, c.status, c.code, c.param)
		}
	}
	if r := s.ask(t, "POST", chatPath, `{`+ok+`,"model":"no-such-model"}`); digString(r.body, "error", "hint") == "" {
		t.Errorf("an unknown model comes without a hint: %s", r.raw)
	}
}

func tooLong(t *testing.T, s *server) {
	body := hello(object{"messages": []object{{"role": "user", "content": strings.Repeat("fire ", 40000)}}, "stream": true})
	r := s.ask(t, "POST", chatPath, text(body))
	message := digString(r.body, "error", "message")
	counts := 0
	for _, f := range strings.FieldsFunc(message, func(c rune) bool { return c < '0' || c > '9' }) {
		if len(f) >= 3 {
			counts++
		}
	}
	if r.StatusCode != 400 || digString(r.body, "error", "code") != "context_length_exceeded" || counts < 2 {
		t.Errorf("status %d: %s", r.StatusCode, r.raw)
	}
	if id := r.Header.Get("X-Irori-Id"); id != "" {
		if rec := record(t, s.home, id); rec["status"] != "error" || rec["error_code"] != "context_length_exceeded" {
			t.Errorf("the record is %v", rec)
		}
	}
}

func guards(t *testing.T, s *server) {
	for _, c := range []struct {
		name, method, path string
		headers            []string
		status             int
	}{
		{"method", "GET", chatPath, nil, http.StatusMethodNotAllowed},
		{"method of a list", "POST", "/v1/models", nil, http.StatusMethodNotAllowed},
		{"path", "GET", "/v2/nothing", nil, http.StatusNotFound},
		{"foreign host", "GET", "/v1/models", []string{"Host", "evil.example"}, http.StatusForbidden},
		{"foreign host with port", "GET", "/v1/models", []string{"Host", "evil.example:1616"}, http.StatusForbidden},
		{"localhost", "GET", "/v1/models", []string{"Host", "localhost:9"}, http.StatusOK},
		{"foreign origin", "GET", "/v1/models", []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{"origin null", "GET", "/v1/models", []string{"Origin", "null"}, http.StatusForbidden},
		{"own origin", "GET", "/v1/models", []string{"Origin", s.url}, http.StatusOK},
		{"preflight", "OPTIONS", chatPath, []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, http.StatusForbidden},
		{"control without the token", "POST", "/irori/v1/stop", nil, http.StatusForbidden},
	} {
		r := s.ask(t, c.method, c.path, "", c.headers...)
		if r.StatusCode != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, r.StatusCode, c.status, r.raw)
		}
		if c.status != 200 && digString(r.body, "error", "message") == "" {
			t.Errorf("%s: the error is %s", c.name, r.raw)
		}
		if r.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: CORS headers come unasked", c.name)
		}
		if c.status == http.StatusMethodNotAllowed && r.Header.Get("Allow") == "" {
			t.Errorf("%s: no Allow", c.name)
		}
	}
}
