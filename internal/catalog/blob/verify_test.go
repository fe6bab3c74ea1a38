package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
)

func hintOf(err error) string {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e.Hint
	}
	return ""
}

func later(t *testing.T, path string) {
	t.Helper()
	at := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func older(t *testing.T, path string) {
	t.Helper()
	at := time.Now().Add(-2 * PruneAge)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// A copy of the home, or a touch, changes times and no bytes: the check says
// so and every name of the file can be used again.
func TestVerifyTakesANewTime(t *testing.T) {
	s := open(t)
	m := add(t, s, "a", "weights")
	add(t, s, "b", "weights")
	if renewed, err := s.Verify(t.Context(), "a", nil); err != nil || len(renewed) != 0 {
		t.Fatal(renewed, err)
	}
	if m := m2(t, s, "a"); m.Verified.IsZero() {
		t.Error("not recorded")
	}
	later(t, s.BlobPath(m.Files[0].Digest))
	if err := s.Look(m2(t, s, "a")); llm.CodeOf(err) != llm.CodeCorrupt || hintOf(err) != "irori show --verify a" {
		t.Error(err, hintOf(err))
	}
	renewed, err := s.Verify(t.Context(), "a", nil)
	if err != nil || len(renewed) != 1 {
		t.Fatal(renewed, err)
	}
	for _, name := range []string{"a", "b"} {
		if err := s.Look(m2(t, s, name)); err != nil {
			t.Error(name, err)
		}
	}
}

// Damage that left size and time alone is found by the check, and remembered.
func TestVerifyMarksDamage(t *testing.T) {
	s := open(t)
	m := add(t, s, "a", "weights")
	m = m2(t, s, m.Name)
	p, digest := s.BlobPath(m.Files[0].Digest), m.Files[0].Digest
	if err := os.WriteFile(p, []byte("Weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(p, m.Files[0].ModTime, m.Files[0].ModTime); err != nil {
		t.Fatal(err)
	}
	if err := s.Look(m); err != nil {
		t.Fatal("the damage shows without a check", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Verify(ctx, "a", nil); llm.CodeOf(err) != llm.CodeCancelled {
		t.Error("not cancelled", err)
	}
	if _, err := s.Verify(t.Context(), "a", nil); llm.CodeOf(err) != llm.CodeCorrupt || hintOf(err) != "irori pull a" {
		t.Error("a damaged file is whole", err)
	}
	if _, err := s.Paths(m2(t, s, "a"), RoleModel); llm.CodeOf(err) != llm.CodeCorrupt || hintOf(err) != "irori pull a" {
		t.Error("a damaged file is given out", err)
	}
	if ok, err := s.Sound(t.Context(), digest, m.Files[0].Size); ok || err != nil {
		t.Error("a damaged blob is sound", err)
	}
	if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the damaged blob stays in the way of the next pull", err)
	}
	add(t, s, "a", "weights")
	if err := s.Look(m2(t, s, "a")); err != nil {
		t.Error(err)
	}
	if ok, err := s.Sound(t.Context(), digest, -1); !ok || err != nil {
		t.Error(ok, err)
	}
}

func TestLookNamesWhatIsWrong(t *testing.T) {
	s := open(t)
	m := add(t, s, "a", "weights")
	m = m2(t, s, m.Name)
	p := s.BlobPath(m.Files[0].Digest)
	if err := os.Truncate(p, 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Look(m); llm.CodeOf(err) != llm.CodeCorrupt || !strings.Contains(err.Error(), "3 bytes; 7 were") {
		t.Error(err)
	}
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	m.Accepted = true
	if err := s.Look(m); llm.CodeOf(err) != llm.CodeModelNotFound || hintOf(err) != "irori pull a --accept-terms" {
		t.Error(err, hintOf(err))
	}
}

// What a killed pull left goes after an hour; what a name or a live pull needs
// stays.
func TestPrune(t *testing.T) {
	s := open(t)
	if n, err := s.Prune(0); n != 0 || err != nil {
		t.Error(n, err)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Error("looking made the store", err)
	}
	kept := add(t, s, "kept", "one")
	left := add(t, s, "left", "four")
	if err := os.Remove(s.manifestPath("left")); err != nil {
		t.Fatal(err)
	}
	pin, err := s.NewPin()
	if err != nil {
		t.Fatal(err)
	}
	digest := left.Files[0].Digest
	if err := pin.Add(digest); err != nil {
		t.Fatal(err)
	}
	older(t, s.BlobPath(digest))
	older(t, s.BlobPath(kept.Files[0].Digest))
	if n, err := s.Prune(PruneAge); n != 0 || err != nil {
		t.Error("a pinned blob went", n, err)
	}
	pin.Close()
	now := time.Now()
	if err := os.Chtimes(s.BlobPath(digest), now, now); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Prune(PruneAge); n != 0 || err != nil {
		t.Error("a fresh blob went", n, err)
	}
	older(t, s.BlobPath(digest))
	if n, err := s.Prune(PruneAge); n != 4 || err != nil || blobs(t, s) != 1 {
		t.Error(n, err, blobs(t, s))
	}
	if _, err := os.Stat(s.BlobPath(kept.Files[0].Digest)); err != nil {
		t.Error(err)
	}
}

func TestPrunePartials(t *testing.T) {
	s := open(t)
	add(t, s, "a", "x")
	live, dead := s.PartialPath("live"), s.PartialPath("dead")
	for _, p := range []string{live, dead, dead + ".json"} {
		if err := os.WriteFile(p, []byte("12345"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := s.LockPartial(t.Context(), live)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.PrunePartials(); n != 10 || err != nil {
		t.Error(n, err)
	}
	unlock()
	found, err := filepath.Glob(filepath.Join(s.Dir(), "partial", "*"))
	if err != nil || len(found) != 1 || found[0] != live {
		t.Error(found, err)
	}
}

// A pull that comes between the reading and the recording of a check has the
// last word on the times.
func TestVerifyYieldsToAPull(t *testing.T) {
	s := open(t)
	m := add(t, s, "a", "weights")
	p := s.BlobPath(m.Files[0].Digest)
	later(t, p)
	_, err := s.Verify(t.Context(), "a", func(int64, int64) {
		older(t, p)
		again := m
		again.Files = []File{m.Files[0]}
		again.Files[0].ModTime = time.Time{}
		if err := s.Put(again); err != nil {
			t.Error(err)
		}
	})
	if llm.CodeOf(err) != llm.CodeUnavailable {
		t.Error(err)
	}
	if err := s.Look(m2(t, s, "a")); err != nil {
		t.Error(err)
	}
}
