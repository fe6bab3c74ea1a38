package fakellm

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const text1 = "Hi there, 囲炉裏🔥"

func start(t *testing.T) (*Server, string) {
	t.Helper()
	k := Defaults()
	k.Text = text1
	s := New(k)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, h.URL
}

// post sends a body; headers are pairs.
func post(t *testing.T, url, body string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTokens(t *testing.T) {
	for s, want := range map[string][]string{
		"":           nil,
		"ab cd":      {"ab", " cd"},
		"火🔥":         {"火", "🔥"},
		"a, b":       {"a", ",", " b"},
		"火fire 1.5!": {"火", "fire", " 1", ".5", "!"},
	} {
		got := tokens(s)
		if strings.Join(got, "") != s {
			t.Errorf("%q comes back as %q", s, got)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", s, d)
		}
	}
}

// streams are the dialects with how the text of a line is found.
var streams = map[string]struct {
	path string
	text func(line map[string]any) string
}{
	"openai chat": {"/v1/chat/completions", func(l map[string]any) string { return dig(l, "choices", 0, "delta", "content") }},
	"openai text": {"/v1/completions", func(l map[string]any) string { return dig(l, "choices", 0, "text") }},
	"anthropic":   {"/v1/messages", func(l map[string]any) string { return dig(l, "delta", "text") }},
	"ollama":      {"/api/chat", func(l map[string]any) string { return dig(l, "message", "content") }},
}

func dig(v any, path ...any) string {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return ""
			}
			v = l[p]
		}
	}
	s, _ := v.(string)
	return s
}

// lines reads the JSON of a stream.
func lines(t *testing.T, r io.Reader) (out []map[string]any, err error) {
	t.Helper()
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		line := strings.TrimPrefix(sc.Text(), "data: ")
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, m)
	}
	return out, sc.Err()
}

const ask = `{"model":"m","messages":[{"role":"user","content":"hi"}],"prompt":"hi","max_tokens":99,"stream":true}`

func TestStream(t *testing.T) {
	_, url := start(t)
	for name, d := range streams {
		for _, split := range []string{"", SplitWrite} {
			t.Run(name+split, func(t *testing.T) {
				list, err := lines(t, post(t, url+d.path, ask, "X-Fake-Split", split).Body)
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				for _, l := range list {
					b.WriteString(d.text(l))
				}
				if b.String() != text1 {
					t.Errorf("the text is %q, want %q", b.String(), text1)
				}
			})
		}
	}
}

// TestChoices asks for several answers, streamed and whole.
func TestChoices(t *testing.T) {
	_, url := start(t)
	asking := strings.Replace(ask, `"stream":true`, `"n":3,"tools":[{}],"stream_options":{"include_usage":true},"stream":true`, 1)
	tool := []string{"X-Fake-Tool", "f", "X-Fake-Arguments", `{"a":1}`}
	for _, c := range []struct {
		path, want string
		at         []any
		headers    []string
	}{
		{"/v1/chat/completions", text1, []any{"delta", "content"}, nil},
		{"/v1/completions", text1, []any{"text"}, nil},
		{"/v1/chat/completions", `{"a":1}`, []any{"delta", "tool_calls", 0, "function", "arguments"}, tool},
	} {
		list, err := lines(t, post(t, url+c.path, asking, c.headers...).Body)
		if err != nil {
			t.Fatal(err)
		}
		texts, ends := map[float64]string{}, map[float64]int{}
		total := 0.0
		for _, l := range list {
			if u, ok := l["usage"].(map[string]any); ok {
				total, _ = u["completion_tokens"].(float64)
			}
			choices, _ := l["choices"].([]any)
			for _, x := range choices {
				choice, _ := x.(map[string]any)
				i, _ := choice["index"].(float64)
				texts[i] += dig(choice, c.at...)
				if dig(choice, "finish_reason") != "" {
					ends[i]++
				}
			}
		}
		if d := cmp.Diff(map[float64]string{0: c.want, 1: c.want, 2: c.want}, texts); d != "" {
			t.Errorf("%s: %s", c.path, d)
		}
		if d := cmp.Diff(map[float64]int{0: 1, 1: 1, 2: 1}, ends); d != "" {
			t.Errorf("%s ends: %s", c.path, d)
		}
		if c.headers == nil && total != float64(3*len(tokens(text1))) {
			t.Errorf("%s: the usage says %v tokens", c.path, total)
		}
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(read(t, post(t, url+"/v1/chat/completions", strings.Replace(asking, `"stream":true`, `"stream":false`, 1)))), &m); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		x, _ := m["choices"].([]any)[i].(map[string]any)
		if x["index"] != float64(i) || dig(x, "message", "content") != text1 {
			t.Errorf("choice %d is %v", i, x)
		}
	}
	if list, err := lines(t, post(t, url+"/v1/messages", asking).Body); err != nil || len(list) > 30 {
		t.Errorf("a dialect without n gives %d events: %v", len(list), err)
	}
}

