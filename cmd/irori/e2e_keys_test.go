//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/testreal"
)

// newKey makes a key by the command line and returns its secret.
func newKey(t *testing.T, home string, args ...string) string {
	t.Helper()
	out, errs, status := try(t, home, append([]string{"keys", "create", "--json"}, args...)...)
	var made struct{ Secret string }
	if status != 0 || json.Unmarshal([]byte(out), &made) != nil || made.Secret == "" {
		t.Fatalf("keys create %v: %d %q %s", args, status, out, errs)
	}
	return made.Secret
}

// answers sends a request of each dialect with a key and returns the statuses
// with their bodies.
func answers(t *testing.T, s *server, key string) map[string]reply {
	t.Helper()
	out := map[string]reply{}
	turn := []object{{"role": "user", "content": "Say hello."}}
	for path, body := range map[string]object{
		chatPath:          hello(nil),
		"/v1/completions": {"model": "irori/local", "prompt": "Hello", "max_tokens": 4},
		"/v1/embeddings":  {"model": "irori/local", "input": "Hello"},
		"/v1/responses":   {"model": "irori/local", "input": "Hello", "max_output_tokens": 4},
		"/v1/messages":    {"model": "irori/local", "messages": turn, "max_tokens": 4},
		"/api/chat":       {"model": "irori/local", "messages": turn, "stream": false, "options": object{"num_predict": 4}},
		"/api/generate":   {"model": "irori/local", "prompt": "Hello", "stream": false, "options": object{"num_predict": 4}},
		"/api/embed":      {"model": "irori/local", "input": "Hello"},
	} {
		out[path] = s.ask(t, http.MethodPost, path, text(body), "Authorization", "Bearer "+key)
	}
	return out
}

