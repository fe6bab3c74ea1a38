//go:build unix

package catalog

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"irori/internal/llm"
)

// What has no end is refused, and not read until it comes.
func TestOnlyRegularFilesArePulled(t *testing.T) {
	l := lib(t, nil)
	dir := t.TempDir()
	pipe, named := filepath.Join(dir, "pipe"), filepath.Join(dir, "m.gguf")
	for _, p := range []string{pipe, named} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for ref, says := range map[string]string{
		"file:" + pipe: "is a pipe", "file:" + named: "is a pipe", "file:/dev/zero": "is a device", "file:" + dir: "no GGUF",
	} {
		err := pull(t, l, ref, PullOptions{})
		if err == nil || !strings.Contains(err.Error(), says) || hintOf(err) == "" {
			t.Errorf("%s: %v (hint %q)", ref, err, hintOf(err))
		}
	}
	if err := pull(t, l, "file:/dev/zero", PullOptions{}); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Error(err)
	}
}
