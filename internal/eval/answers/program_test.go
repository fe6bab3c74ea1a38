package answers

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/eval/code"
	"irori/internal/eval/sandbox"
	"irori/internal/eval/score"
)

// TestMain lets this test be the child, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Verb {
		os.Exit(code.Child(os.Args[2:]))
	}
	os.Exit(m.Run())
}

const programSet = `{"task_id":"HumanEval/3","prompt":"def f(x):\n    \"\"\"Doubles.\"\"\"\n","entry_point":"f","test":"def check(g):\n    assert g(2) == 4"}
`

func TestPrograms(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "HumanEval.jsonl"), []byte(programSet), 0o600); err != nil {
		t.Fatal(err)
	}
	items, err := Find("humaneval", dir)
	if err != nil || items == nil {
		t.Fatal(items, err)
	}
	lines := `{"id":"HumanEval/3","output":"    return 2 * x"}
{"id":3,"output":"    return x"}
{"id":"3","output":"No."}
{"id":3,"output":null}
{"id":1,"output":"function f(x) { return 2 * x }","language":"javascript","entry_point":"f","test":"assert.equal(f(2), 4)"}
{"id":2,"output":"function f(x) { return x }","gold":{"language":"javascript","entry_point":"f","test":"assert.equal(f(2), 4)"}}`
	want := []score.State{score.Right, score.Wrong, score.Unparsed, score.Failed, score.Right, score.Wrong}
	if _, err := code.FindPython(t.Context()); err != nil {
		want[0], want[1] = score.Skipped, score.Skipped
	}
	list, err := Score(t.Context(), "humaneval", "f", strings.NewReader(lines), items)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range list {
		if s.State != want[i] || (s.Parsed == nil) != (want[i] == score.Unparsed || want[i] == score.Failed || want[i] == score.Skipped) {
			t.Errorf("line %d: %s %v %s, want %s", i+1, s.State, s.Parsed, s.why, want[i])
		}
	}
	b, err := json.Marshal(list[5])
	if err != nil || !strings.Contains(string(b), `"why":"Error: 2 is not 4`) {
		t.Errorf("%s %v", b, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Score(ctx, "humaneval", "f", strings.NewReader(lines), items); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMalformedPrograms(t *testing.T) {
	items, err := readPrograms("set", strings.NewReader(programSet))
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`{"id":9,"output":"x"}`:                                   "f.jsonl:1: id: no item of set has the task_id 9",
		`{"id":1,"output":"x","test":"x"}`:                        "f.jsonl:1: entry_point: is missing",
		`{"id":1,"output":"x","entry_point":1}`:                   "f.jsonl:1: entry_point: is a number, which is of the wrong type",
		`{"id":1,"output":"x","gold":{"entry_point":"f"}}`:        "f.jsonl:1: gold: test: is missing",
		`{"id":3,"output":"x"}` + "\n" + `{"id":10,"output":"x"}`: "f.jsonl:2: id: no item of set has the task_id 10",
	} {
		if _, err := scored(t, "humaneval", in, items); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
	if _, err := scored(t, "humaneval", `{"id":1,"output":"x"}`, nil); err == nil || !strings.Contains(err.Error(), "f.jsonl:1: test: is missing") {
		t.Error(err)
	}
	for in, want := range map[string]string{
		`{"prompt":"x"}`:                   "s:1: task_id: is missing",
		`{"task_id":1,"test":"x"}`:         "s:1: entry_point: is missing",
		`{"task_id":1,"entry_point":"x"}`:  "s:1: test: is missing",
		`{"task_id":1,"entry_point":true}`: "s:1: entry_point: is true or false, which is of the wrong type",
	} {
		if _, err := readPrograms("s", strings.NewReader(in)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", in, err)
		}
	}
}
