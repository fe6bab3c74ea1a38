// Package testreal tells tests where the real parts are: the program, the
// engine's libraries and the small model, which `make test` builds and
// fetches.
//
// It is imported by tests only.
package testreal

import (
	"os"
	"path/filepath"
	"testing"
)

// ModelName is the small model that tests run on.
const ModelName = "smollm2-135m-instruct"

// need returns an environment variable that make test sets. Without it the
// test is left out: plain `go test ./...` has no real parts to run on.
func need(t testing.TB, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Skipf("%s is not set: run make test", name)
	}
	return v
}

// Binary is the program.
func Binary(t testing.TB) string { return need(t, "IRORI_TEST_BIN") }

// Libraries is the folder of the engine's libraries.
func Libraries(t testing.TB) string { return filepath.Join(filepath.Dir(Binary(t)), "engine") }

// Model is the path of the small model's file: the largest blob of the home.
func Model(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(need(t, "IRORI_TEST_HOME"), "models", "blobs")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	best, size := "", int64(0)
	for _, e := range entries {
		if st, err := e.Info(); err == nil && st.Size() > size {
			best, size = filepath.Join(dir, e.Name()), st.Size()
		}
	}
	if best == "" {
		t.Fatalf("no model lies in %s: run make test", dir)
	}
	return best
}

// Home makes a home folder that holds the small model: its files are linked,
// not copied.
func Home(t testing.TB) string {
	t.Helper()
	from := need(t, "IRORI_TEST_HOME")
	home := t.TempDir()
	src := filepath.Join(from, "models")
	err := filepath.WalkDir(src, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		to := filepath.Join(home, "models", rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		if err := os.Link(path, to); err == nil {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return home
}
