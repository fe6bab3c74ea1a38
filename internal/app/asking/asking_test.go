package asking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
)

// clientOf is a client of a server that answers as a function does.
func clientOf(t *testing.T, answer func(w http.ResponseWriter, path string, body map[string]any)) *Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		var body map[string]any
		if err := errors.Join(err, json.Unmarshal(b, &body)); err != nil {
			t.Error(err)
		}
		if r.Header.Get("X-Irori-Usage") != "1" || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Authorization") != "Bearer k" {
			t.Errorf("headers %v", r.Header)
		}
		answer(w, r.URL.Path, body)
	}))
	t.Cleanup(s.Close)
	c := New(Options{URL: s.URL, Key: "k", Seed: 7, MaxTokens: 50, Timeout: time.Minute})
	t.Cleanup(c.Close)
	return c
}

func jobOf(chat bool, output task.Output, it task.Item) *run.Job {
	return &run.Job{Target: &sample.Target{ID: "m", Requested: "m:q", Chat: chat}, Repeat: 2, Task: &task.Task{Name: "t", Output: output}, Item: &it}
}

const stream = `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}

data: {"choices":[{"index":0,"delta":{"content":"答えは"}}]}

data: {"choices":[{"index":0,"delta":{"content":"7"},"finish_reason":"length"}]}

data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4},"irori":{"energy_j":2.5,"energy_method":"measured","energy_basis":"gpu","energy_active_j":2,"power_w":50,"cost":0.1,"currency":"JPY","queue_s":0.25}}}

data: [DONE]

`

func TestConversation(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, path string, body map[string]any) {
		if path != "/v1/chat/completions" || body["model"] != "m:q" || body["seed"] != 9.0 || body["max_tokens"] != 20.0 || body["temperature"] != 0.0 || body["prompt"] != nil {
			t.Errorf("%s %v", path, body)
		}
		w.Header().Set("X-Irori-Id", "id1")
		w.Header().Set("X-Irori-Route", "cloud")
		fmt.Fprint(w, stream)
	})
	a, err := c.Ask(t.Context(), jobOf(true, task.GenerateUntil, task.Item{Turns: []task.Turn{{Role: "user", Content: "3+4?"}}, MaxTokens: 20}))
	if err != nil {
		t.Fatal(err)
	}
	if a.Text != "答えは7" || a.Thought != "hm" || a.Finish != "length" || a.RequestID != "id1" || a.Served.Route != "cloud" || *a.Tokens.Cached != 4 || *a.Tokens.Output != 3 {
		t.Errorf("%+v", a)
	}
	if e := a.Energy; e.Full != 2.5 || e.Method != "measured" || e.Basis != "gpu" || *e.Active != 2 || *e.Power != 50 || e.Low != nil || *a.Cost != .1 {
		t.Errorf("%+v", e)
	}
	if *a.Temperature != 0 || *a.MaxTokens != 20 {
		t.Errorf("asked with %v, %v", *a.Temperature, *a.MaxTokens)
	}
	if a.Latency.Queue == nil || *a.Latency.Queue != .25 || a.Latency.TTFT == nil || a.Latency.ITLP50 == nil || *a.Latency.Total < *a.Latency.TTFT {
		t.Errorf("%+v", a.Latency)
	}
}

// A task asks for the temperature that it wants, and a run may overrule it.
func TestTemperature(t *testing.T) {
	var got []any
	c := clientOf(t, func(w http.ResponseWriter, _ string, body map[string]any) {
		got = append(got, body["temperature"])
		fmt.Fprint(w, stream)
	})
	j := jobOf(true, task.GenerateUntil, task.Item{Turns: []task.Turn{{Role: "user", Content: "3+4?"}}})
	j.Task.Temperature = new(.7)
	other := jobOf(true, task.GenerateUntil, task.Item{Turns: j.Item.Turns})
	for _, q := range []struct {
		c *Client
		j *run.Job
	}{{c, j}, {c, other}, {c.With(.2, 1), j}, {c.With(0, 1), j}} {
		a, err := q.c.Ask(t.Context(), q.j)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *a.Temperature)
	}
	if d := cmp.Diff([]any{.7, .7, 0., 0., .2, .2, 0., 0.}, got); d != "" {
		t.Error(d)
	}
}

