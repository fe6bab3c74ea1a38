package run

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
)

// memory keeps samples.
type memory struct {
	mu         sync.Mutex
	kept, held []sample.Sample
	err        error
}

func (m *memory) Done(k Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range append(m.kept[:len(m.kept):len(m.kept)], m.held...) {
		if KeyOf(&s) == k {
			return true
		}
	}
	return false
}

func (m *memory) Keep(s sample.Sample) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = append(m.kept, s)
	return m.err
}

func (m *memory) Hold(s sample.Sample) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held = append(m.held, s)
	return nil
}

// scripted answers as a function says, by the item's id and how often it was
// asked before.
type scripted struct {
	mu     sync.Mutex
	asked  map[string]int
	now    int
	most   int
	answer func(id string, before int) (*Answer, error)
	takes  time.Duration
}

func (s *scripted) Ask(ctx context.Context, j *Job) (*Answer, error) {
	s.mu.Lock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	n := s.asked[j.Item.ID]
	s.asked[j.Item.ID]++
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "interrupted")
	}
	return s.answer(j.Item.ID, n)
}

func runnerOf(a Asker, k Keeper) *Runner {
	return &Runner{
		Asker: a, Keeper: k, Patience: time.Minute, Failures: 3, Began: time.Now(), Outputs: true,
		Mark: func(_ context.Context, _ *Job, a *Answer) (Verdict, error) {
			switch a.Text {
			case "right":
				return Verdict{State: sample.Right}, nil
			case "judge":
				return Verdict{Judge: true}, nil
			}
			return Verdict{State: sample.Wrong, Why: "because", Parsed: 7}, nil
		},
	}
}

func jobsOf(n int) []Job {
	return Order(&sample.Target{ID: "m@1", Chat: true}, Quality, 0, []*task.Task{some("a", "f", n)}, 1)
}

func states(list []sample.Sample) map[sample.State]int {
	out := map[sample.State]int{}
	for _, s := range list {
		out[s.State]++
	}
	return out
}

func TestRunKeepsSoManyUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, k := &scripted{takes: time.Second, answer: func(string, int) (*Answer, error) { return &Answer{Text: "right"}, nil }}, &memory{}
		began := time.Now()
		if err := runnerOf(a, k).Run(t.Context(), jobsOf(20), 4); err != nil {
			t.Fatal(err)
		}
		if a.most != 4 || time.Since(began) != 5*time.Second || len(k.kept) != 20 {
			t.Errorf("%d at once, %s, %d kept", a.most, time.Since(began), len(k.kept))
		}
		most := 0
		for _, s := range k.kept {
			most = max(most, s.InFlight)
		}
		if most != 4 || *k.kept[0].Output != "right" || *k.kept[0].Tokens.Characters != 5 || k.kept[0].Energy != nil {
			t.Errorf("%d in flight, %+v", most, k.kept[0])
		}
	})
}

// What was kept is not asked again.
func TestRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, k := &scripted{answer: func(string, int) (*Answer, error) {
			return &Answer{Text: "judge", Temperature: new(.5), MaxTokens: new(9)}, nil
		}}, &memory{}
		jobs := jobsOf(6)
		for i, j := range jobs[:4] {
			s := sample.Sample{Target: "m@1", Pass: Quality, Task: "a", Item: j.Item.ID}
			if i%2 == 0 {
				k.kept = append(k.kept, s)
			} else {
				k.held = append(k.held, s)
			}
		}
		if err := runnerOf(a, k).Run(t.Context(), jobs, 2); err != nil {
			t.Fatal(err)
		}
		if len(a.asked) != 2 || len(k.kept) != 2 || len(k.held) != 4 {
			t.Errorf("asked %v, kept %d, held %d", a.asked, len(k.kept), len(k.held))
		}
		if s := k.held[3]; s.Temperature == nil || *s.Temperature != .5 || *s.MaxTokens != 9 {
			t.Errorf("%+v", s)
		}
	})
}

func TestStatesAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, k := &scripted{answer: func(id string, before int) (*Answer, error) {
			switch id {
			case "1":
				return &Answer{Text: "right", Finish: "length"}, nil
			case "3":
				return nil, llm.Errorf(llm.CodeCrashed, "the worker died")
			case "4":
				return nil, llm.Errorf(llm.CodeUnsupported, "no tools here")
			case "5":
				if before < 2 {
					e := llm.Errorf(llm.CodeOverloaded, "too much to do")
					e.RetryAfter = 3 * time.Second
					return nil, e
				}
				return &Answer{Text: "right"}, nil
			}
			return &Answer{Text: "no", Finish: "stop"}, nil
		}}, &memory{}
		began := time.Now()
		if err := runnerOf(a, k).Run(t.Context(), jobsOf(7), 1); err != nil {
			t.Fatal(err)
		}
		want := map[sample.State]int{sample.Right: 2, sample.Failed: 1, sample.Skipped: 1, sample.Wrong: 3}
		if diff := cmp.Diff(want, states(k.kept)); diff != "" {
			t.Error(diff)
		}
		if a.asked["3"] != 1 || a.asked["5"] != 3 || time.Since(began) != 6*time.Second {
			t.Errorf("asked %v in %s", a.asked, time.Since(began))
		}
	})
}

func TestRunStops(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		kept int
		code llm.Code
	}{
		"failures in a row": {llm.Errorf(llm.CodeCrashed, "dead"), 3, llm.CodeCrashed},
		"nobody there":      {llm.Errorf(llm.CodeUnreachable, "gone"), 0, llm.CodeUnreachable},
		"a wrong key":       {llm.Errorf(llm.CodeUnauthorized, "who are you"), 0, llm.CodeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, k := &scripted{takes: time.Millisecond, answer: func(string, int) (*Answer, error) { return nil, c.err }}, &memory{}
				err := runnerOf(a, k).Run(t.Context(), jobsOf(9), 1)
				if llm.CodeOf(err) != c.code || len(k.kept) != c.kept {
					t.Errorf("%v, %d kept", err, len(k.kept))
				}
			})
		})
	}
	t.Run("the disk is full", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, k := &scripted{answer: func(string, int) (*Answer, error) { return &Answer{Text: "right"}, nil }}, &memory{err: errors.New("full")}
			if err := runnerOf(a, k).Run(t.Context(), jobsOf(9), 3); err == nil || err.Error() != "full" {
				t.Error(err)
			}
		})
	})
	t.Run("somebody interrupts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			a, k := &scripted{takes: time.Second, answer: func(string, int) (*Answer, error) { return &Answer{Text: "right"}, nil }}, &memory{}
			time.AfterFunc(2500*time.Millisecond, cancel)
			if err := runnerOf(a, k).Run(ctx, jobsOf(9), 1); !errors.Is(err, context.Canceled) || len(k.kept) != 2 {
				t.Errorf("%v, %d kept", err, len(k.kept))
			}
		})
	})
}

// Under load nothing is asked twice, and refusals do not end the run.
func TestOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, k := &scripted{takes: 10 * time.Second, answer: func(id string, _ int) (*Answer, error) {
			if id < "5" {
				return nil, llm.Errorf(llm.CodeOverloaded, "too much to do")
			}
			return &Answer{Text: "right"}, nil
		}}, &memory{}
		jobs := jobsOf(9)
		at := make([]time.Duration, len(jobs))
		for i := range at {
			at[i] = time.Duration(i) * time.Second
		}
		late, err := runnerOf(a, k).Open(t.Context(), jobs, at)
		if err != nil || late != 0 || a.most != 9 || len(k.kept) != 9 {
			t.Errorf("%v, %s late, %d at once, %d kept", err, late, a.most, len(k.kept))
		}
		if diff := cmp.Diff(map[sample.State]int{sample.Failed: 5, sample.Right: 4}, states(k.kept)); diff != "" {
			t.Error(diff)
		}
	})
}
