//go:build unix

package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"irori/internal/fakellm"
	"irori/internal/testreal"
)

// TestE2EFairShare has two keys ask a backend that takes two requests at once,
// one of them a hundred times as much as the other, and reads from the ledger
// how long each waited.
func TestE2EFairShare(t *testing.T) {
	const service = 250 * time.Millisecond
	knobs := fakellm.Defaults()
	knobs.TTFT = service
	fake := httptest.NewServer(fakellm.New(knobs))
	t.Cleanup(fake.Close)
	home := testreal.Home(t)
	config := fmt.Sprintf("queue_length: 50\nbackends:\n  slow: {kind: openai, url: %q, max_concurrent: 2}\n", fake.URL)
	if err := os.WriteFile(filepath.Join(home, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := up(t, home)
	heavy, light := newKey(t, home, "heavy"), newKey(t, home, "light")
	body := text(object{"model": "slow/m", "max_tokens": 4, "messages": []object{{"role": "user", "content": "hello"}}})
	done := make(chan struct{})
	var crowd sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for range 100 {
		crowd.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				resp, err := s.send(t.Context(), http.MethodPost, chatPath, body, "X-Api-Key", heavy)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusTooManyRequests {
					continue
				}
				// Fifty wait, two are in service, a quarter of a second each.
				if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || after < 1 || after > 30 {
					t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
				}
				mu.Lock()
				refused++
				mu.Unlock()
				select {
				case <-done:
				case <-time.After(service / 4):
				}
			}
		})
	}
	var crowded object
	for crowded == nil {
		out, errs, status := try(t, home, "ps", "--json")
		var st object
		if status != 0 || json.Unmarshal([]byte(out), &st) != nil {
			t.Fatal(errs)
		}
		if digNumber(st, "backends", 0, "waiting", "heavy") >= 40 {
			crowded = st
		}
	}
	if n := digNumber(crowded, "backends", 0, "running"); n != 2 {
		t.Errorf("%v are in service", n)
	}
	for range 20 {
		if r := s.ask(t, http.MethodPost, chatPath, body, "X-Api-Key", light); r.StatusCode != http.StatusOK {
			t.Fatalf("the light key: %d %s", r.StatusCode, r.raw)
		}
	}
	if _, errs, _ := try(t, home, "ps"); !strings.Contains(errs, "waiting for slow: heavy ") {
		t.Errorf("ps says: %s", errs)
	}
	close(done)
	crowd.Wait()
	s.quiet(t)
	waits := map[string][]float64{}
	for _, r := range records(t, home) {
		waits[digString(r, "key")] = append(waits[digString(r, "key")], digNumber(r, "queue_s"))
	}
	for k := range waits {
		slices.Sort(waits[k])
	}
	l := waits["light"]
	if len(l) != 20 {
		t.Fatalf("%d records of the light key", len(l))
	}
	t.Logf("waits of the light key: %.3f s, of the heavy one in the middle %.3f s, %d refused", l, waits["heavy"][len(waits["heavy"])/2], refused)
	if p95 := l[len(l)*95/100]; p95 > 2*service.Seconds() {
		t.Errorf("p95 of the light key's wait is %.3f s, with a service time of %v", p95, service)
	}
	if h := waits["heavy"]; h[len(h)/2] < 2*l[len(l)/2] || refused == 0 {
		t.Errorf("the heavy key waited %.3f s, and %d were refused: it was no crowd", h[len(h)/2], refused)
	}
}

// agentTurns are what two agents send in two turns of a session: what does not
// matter for the conversation is different each time.
func agentTurns(session string) map[string][2]object {
	rules := strings.Repeat("Read a file before you change it. Keep the style of the code around. ", 12)
	claude := func(turn int, messages ...object) object {
		// The mark moves to the newest block.
		last := messages[len(messages)-1]
		last["content"] = []object{{"type": "text", "text": last["content"], "cache_control": object{"type": "ephemeral"}}}
		return object{
			"model": "irori/local", "max_tokens": 8, "temperature": 0, "messages": messages,
			"system": []object{
				{"type": "text", "text": fmt.Sprintf("x-anthropic-billing-header: cc_version=2.1.%s; cc_entrypoint=cli; cch=%d;", session, turn)},
				{"type": "text", "text": "You are an agent. " + rules, "cache_control": object{"type": "ephemeral"}},
			},
			"metadata": object{"user_id": fmt.Sprintf(`{"session":%q,"turn":%d}`, session, turn)},
		}
	}
	user := func(s string) object { return object{"role": "user", "content": s} }
	codex := func(turn int, items ...object) object {
		for i := range items {
			items[i]["id"] = fmt.Sprintf("msg_%s_%d_%d", session, turn, i)
		}
		return object{
			"model": "irori/local", "max_output_tokens": 16, "temperature": 0, "store": false, "prompt_cache_key": session, "input": items,
			"client_metadata": object{"turn": turn}, "include": []string{"reasoning.encrypted_content"},
		}
	}
	item := func(role, kind, s string) object {
		return object{"type": "message", "role": role, "content": []object{{"type": kind, "text": s}}}
	}
	dev := func() object { return item("developer", "input_text", "You write code. "+rules) }
	question := "The file is called hearth.go. What does it hold? Answer in a word."
	return map[string][2]object{
		"/v1/messages": {
			claude(1, user(question)),
			claude(2, user(question), object{"role": "assistant", "content": "A fire."}, user("And what else?")),
		},
		"/v1/responses": {
			codex(1, dev(), item("user", "input_text", question)),
			codex(2, dev(), item("user", "input_text", question), item("assistant", "output_text", "A fire."), item("user", "input_text", "And what else?")),
		},
	}
}

// TestE2EAgentsKeepTheirCache has two agents take two turns each on the real
// engine: the second prompt begins with the first, whatever the agents put in
// front and change. A second session shares the rules of the first.
func TestE2EAgentsKeepTheirCache(t *testing.T) {
	s := up(t, testreal.Home(t))
	for _, session := range []string{"197.abc", "197.def"} {
		for path, turns := range agentTurns(session) {
			var prompt, cached [2]float64
			for i, body := range turns {
				r := s.post(t, path, body, "Session-Id", session)
				rec := record(t, s.home, r.Header.Get("X-Irori-Id"))
				prompt[i], cached[i] = digNumber(rec, "prompt_tokens"), digNumber(rec, "cached_tokens")
			}
			t.Logf("%s %s: %v cached of %v", session, path, cached, prompt)
			if cached[1] < prompt[0]*9/10 || prompt[1] <= prompt[0] {
				t.Errorf("%s %s: the second turn has %v of %v tokens cached, the first had %v", session, path, cached[1], prompt[1], prompt[0])
			}
			if session != "197.abc" && cached[0] < prompt[0]*8/10 {
				t.Errorf("%s: a second session shares %v of %v tokens with the first", path, cached[0], prompt[0])
			}
		}
	}
}
