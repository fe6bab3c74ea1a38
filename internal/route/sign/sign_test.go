package sign

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
	"irori/internal/store/routed"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// talk makes a conversation: user and assistant in turns, "tool:" a result,
// "call:" an assistant's call.
func talk(turns ...string) *llm.Request {
	r := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleSystem, "be kind")}}
	for i, t := range turns {
		m := llm.TextMessage([]llm.Role{llm.RoleUser, llm.RoleAssistant}[i%2], t)
		if x, ok := strings.CutPrefix(t, "tool:"); ok {
			m = llm.TextMessage(llm.RoleTool, x)
			m.ToolCallID = "c"
		}
		if x, ok := strings.CutPrefix(t, "call:"); ok {
			m = llm.Message{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "c", Name: "sh", Arguments: x}}}
		}
		r.Messages = append(r.Messages, m)
	}
	return r
}

// asked lets a request be answered, and tells what it said of earlier ones.
func asked(w *Watch, key, id string, at time.Time, r *llm.Request) []Sign {
	turn, signs := w.Look(key, r, at)
	w.Answered(key, id, routed.Weak, turn, at)
	return signs
}

func want(t *testing.T, what string, got []Sign, want ...Sign) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func TestSameAgainIsARetry(t *testing.T) {
	w := New([]byte("s"))
	want(t, "first", asked(w, "k", "1", noon, talk("why?")))
	want(t, "another key", asked(w, "other", "x", noon.Add(time.Minute), talk("why?")))
	want(t, "at once", asked(w, "k", "p", noon.Add(time.Millisecond), talk("why?")))
	want(t, "again", asked(w, "k", "2", noon.Add(time.Minute), talk("why?")), Sign{ID: "p", Side: routed.Weak, Kind: Retry})
	// A program that asks the same over and over is no retry.
	want(t, "and again", asked(w, "k", "3", noon.Add(2*time.Minute), talk("why?")), Sign{ID: "p", Kind: Retry, Undo: true})
	want(t, "later", asked(w, "k", "4", noon.Add(time.Hour), talk("why?")))
	want(t, "something else", asked(w, "k", "5", noon.Add(time.Hour+time.Minute), talk("how?")))
}

func TestAChangedTurnIsAnEdit(t *testing.T) {
	w := New([]byte("s"))
	asked(w, "k", "1", noon, talk("write a poem"))
	want(t, "a new question under the same system text", asked(w, "k", "x", noon.Add(time.Minute), talk("write a song")))
	want(t, "going on", asked(w, "k", "2", noon.Add(time.Minute), talk("write a poem", "roses", "longer")))
	want(t, "edited", asked(w, "k", "3", noon.Add(2*time.Minute), talk("write a poem", "roses", "shorter")), Sign{ID: "2", Side: routed.Weak, Kind: Edit})
	want(t, "after another answer", asked(w, "k", "4", noon.Add(2*time.Minute), talk("write a poem", "violets", "shorter")))
	want(t, "long after", asked(w, "k", "5", noon.Add(3*time.Hour), talk("write a poem", "roses", "funnier")))
}

func TestToolsTell(t *testing.T) {
	for result, c := range map[string]struct {
		kind  Kind
		score float64
	}{
		`{"output":"no such file","metadata":{"exit_code":2}}`:     {Tool, 0},
		`{"output":"fine","metadata":{"exit_code":0}}`:             {Tool, 1},
		"Exit code: 1\nWall time: 0.1 seconds\nOutput:\nx":         {Tool, 0},
		"Exit code 127\nbash: foo: command not found":              {Tool, 0},
		"Process exited with code 0\nall good":                     {Tool, 1},
		"<tool_use_error>InputValidationError: x</tool_use_error>": {Call, 0},
		"Error: unknown tool frobnicate":                           {Call, 0},
		"failed to parse function arguments: missing field":        {"", 0},
		`{"error":"missing required parameter path"}`:              {Call, 0},
		`{"error":null,"rows":[1]}`:                                {"", 0},
		`{"success":false,"why":"x"}`:                              {Tool, 0},
		"The article tells of an error in the exit code.":          {"", 0},
		"HTTP server\nstatus: 404":                                 {"", 0},
		"status: open, code: 7 items":                              {"", 0},
		"Traceback (most recent call last):\n  File":               {Tool, 0},
		"エラー: ファイルがありません":                                          {Tool, 0},
		"": {"", 0},
	} {
		w := New(nil)
		asked(w, "k", "1", noon, talk("list"))
		got := asked(w, "k", "2", noon.Add(time.Millisecond), talk("list", "call:ls", "tool:"+result))
		if c.kind == "" {
			want(t, result, got)
			continue
		}
		want(t, result, got, Sign{ID: "1", Side: routed.Weak, Kind: c.kind, Score: c.score})
		_, twice := w.Look("k", talk("list", "call:ls", "tool:"+result), noon.Add(2*time.Millisecond))
		want(t, "told once: "+result, twice)
	}
	failed := llm.TextMessage(llm.RoleTool, "no")
	failed.ToolFailed = true
	if kind, score, ok := Results([]llm.Message{llm.TextMessage(llm.RoleTool, `{"exit_code":0}`), failed}); kind != Tool || score != 0 || !ok {
		t.Errorf("%v %v %v", kind, score, ok)
	}
}

func TestNoTextIsKept(t *testing.T) {
	w := New([]byte("secret"))
	turn, _ := w.Look("k", talk("himitsu", "x", "himitsu"), noon)
	w.Answered("k", "1", routed.Weak, turn, noon)
	if s := fmt.Sprintf("%+v %+v", turn, w.asked); strings.Contains(s, "himitsu") {
		t.Error(s)
	}
	other, _ := New([]byte("another")).Look("k", talk("himitsu", "x", "himitsu"), noon)
	if other.Asked == turn.Asked {
		t.Error("hashes do not depend on the secret")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	w := New(nil)
	for i := range 3 * remembered {
		asked(w, "k", fmt.Sprint(i), noon, talk("q", "a", fmt.Sprint(i)))
	}
	if len(w.asked) > remembered || len(w.order) > remembered || len(w.branch) > remembered {
		t.Errorf("%d, %d, %d", len(w.asked), len(w.order), len(w.branch))
	}
	want(t, "the last is known", asked(w, "k", "again", noon.Add(time.Minute), talk("q", "a", fmt.Sprint(3*remembered-1))),
		Sign{ID: fmt.Sprint(3*remembered - 1), Side: routed.Weak, Kind: Retry})
}

func FuzzResults(f *testing.F) {
	f.Add(`{"metadata":{"exit_code":"x"}}`)
	f.Add("Exit code: -9999999")
	f.Fuzz(func(t *testing.T, s string) {
		if _, score, _ := Results([]llm.Message{llm.TextMessage(llm.RoleTool, s)}); score != 0 && score != 1 {
			t.Error(score)
		}
	})
}
