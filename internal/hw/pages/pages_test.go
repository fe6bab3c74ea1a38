package pages

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// words is read after its pages are gone.
var words = strings.Fields("what was there is there again")

func TestDrop(t *testing.T) {
	n := Drop()
	if runtime.GOOS != "linux" {
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(exe)
	if err != nil || n < info.Size()/10 || n > 2*info.Size() {
		t.Errorf("%d bytes were let go of, of a file of %d: %v", n, info.Size(), err)
	}
	if strings.Join(words, " ") != "what was there is there again" {
		t.Error(words)
	}
}
