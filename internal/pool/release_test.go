package pool

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestRelease checks that nobody's model is taken away, and that a model goes
// only once it has been idle for as long as was said.
func TestRelease(t *testing.T) {
	with(t, 2, func(t *testing.T, p *Pool[*model], l *loads) {
		if _, held := p.Release("a", 0); held {
			t.Error("held before it was loaded")
		}
		m, done := lease(t, p, "a")
		if _, held := p.Release("a", 0); !held || m.closed.Load() {
			t.Error("a model in use was given up")
		}
		done()
		time.Sleep(3 * time.Second)
		if wait, held := p.Release("a", 5*time.Second); !held || wait != 2*time.Second {
			t.Errorf("after 3 s of 5: %v, held %v", wait, held)
		}
		time.Sleep(2 * time.Second)
		_, held := p.Release("a", 5*time.Second)
		synctest.Wait()
		if held || !m.closed.Load() || len(p.List()) != 0 {
			t.Errorf("held %v, closed %v", held, m.closed.Load())
		}
		if again, done := lease(t, p, "a"); again == m {
			t.Error("a closed model was given out")
		} else {
			done()
		}
	})
}
