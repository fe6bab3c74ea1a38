package golden

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/tools/txtar"
)

// Tree unpacks an archive of small files into a new folder. Trees of kernels
// have colons in their names, which not every system allows.
func Tree(t testing.TB, file string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("names have colons in them")
	}
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range a.Files {
		path := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