// TestE2EKeys gives out keys while a server runs, spends them, and starts it
// again.
func TestE2EKeys(t *testing.T) {
	home := testreal.Home(t)
	s := up(t, home)
	s.post(t, chatPath, hello(nil)) // nobody needs a key yet
	s.post(t, "/api/create", object{"model": "brief", "from": testreal.ModelName, "parameters": object{"num_predict": 2}, "stream": false})
	if out, errs, status := try(t, home, "run", "--json", "brief", "Hello"); status != 0 || !strings.Contains(out, `"finish_reason":"length"`) && !strings.Contains(out, `"finish_reason": "length"`) {
		t.Errorf("a run of a model with defaults of its own: %d %q %s", status, out, errs)
	}
	anna := newKey(t, home, "anna", "--models", "irori/local")
	if r := s.ask(t, http.MethodPost, chatPath, text(hello(nil))); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a key: %d %s", r.StatusCode, r.raw)
	}
	if out, errs, status := try(t, home, "run", "--max-tokens", "4", testreal.ModelName, "Hello"); status != 0 || out == "" {
		t.Errorf("the owner's own run: %d %q %s", status, out, errs)
	}
	for path, r := range answers(t, s, anna) {
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.raw)
		}
	}
	if r := s.ask(t, http.MethodPost, chatPath, text(hello(object{"model": testreal.ModelName})), "X-Api-Key", anna); r.StatusCode != http.StatusForbidden {
		t.Errorf("a model that the key may not ask for: %d %s", r.StatusCode, r.raw)
	}
	for _, c := range []struct{ method, path, body string }{
		{http.MethodDelete, "/api/delete", `{"model":"` + testreal.ModelName + `"}`}, {http.MethodPost, "/api/pull", `{"model":"x"}`},
		{http.MethodGet, "/metrics", ""}, {http.MethodPost, "/api/generate", `{"model":"` + testreal.ModelName + `","keep_alive":0}`},
	} {
		if r := s.ask(t, c.method, c.path, c.body, "X-Api-Key", anna); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.StatusCode, r.raw)
		}
	}
	if r := s.ask(t, http.MethodGet, "/v1/models", "", "X-Api-Key", anna); len(r.body["data"].([]any)) != 1 {
		t.Errorf("the models of the key: %s", r.raw)
	}
	for method, path := range map[string]string{http.MethodGet: "/api/tags", http.MethodPost: "/api/show"} {
		r := s.ask(t, method, path, `{"model":"`+testreal.ModelName+`"}`, "X-Api-Key", anna)
		if strings.Contains(string(r.raw), "digest") || strings.Contains(string(r.raw), "template") {
			t.Errorf("%s shows what the key may not ask for: %s", path, r.raw)
		}
	}
	if r := s.ask(t, http.MethodGet, "/api/ps", "", "X-Api-Key", anna); strings.Contains(string(r.raw), testreal.ModelName) {
		t.Errorf("/api/ps shows what the key may not ask for: %s", r.raw)
	}

	s.mu.Lock()
	took := slices.Clone(s.admitted)
	s.mu.Unlock()
	for _, id := range took {
		record(t, home, id)
	}
	spent := tokensOf(t, home, "anna")
	if _, errs, status := try(t, home, "keys", "set", "anna", "--budget", text(spent)+" tokens/total"); status != 0 {
		t.Fatal(errs)
	}
	refused := func(s *server) {
		t.Helper()
		for path, r := range answers(t, s, anna) {
			want, code := `"budget_exceeded"`, http.StatusPaymentRequired
			switch {
			case path == "/v1/responses":
				// Agents try a 402 again there.
				want, code = `"insufficient_quota"`, http.StatusTooManyRequests
			case path == "/v1/messages":
				want = `"billing_error"`
			case strings.HasPrefix(path, "/api/"):
				want = `"error":"the budget of the key`
			}
			if r.StatusCode != code || r.Header.Get("Retry-After") != "" || !strings.Contains(string(r.raw), want) {
				t.Errorf("%s with nothing left: %d %s", path, r.StatusCode, r.raw)
			}
		}
	}
	refused(s)
	// The ledger remembers what the process forgets.
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	again := up(t, home)
	refused(again)
	if raw, err := os.ReadFile(filepath.Join(home, "keys.json")); err != nil || strings.Contains(string(raw), anna) {
		t.Errorf("the file of keys: %v %s", err, raw)
	}
	if _, errs, status := try(t, home, "keys", "revoke", "anna"); status != 0 {
		t.Fatal(errs)
	}
	// With the last key gone, none is needed, and this one is still not good.
	again.post(t, chatPath, hello(nil))
	bob := newKey(t, home, "bob", "--rpm", "1")
	if r := again.ask(t, http.MethodPost, chatPath, text(hello(nil)), "X-Api-Key", anna); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("a revoked key: %d %s", r.StatusCode, r.raw)
	}
	if r := again.post(t, chatPath, hello(nil), "X-Api-Key", bob); r.Header.Get("X-Ratelimit-Limit-Requests") != "1" {
		t.Errorf("the rate: %v", r.Header)
	}
	if r := again.ask(t, http.MethodPost, "/v1/messages/count_tokens", `{"model":"irori/local","messages":[{"role":"user","content":"x"}]}`, "X-Api-Key", bob); r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" {
		t.Errorf("beyond the rate: %d %s", r.StatusCode, r.raw)
	}
}

// tokensOf is what the command line says that a key spent, which must be what
// its records say.
func tokensOf(t *testing.T, home, key string) float64 {
	t.Helper()
	out, errs, status := try(t, home, "keys", "spend", key, "--json")
	var line struct {
		Tokens, Requests float64
	}
	if status != 0 || json.Unmarshal([]byte(out), &line) != nil {
		t.Fatalf("keys spend: %d %q %s", status, out, errs)
	}
	sum, n := 0.0, 0.0
	for _, r := range records(t, home) {
		if r["key"] == key {
			sum += digNumber(r, "prompt_tokens") + digNumber(r, "output_tokens")
			n++
		}
	}
	if line.Tokens != sum || line.Requests != n || n == 0 {
		t.Errorf("spend says %v, the records %v tokens of %v requests", line, sum, n)
	}
	return sum
}

