package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/eval/folder"
	"irori/internal/eval/sampletest"
	"irori/internal/llm"
)

// made is a folder of a made-up run.
func made(t *testing.T, o sampletest.Options) string {
	t.Helper()
	dir := t.TempDir()
	run, samples := sampletest.Make(o)
	if err := folder.WriteJSON(dir, folder.RunFile, run); err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteSamples(dir, samples); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReplay(t *testing.T) {
	dir := made(t, sampletest.Small())
	r, err := Replay(dir)
	if err != nil || r.Compared != 0 || r.Computed < 200 || len(r.Differs) != 0 {
		t.Fatalf("%d compared, %d computed, %v, %v", r.Compared, r.Computed, r.Differs, err)
	}
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	r, err = Replay(dir)
	if err != nil || r.Compared != r.Computed || len(r.Differs) != 0 {
		t.Fatalf("%d compared, %d computed, %v, %v", r.Compared, r.Computed, r.Differs, err)
	}
	// One answer that turns right is seen in all that it is part of, and in
	// nothing else.
	path := filepath.Join(dir, folder.SamplesFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(b), `"state":"wrong"`, `"state":"right"`, 1)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err = Replay(dir)
	if err != nil || len(r.Differs) == 0 {
		t.Fatalf("%v, %v", r.Differs, err)
	}
	for _, d := range r.Differs {
		if !strings.HasPrefix(d.Figure, "small-q8/quality/") && !strings.HasPrefix(d.Figure, "best of local/") || strings.Contains(d.Figure, "ttft") || d.Kept == d.Computed {
			t.Errorf("%+v", d)
		}
	}
}

// TestReplayReadsItsOwnFigures: a digit that was changed by hand is found.
func TestReplayReadsItsOwnFigures(t *testing.T) {
	dir := made(t, sampletest.Small())
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, folder.FiguresFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	f := v["groups"].([]any)[0].(map[string]any)["figures"].([]any)[0].(map[string]any)
	f["low"] = f["low"].(float64) + 1e-9
	if err := folder.WriteJSON(dir, folder.FiguresFile, v); err != nil {
		t.Fatal(err)
	}
	r, err := Replay(dir)
	if err != nil || len(r.Differs) != 1 || r.Differs[0].Figure != "small-q8/latency/all accuracy low" {
		t.Errorf("%+v, %v", r.Differs, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Replay(dir); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("%v", err)
	}
	if _, err := Replay(t.TempDir()); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("%v", err)
	}
}
