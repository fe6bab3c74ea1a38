package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/llm"
)

func one(item string) sample.Sample {
	out := "答えは" + item
	return sample.Sample{Schema: 1, Target: "m@8", Pass: "quality", Task: "t", Item: item, State: sample.Right, Output: &out}
}

func begin(t *testing.T) (*Journal, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	j, err := Create(dir, &sample.Run{Schema: 1, ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return j, dir
}

func put(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// However much of the file a crash left, what is whole counts once, and what
// is not can be asked again.
func TestEveryCut(t *testing.T) {
	j, dir := begin(t)
	for _, id := range []string{"1", "2", "3"} {
		put(t, j.Keep(one(id)))
	}
	put(t, j.Close())
	path := filepath.Join(dir, SamplesFile)
	whole, err := os.ReadFile(path)
	put(t, err)
	for n := 0; n <= len(whole); n += 7 {
		put(t, os.WriteFile(path, whole[:n], 0o644))
		j, _, err := Resume(dir)
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		want := bytes.Count(whole[:n], []byte("\n"))
		if got := len(j.Kept()); got != want {
			t.Fatalf("cut at %d: %d samples, want %d", n, got, want)
		}
		for _, id := range []string{"1", "2", "3"} {
			s := one(id)
			if !j.Done(run.KeyOf(&s)) {
				put(t, j.Keep(s))
			}
		}
		put(t, j.Close())
		if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, whole) {
			t.Fatalf("cut at %d: the file is not whole again: %v", n, err)
		}
	}
}

func TestNothingTwice(t *testing.T) {
	j, dir := begin(t)
	put(t, j.Keep(one("1")))
	if j.Keep(one("1")) == nil || j.Hold(one("1")) == nil {
		t.Error("an item is kept twice")
	}
	put(t, j.Close())
	path := filepath.Join(dir, SamplesFile)
	b, err := os.ReadFile(path)
	put(t, err)
	put(t, os.WriteFile(path, append(b, b...), 0o644))
	if _, _, err := Resume(dir); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
	put(t, os.WriteFile(path, append([]byte("{]\n"), b...), 0o644))
	if _, _, err := Resume(dir); llm.CodeOf(err) != llm.CodeCorrupt || !strings.Contains(err.Error(), "samples.jsonl:1") {
		t.Errorf("got %v", err)
	}
}

// What waits for a judge is not asked again, and is kept once.
func TestHeld(t *testing.T) {
	j, dir := begin(t)
	put(t, j.Hold(one("1")))
	put(t, j.Hold(one("2")))
	if j.Finish() == nil {
		t.Error("a run ends while answers wait")
	}
	put(t, j.Keep(one("1")))
	put(t, j.Close())
	j, _, err := Resume(dir)
	put(t, err)
	s := one("2")
	if w := j.Waiting(); len(w) != 1 || w[0].Item != "2" || !j.Done(run.KeyOf(&s)) || len(j.Kept()) != 1 {
		t.Errorf("%d wait", len(w))
	}
	put(t, j.Keep(s))
	put(t, j.Finish())
	put(t, j.Close())
	j, _, err = Resume(dir)
	put(t, err)
	if len(j.Kept()) != 2 || len(j.Waiting()) != 0 {
		t.Errorf("%d kept, %d wait", len(j.Kept()), len(j.Waiting()))
	}
	put(t, j.Close())
}

func TestOneWriter(t *testing.T) {
	j, dir := begin(t)
	if _, _, err := Resume(dir); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got %v", err)
	}
	put(t, j.Close())
	if _, err := Create(dir, &sample.Run{}); err == nil {
		t.Error("a run is written over")
	}
	if _, _, err := Resume(t.TempDir()); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("got %v", err)
	}
	put(t, os.WriteFile(filepath.Join(dir, RunFile), []byte(`{"schema_version":2}`), 0o644))
	if _, _, err := Resume(dir); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Errorf("got %v", err)
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("{\"schema_version\":1}\n{\"schema"))
	f.Add([]byte("\n\n{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, end, err := scan("x", bytes.NewReader(b))
		if err != nil {
			return
		}
		if end > int64(len(b)) {
			t.Fatalf("%d of %d bytes are whole", end, len(b))
		}
		again, same, err := scan("x", bytes.NewReader(b[:end]))
		if err != nil || same != end || len(again) != len(list) {
			t.Fatalf("read again: %d samples to %d: %v", len(again), same, err)
		}
	})
}