// TestE2EBodies keeps what one key asks, and nothing else, until it is to be
// forgotten.
func TestE2EBodies(t *testing.T) {
	home := testreal.Home(t)
	s := up(t, home)
	kept, other := newKey(t, home, "kept", "--keep", "full"), newKey(t, home, "other")
	id := map[string]string{}
	for name, key := range map[string]string{"kept": kept, "other": other} {
		body := hello(object{"messages": []object{{"role": "user", "content": "himitsu-" + name}}})
		r := s.post(t, chatPath, body, "X-Api-Key", key)
		id[name] = r.Header.Get("X-Irori-Id")
		record(t, home, id[name])
		if name == "kept" {
			defer func(answer string) {
				if t.Failed() {
					t.Logf("the answer was %q", answer)
				}
			}(digString(r.body, "choices", 0, "message", "content"))
		}
	}
	show := func(name string) (object, int) {
		out, _, status := try(t, home, "log", "show", id[name], "--body")
		var b object
		if status == 0 && json.Unmarshal([]byte(out), &b) != nil {
			t.Fatalf("log show --body: %q", out)
		}
		return b, status
	}
	// It is kept beside the answer, a moment later.
	b, status := show("kept")
	for until := time.Now().Add(patience); status != 0 && time.Now().Before(until); b, status = show("kept") {
		time.Sleep(20 * time.Millisecond)
	}
	if status != 0 || digString(b, "messages", 0, "content") != "himitsu-kept" || digString(b, "answers", 0, "text") == "" || b["key"] != "kept" {
		t.Errorf("the body: %d %v", status, b)
	}
	if b, status := show("other"); status != 3 {
		t.Errorf("of a key that keeps nothing: %d %v", status, b)
	}
	if out, errs, status := try(t, home, "forget", "--key", "kept", "--json"); status != 0 || out != `{"requests":1,"answers":0,"outcomes":0}`+"\n" {
		t.Errorf("forget: %d %q %s", status, out, errs)
	}
	if _, status := show("kept"); status != 3 {
		t.Errorf("after forgetting: %d", status)
	}
	s.end()
	for _, name := range []string{"kept", "other"} {
		if err := filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.Contains(path, "blobs") {
				return err
			}
			raw, err := os.ReadFile(path)
			if strings.Contains(string(raw), "himitsu-"+name) {
				t.Errorf("%s is still in %s", name, path)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}

// TestE2EReuse asks the same twice, in several dialects, and once in other
// words.
func TestE2EReuse(t *testing.T) {
	home := testreal.Home(t)
	config := "cache: {exact: determined, semantic: \"on\", threshold: 0.6}\n"
	if err := os.WriteFile(filepath.Join(home, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := up(t, home)
	ask := func(words string, headers ...string) reply {
		return s.post(t, chatPath, hello(object{"messages": []object{{"role": "user", "content": words}}}), headers...)
	}
	first := ask("What is the capital of Japan?")
	again := ask("What is the capital of Japan?")
	said := func(r reply) string { return digString(r.body, "choices", 0, "message", "content") }
	if first.Header.Get("X-Irori-Backend") != "embedded" || again.Header.Get("X-Irori-Backend") != "cache" || said(first) != said(again) || said(again) == "" {
		t.Errorf("%v %s, then %v %s", first.Header, first.raw, again.Header, again.raw)
	}
	if d := cmp.Diff(first.body["usage"], again.body["usage"]); d != "" {
		t.Error(d)
	}
	rec := record(t, home, again.Header.Get("X-Irori-Id"))
	if rec["backend"] != "cache" || rec["output_tokens"] != nil || rec["decision_reason"] != "cache: the answer to "+first.Header.Get("X-Irori-Id") {
		t.Errorf("the record is %v", rec)
	}
	if r := ask("Please tell me: what is the capital of Japan"); r.Header.Get("X-Irori-Backend") != "cache" || !strings.Contains(r.Header.Get("X-Irori-Reason"), "alike") {
		t.Errorf("in other words: %v", r.Header)
	}
	for words, headers := range map[string][]string{
		"What is the capital of China?": nil, "What is not the capital of Japan?": nil, "What is the capital of Japan?": {"Cache-Control", "no-cache"},
	} {
		if r := ask(words, headers...); r.Header.Get("X-Irori-Backend") != "embedded" {
			t.Errorf("%q: %v", words, r.Header)
		}
	}
	resp := s.ask(t, http.MethodPost, chatPath, text(hello(object{"stream": true, "messages": []object{{"role": "user", "content": "What is the capital of Japan?"}}})))
	list, _ := events(t, bytes.NewReader(resp.raw))
	streamed := ""
	for _, e := range list {
		if piece, ok := dig(e, "choices", 0, "delta", "content").(string); ok {
			streamed += piece
		}
	}
	if resp.Header.Get("X-Irori-Backend") != "cache" || streamed != said(first) {
		t.Errorf("as a stream: %v %q", resp.Header, streamed)
	}
	if _, errs, status := try(t, home, "forget", "--all"); status != 0 {
		t.Fatal(errs)
	}
	if r := ask("What is the capital of Japan?"); r.Header.Get("X-Irori-Backend") != "embedded" {
		t.Errorf("after forgetting: %v", r.Header)
	}
}
