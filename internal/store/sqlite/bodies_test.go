package sqlite

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"irori/internal/store/body"
)

// What is forgotten is in none of the files any more.
func TestBodiesForget(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bodies.db")
	if _, err := OpenBodies(path, false); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without a file: %v", err)
	}
	s, err := OpenBodies(path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for i, b := range []body.Body{
		{ID: "a", Key: "anna", Prompts: []string{"himitsu-anna-1"}}, {ID: "b", Key: "bob", Prompts: []string{"himitsu-bob-2"}},
		{ID: "c", Key: "anna", Prompts: []string{"himitsu-anna-3"}}, {ID: "d", Prompts: []string{"himitsu-none-4"}},
	} {
		b.Time, b.Expires = noon.Add(time.Duration(i)*time.Hour), noon.Add(time.Duration(10+i)*time.Hour)
		if err := s.Put(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (out string) {
		for b, err := range s.List(t.Context(), body.Which{}) {
			if err != nil {
				t.Fatal(err)
			}
			out += b.ID
		}
		return out
	}
	gone := func(what, text string, n int, err error, want string) {
		t.Helper()
		if err != nil || left() != want {
			t.Errorf("%s: %d gone, %q left, want %q: %v", what, n, left(), want, err)
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
			if bytes.Contains(raw, []byte(text)) {
				t.Errorf("%s: %s still has it", what, f.Name())
			}
		}
	}
	if b, err := s.Get(t.Context(), "c"); err != nil || b.Prompts[0] != "himitsu-anna-3" {
		t.Fatal(b, err)
	}
	n, err := s.Forget(t.Context(), body.Which{Key: "anna", Before: noon.Add(time.Hour)})
	gone("a key's before a time", "himitsu-anna-1", n, err, "bcd")
	n, err = s.Forget(t.Context(), body.Which{ID: "b"})
	gone("one", "himitsu-bob-2", n, err, "cd")
	n, err = s.Expire(t.Context(), noon.Add(12*time.Hour+time.Nanosecond))
	gone("expired", "himitsu-anna-3", n, err, "d")
	if _, err := s.Get(t.Context(), "c"); !errors.Is(err, body.ErrNone) {
		t.Errorf("%v", err)
	}
	n, err = s.Forget(t.Context(), body.Which{})
	gone("all", "himitsu-none-4", n, err, "")
	if n != 1 {
		t.Errorf("the last forgetting says %d", n)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}
