package folder

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/sampletest"
)

func TestThereAndBack(t *testing.T) {
	dir := t.TempDir()
	run, samples := sampletest.Make(sampletest.Small())
	if err := WriteJSON(dir, RunFile, run); err != nil {
		t.Fatal(err)
	}
	if err := WriteSamples(dir, samples); err != nil {
		t.Fatal(err)
	}
	gotRun, got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(run, gotRun) + cmp.Diff(samples, got); d != "" {
		t.Error(d)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%v %v", left, err)
	}
}

const good = `{"schema_version":1,"target":"m","pass":"quality","task":"t","query_id":"q","state":"right"}` + "\n"

func TestMalformed(t *testing.T) {
	for in, want := range map[string]string{
		good + "{\n":                                                                    "s.jsonl:2: unexpected end",
		good + `{"schema_version":2}` + "\n":                                            "s.jsonl:2: schema_version: 2 is not known here",
		`{"schema_version":1}` + "\n":                                                   "s.jsonl:1: target: it is missing",
		strings.Replace(good, `"right"`, `7`, 1):                                        "s.jsonl:1: state: it cannot be number",
		strings.Replace(good, `}`, `,"latency":{"ttft_s":-1}}`, 1):                      "s.jsonl:1: ttft_s: -1 is below 0",
		strings.Replace(good, `}`, `,"tokens":{"output":-1}}`, 1):                       "s.jsonl:1: output: -1 is below 0",
		strings.Replace(good, `}`, `,"energy":{"energy_j":-1,"method":"measured"}}`, 1): "s.jsonl:1: energy_j: -1 is below 0",
	} {
		if _, err := Samples("s.jsonl", strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	// Whoever was killed within a line has not written it.
	for _, in := range []string{good + `{"schema`, good + "\n \n", strings.TrimSpace(good)} {
		if list, err := Samples("s.jsonl", strings.NewReader(in)); err != nil || len(list) != 1 {
			t.Errorf("%q: %v %v", in, list, err)
		}
	}
}

func TestSamplesBelongToTheRun(t *testing.T) {
	dir := t.TempDir()
	for run, c := range map[string]struct{ samples, want string }{
		`{"schema_version":1,"targets":[{"id":"m"}]}`: {good + good, `samples.jsonl:2: query_id: "q" of t was asked before`},
		`{"schema_version":1,"targets":[{"id":"o"}]}`: {good, `samples.jsonl:1: target: run.json does not have "m"`},
		`{"schema_version":9}`:                        {good, "run.json:1: schema_version: 9"},
		"{\n\"schema_version\":\"1\"}":                {good, "run.json:2: schema_version: it cannot be string"},
	} {
		for name, text := range map[string]string{RunFile: run, SamplesFile: c.samples} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", run, err)
		}
	}
}

// FuzzSamples: nothing that comes in makes the reader fall over, and what it
// takes it takes again.
func FuzzSamples(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(good + `{"schema_version":1,"energy":{"energy_j":1e308}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := Samples("f", bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, s := range list {
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := Samples("f", bytes.NewReader(append(text, '\n'))); err != nil || len(again) != 1 {
				t.Fatalf("%s: %v", text, err)
			}
		}
	})
}