func TestContinuation(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, path string, body map[string]any) {
		if stop, _ := body["stop"].([]any); path != "/v1/completions" || body["prompt"] != "Q: 3+4\nA:" || body["messages"] != nil || len(stop) != 4 || body["max_tokens"] != 50.0 {
			t.Errorf("%s %v", path, body)
		}
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"text\":\" 7\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	})
	a, err := c.Ask(t.Context(), jobOf(false, "", task.Item{Plain: "Q: 3+4\nA:", MaxTokens: 90, Stop: []string{"a"}, PlainStop: []string{"b", "c", "d", "e"}}))
	if err != nil || a.Text != " 7" || a.Energy != nil || a.Tokens.Output != nil {
		t.Errorf("%v %+v", err, a)
	}
}

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		code   llm.Code
		after  time.Duration
	}{
		"busy": {func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(429)
			fmt.Fprint(w, `{"error":{"message":"full (hint: wait)","code":"overloaded","hint":"wait"}}`)
		}, llm.CodeOverloaded, 3 * time.Second},
		"no JSON": {func(w http.ResponseWriter) { w.WriteHeader(503); fmt.Fprint(w, "<html>") }, llm.CodeUnavailable, 0},
		"in the stream": {func(w http.ResponseWriter) {
			fmt.Fprint(w, "data: {\"error\":{\"message\":\"dead\",\"code\":\"backend_crashed\"}}\n\n")
		}, llm.CodeCrashed, 0},
		"cut off": {func(w http.ResponseWriter) {
			fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ha\"}}]}\n\n")
		}, llm.CodeUnreachable, 0},
	} {
		cl := clientOf(t, func(w http.ResponseWriter, _ string, _ map[string]any) { c.answer(w) })
		_, err := cl.Ask(t.Context(), jobOf(true, "", task.Item{Turns: []task.Turn{{Role: "user", Content: "x"}}}))
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Code != c.code || e.RetryAfter != c.after {
			t.Errorf("%s: %v %+v", name, err, e)
		}
	}
	cl := clientOf(t, func(http.ResponseWriter, string, map[string]any) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cl.Ask(ctx, jobOf(true, "", task.Item{Turns: []task.Turn{{Role: "user", Content: "x"}}})); llm.CodeOf(err) != llm.CodeCancelled {
		t.Errorf("got %v", err)
	}
}

// The likelihood of a choice is that of its own tokens, and of one that spans
// the seam.
func TestChoices(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, path string, body map[string]any) {
		if path != "/v1/completions" || body["echo"] != true || body["max_tokens"] != 0.0 || body["logprobs"] != 0.0 {
			t.Errorf("%s %v", path, body)
		}
		lists := map[any]string{
			"首都は東京": `{"tokens":["<s>","首都","は東","京"],"token_logprobs":[null,-9,-1,-0.5],"text_offset":[0,0,2,4]}`,
			"首都は大阪": `{"tokens":["<s>","首都","は","大","x"],"token_logprobs":[null,-9,-8,-4,-2],"text_offset":[0,0,2,3,3]}`,
		}
		fmt.Fprintf(w, `{"choices":[{"text":"","index":0,"logprobs":%s,"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":0,"irori":{"energy_j":2,"energy_method":"modelled","energy_basis":"b","power_w":10,"queue_s":0.5}}}`, lists[body["prompt"]])
	})
	a, err := c.Ask(t.Context(), jobOf(true, task.MultipleChoice, task.Item{Plain: "首都は", Choices: []string{"東京", "大阪"}}))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.NLL) != 2 || a.NLL[0] != 1.5 || a.NLL[1] != 6 || a.Latency.Queue == nil || *a.Latency.Queue != 1 || a.Energy.Full != 4 || math.Abs(*a.Energy.Power-10) > 1e-9 || *a.Tokens.Prompt != 8 || a.Energy.Active != nil {
		t.Errorf("%+v %+v", a, a.Energy)
	}
}

