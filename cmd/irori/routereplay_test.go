package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/route/feature"
	"irori/internal/store/routed"
	routedshelf "irori/internal/store/sqlite/routed"
	"irori/internal/term/verb"
)

// TestReplayOfWhatWasRouted replays a home, and what is exported of it: audited
// requests count, the others are counted, and what is private is in neither.
func TestReplayOfWhatWasRouted(t *testing.T) {
	home := t.TempDir()
	t.Setenv("IRORI_HOME", home)
	run := func(want int, args ...string) (out, told string) {
		t.Helper()
		var o, e strings.Builder
		if got := dispatch(t.Context(), args, verb.Streams{In: strings.NewReader(""), Out: &o, Err: &e}); got != want {
			t.Fatalf("%q: %d, want %d\n%s%s", args, got, want, &o, &e)
		}
		return o.String(), e.String()
	}
	if _, told := run(1, "route", "replay"); !strings.Contains(told, "10 more are needed") {
		t.Error(told)
	}
	shelf, err := routedshelf.Open(filepath.Join(home, "outcomes.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	x := feature.NewExtractor()
	var v feature.Vector
	var changes []routed.Change
	for i := range 100 {
		hard := i%2 == 0
		x.Vector(fmt.Sprintf([]string{"Say hello to visitor %d", "Derive theorem %d from axioms"}[(i+1)%2], i), &v)
		e := routed.Entry{
			ID: fmt.Sprintf("%032x", i), Time: time.Date(2026, 5, 1, 12, 0, i, 0, time.UTC), Route: "auto", Point: routed.Before, Privacy: routed.Any,
			Answered: routed.Weak, Weak: routed.Target{Name: "irori/small"}, Strong: routed.Target{Name: "cloud/big"},
			Propensity: new(0.0), Share: new(.5), Features: []byte(v.Kept()),
			UsedWeak: routed.Use{Cost: new(0.0)}, UsedStrong: routed.Use{Cost: new(.01)},
		}
		switch {
		case i%10 < 6:
			e.Audit = routed.Audited
		case i%10 == 9:
			e.Privacy = routed.LocalOnly
		}
		changes = append(changes, routed.Change{Entry: &e})
		label := func(side string, score float64) {
			changes = append(changes, routed.Change{Label: &routed.Label{ID: e.ID, Side: side, Source: "shadow_judge", Score: score, Weight: .7, Time: e.Time}})
		}
		label(routed.Weak, map[bool]float64{true: 0, false: 1}[hard])
		if e.Audit == routed.Audited || i%10 == 9 {
			label(routed.Strong, 1)
		}
	}
	if err := shelf.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if err := shelf.Close(); err != nil {
		t.Fatal(err)
	}
	type result struct {
		Questions int
		LeftOut   int `json:"left_out"`
		Routers   map[string]struct{ APGR *float64 }
		Curves    map[string][]struct{ Cost *float64 }
	}
	read := func(text string) (r result) {
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	out, _ := run(0, "route", "replay", "--json")
	here := read(out)
	c := here.Curves["irori"]
	if here.Questions != 60 || here.LeftOut != 30 || here.Routers["irori"].APGR == nil || *here.Routers["irori"].APGR < .7 || len(c) != 21 || c[20].Cost == nil || *c[20].Cost < .0099 {
		t.Errorf("%s", out)
	}
	exported, _ := run(0, "route", "outcomes", "--json")
	file := filepath.Join(t.TempDir(), "log.jsonl")
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	out, told := run(0, "route", "replay", file)
	if !strings.Contains(told, "60 questions") || !strings.Contains(told, "40 are left out") || strings.Contains(out, "ngram") {
		t.Errorf("%s%s", out, told)
	}
	// A model is judged where one is named, and one that cannot be used is no
	// reason to judge another.
	model := filepath.Join(t.TempDir(), "x.model")
	run(0, "route", "train", "--in", file, "--out", model)
	out, _ = run(0, "route", "replay", file, "--model", model, "--json")
	if !strings.Contains(out, `"method":"trained before"`) || !strings.Contains(out, `"predictor":"`) {
		t.Error(out)
	}
	run(3, "route", "replay", file, "--model", filepath.Join(home, "none.model"))
	run(1, "route", "replay", file, "--model", file)
	run(2, "route", "replay", file, "--model", model, "--train", file)
	run(2, "route", "replay", file, "--model", model, "--stream")
}

// TestReplayWantsAShuffle refuses numbers of shuffles that are none, whatever
// else is asked for.
func TestReplayWantsAShuffle(t *testing.T) {
	t.Setenv("IRORI_HOME", t.TempDir())
	file := filepath.Join(t.TempDir(), "te.jsonl")
	var rows strings.Builder
	for i := range 40 {
		fmt.Fprintf(&rows, "{\"q\":\"question %d\",\"w\":%d,\"s\":1}\n", i, i%2)
	}
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"-1", "0"} {
		for _, more := range [][]string{nil, {"--train", file}, {"--stream"}} {
			var o, e strings.Builder
			args := append([]string{"route", "replay", file, "--shuffles", n}, more...)
			if got := dispatch(t.Context(), args, verb.Streams{In: strings.NewReader(""), Out: &o, Err: &e}); got != 2 || !strings.Contains(e.String(), "--shuffles "+n+":") || !strings.Contains(e.String(), "hint: irori route replay") {
				t.Errorf("%q: %d %s%s", args, got, &o, &e)
			}
		}
	}
}
