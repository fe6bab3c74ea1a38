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

type fake struct {
	name   string
	closed atomic.Bool
	dead   atomic.Bool
}

func (m *fake) Close(time.Duration) { m.closed.Store(true) }
func (m *fake) Dead() bool          { return m.dead.Load() }

type loads struct {
	mu    sync.Mutex
	count map[string]int
	quick bool
	all   []*fake
}

func (l *loads) load(_ context.Context, name string) (*fake, error) {
	if !l.quick {
		time.Sleep(time.Second)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if name == "bad" {
		return nil, errors.New("no such file")
	}
	l.count[name]++
	m := &fake{name: name}
	l.all = append(l.all, m)
	return m, nil
}

func with(t *testing.T, most int, f func(t *testing.T, p *Pool[*fake], l *loads)) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{count: map[string]int{}}
		p := New(Options[*fake]{Load: l.load, Max: most, Wait: 10 * time.Second})
		f(t, p, l)
		p.Close(0)
		synctest.Wait()
	})
}

func lease(t *testing.T, p *Pool[*fake], name string) (*fake, func()) {
	t.Helper()
	u, err := p.Lease(t.Context(), Want{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return u.Model, u.Done
}

func TestManyWaitForOneLoad(t *testing.T) {
	with(t, 2, func(t *testing.T, p *Pool[*fake], l *loads) {
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
	with(t, 2, func(t *testing.T, p *Pool[*fake], l *loads) {
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
	with(t, 1, func(t *testing.T, p *Pool[*fake], l *loads) {
		a, done := lease(t, p, "a")
		_, err := p.Lease(t.Context(), Want{Name: "b"})
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
	with(t, 1, func(t *testing.T, p *Pool[*fake], l *loads) {
		for range 2 {
			if _, err := p.Lease(t.Context(), Want{Name: "bad"}); err == nil {
				t.Error("no error")
			}
		}
		_, done := lease(t, p, "a")
		done()
	})
}

func TestADeadModelIsLoadedAnew(t *testing.T) {
	with(t, 1, func(t *testing.T, p *Pool[*fake], l *loads) {
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
	with(t, 1, func(t *testing.T, p *Pool[*fake], l *loads) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := p.Lease(ctx, Want{Name: "a"}); llm.CodeOf(err) != llm.CodeCancelled {
			t.Error(err)
		}
		_, done := lease(t, p, "b")
		done()
	})
}

func TestUnload(t *testing.T) {
	with(t, 1, func(t *testing.T, p *Pool[*fake], l *loads) {
		a, done := lease(t, p, "a")
		done()
		if !p.Unload("a", 0) || !a.closed.Load() || p.Unload("a", 0) || len(p.List()) != 0 {
			t.Error("unload")
		}
	})
}

// TestKeep checks that nobody's model is taken away, and that a model goes
// only once it has been idle for as long as was said.
func TestKeep(t *testing.T) {
	with(t, 2, func(t *testing.T, p *Pool[*fake], l *loads) {
		five, none := 5*time.Second, time.Duration(0)
		m, done := lease(t, p, "a")
		p.Keep("a", &none)
		if l := p.List(); len(l) != 1 || m.closed.Load() {
			t.Errorf("a model in use was given up: %+v", l)
		}
		p.Keep("a", &five)
		done()
		time.Sleep(3 * time.Second)
		if l := p.List(); len(l) != 1 || time.Until(l[0].Expires) != 2*time.Second {
			t.Errorf("after 3 s of 5: %+v", l)
		}
		time.Sleep(2*time.Second - time.Nanosecond)
		if m.closed.Load() {
			t.Error("given up too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !m.closed.Load() || len(p.List()) != 0 {
			t.Error("it stayed")
		}
		again, done := lease(t, p, "a")
		if again == m {
			t.Error("a closed model was given out")
		}
		done()
		time.Sleep(time.Hour)
		if len(p.List()) != 1 {
			t.Error("what was said of a model that went holds for the next")
		}
		p.Keep("a", &none)
		if len(p.List()) != 0 {
			t.Error("it is still there at once after")
		}
	})
}

// TestQuarrel has many clients ask, leave and close at once; the race detector
// looks on.
func TestQuarrel(t *testing.T) {
	l := &loads{count: map[string]int{}, quick: true}
	p := New(Options[*fake]{Load: l.load, Shape: func(*fake) Shape { return Shape{Places: 3} }, Length: 1000, Tenure: time.Nanosecond})
	var wg sync.WaitGroup
	var inside atomic.Int64
	for i := range 16 {
		wg.Go(func() {
			for j := range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				if j%7 == 0 {
					cancel()
				}
				u, err := p.Lease(ctx, Want{Name: string(rune('a' + i%3)), Key: string(rune('k' + i%2))})
				if err == nil {
					if inside.Add(1) > 9 {
						t.Error("more are in service than there are places")
					}
					inside.Add(-1)
					u.Done()
					u.Done()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for _, it := range p.List() {
		if it.Users != 0 || it.Waiting != nil {
			t.Errorf("%+v is left", it)
		}
	}
	p.Close(0)
	if _, err := p.Lease(t.Context(), Want{Name: "a"}); llm.CodeOf(err) != llm.CodeUnavailable {
		t.Errorf("after the end: %v", err)
	}
}

func BenchmarkLease(b *testing.B) {
	l := &loads{count: map[string]int{}, quick: true}
	p := New(Options[*fake]{Load: l.load, Shape: func(*fake) Shape { return Shape{Places: 16} }})
	defer p.Close(0)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			u, err := p.Lease(b.Context(), Want{Name: "a", Key: "k"})
			if err != nil {
				b.Fatal(err)
			}
			u.Done()
		}
	})
}
