package talk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
)

// chatWith is a chat with a server that answers what body says.
func chatWith(t *testing.T, o Options, answer func(w http.ResponseWriter, r *http.Request, body map[string]any)) *Chat {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var body map[string]any
		if err := json.Unmarshal(b, &body); err != nil {
			t.Error(err)
		}
		answer(w, r, body)
	}))
	t.Cleanup(s.Close)
	return &Chat{url: s.URL, key: "secret", model: "m", o: o, close: func() error { return nil }}
}

func TestChatAsks(t *testing.T) {
	seven := int64(7)
	var bodies []map[string]any
	c := chatWith(t, Options{System: "be short", Seed: &seven}, func(w http.ResponseWriter, r *http.Request, body map[string]any) {
		bodies = append(bodies, body)
		if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("X-Irori-Usage") != "1" {
			t.Errorf("headers %v", r.Header)
		}
		w.Header().Set("X-Irori-Id", "id1")
		fmt.Fprint(w, ": ping\n\ndata: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"+
			"data: {\"choices\":[{\"delta\":{\"content\":\"囲\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"炉裏\"},\"finish_reason\":\"stop\"}]}\n\n"+
			"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n")
	})
	var shown []string
	a, err := c.Ask(t.Context(), "hello", func(s string, thinking bool) { shown = append(shown, fmt.Sprint(s, thinking)) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hmtrue", "囲false", "炉裏false"}, shown); diff != "" {
		t.Error(diff)
	}
	if a.ID != "id1" || a.Text != "囲炉裏" || a.Reasoning != "hm" || a.Finish != "stop" || string(a.Usage) != `{"prompt_tokens":3}` {
		t.Errorf("answer %+v", a)
	}
	if _, err := c.Ask(t.Context(), "again", nil); err != nil {
		t.Fatal(err)
	}
	message := func(role, text string) any { return map[string]any{"role": role, "content": text} }
	want := []any{message("system", "be short"), message("user", "hello"), message("assistant", "囲炉裏"), message("user", "again")}
	if diff := cmp.Diff(want, bodies[1]["messages"]); diff != "" {
		t.Error(diff)
	}
	if bodies[1]["seed"] != 7.0 || bodies[1]["temperature"] != nil {
		t.Errorf("options %v", bodies[1])
	}
}

func TestChatErrors(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   llm.Code
		text   string
	}{
		"refused": {404, `{"error":{"message":"model m is not here (hint: irori list)","code":"model_not_found","hint":"irori list"}}`, llm.CodeModelNotFound, "model m is not here"},
		"in the stream": {
			200, "data: {\"error\":{\"message\":\"the worker crashed\",\"code\":\"backend_crashed\"}}\n\ndata: [DONE]\n\n", llm.CodeCrashed, "the worker crashed",
		},
		"no JSON": {502, "<html>", llm.CodeUnavailable, "the server answered 502 Bad Gateway"},
		"cut off": {200, "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n", llm.CodeUnreachable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			chat := chatWith(t, Options{}, func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			_, err := chat.Ask(t.Context(), "x", nil)
			if llm.CodeOf(err) != c.code || c.text != "" && err.Error() != c.text {
				t.Errorf("%s: %v", llm.CodeOf(err), err)
			}
		})
	}
}

// TestChatStops checks that what was said before a stop stays in the
// conversation.
func TestChatStops(t *testing.T) {
	c := chatWith(t, Options{}, func(w http.ResponseWriter, r *http.Request, _ map[string]any) {
		fmt.Fprint(w, "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.Ask(ctx, "x", func(string, bool) { cancel() })
	if !IsCancelled(err) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]turn{{"user", "x"}, {"assistant", "half"}}, c.turns); diff != "" {
		t.Error(diff)
	}
}

func TestChatSettings(t *testing.T) {
	c := &Chat{}
	for _, s := range [][2]string{{"system", "x"}, {"temperature", "0.5"}, {"max-tokens", "9"}, {"seed", ""}} {
		if err := c.Set(s[0], s[1]); err != nil {
			t.Error(err)
		}
	}
	if c.o.System != "x" || *c.o.Temperature != 0.5 || *c.o.MaxTokens != 9 || c.o.Seed != nil {
		t.Errorf("%+v", c.o)
	}
	if c.Set("seed", "x") == nil || c.Set("color", "red") == nil {
		t.Error("nonsense is taken")
	}
}

func ExampleAnswer_Note() {
	now := time.Unix(1000, 0)
	a := &Answer{
		Usage: []byte(`{"prompt_tokens":31,"completion_tokens":11,"prompt_tokens_details":{"cached_tokens":24},
			"irori":{"energy_j":0.75,"energy_method":"modelled","cost":0.00000646,"currency":"JPY"}}`),
		first: now, last: now.Add(time.Second),
	}
	fmt.Println(a.Note())
	// Output: prompt 31 (24 cached) · output 11 tokens · 10.0 tok/s · ≈750 mJ · ≈¥0.00000646
}
