package app

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"irori/internal/access"
	"irori/internal/fakellm"
)

// cloud is a fake server of somebody else, with all bytes that it was sent.
type cloud struct {
	*fakellm.Server
	url string
	mu  sync.Mutex
	got bytes.Buffer
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{Server: fakellm.New(fakellm.Defaults())}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		c.got.WriteString(r.Method + " " + r.URL.String() + "\n")
		if err := r.Header.Write(&c.got); err != nil {
			t.Error(err)
		}
		c.got.Write(b)
		c.got.WriteByte('\n')
		c.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(b))
		c.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

// sent takes what the cloud was sent.
func (c *cloud) sent() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.got.String()
	c.got.Reset()
	return s
}

// away serves with backends of other people.
func away(t *testing.T, kinds map[string]*cloud, settings func(*Env)) string {
	t.Helper()
	r, err := up(t, UpOptions{}, func(e *Env) {
		for name, c := range kinds {
			who, kind, _ := strings.Cut(name, ":")
			if err := e.Config.AddBackend(who + "=" + kind + ":" + c.url); err != nil {
				t.Fatal(err)
			}
			b := e.Config.Backends[who]
			b.Cloud = true
			e.Config.Backends[who] = b
		}
		settings(e)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range kinds {
		c.sent()
	}
	return r.URL
}

func postTo(t *testing.T, url, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

const (
	secretKey  = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	secretMail = "hanako.yamada@example.co.jp"
)

// endpoints are all that take text, with where it can stand; TEXT and MODEL are
// put in.
var endpoints = []struct{ path, body string }{
	{"/v1/chat/completions", `{"model":"MODEL","messages":[{"role":"user","content":"TEXT"}]}`},
	{"/v1/chat/completions", `{"model":"MODEL","stream":true,"messages":[{"role":"system","content":"TEXT"},{"role":"user","content":"hi"}]}`},
	{"/v1/chat/completions", `{"model":"MODEL","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"TEXT\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"}]}`},
	{"/v1/chat/completions", `{"model":"MODEL","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"TEXT"}]}`},
	{"/v1/chat/completions", `{"model":"MODEL","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","description":"TEXT","parameters":{"type":"object","properties":{}}}}]}`},
	{"/v1/chat/completions", `{"model":"MODEL","messages":[{"role":"user","content":"hi"}],"metadata":{"note":"TEXT"}}`},
	{"/v1/chat/completions", `{"model":"MODEL","messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"text","text":"TEXT"}]}],"n":2}`},
	{"/v1/completions", `{"model":"MODEL","prompt":"TEXT"}`},
	{"/v1/completions", `{"model":"MODEL","prompt":["TEXT","to TEXT"],"stream":true}`},
	{"/v1/embeddings", `{"model":"MODEL","input":["hi","TEXT"]}`},
	{"/v1/rerank", `{"model":"MODEL","query":"TEXT","documents":["a","b"]}`},
	{"/v1/rerank", `{"model":"MODEL","query":"q","documents":["a","TEXT"]}`},
	{"/v1/responses", `{"model":"MODEL","input":"TEXT"}`},
	{"/v1/responses", `{"model":"MODEL","instructions":"TEXT","input":"hi","stream":true}`},
	{"/v1/responses", `{"model":"MODEL","background":true,"input":"TEXT"}`},
	{"/v1/responses/compact", `{"model":"MODEL","input":[{"role":"user","content":"TEXT"}]}`},
	{"/v1/responses/input_tokens", `{"model":"MODEL","input":"TEXT"}`},
	{"/v1/messages", `{"model":"MODEL","max_tokens":20,"messages":[{"role":"user","content":"TEXT"}]}`},
	{"/v1/messages", `{"model":"MODEL","max_tokens":20,"stream":true,"system":[{"type":"text","text":"TEXT"}],"messages":[{"role":"user","content":"hi"}]}`},
	{"/v1/messages", `{"model":"MODEL","max_tokens":20,"metadata":{"note":"TEXT"},"messages":[{"role":"user","content":"hi"}]}`},
	{"/v1/messages", `{"model":"MODEL","max_tokens":20,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a":"TEXT"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"TEXT"}]}],"tools":[{"name":"f","description":"TEXT","input_schema":{"type":"object"}}]}`},
	{"/v1/messages/count_tokens", `{"model":"MODEL","messages":[{"role":"user","content":"TEXT"}]}`},
	{"/api/chat", `{"model":"MODEL","messages":[{"role":"user","content":"TEXT"}]}`},
	{"/api/chat", `{"model":"MODEL","stream":false,"messages":[{"role":"system","content":"TEXT"},{"role":"user","content":"hi"}]}`},
	{"/api/generate", `{"model":"MODEL","prompt":"TEXT"}`},
	{"/api/generate", `{"model":"MODEL","system":"TEXT","prompt":"hi","stream":false}`},
	{"/api/embed", `{"model":"MODEL","input":["TEXT"]}`},
	{"/api/embeddings", `{"model":"MODEL","prompt":"TEXT"}`},
	{"/tokenize", `{"model":"MODEL","content":"TEXT"}`},
}

// TestNothingPrivateLeaves asks every endpoint of every dialect for a model of
// every kind of cloud.
func TestNothingPrivateLeaves(t *testing.T) {
	clouds := map[string]*cloud{"o:openai": newCloud(t), "v:vllm": newCloud(t), "a:anthropic": newCloud(t), "g:gemini": newCloud(t), "l:ollama": newCloud(t)}
	base := away(t, clouds, func(e *Env) { e.Config.Privacy.Scope = "all" })
	for name, c := range clouds {
		who, kind, _ := strings.Cut(name, ":")
		for _, x := range endpoints {
			for text, secret := range map[string]string{"the key is " + secretKey + ", keep it": secretKey, "write to " + secretMail + " now": secretMail} {
				body := strings.NewReplacer("MODEL", who+"/fake-model", "TEXT", text).Replace(x.body)
				status, h, answer := postTo(t, base+x.path, body)
				if x.path == "/v1/responses" && strings.Contains(body, "background") {
					waitFor(t, base, answer)
				}
				sent := c.sent()
				if strings.Contains(sent, secret) {
					t.Errorf("%s %s: it left: %s", kind, body, sent)
				}
				if secret == secretKey && (strings.Contains(sent, "POST") || status == http.StatusOK && !strings.Contains(body, "background") && !strings.Contains(body, `"stream":true`) && !strings.HasPrefix(x.path, "/api/")) {
					t.Errorf("%s %s: %d %s; sent %q", kind, x.path, status, answer, sent)
				}
				if strings.Contains(answer, secretKey) {
					t.Errorf("%s %s: the answer repeats it: %s", kind, x.path, answer)
				}
				if status == http.StatusBadRequest && secret == secretKey && strings.Contains(answer, "does not leave this machine") && !strings.Contains(answer, "key") {
					t.Errorf("%s %s: %s", kind, x.path, answer)
				}
				if reason := h.Get("X-Irori-Reason"); secret == secretMail && status == http.StatusOK && reason != "" && !strings.Contains(body, "background") && !strings.Contains(reason, "masked: email") {
					t.Errorf("%s %s: %d, reason %q", kind, x.path, status, reason)
				}
			}
		}
	}
}

// waitFor waits for the end of a response in the background.
func waitFor(t *testing.T, base, answer string) {
	t.Helper()
	_, rest, _ := strings.Cut(answer, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	res, err := http.Get(base + "/v1/responses/" + id + "?stream=true")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
}

// A conversation that is kept here takes its beginning along, which is looked
// at as well.
func TestPrivateHistory(t *testing.T) {
	c := newCloud(t)
	base := away(t, map[string]*cloud{"o:openai": c}, func(e *Env) { e.Config.Privacy.Scope = "all" })
	if err := c.Set("text", "Written to [[EMAIL_1]]."); err != nil {
		t.Fatal(err)
	}
	_, _, first := postTo(t, base+"/v1/responses", `{"model":"o/fake-model","store":true,"input":"write to `+secretMail+`"}`)
	if !strings.Contains(first, "Written to "+secretMail+".") {
		t.Errorf("not put back: %s", first)
	}
	_, rest, _ := strings.Cut(first, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	c.sent()
	status, h, second := postTo(t, base+"/v1/responses", `{"model":"o/fake-model","input":"and again","previous_response_id":"`+id+`"}`)
	if sent := c.sent(); status != 200 || strings.Contains(sent, secretMail) || strings.Count(sent, "[[EMAIL_1]]") != 2 || !strings.Contains(h.Get("X-Irori-Reason"), "masked: email") {
		t.Errorf("%d %v %s; sent %s", status, h, second, sent)
	}
}

// Masked values come back in every dialect, streamed too.
func TestMaskedComesBack(t *testing.T) {
	c := newCloud(t)
	base := away(t, map[string]*cloud{"o:openai": c, "a:anthropic": c}, func(e *Env) { e.Config.Privacy.Scope = "all" })
	if err := c.Set("text", "It is [[EMAIL_1]], [[EMAIL_1]]!"); err != nil {
		t.Fatal(err)
	}
	for _, x := range endpoints {
		if strings.Contains(x.path, "embed") || strings.Contains(x.path, "rerank") || strings.Contains(x.path, "token") || strings.Contains(x.body, "background") || strings.Contains(x.path, "compact") || strings.Contains(x.body, "metadata") {
			continue
		}
		for _, who := range []string{"o", "a"} {
			body := strings.NewReplacer("MODEL", who+"/fake-model", "TEXT", secretMail).Replace(x.body)
			status, _, answer := postTo(t, base+x.path, body)
			if status == http.StatusBadRequest && strings.Contains(answer, "unsupported") {
				continue // that API has no such thing
			}
			if status != http.StatusOK || strings.Contains(answer, "EMAIL") || !strings.Contains(answer, secretMail) {
				t.Errorf("%s %s: %d %s", who, body, status, answer)
			}
		}
	}
}

// TestWhoMayLeave checks who decides what leaves: the request that names a
// cloud, the settings, a header and a key.
func TestWhoMayLeave(t *testing.T) {
	c, down := newCloud(t), httptest.NewServer(http.NotFoundHandler())
	down.Close()
	base := away(t, map[string]*cloud{"o:openai": c}, func(e *Env) {
		if err := e.Config.AddBackend("near=llamaserver:" + down.URL); err != nil {
			t.Fatal(err)
		}
		b := e.Config.Backends["near"]
		b.Failover = []string{"o/fake-model"}
		e.Config.Backends["near"] = b
	})
	for _, x := range []struct {
		model, header, text string
		status              int
		leaves              bool
	}{
		{"o/fake-model", "", secretKey, 200, true}, // its own choice
		{"o/fake-model", "any", secretKey, 200, true},
		{"o/fake-model", "detect", secretKey, 400, false},
		{"o/fake-model", "redact", secretMail, 200, false},
		{"o/fake-model", "local-only", "hello", 400, false},
		{"o/fake-model", "nonsense", "hello", 400, false},
		{"near/m", "", secretKey, 400, false}, // a failover is not
		{"near/m", "any", secretKey, 400, false},
		{"near/m", "", secretMail, 200, false},
		{"near/m", "local-only", "hello", 400, false},
		{"near/m", "", "hello", 200, true},
	} {
		for _, path := range []string{"/v1/chat/completions", "/v1/messages"} {
			h := []string{}
			if x.header != "" {
				h = []string{"X-Irori-Privacy", x.header}
			}
			status, got, answer := postTo(t, base+path, `{"model":"`+x.model+`","max_tokens":9,"messages":[{"role":"user","content":"it is `+x.text+`"}]}`, h...)
			if sent := c.sent(); status != x.status || strings.Contains(sent, x.text) != x.leaves {
				t.Errorf("%+v %s: %d %s (%s); sent %s", x, path, status, answer, got.Get("X-Irori-Reason"), sent)
			}
		}
	}
}

// A cloud that fails is asked again and others after it: each gets the masked
// text.
func TestPrivateFailover(t *testing.T) {
	one, two := newCloud(t), newCloud(t)
	base := away(t, map[string]*cloud{"one:openai": one, "two:anthropic": two}, func(e *Env) {
		e.Config.Privacy.Scope = "all"
		b := e.Config.Backends["one"]
		b.Failover = []string{"two"}
		e.Config.Backends["one"] = b
	})
	if err := one.Set("status", "503"); err != nil {
		t.Fatal(err)
	}
	status, h, answer := postTo(t, base+"/v1/chat/completions", `{"model":"one/fake-model","messages":[{"role":"user","content":"to `+secretMail+`"}]}`)
	a, b := one.sent(), two.sent()
	if status != 200 || h.Get("X-Irori-Backend") != "two" || strings.Contains(a+b, secretMail) || !strings.Contains(a, "[[EMAIL_1]]") || !strings.Contains(b, "[[EMAIL_1]]") {
		t.Errorf("%d %v %s\n%s\n%s", status, h, answer, a, b)
	}
	status, h, answer = postTo(t, base+"/v1/chat/completions", `{"model":"one/fake-model","messages":[{"role":"user","content":"to `+secretKey+`"}]}`)
	if a, b := one.sent(), two.sent(); status != 400 || strings.Contains(a+b, "POST") || !strings.Contains(answer, `"code":"private"`) {
		t.Errorf("%d %v %s\n%s\n%s", status, h, answer, a, b)
	}
}

// A key that may not use the cloud gets nothing out, whatever it names; what
// it asks for by a header cannot be milder.
func TestPrivateKey(t *testing.T) {
	c := newCloud(t)
	secret := ""
	base := away(t, map[string]*cloud{"o:openai": c}, func(e *Env) {
		if err := e.EditKeys(t.Context(), func(b *access.Book) (err error) {
			secret, err = b.Create(access.Key{Name: "inside", Privacy: "local-only"}, time.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	for _, h := range []string{"any", "detect", "redact", "local-only"} {
		status, _, answer := postTo(t, base+"/v1/chat/completions", `{"model":"o/fake-model","messages":[{"role":"user","content":"hello"}]}`, "Authorization", "Bearer "+secret, "X-Irori-Privacy", h)
		if sent := c.sent(); status != http.StatusBadRequest || !strings.Contains(answer, `"code":"private"`) || strings.Contains(sent, "hello") {
			t.Errorf("%s: %d %s; sent %s", h, status, answer, sent)
		}
	}
}