func TestSplitEvent(t *testing.T) {
	_, url := start(t)
	for name, d := range streams {
		t.Run(name, func(t *testing.T) {
			body := read(t, post(t, url+d.path, ask, "X-Fake-Split", SplitEvent))
			broken := 0
			for line := range strings.Lines(body) {
				if !utf8.ValidString(line) {
					broken++
				}
			}
			if broken != 8 { // four characters, each over two events
				t.Errorf("%d lines are not UTF-8, want 8", broken)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	_, url := start(t)
	plain := strings.Replace(ask, `true`, `false`, 1)
	for name, c := range map[string]struct {
		path string
		at   []any
	}{
		"openai chat": {"/v1/chat/completions", []any{"choices", 0, "message", "content"}},
		"openai text": {"/v1/completions", []any{"choices", 0, "text"}},
		"anthropic":   {"/v1/messages", []any{"content", 0, "text"}},
		"ollama":      {"/api/chat", []any{"message", "content"}},
	} {
		t.Run(name, func(t *testing.T) {
			var m map[string]any
			if err := json.Unmarshal([]byte(read(t, post(t, url+c.path, plain))), &m); err != nil {
				t.Fatal(err)
			}
			if got := dig(m, c.at...); got != text1 {
				t.Errorf("the text is %q", got)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	_, url := start(t)
	asking := strings.Replace(ask, `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, 1)
	for _, c := range []struct {
		body, usage      string
		own, onFinal, no bool
	}{
		{ask, UsageAsked, false, false, true}, {asking, UsageAsked, true, false, false}, {ask, UsageOwn, true, false, false},
		{ask, UsageFinal, false, true, false}, {asking, UsageNone, false, false, true},
	} {
		list, err := lines(t, post(t, url+"/v1/chat/completions", c.body, "X-Fake-Usage", c.usage).Body)
		if err != nil {
			t.Fatal(err)
		}
		own, onFinal := false, false
		for _, l := range list {
			if l["usage"] != nil {
				own = own || len(l["choices"].([]any)) == 0
				onFinal = onFinal || dig(l, "choices", 0, "finish_reason") == "stop"
			}
		}
		if own != c.own || onFinal != c.onFinal || (own || onFinal) == c.no {
			t.Errorf("usage %s: own chunk %v, on the final one %v", c.usage, own, onFinal)
		}
	}
}

func TestFaults(t *testing.T) {
	s, url := start(t)
	chat := url + "/v1/chat/completions"
	resp := post(t, chat, ask, "X-Fake-Status", "429", "X-Fake-Retry-After", "7")
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "7" {
		t.Errorf("status %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	if _, err := io.ReadAll(post(t, chat, ask, "X-Fake-Cut", "2").Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a stream that is cut ends with %v", err)
	}
	for name, value := range map[string]string{"status": "503", "times": "2"} {
		if err := s.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	var got []int
	for range 3 {
		got = append(got, post(t, chat, ask).StatusCode)
	}
	if d := cmp.Diff([]int{503, 503, 200}, got); d != "" {
		t.Error(d)
	}
	if resp := post(t, chat, ask, "X-Fake-Cut", "soon"); resp.StatusCode != 400 {
		t.Errorf("a wrong knob gives %d", resp.StatusCode)
	}
}

func TestPaceAndStall(t *testing.T) {
	s, url := start(t)
	began := time.Now()
	read(t, post(t, url+"/v1/chat/completions", ask, "X-Fake-Ttft", "50ms", "X-Fake-Rate", "200"))
	if took := time.Since(began); took < 70*time.Millisecond {
		t.Errorf("the answer took %v", took)
	}
	s.Forget()
	resp := post(t, url+"/v1/chat/completions", ask, "X-Fake-Stall", "1")
	if _, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if list := s.Requests(); len(list) == 1 && list[0].Gone {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("the server did not see the client go")
}

func TestToolsAndControl(t *testing.T) {
	_, url := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/fake/knobs", strings.NewReader(`{"tool":"look","arguments":"{\"q\":\"火\"}"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	list, err := lines(t, post(t, url+"/v1/chat/completions", strings.Replace(ask, `"model"`, `"tools":[{}],"model"`, 1)).Body)
	if err != nil {
		t.Fatal(err)
	}
	var args strings.Builder
	for _, l := range list {
		args.WriteString(dig(l, "choices", 0, "delta", "tool_calls", 0, "function", "arguments"))
	}
	if args.String() != `{"q":"火"}` {
		t.Errorf("the arguments are %q", args.String())
	}
	got, err := http.Get(url + "/fake/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	var seen []Request
	if err := json.NewDecoder(got.Body).Decode(&seen); err != nil || len(seen) != 1 || seen[0].Path != "/v1/chat/completions" {
		t.Errorf("the requests are %v, %v", seen, err)
	}
}

func TestEmbeddings(t *testing.T) {
	_, url := start(t)
	body := read(t, post(t, url+"/v1/embeddings", `{"model":"m","input":["a","b","a"]}`))
	var m struct {
		Data []struct{ Embedding []float64 }
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil || len(m.Data) != 3 {
		t.Fatalf("%s: %v", body, err)
	}
	if cmp.Diff(m.Data[0], m.Data[2]) != "" || cmp.Diff(m.Data[0], m.Data[1]) == "" {
		t.Error("the vectors do not follow the text")
	}
}

// TestScript plays a conversation: each result that it holds is a call less to
// make, and a tool that is not there is not called.
func TestScript(t *testing.T) {
	_, url := start(t)
	const script = `[{"tool":"look","arguments":"{}"},{"tool":"write","arguments":"{\"a\":1}"}]`
	const tools = `"tools":[{"type":"function","name":"look","function":{"name":"look"}},{"type":"function","name":"write","function":{"name":"write"}}],`
	for _, c := range []struct{ path, body, want string }{
		{"/v1/chat/completions", `{` + tools + `"messages":[{"role":"user","content":"x"}]}`, `"call_1"`},
		{"/v1/chat/completions", `{` + tools + `"messages":[{"role":"user","content":"x"},{"role":"tool","content":"a"}]}`, `"call_2"`},
		{"/v1/chat/completions", `{` + tools + `"messages":[{"role":"tool","content":"a"},{"role":"tool","content":"a"}]}`, "Hi there"},
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}]}`, "Hi there"},
		{"/v1/messages", `{"max_tokens":99,` + tools + `"messages":[{"role":"user","content":[{"type":"tool_result","content":"a"}]}]}`, `"toolu_2"`},
	} {
		if got := read(t, post(t, url+c.path, c.body, "X-Fake-Script", script)); !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %s", c.path, c.body, got)
		}
	}
}
