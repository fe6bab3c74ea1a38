package answers

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/store"
	"irori/internal/store/body"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func open(t *testing.T) (*Store, *clock, string) {
	t.Helper()
	c, path := &clock{noon}, filepath.Join(t.TempDir(), "a folder", "answers.db")
	s, err := Open(path, func() time.Time { return c.now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, c, path
}

func answer(id, previous string) *store.Answer {
	return &store.Answer{
		ID: id, Key: "k", Previous: previous, Created: noon, Expires: noon.Add(time.Hour),
		Input: []byte("in " + id), Body: []byte("the secret of " + id), Events: []byte("events"),
	}
}

func put(t *testing.T, s *Store, list ...*store.Answer) {
	t.Helper()
	for _, a := range list {
		if err := s.Put(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKeepsAndReplaces(t *testing.T) {
	s, _, _ := open(t)
	a := answer("a", "")
	a.Pending = true
	put(t, s, a)
	if list, err := s.Pending(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("pending are %v (%v)", list, err)
	}
	a.Pending, a.Body = false, []byte("done")
	put(t, s, a)
	got, err := s.Get(t.Context(), "k", "a")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a, got); d != "" {
		t.Error(d)
	}
	if list, err := s.Pending(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("pending are %v (%v)", list, err)
	}
}

func TestAnotherKeyHasNothing(t *testing.T) {
	s, _, _ := open(t)
	put(t, s, answer("a", ""))
	for _, key := range []string{"", "other"} {
		if _, err := s.Get(t.Context(), key, "a"); !errors.Is(err, store.ErrNoAnswer) {
			t.Errorf("key %q gets %v", key, err)
		}
		if _, err := s.Chain(t.Context(), key, "a"); !errors.Is(err, store.ErrNoAnswer) {
			t.Errorf("key %q gets the chain: %v", key, err)
		}
		if err := s.Delete(t.Context(), key, "a"); !errors.Is(err, store.ErrNoAnswer) {
			t.Errorf("key %q deletes: %v", key, err)
		}
	}
	// One may name another's, and gets nothing of it.
	mine := answer("b", "a")
	mine.Key = "other"
	put(t, s, mine)
	if _, err := s.Chain(t.Context(), "other", "b"); !errors.Is(err, store.ErrNoAnswer) {
		t.Errorf("a chain goes through another key's answer: %v", err)
	}
}

func TestChainLivesAsLongAsItsEnd(t *testing.T) {
	s, c, _ := open(t)
	late := answer("c", "b")
	late.Expires = noon.Add(3 * time.Hour)
	put(t, s, answer("a", ""), answer("b", "a"), answer("x", "a"), late)
	c.now = noon.Add(2 * time.Hour)
	if n, err := s.Expire(t.Context()); n != 1 || err != nil {
		t.Errorf("%d expire (%v), want x alone", n, err)
	}
	list, err := s.Chain(t.Context(), "k", "c")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, a := range list {
		ids = append(ids, a.ID)
	}
	if d := cmp.Diff([]string{"a", "b", "c"}, ids); d != "" {
		t.Error(d)
	}
	if err := s.Delete(t.Context(), "k", "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Chain(t.Context(), "k", "c"); !errors.Is(err, store.ErrNoAnswer) {
		t.Errorf("a chain without its beginning gives %v", err)
	}
}

func TestDeletedIsGoneFromTheFile(t *testing.T) {
	s, c, path := open(t)
	put(t, s, answer("a", ""), answer("b", ""))
	if err := s.Delete(t.Context(), "k", "a"); err != nil {
		t.Fatal(err)
	}
	holds := func(what string) bool {
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte(what)) {
				return true
			}
		}
		return false
	}
	if holds("secret of a") || !holds("secret of b") {
		t.Errorf("of a the file holds something: %v, of b: %v", holds("secret of a"), holds("secret of b"))
	}
	c.now = noon.Add(time.Hour)
	if _, err := s.Get(t.Context(), "k", "b"); !errors.Is(err, store.ErrNoAnswer) {
		t.Errorf("what is over gives %v", err)
	}
	if n, err := s.Expire(t.Context()); n != 1 || err != nil {
		t.Errorf("%d expire (%v)", n, err)
	}
	if holds("secret of b") {
		t.Error("what is over is still in the file")
	}
}

func TestSurvivesAndRefusesTheNewer(t *testing.T) {
	s, _, path := open(t)
	put(t, s, answer("a", ""))
	again, err := Open(path, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Get(t.Context(), "k", "a"); err != nil {
		t.Error(err)
	}
	if _, err := again.db.Exec("PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, time.Now); err == nil {
		t.Error("a newer file is opened")
	}
}

func TestForget(t *testing.T) {
	s, _, _ := open(t)
	late, other := answer("resp_2", ""), answer("resp_3", "")
	late.Created, other.Key = noon.Add(time.Minute), "other"
	put(t, s, answer("resp_1", ""), late, other, answer("resp_4", ""))
	for _, c := range []struct {
		which body.Which
		want  int64
	}{
		{body.Which{ID: "nope"}, 0}, {body.Which{ID: "3", Key: "k"}, 0}, {body.Which{ID: "4"}, 1},
		{body.Which{Key: "k", Before: noon.Add(time.Second)}, 1}, {body.Which{Key: "other"}, 1}, {body.Which{}, 1},
	} {
		if n, err := s.Forget(t.Context(), c.which); n != c.want || err != nil {
			t.Errorf("%+v: %d (%v)", c.which, n, err)
		}
	}
}
