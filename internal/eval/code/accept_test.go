//go:build accept

package code

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"irori/internal/eval/sandbox"
	"irori/internal/eval/score"
)

// TestCanonical holds that the sets' own solutions pass, in each of the ways
// that models answer in, and that none passes as the answer to another item.
func TestCanonical(t *testing.T) {
	dir := os.Getenv("IRORI_EVAL_DATA")
	if dir == "" {
		t.Skip("IRORI_EVAL_DATA names no folder with the public sets")
	}
	if _, err := FindPython(t.Context()); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"HumanEval.jsonl.gz", "jhuman-eval.jsonl.gz"} {
		items := readSet(t, filepath.Join(dir, name))
		if len(items) != 164 {
			t.Fatalf("%s has %d items", name, len(items))
		}
		for way, answer := range map[string]func(solved) string{
			"rest":    func(s solved) string { return s.Canonical },
			"went on": func(s solved) string { return s.Canonical + "\n\ndef main():\n    oops(\n" },
			"trimmed": func(s solved) string { return strings.TrimSpace(s.Canonical) },
			"fenced rest": func(s solved) string {
				return "Here is the rest:\n```python\n" + s.Canonical + "\n```\nIt works."
			},
			"whole": func(s solved) string {
				return "Sure!\n\n```python\n" + s.Prompt + s.Canonical + "\n```\n\nFor example:\n```python\nprint(1)\n```\n"
			},
			"bare": func(s solved) string {
				return "Here is the function:\n\n" + s.Prompt + s.Canonical + "\nThis function does what was asked.\n"
			},
		} {
			if right := countRight(t, items, answer); right != len(items) {
				t.Errorf("%s, %s: %d of %d pass", name, way, right, len(items))
			}
		}
		n := 0
		wrong := countRight(t, items, func(solved) string { n++; return items[n%len(items)].Canonical })
		if wrong > 2 {
			t.Errorf("%s: %d of other items' solutions pass", name, wrong)
		}
	}
}

type solved struct {
	Item
	ID        string `json:"task_id"`
	Canonical string `json:"canonical_solution"`
}

func readSet(t *testing.T, path string) []solved {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []solved
	for d := json.NewDecoder(bufio.NewReader(z)); d.More(); {
		var s solved
		if err := d.Decode(&s); err != nil {
			t.Fatal(path, err)
		}
		out = append(out, s)
	}
	return out
}

func countRight(t *testing.T, items []solved, answer func(solved) string) int {
	t.Helper()
	right := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	places := make(chan struct{}, 2)
	for _, s := range items {
		text := answer(s)
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			v, err := Judge(t.Context(), s.Item, text)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(s.ID, err)
			}
			if v.State == score.Right {
				right++
			} else if v.Run.State == sandbox.Crashed || v.State == score.Unparsed || v.State == score.Skipped || os.Getenv("SHOW") != "" {
				t.Logf("%s: %s %s", s.ID, v.State, v.Why)
			}
		})
	}
	all.Wait()
	return right
}
