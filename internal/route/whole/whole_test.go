package whole

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/llm"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	for _, text := range []string{"one", "two"} {
		if err := Write(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != text {
			t.Errorf("%q %v", b, err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, hint := range map[string]string{"d": "name a file", "none/f": "mkdir -p " + filepath.Join(dir, "none"), "f/f": "is no folder"} {
		path = filepath.Join(dir, path)
		err := Write(path, nil)
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || !strings.Contains(e.Hint, hint) || !strings.HasPrefix(e.Message, path+" ") || strings.Contains(e.Message, "-*") {
			t.Errorf("%s: %v %+v", path, err, e)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%v %v", left, err)
	}
}
