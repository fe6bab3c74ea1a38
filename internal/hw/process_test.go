package hw

import (
	"os"
	"runtime"
	"testing"
)

// TestAnonymous checks that what this process takes grows by what it writes to.
func TestAnonymous(t *testing.T) {
	before := Anonymous(os.Getpid())
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says it this way")
	}
	b := make([]byte, 64<<20)
	for i := range b {
		b[i] = byte(i)
	}
	after := Anonymous(os.Getpid())
	if before == nil || after == nil || *after-*before < 32<<20 {
		t.Errorf("%v, then %v", before, after)
	}
	runtime.KeepAlive(b)
	if n := Anonymous(-1); n != nil {
		t.Errorf("a process that is not there takes %v", n)
	}
}
