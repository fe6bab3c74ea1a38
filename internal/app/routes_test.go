package app

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/config"
	"irori/internal/llm"
)

// routedHouse serves a policy whose local target is one fake and whose cloud is
// another, both near: what stands under cloud is one all the same.
func routedHouse(t *testing.T, keys string) (url string, near, far *cloud) {
	t.Helper()
	near, far = newCloud(t), newCloud(t)
	for c, text := range map[*cloud]string{near: "from here", far: "from far"} {
		if err := c.Set("text", text); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "policy.yaml")
	text := "routes:\n  auto:\n    local: near/fake-model\n    cloud: far/fake-model\n    " + strings.ReplaceAll(keys, "\n", "\n    ") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := up(t, UpOptions{Policy: file}, func(e *Env) {
		for name, c := range map[string]*cloud{"near": near, "far": far} {
			if err := e.Config.AddBackend(name + "=openai:" + c.url); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Config.AddPrice("far/fake-model=100,400"); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	near.sent()
	far.sent()
	return r.URL, near, far
}

// TestRoutesEverywhere checks on every endpoint that generates that irori/auto is
// routed, and on every endpoint that takes text that nothing private leaves.
func TestRoutesEverywhere(t *testing.T) {
	url, near, far := routedHouse(t, "unknown: cloud")
	for i, e := range endpoints {
		body := strings.NewReplacer("MODEL", "irori/auto", "TEXT", "say "+secretKey).Replace(e.body)
		status, header, answer := postTo(t, url+e.path, body)
		if got := far.sent(); strings.Contains(got, secretKey) || strings.Contains(got, "POST") {
			t.Errorf("%d %s: the cloud was asked: %.200s", i, e.path, got)
		}
		if r := header.Get("X-Irori-Route"); r == "cloud" {
			t.Errorf("%d %s: %d %s %.200s", i, e.path, status, r, answer)
		}
		// What was private stays so: another conversation begins otherwise.
		body = strings.NewReplacer("MODEL", "irori/auto", "TEXT", "say something", `"hi"`, `"good day"`).Replace(e.body)
		status, header, answer = postTo(t, url+e.path, body)
		asked := strings.Contains(far.sent(), "POST")
		switch e.path {
		case "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/api/chat", "/api/generate":
			if strings.Contains(body, `"background":true`) {
				continue // who answers is decided later
			}
			if status != http.StatusOK || !asked || header.Get("X-Irori-Route") != "cloud" || !strings.HasPrefix(header.Get("X-Irori-Reason"), "cloud: nothing is known") {
				t.Errorf("%d %s: %d %s (%s): %.200s", i, e.path, status, header.Get("X-Irori-Route"), header.Get("X-Irori-Reason"), answer)
			}
		default:
			if asked {
				t.Errorf("%d %s goes to the cloud by a route", i, e.path)
			}
		}
	}
	near.sent()
}

// TestUnknownTarget checks that a target which its server does not list is
// refused at the start and by a check, by line and key, and taken where the server
// does not answer.
func TestUnknownTarget(t *testing.T) {
	there := newCloud(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, c := range []struct{ local, cloud, says string }{
		{"near/fake-model", "far/nosuch", ":4: key routes.auto.cloud: far/nosuch is not a model of far, which has fake-model"},
		{"near/fake-modle", "far/fake-model", ":3: key routes.auto.local: near/fake-modle is not a model of near, which has fake-model"},
		{"near/fake-model", "far/house", ""},
		{"near/fake-model", "gone/nosuch", ""},
	} {
		file := filepath.Join(t.TempDir(), "policy.yaml")
		if err := os.WriteFile(file, []byte("routes:\n  auto:\n    local: "+c.local+"\n    cloud: "+c.cloud+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		settings := func(e *Env) {
			for name, url := range map[string]string{"near": there.url, "far": there.url, "gone": gone.URL} {
				if err := e.Config.AddBackend(name + "=openai:" + url); err != nil {
					t.Fatal(err)
				}
			}
			if err := e.Config.AddPrice("far/house=1,2"); err != nil {
				t.Fatal(err)
			}
			_, doubts, err := e.CheckPolicy(t.Context(), file, "")
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), file+c.says)) {
				t.Errorf("%+v: %v", c, err)
			}
			if strings.HasPrefix(c.cloud, "gone/") != (len(doubts) == 1 && doubts[0] == "whether gone/nosuch is there is not known: gone could not be asked") {
				t.Errorf("%+v: %q", c, doubts)
			}
		}
		_, err := up(t, UpOptions{Policy: file}, settings)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %v", c, err)
		}
		if e, ok := errors.AsType[*llm.Error](err); ok && strings.HasPrefix(c.local, "near/fake-modle") && !strings.HasPrefix(e.Hint, "did you mean near/fake-model?") {
			t.Error(e.Hint)
		}
	}
}

// TestLocalIsOneOfThose checks that a check and a start say the same of a policy
// that names the model behind irori/local a second time, where no model is on the
// disk: there it is the first of a server of one's own.
func TestLocalIsOneOfThose(t *testing.T) {
	there := newCloud(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, c := range []struct {
		near, local, cloud, says string
		doubt                    bool
	}{
		{there.url, "irori/local", "near/fake-model", ":4: key routes.auto.cloud: near/fake-model is the model that line 3 names as irori/local", false},
		{there.url, "[irori/local, near/fake-model]", "far/fake-model", ":3: key routes.auto.local: near/fake-model is the model that line 3 names as irori/local", false},
		{there.url, "irori/local", "far/fake-model", "", false},
		{gone.URL, "irori/local", "near/fake-model", "", true},
	} {
		file := filepath.Join(t.TempDir(), "policy.yaml")
		if err := os.WriteFile(file, []byte("routes:\n  auto:\n    local: "+c.local+"\n    cloud: "+c.cloud+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		settings := func(e *Env) {
			e.Config.SetBackend("near", config.Backend{Kind: "openai", URL: c.near})
			e.Config.SetBackend("far", config.Backend{Kind: "openai", URL: there.url, Cloud: true})
			_, doubts, err := e.CheckPolicy(t.Context(), file, "")
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), file+c.says)) {
				t.Errorf("check %+v: %v", c, err)
			}
			if _, _, err := e.CheckPolicy(t.Context(), file, "smollm2-135m-instruct"); err != nil {
				t.Errorf("with a model that is named, %+v: %v", c, err)
			}
			if e, ok := errors.AsType[*llm.Error](err); ok && e.Hint != "irori up MODEL serves another model as irori/local" {
				t.Error(e.Hint)
			}
			if strings.Contains(strings.Join(doubts, "\n"), "what irori/local is, is not known") != c.doubt {
				t.Errorf("check %+v: %q", c, doubts)
			}
		}
		if _, err := up(t, UpOptions{Policy: file}, settings); c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("start %+v: %v", c, err)
		}
	}
}

// TestChosenModelIsThere checks that a model which a start would pull counts as
// here, as it will then be, and is irori/local.
func TestChosenModelIsThere(t *testing.T) {
	t.Setenv("IRORI_HOME", t.TempDir())
	env, err := Open("", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	env.Config.Model = "smollm2-135m-instruct"
	for local, says := range map[string]string{
		"smollm2-135m-instruct":                "",
		"irori/local":                          "",
		"qwen3-0.6b":                           "qwen3-0.6b is not here",
		"[irori/local, smollm2-135m-instruct]": "smollm2-135m-instruct is the model that line 3 names as irori/local",
	} {
		file := filepath.Join(t.TempDir(), "policy.yaml")
		if err := os.WriteFile(file, []byte("routes:\n  auto:\n    local: "+local+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := env.CheckPolicy(t.Context(), file, ""); says == "" && err != nil || says != "" && (err == nil || !strings.HasSuffix(err.Error(), says)) {
			t.Errorf("%s: %v", local, err)
		}
	}
}

// TestDemandsOfNothing checks that who demands the cloud for a request that
// generates nothing is refused, and not answered from here in its place.
func TestDemandsOfNothing(t *testing.T) {
	url, near, far := routedHouse(t, "unknown: cloud")
	for _, e := range endpoints {
		generates := true
		switch e.path {
		case "/v1/embeddings", "/v1/rerank", "/v1/messages/count_tokens", "/v1/responses/input_tokens", "/api/embed", "/api/embeddings", "/tokenize":
			generates = false
		}
		if generates {
			continue
		}
		for _, c := range []struct {
			model  string
			header []string
		}{{"irori/auto", []string{"X-Irori-Route", "cloud"}}, {"irori/cloud", nil}} {
			if e.path == "/tokenize" && c.header != nil {
				continue // it is no request of the policy's
			}
			near.sent()
			status, header, answer := postTo(t, url+e.path, strings.NewReplacer("MODEL", c.model, "TEXT", "good day").Replace(e.body), c.header...)
			if status != http.StatusForbidden || !strings.Contains(answer, "generate nothing stay here") || strings.Contains(near.sent()+far.sent(), "POST") {
				t.Errorf("%s %s %v: %d %s: %.300s", e.path, c.model, c.header, status, header.Get("X-Irori-Reason"), answer)
			}
		}
		status, header, answer := postTo(t, url+e.path, strings.NewReplacer("MODEL", "irori/auto", "TEXT", "good day").Replace(e.body))
		if r := header.Get("X-Irori-Reason"); status == http.StatusOK && r != "" && r != "local: requests that generate nothing stay here" {
			t.Errorf("%s: %d %q %.300s", e.path, status, r, answer)
		}
	}
}

// TestRouteMasks checks that what may leave masked does, also where the server
// is near.
func TestRouteMasks(t *testing.T) {
	url, _, far := routedHouse(t, "unknown: cloud")
	for _, stream := range []string{"false", "true"} {
		body := `{"model":"irori/auto","stream":` + stream + `,"messages":[{"role":"user","content":"write to ` + secretMail + `"}]}`
		status, header, answer := postTo(t, url+"/v1/chat/completions", body)
		if got := far.sent(); strings.Contains(got, secretMail) || !strings.Contains(got, "POST") {
			t.Errorf("stream %s: sent %.300s", stream, got)
		}
		if status != http.StatusOK || !strings.Contains(header.Get("X-Irori-Reason"), "masked: email") {
			t.Errorf("stream %s: %d %q %.300s", stream, status, header.Get("X-Irori-Reason"), answer)
		}
	}
}

// TestRouteLocalDown checks that with local down what may leave goes to the
// cloud, and what is private fails.
func TestRouteLocalDown(t *testing.T) {
	url, near, far := routedHouse(t, "cascade: true")
	if err := near.Set("status", "503"); err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints {
		body := strings.NewReplacer("MODEL", "irori/auto", "TEXT", "say "+secretKey).Replace(e.body)
		status, _, answer := postTo(t, url+e.path, body)
		if got := far.sent(); strings.Contains(got, secretKey) {
			t.Errorf("%s: the cloud was sent %.300s", e.path, got)
		}
		if status < 400 && !strings.Contains(e.body, "background") && !strings.Contains(e.body, `"stream":true`) && !strings.HasPrefix(e.path, "/api/") {
			t.Errorf("%s: %d %.200s", e.path, status, answer)
		}
	}
	status, header, answer := postTo(t, url+"/v1/chat/completions", `{"model":"irori/auto","messages":[{"role":"user","content":"hello"}]}`)
	if status != http.StatusOK || !strings.Contains(answer, "from far") || header.Get("X-Irori-Route") != "cloud" {
		t.Errorf("%d %s %s", status, header.Get("X-Irori-Reason"), answer)
	}
}

// TestRouteEscalates checks that a client sees nothing of a local answer that was
// judged wrong, in every dialect, and that the ledger has both.
func TestRouteEscalates(t *testing.T) {
	url, near, far := routedHouse(t, "cascade: {hold: 4}")
	// An answer that goes round and round is plainly wrong.
	if err := near.Set("text", strings.Repeat("round and round and round ", 40)); err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints {
		switch e.path {
		case "/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat", "/api/generate":
		default:
			continue
		}
		if strings.Contains(e.body, `"n":2`) || strings.Contains(e.body, `["TEXT"`) || strings.Contains(e.body, "background") {
			continue
		}
		body := strings.NewReplacer("MODEL", "irori/auto", "TEXT", "say something", `"max_tokens":20`, `"max_tokens":400`).Replace(e.body)
		status, header, answer := postTo(t, url+e.path, body)
		if strings.Contains(body, `"stream":true`) || e.path == "/api/chat" && !strings.Contains(body, `"stream":false`) || e.path == "/api/generate" && !strings.Contains(body, `"stream":false`) {
			continue // the first four pieces say nothing of that yet
		}
		if status != http.StatusOK || strings.Contains(answer, "round and") || !strings.Contains(answer, "from far") || !strings.HasPrefix(header.Get("X-Irori-Reason"), "cloud: escalated: the answer ") {
			t.Errorf("%s %.80s: %d %q %.300s", e.path, body, status, header.Get("X-Irori-Reason"), answer)
		}
	}
	far.sent()
}

// TestPromptsEscalate checks that an answer to one prompt without turns is judged
// as one to a conversation is, plain and streamed.
func TestPromptsEscalate(t *testing.T) {
	for _, keys := range []string{"cascade: {hold: 8}", "cascade: {hold: all}"} {
		url, near, far := routedHouse(t, keys)
		for _, c := range []struct {
			prompt, text, why string
			whole             bool // the first pieces say nothing of it yet
		}{
			{"Tell me of dogs", "I'm sorry, but I can't help with that request.", "is a refusal", false},
			{"東京は", strings.Repeat("スコンバックサ ", 40), "repeats itself", true},
			{"この町の歴史を教えてください。", "The town has a long history, and was a post station in the Edo period.", "is in another language", false},
			{"Tell me of cats", "They are small animals that hunt mice and sleep for most of the day.", "", false},
		} {
			if err := near.Set("text", c.text); err != nil {
				t.Fatal(err)
			}
			for _, stream := range []string{"false", "true"} {
				if c.whole && stream == "true" && keys != "cascade: {hold: all}" {
					continue
				}
				status, header, answer := postTo(t, url+"/v1/completions", `{"model":"irori/auto","prompt":"`+c.prompt+`","max_tokens":400,"stream":`+stream+`}`)
				from, reason := "from far", "cloud: escalated: the answer "+c.why
				if c.why == "" {
					from, reason = "mice", "local: "
				}
				if status != http.StatusOK || !strings.Contains(answer, from[len(from)-4:]) || !strings.HasPrefix(header.Get("X-Irori-Reason"), reason) {
					t.Errorf("%s, %q, streamed %s: %d %q %.300s", keys, c.prompt, stream, status, header.Get("X-Irori-Reason"), answer)
				}
			}
		}
		far.sent()
	}
}

// TestRouteEscapes checks that what programs write in place of characters takes
// nothing private out.
func TestRouteEscapes(t *testing.T) {
	url, _, far := routedHouse(t, "unknown: cloud")
	for _, text := range []string{`taro.canary\\u0040example-mail.jp`, `https://x.example/?m=taro.canary%40example-mail.jp`, `{\"note\":\"\\u5c71\\u7530\\u592a\\u90ce\\u3055\\u3093\\u306e\\u4ef6\"}`} {
		for _, body := range []string{
			`{"model":"MODEL","messages":[{"role":"user","content":"TEXT"}]}`,
			`{"model":"MODEL","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"TEXT"}]}`,
		} {
			status, header, answer := postTo(t, url+"/v1/chat/completions", strings.NewReplacer("MODEL", "irori/auto", "TEXT", text).Replace(body))
			if got := far.sent(); strings.Contains(got, "POST") || status != http.StatusOK || !strings.HasPrefix(header.Get("X-Irori-Reason"), "local: private") {
				t.Errorf("%s: %d %q %.200s; sent %.200s", text, status, header.Get("X-Irori-Reason"), answer, got)
			}
		}
	}
}

// TestPrivateForItsSystemText checks in every dialect that a conversation which
// was private only for what stands over it is so when that is left out, and that
// another begins as it was.
func TestPrivateForItsSystemText(t *testing.T) {
	const (
		first  = `{"role":"user","content":"hi"}`
		second = `{"role":"assistant","content":"from here"},{"role":"user","content":"and then?"}`
	)
	for _, c := range []struct{ name, path, over, then string }{
		{"system", "/v1/chat/completions", `"messages":[{"role":"system","content":"TEXT"},` + first + `]`, `"messages":[` + first + `,` + second + `]`},
		{"developer", "/v1/chat/completions", `"messages":[{"role":"developer","content":"TEXT"},` + first + `]`, `"messages":[{"role":"system","content":"be kind"},` + first + `,` + second + `]`},
		{"messages", "/v1/messages", `"max_tokens":20,"system":"TEXT","messages":[` + first + `]`, `"max_tokens":20,"messages":[` + first + `,` + second + `]`},
		{"messages, other parts", "/v1/messages", `"max_tokens":20,"system":[{"type":"text","text":"TEXT"}],"messages":[` + first + `]`,
			`"max_tokens":20,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},` + second + `]`},
		{"responses", "/v1/responses", `"instructions":"TEXT","input":"hi"`, `"input":[` + first + `,` + second + `]`},
		{"responses, developer", "/v1/responses", `"input":[{"role":"developer","content":"TEXT"},` + first + `]`, `"input":[` + first + `,` + second + `]`},
		{"kept responses", "/v1/responses", `"store":true,"instructions":"TEXT","input":"hi"`, `"previous_response_id":"ID","input":"and then?"`},
		{"ollama", "/api/chat", `"messages":[{"role":"system","content":"TEXT"},` + first + `]`, `"messages":[` + first + `,` + second + `]`},
		{"from one to another", "/v1/messages", `"max_tokens":20,"system":"TEXT","messages":[` + first + `]`, `"messages":[` + first + `,` + second + `]`},
	} {
		for _, stream := range []string{"false", "true"} {
			url, near, far := routedHouse(t, "unknown: cloud")
			ask := func(path, body string) (string, string) {
				status, header, answer := postTo(t, url+path, `{"model":"irori/auto","stream":`+stream+`,`+body+`}`)
				if status != http.StatusOK {
					t.Errorf("%s, streamed %s: %d %s", c.name, stream, status, answer)
				}
				return header.Get("X-Irori-Reason"), answer
			}
			_, answer := ask(c.path, strings.ReplaceAll(c.over, "TEXT", "the key is "+secretKey))
			_, rest, _ := strings.Cut(answer, `"id":"resp_`)
			id, _, _ := strings.Cut(rest, `"`)
			path := c.path
			if c.name == "from one to another" {
				path = "/v1/chat/completions"
			}
			reason, _ := ask(path, strings.ReplaceAll(c.then, "ID", "resp_"+id))
			if got := far.sent(); strings.Contains(got, "POST") || !strings.Contains(near.sent(), "and then?") || reason != "local: private (its conversation is)" {
				t.Errorf("%s, streamed %s: %q; the cloud was sent %.300s", c.name, stream, reason, got)
			}
			if reason, _ = ask(path, strings.NewReplacer("hi", "good day", `"previous_response_id":"ID",`, "").Replace(c.then)); !strings.Contains(far.sent(), "POST") {
				t.Errorf("%s, streamed %s: another conversation stays: %q", c.name, stream, reason)
			}
		}
	}
}

// A policy that cannot be kept is refused before a model is pulled for the start.
func TestPolicyComesBeforeThePull(t *testing.T) {
	t.Setenv("IRORI_HOME", t.TempDir())
	env, err := Open("", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("routes:\n  auto:\n    local: irori/local\n    cloud: nobody/x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lib, err := env.Library()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{env: env, opts: UpOptions{Policy: file, Model: "file:" + filepath.Join(t.TempDir(), "none.gguf")}}
	if _, err := s.chooseModel(t.Context(), lib); err == nil || !strings.Contains(err.Error(), file+":4: key routes.auto.cloud: no backend is called nobody") {
		t.Error(err)
	}
}