// Letters are asked of conversations; a text to be continued has none.
func TestLetters(t *testing.T) {
	var paths []string
	c := clientOf(t, func(w http.ResponseWriter, path string, _ map[string]any) {
		paths = append(paths, path)
		if path == "/v1/completions" {
			fmt.Fprint(w, `{"choices":[{"text":"","index":0,"logprobs":{"tokens":["a","b"],"token_logprobs":[null,-1],"text_offset":[0,1]},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":0}}`)
			return
		}
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"B\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	})
	c.o.Letters = true
	it := task.Item{Plain: "a", Choices: []string{"b"}, Turns: []task.Turn{{Role: "user", Content: "A or B?"}}}
	a, err := c.Ask(t.Context(), jobOf(true, task.MultipleChoice, it))
	if err != nil || a.NLL != nil || a.Text != "B" {
		t.Errorf("%+v %v", a, err)
	}
	if a, err = c.Ask(t.Context(), jobOf(false, task.MultipleChoice, it)); err != nil || len(a.NLL) != 1 {
		t.Errorf("%+v %v", a, err)
	}
	if d := cmp.Diff([]string{"/v1/chat/completions", "/v1/completions"}, paths); d != "" {
		t.Error(d)
	}
}

func TestWholeText(t *testing.T) {
	for name, c := range map[string]struct {
		list          string
		nll           float64
		tokens, bytes int
	}{
		"begins with a mark": {`{"tokens":["<s>","猫","である"],"token_logprobs":[null,-3,-1],"text_offset":[0,0,1]}`, 4, 2, 12},
		"begins with text":   {`{"tokens":["猫","である"],"token_logprobs":[null,-1],"text_offset":[0,1]}`, 1, 1, 9},
	} {
		cl := clientOf(t, func(w http.ResponseWriter, _ string, _ map[string]any) {
			fmt.Fprintf(w, `{"choices":[{"text":"","index":0,"logprobs":%s,"finish_reason":"stop"}]}`, c.list)
		})
		a, err := cl.Ask(t.Context(), jobOf(false, task.LoglikelihoodRolling, task.Item{Plain: "猫である"}))
		if err != nil || a.NLL[0] != c.nll || a.NLLTokens[0] != c.tokens || a.NLLBytes[0] != c.bytes || a.Energy != nil {
			t.Errorf("%s: %v %+v", name, err, a)
		}
	}
	cl := clientOf(t, func(w http.ResponseWriter, _ string, _ map[string]any) {
		fmt.Fprint(w, `{"choices":[{"text":"x","index":0,"finish_reason":"stop"}]}`)
	})
	if _, err := cl.Ask(t.Context(), jobOf(false, task.LoglikelihoodRolling, task.Item{Plain: "x"})); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Errorf("got %v", err)
	}
	// A conversation can be asked for the letter all the same.
	for _, chat := range []bool{true, false} {
		_, err := cl.Ask(t.Context(), jobOf(chat, task.MultipleChoice, task.Item{Plain: "x", Choices: []string{"a", "b"}}))
		if llm.CodeOf(err) != llm.CodeUnsupported || strings.Contains(err.Error(), "--choices letter") != chat {
			t.Errorf("chat %v: %v", chat, err)
		}
	}
}

// TestNoCompletions: a server that has conversations only cannot weigh options,
// which is no reason to ask nothing else of it.
func TestNoCompletions(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		text   string
		chat   bool
		on     string
		code   llm.Code
	}{
		"no endpoint":        {404, `{"error":{"message":"far: it answers 404: unknown endpoint","code":"model_not_found"}}`, true, "far", llm.CodeUnsupported},
		"no method":          {502, `{"error":{"message":"far: it answers 405: no","code":"bad_backend_answer"}}`, true, "far", llm.CodeUnsupported},
		"broken":             {502, `{"error":{"message":"far: it answers 500: 404 things","code":"bad_backend_answer"}}`, true, "far", llm.Code("bad_backend_answer")},
		"a text to continue": {404, `{"error":{"message":"far: it answers 404: no","code":"model_not_found"}}`, false, "far", llm.CodeModelNotFound},
		"a model of here":    {404, `{"error":{"message":"no model","code":"model_not_found"}}`, true, "embedded", llm.CodeModelNotFound},
	} {
		cl := clientOf(t, func(w http.ResponseWriter, _ string, _ map[string]any) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.text)
		})
		j := jobOf(c.chat, task.MultipleChoice, task.Item{Plain: "x", Choices: []string{"a", "b"}})
		j.Target.Backend = c.on
		_, err := cl.Ask(t.Context(), j)
		if llm.CodeOf(err) != c.code || strings.Contains(err.Error(), "--choices letter") != (c.code == llm.CodeUnsupported) {
			t.Errorf("%s: %v %v", name, llm.CodeOf(err), err)
		}
	}
}
