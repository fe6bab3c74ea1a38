package routed

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/store/body"
	"irori/internal/store/routed"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func entry(id, key string, after time.Duration) routed.Entry {
	return routed.Entry{
		ID: id, Key: key, Time: noon.Add(after), Route: "auto", Point: routed.Answer, Language: "ja",
		Weak: routed.Target{Name: "here", Model: "small"}, Strong: routed.Target{Name: "cloud"}, Doubt: new(.25),
		Signals: map[string]float64{"mean": -.5}, Propensity: new(0.0), Answered: routed.Weak,
		Features: []byte{1, 2, 3}, Question: "the secret of " + id,
	}
}

func change(t *testing.T, s *Store, changes ...routed.Change) {
	t.Helper()
	if err := s.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
}

func rows(t *testing.T, s *Store, w routed.Which) (out []*routed.Row) {
	t.Helper()
	for r, err := range s.Rows(t.Context(), w) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func ids(list []*routed.Row) (out string) {
	for _, r := range list {
		out += r.ID
	}
	return out
}

func TestKeepsWhatWasDecided(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder", "outcomes.db")
	if _, err := Open(path, false); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without a file: %v", err)
	}
	s := open(t, path)
	e := entry("a1", "k", 0)
	e.Audit, e.Share = routed.Planned, new(.5)
	label := routed.Label{ID: "a1", Side: routed.Weak, Source: "feedback", Score: .7, Weight: 1, Time: noon, By: "k", Comment: "ok"}
	change(t, s, routed.Change{Entry: &e}, routed.Change{Label: &label}, routed.Change{Label: &routed.Label{ID: "nobody", Side: routed.Weak, Source: "test"}})
	want := &routed.Row{Entry: e, Labels: []routed.Label{label}}
	got, err := s.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Written again without a word on the audit, it keeps that and the labels;
	// a second word of one source replaces the first.
	again := entry("a1", "k", 0)
	again.Reason = "later"
	label.Score = .1
	change(t, s, routed.Change{Entry: &again}, routed.Change{Label: &label},
		routed.Change{Used: &routed.Used{ID: "a1", Side: routed.Strong, Use: routed.Use{OutputTokens: new(12), Cost: new(.5)}}},
		routed.Change{Audit: &routed.Audit{ID: "a1", State: routed.Audited}})
	got, err = s.Get(t.Context(), "a1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Audit != routed.Audited || got.Seq != 1 || *got.Share != .5 || got.Reason != "later" || len(got.Labels) != 1 || got.Labels[0].Score != .1 ||
		*got.UsedStrong.OutputTokens != 12 {
		t.Errorf("%+v", got)
	}
	if n, l, a, err := s.Counts(t.Context()); n != 1 || l != 1 || a[routed.Audited] != 1 || err != nil {
		t.Errorf("%d %d %v %v", n, l, a, err)
	}
	change(t, s, routed.Change{Unlabel: &routed.Unlabel{ID: "a1", Source: "feedback"}})
	if r := rows(t, s, routed.Which{}); len(r) != 1 || len(r[0].Labels) != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := s.Get(t.Context(), "b"); !errors.Is(err, routed.ErrNone) {
		t.Errorf("nobody: %v", err)
	}
}

func TestChooses(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "o.db"))
	for i := range 4 {
		e := entry(fmt.Sprint(i), []string{"x", "y"}[i%2], time.Duration(i)*time.Hour)
		change(t, s, routed.Change{Entry: &e})
	}
	// What is audited is numbered in the order in which that ended, and no
	// number is given twice.
	for _, id := range []string{"2", "0", "3"} {
		change(t, s, routed.Change{Audit: &routed.Audit{ID: id, State: routed.Audited}}, routed.Change{Label: &routed.Label{ID: id, Side: routed.Weak, Source: "test"}},
			routed.Change{Label: &routed.Label{ID: id, Side: routed.Strong, Source: "test"}})
	}
	for _, c := range []struct {
		w    routed.Which
		want string
	}{
		{routed.Which{}, "0123"}, {routed.Which{Key: "x"}, "02"}, {routed.Which{Since: noon.Add(time.Hour), Before: noon.Add(3 * time.Hour)}, "12"},
		{routed.Which{Audited: true}, "203"}, {routed.Which{After: 1}, "03"}, {routed.Which{Newest: 2}, "23"}, {routed.Which{Audited: true, Newest: 2}, "03"},
		{routed.Which{Labelled: true, Key: "y"}, "3"},
	} {
		if got := ids(rows(t, s, c.w)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.w, got, c.want)
		}
	}
	if _, err := s.Forget(t.Context(), body.Which{ID: "3"}); err != nil {
		t.Fatal(err)
	}
	change(t, s, routed.Change{Audit: &routed.Audit{ID: "1", State: routed.Undecided}})
	if got := rows(t, s, routed.Which{After: 3}); ids(got) != "1" {
		t.Errorf("after a number was forgotten: %s", ids(got))
	}
	if n, err := s.Trim(t.Context(), noon.Add(time.Minute), 1); n != 2 || err != nil || ids(rows(t, s, routed.Which{})) != "2" {
		t.Errorf("%d trimmed (%v), %s left", n, err, ids(rows(t, s, routed.Which{})))
	}
	if n, l, _, _ := s.Counts(t.Context()); n != 1 || l != 2 {
		t.Errorf("%d requests, %d labels: labels of what is gone stay", n, l)
	}
}

func TestForgottenIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "o.db"))
	for i, key := range []string{"anna", "bob", "anna"} {
		e := entry(fmt.Sprint("id", i), key, time.Duration(i)*time.Hour)
		change(t, s, routed.Change{Entry: &e}, routed.Change{Label: &routed.Label{ID: e.ID, Side: routed.Weak, Source: "feedback", By: key, Time: noon, Comment: "said of " + e.ID}})
	}
	n, err := s.Forget(t.Context(), body.Which{Key: "anna", Before: noon.Add(time.Hour)})
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := s.Labels(t.Context(), "anna", "feedback", noon, ""); n != 1 || err != nil {
		t.Errorf("%d labels of anna's (%v)", n, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte("secret of id0")) || bytes.Contains(raw, []byte("said of id0")) {
			t.Errorf("%s still has it", f.Name())
		}
	}
	if n, err := s.Unlearn(t.Context(), "bob"); n != 1 || err != nil {
		t.Errorf("%d labels of bob's unlearnt (%v)", n, err)
	}
	if n, err := s.Unlearn(t.Context(), ""); n != 1 || err != nil || ids(rows(t, s, routed.Which{})) != "id1id2" {
		t.Errorf("%d labels unlearnt (%v), %s left", n, err, ids(rows(t, s, routed.Which{})))
	}
	if st, err := os.Stat(filepath.Join(dir, "o.db")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
}

// Several writers at once, also of two processes, never spend more than the
// day has.
func TestBudgetHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o.db")
	a, b := open(t, path), open(t, path)
	most := routed.Spent{Requests: 20, Tokens: 1500, Money: 1}
	var wait sync.WaitGroup
	var mu sync.Mutex
	given := 0
	for i := range 40 {
		s := []*Store{a, b}[i%2]
		wait.Go(func() {
			ok, err := s.Spend(t.Context(), "2026-05-01", routed.Spent{Requests: 1, Tokens: 100, Money: .01}, most)
			if err != nil {
				t.Error(err)
			}
			if ok {
				mu.Lock()
				given++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if is, err := a.Spent(t.Context(), "2026-05-01"); given != 15 || is.Tokens != 1500 || err != nil {
		t.Errorf("%d given, %+v spent (%v), want 15 of 100 tokens", given, is, err)
	}
	for i := range 3 {
		if ok, err := a.Spend(t.Context(), "2026-05-03", routed.Spent{Requests: 1}, routed.Spent{Requests: 2}); ok != (i < 2) || err != nil {
			t.Errorf("request %d of 2: %v %v", i+1, ok, err)
		}
	}
	if ok, err := a.Spend(t.Context(), "2026-05-02", routed.Spent{Money: 2}, most); ok || err != nil {
		t.Errorf("more than a day has: %v %v", ok, err)
	}
	if ok, err := a.Spend(t.Context(), "2026-05-02", routed.Spent{Money: 2}, routed.Spent{}); !ok || err != nil {
		t.Errorf("what is spent already is noted: %v %v", ok, err)
	}
}

func TestNamedValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o.db")
	s := open(t, path)
	if err := s.Keep(t.Context(), map[string][]byte{"p/a": []byte("1"), "p/b": []byte("2"), "q": []byte("3")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(t.Context(), map[string][]byte{"p/a": nil}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Kept(t.Context(), "p/")
	if d := cmp.Diff(map[string][]byte{"p/b": []byte("2")}, got); d != "" || err != nil {
		t.Error(d, err)
	}
	if _, err := s.db.Exec("PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	if again, err := Open(path, false); err == nil {
		again.Close()
		t.Error("a newer file is opened")
	}
}
