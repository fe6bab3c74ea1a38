//go:build unix

package blob

import (
	"path/filepath"
	"syscall"
	"testing"

	"irori/internal/llm"
)

// A pipe that took a file's place does not hold a check up.
func TestHashRefusesAPipe(t *testing.T) {
	p := filepath.Join(t.TempDir(), "m.gguf")
	if err := syscall.Mkfifo(p, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{p, "/dev/zero", t.TempDir()} {
		if _, _, err := Hash(t.Context(), path, nil); llm.CodeOf(err) != llm.CodeInvalidRequest || hintOf(err) == "" {
			t.Error(path, err)
		}
	}
}
