//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"irori/internal/testreal"
)

// questions is a file of tasks with so many items.
func questions(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for i := range n {
		if err := e.Encode(object{"id": string(rune('a' + i)), "q": "What is " + strings.Repeat("1 + ", i) + "1?", "a": i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"sums.jsonl": b.String(),
		"sums.yaml":  "task: sums\nfamily: arithmetic\ndataset: sums.jsonl\noutput_type: generate_until\ndoc_to_text: q\ndoc_to_target: a\nmark: number\ngeneration_kwargs: {max_gen_toks: 24}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "sums.yaml")
}

// written are the items in a run's samples, by how often they stand there.
func written(t *testing.T, dir string) (items map[string]int, raw []byte) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "samples.jsonl"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	items = map[string]int{}
	for line := range bytes.Lines(raw) {
		var s struct {
			ID     string `json:"query_id"`
			State  string
			Energy *struct {
				J float64 `json:"energy_j"`
			}
			Latency struct {
				TTFT float64 `json:"ttft_s"`
			}
		}
		if !bytes.HasSuffix(line, []byte("\n")) {
			continue
		}
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if s.State == "" || s.State == "failed" || s.Latency.TTFT <= 0 || s.Energy == nil || s.Energy.J <= 0 {
			t.Errorf("sample %s", line)
		}
		items[s.ID]++
	}
	return items, raw
}

// A run that is killed at any moment loses and repeats no question, and its
// server goes with it.
func TestE2EMeasureRun(t *testing.T) {
	home, file, dir := testreal.Home(t), questions(t, 14), filepath.Join(t.TempDir(), "run")
	args := []string{"measure", "run", testreal.ModelName, "--on", file, "--streams", "2", "--seed", "3", "--out", dir}
	for kills := 1; kills <= 2; kills++ {
		cmd := irori(t, home, args...)
		var told syncBuffer
		cmd.Stderr = &told
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before, _ := written(t, dir)
		for limit := time.Now().Add(5 * patience); ; time.Sleep(10 * time.Millisecond) {
			if now, _ := written(t, dir); len(now) >= len(before)+2 {
				break
			}
			if time.Now().After(limit) {
				t.Fatalf("nothing is asked: %s", told.String())
			}
		}
		if kills == 1 {
			_, text, status := try(t, home, "measure", "run", "--resume", dir)
			if status != 1 || !strings.Contains(text, "another process") {
				t.Errorf("a second writer: %d %s", status, text)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		f, err := os.OpenFile(filepath.Join(dir, "samples.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"schema_version":1,"query_id":"half`); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		args = []string{"measure", "run", "--resume", dir}
	}
	_, left := written(t, dir)
	left = left[:bytes.LastIndexByte(left, '\n')+1]
	if _, text, status := try(t, home, "measure", "run", "--resume", dir, "--seed", "4"); status != 1 || !strings.Contains(text, "the setting seed was 3 and is 4") {
		t.Errorf("another seed: %d %s", status, text)
	}
	out, text, status := try(t, home, "measure", "run", "--resume", dir, "--json")
	var sum struct {
		Dir     string
		Samples int
		States  map[string]int
	}
	if err := json.Unmarshal([]byte(out), &sum); err != nil || status != 0 || sum.Samples != 14 || sum.Dir != dir {
		t.Fatalf("%d %q %s", status, out, text)
	}
	items, all := written(t, dir)
	for id, n := range items {
		if n != 1 {
			t.Errorf("item %s stands there %d times", id, n)
		}
	}
	if len(items) != 14 || !bytes.HasPrefix(all, left) {
		t.Errorf("%d items; what was there is still there: %v", len(items), bytes.HasPrefix(all, left))
	}
	if _, text, status := try(t, home, "ps"); status != 5 && !strings.Contains(text, "no server") {
		t.Errorf("a server stays: %d %s", status, text)
	}
	again, _, status := try(t, home, "measure", "run", "--resume", dir, "--json")
	if status != 0 || !strings.Contains(again, `"samples":14`) {
		t.Errorf("a whole run is gone on with: %d %s", status, again)
	}
}

// A model too small to judge says nothing that could be read: the run ends, and
// what it left open counts on neither side.
func TestE2EMeasureJudge(t *testing.T) {
	home, at := testreal.Home(t), t.TempDir()
	file, dir := filepath.Join(at, "opinions.yaml"), filepath.Join(at, "run")
	text := "task: opinions\nfamily: chat\nlanguage: en\ndoc_to_text: q\ndoc_to_target: a\nscorer: judge\n" +
		"generation_kwargs: {max_gen_toks: 12, temperature: 0.5}\nitems:\n - {q: Name the capital of Japan., a: Tokyo.}\n - {q: Why is the sky blue?, a: Air scatters blue light more than red.}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, text, status := try(t, home, "measure", "run", testreal.ModelName, "--on", file, "--judge", testreal.ModelName, "--streams", "1", "--out", dir); status != 0 {
		t.Fatalf("%d %s", status, text)
	}
	_, raw := written(t, dir)
	for line := range bytes.Lines(raw) {
		var s struct {
			State       string
			Temperature float64
			MaxTokens   int `json:"max_tokens"`
			Latency     struct {
				Queue *float64 `json:"queue_s"`
			}
			Judge struct {
				Verdicts []string
				Agreed   bool
				Attempts int
			}
		}
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		if len(s.Judge.Verdicts) != 2 || s.Judge.Attempts < 2 || s.Temperature != .5 || s.MaxTokens != 12 || s.Latency.Queue == nil {
			t.Errorf("%s", line)
		}
		// By chance it may say something, and then in one order or both.
		if open := slices.Contains(s.Judge.Verdicts, "unparsed"); open != (s.State == "judge_unparsed") || open && s.Judge.Agreed {
			t.Errorf("%s", line)
		}
	}
	report, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil || !strings.Contains(string(report), "Judge agreed with itself") {
		t.Errorf("%v: %.2000s", err, report)
	}
}
