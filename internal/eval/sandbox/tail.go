package sandbox

import (
	"strings"
	"sync"
)

// tail keeps the end of what is written to it, and tells when that is more
// than it may be.
type tail struct {
	limit int64
	over  func()

	mu   sync.Mutex
	seen int64
	kept []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen += int64(len(b)); t.seen > t.limit {
		t.over()
	}
	t.kept = append(t.kept, b[max(0, len(b)-Tail):]...)
	if n := len(t.kept) - Tail; n > 0 {
		t.kept = t.kept[:copy(t.kept, t.kept[n:])]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.kept), "�")
}
