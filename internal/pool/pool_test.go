package pool

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"irori/internal/llm"
)

type model struct {
	name   string
	closed atomic.Bool
	dead   atomic.Bool
}

func (m *model) Close(time.Duration) { m.closed.Store(true) }
func (m *model) Dead() bool          { return m.dead.Load() }

type loads struct {
	mu    sync.Mutex
	count map[string]int
	all   []*model
}

func (l *loads) load(_ context.Context, name string) (*model, error) {
	time.Sleep(time.Second)
	l.mu.Lock()
	defer l.mu.Unlock()
	if name == "bad" {
		return nil, errors.New("no such file")
	}
	l.count[name]++
	m := &model{name: name}
	l.all = append(l.all, m)
	return m, nil
}

func with(t *testing.T, most int, f func(t *testing.T, p *Pool[*model], l *loads)) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{count: map[string]int{}}
		p := New(Options[*model]{Load: l.load, Max: most, Wait: 10 * time.Second})
		f(t, p, l)
		p.Close(0)
		synctest.Wait()
	})
}

func lease(t *testing.T, p *Pool[*model], name string) (*model, func()) {
	t.Helper()
	m, done, err := p.Lease(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return m, done
}

func TestManyWaitForOneLoad(t *testing.T) {
	with(t, 2, func(t *testing.T, p *Pool[*model], l *loads) {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				_, done := lease(t, p, "a")
				done()
			})
		}
		wg.Wait()
		if l.count["a"] != 1 {
			t.Errorf("loaded %d times", l.count["a"])
		}
	})
}

func TestTheLongestIdleGivesItsPlace(t *testing.T) {
	with(t, 2, func(t *testing.T, p *Pool[*model], l *loads) {
		a, done := lease(t, p, "a")
		done()
		b, doneB := lease(t, p, "b")
		doneB()
		time.Sleep(time.Second)
		_, done = lease(t, p, "a") // a is younger than b now
		done()
		_, done = lease(t, p, "c")
		done()
		synctest.Wait()
		if !b.closed.Load() || a.closed.Load() {
			t.Errorf("closed: a %v, b %v", a.closed.Load(), b.closed.Load())
		}
	})
}

func TestAModelInUseIsNeverGivenUp(t *testing.T) {
	with(t, 1, func(t *testing.T, p *Pool[*model], l *loads) {
		a, done := lease(t, p, "a")
		_, _, err := p.Lease(t.Context(), "b")
		if llm.CodeOf(err) != llm.CodeOverloaded || a.closed.Load() {
			t.Errorf("%v, closed %v", err, a.closed.Load())
		}
		done()
		_, done = lease(t, p, "b")
		done()
		synctest.Wait()
		if !a.closed.Load() {
			t.Error("a kept its place")
		}
	})
}

func TestAFailedLoadIsTriedAgain(t *testing.T) {
	with(t, 1, func(t *testing.T, p *Pool[*model], l *loads) {
		for range 2 {
			if _, _, err := p.Lease(t.Context(), "bad"); err == nil {
				t.Error("no error")
			}
		}
		_, done := lease(t, p, "a")
		done()
	})
}

func TestADeadModelIsLoadedAnew(t *testing.T) {
	with(t, 1, func(t *testing.T, p *Pool[*model], l *loads) {
		a, done := lease(t, p, "a")
		done()
		a.dead.Store(true)
		again, done := lease(t, p, "a")
		done()
		if again == a || l.count["a"] != 2 {
			t.Errorf("loaded %d times", l.count["a"])
		}
	})
}

func TestWhoLeavesDuringALoadFreesThePlace(t *testing.T) {
	with(t, 1, func(t *testing.T, p *Pool[*model], l *loads) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, _, err := p.Lease(ctx, "a"); llm.CodeOf(err) != llm.CodeCancelled {
			t.Error(err)
		}
		_, done := lease(t, p, "b")
		done()
	})
}

func TestUnload(t *testing.T) {
	with(t, 1, func(t *testing.T, p *Pool[*model], l *loads) {
		a, done := lease(t, p, "a")
		done()
		if !p.Unload("a", 0) || !a.closed.Load() || p.Unload("a", 0) || len(p.List()) != 0 {
			t.Error("unload")
		}
	})
}
