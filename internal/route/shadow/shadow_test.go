package shadow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func shelf(t *testing.T) *sqlite.Store {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "o.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func entry(i int) *routed.Entry {
	return &routed.Entry{ID: fmt.Sprintf("%032x", i), Privacy: routed.Any, Answered: routed.Weak}
}

func TestChanceChooses(t *testing.T) {
	p := New(Options{Share: .1, Budget: shelf(t), Secret: []byte("s")})
	n := 0
	for i := range 2000 {
		got := p.Plan(t.Context(), entry(i), Guess{})
		if got.Share != .1 || got.Run && got.Ask != routed.Strong {
			t.Fatalf("%+v", got)
		}
		if got.Run {
			n++
		}
	}
	if n < 150 || n > 250 {
		t.Errorf("%d of 2000 with a share of .1", n)
	}
	for what, change := range map[string]func(*routed.Entry){
		"unsaid": func(e *routed.Entry) { e.Privacy = "" }, "local": func(e *routed.Entry) { e.Privacy = routed.LocalOnly },
		"redacted": func(e *routed.Entry) { e.Privacy = routed.Redact }, "failed": func(e *routed.Entry) { e.Failure = "timeout" },
		"open": func(e *routed.Entry) { e.Answered = "" },
	} {
		always := New(Options{Share: 1, Budget: shelf(t)})
		e := entry(1)
		change(e)
		if got := always.Plan(t.Context(), e, Guess{}); got.Run || got.Share != 0 || got.Why == "" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	// The other side of an escalated answer is the weak one, which costs no
	// money; where both have answered nobody is asked.
	always := New(Options{Share: 1, Budget: shelf(t), Most: routed.Spent{Requests: 1}})
	e := entry(1)
	e.Answered = routed.Strong
	if got := always.Plan(t.Context(), e, Guess{}); !got.Run || got.Ask != routed.Weak || got.Reserved.Requests != 0 {
		t.Errorf("%+v", got)
	}
	e.WeakAsked = true
	if got := always.Plan(t.Context(), e, Guess{}); !got.Run || got.Ask != "" {
		t.Errorf("%+v", got)
	}
	always.Plan(t.Context(), e, Guess{}).Mark(e)
	if e.Audit != routed.Planned || *e.Share != 1 {
		t.Errorf("%+v", e)
	}
}

// What a day has is not given twice, by whoever begins anew.
func TestBudgetOutlivesRestarts(t *testing.T) {
	db, now := shelf(t), noon
	runs := 0
	for i := range 30 {
		p := New(Options{Share: 1, Budget: db, Most: routed.Spent{Money: 1}, Now: func() time.Time { return now }})
		got := p.Plan(t.Context(), entry(i), Guess{Strong: routed.Spent{Money: .1}})
		if got.Run {
			runs++
		} else if got.Share != 0 {
			t.Errorf("%+v", got)
		}
		if got.Run && i < 5 {
			// The first took half of what was thought.
			if err := p.Settle(t.Context(), got, routed.Spent{Requests: 1, Money: .05}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if runs != 12 {
		t.Errorf("%d audits, want 5 of .05 and 7 of .1", runs)
	}
	now = now.Add(24 * time.Hour)
	p := New(Options{Share: 1, Budget: db, Most: routed.Spent{Money: 1}, Now: func() time.Time { return now }})
	if got := p.Plan(t.Context(), entry(99), Guess{Strong: routed.Spent{Money: .1}}); !got.Run {
		t.Errorf("the day after: %+v", got)
	}
	if got := p.Plan(t.Context(), entry(98), Guess{Strong: routed.Spent{Money: 5}}); got.Run || got.Share != 0 {
		t.Errorf("more than a day has: %+v", got)
	}
	if got := p.Plan(t.Context(), entry(97), Guess{Strong: routed.Spent{Money: .9}}); !got.Run {
		t.Errorf("what fits after that: %+v", got)
	}
	if got := p.Plan(t.Context(), entry(96), Guess{}); got.Run || got.Share != 0 {
		t.Errorf("after all was used: %+v", got)
	}
}

// A judge is paid also where the audited side is local, or nobody is asked.
func TestJudgeIsInTheBudget(t *testing.T) {
	for what, change := range map[string]func(*routed.Entry){"the local side": func(e *routed.Entry) {}, "nobody": func(e *routed.Entry) { e.WeakAsked = true }} {
		for _, guess := range []float64{0, .1, .3} {
			db := shelf(t)
			p := New(Options{Share: 1, Budget: db, Most: routed.Spent{Money: 1}, Now: func() time.Time { return noon }})
			n := &notes{got: map[string]string{}, end: make(chan struct{}, 1)}
			r := Start(RunnerOptions{
				Planner: p, Notes: n,
				Ask: func(context.Context, routed.Target, *llm.Request) (Answer, routed.Use, error) {
					return Answer{Text: "many words"}, routed.Use{OutputTokens: new(1000)}, nil
				},
				Judge: func(context.Context, *llm.Request, Answer, Answer) (Verdict, bool, error) {
					return Verdict{Weak: 1, Used: routed.Use{OutputTokens: new(7), Cost: new(.125)}}, true, nil
				},
			})
			runs := 0
			for i := range 20 {
				e := entry(i)
				e.Answered = routed.Strong
				change(e)
				plan := p.Plan(t.Context(), e, Guess{Strong: routed.Spent{Money: 9}, Judge: routed.Spent{Money: guess}})
				if !plan.Run {
					if plan.Share != 0 {
						t.Errorf("%s: %+v", what, plan)
					}
					continue
				}
				runs++
				var weak *Answer
				if e.WeakAsked {
					weak = &Answer{Text: "few words"}
				}
				r.Run(*e, plan, &llm.Request{}, weak, &Answer{Text: "other words"})
				<-n.end
				// It is settled before its state is noted.
			}
			r.Close()
			want := map[float64]int{0: 8, .1: 8, .3: 6}[guess]
			if is, err := db.Spent(t.Context(), "2026-05-01"); err != nil || runs != want || is.Requests != want || is.Money != .125*float64(want) || is.Tokens != int64(7*want) {
				t.Errorf("%s, guessed at %g: %d audits took %+v (%v), want %d", what, guess, runs, is, err, want)
			}
		}
	}
}

// Where the route itself may spend nothing, no audit does.
func TestBrokeRoutesAuditNothingPaid(t *testing.T) {
	p := New(Options{Share: 1, Budget: shelf(t)})
	if got := p.Plan(t.Context(), entry(1), Guess{Broke: true}); got.Run || got.Share != 0 || got.Why != noRoom {
		t.Errorf("%+v", got)
	}
	e := entry(2)
	e.Answered = routed.Strong // the other side is local, and nobody is paid to judge
	if got := p.Plan(t.Context(), e, Guess{Broke: true}); !got.Run {
		t.Errorf("%+v", got)
	}
}

// What is only reserved does not end the day.
func TestReservedComesBack(t *testing.T) {
	p := New(Options{Share: 1, Budget: shelf(t), Most: routed.Spent{Money: 1}, Now: func() time.Time { return noon }})
	guess := Guess{Strong: routed.Spent{Money: .6}}
	first := p.Plan(t.Context(), entry(1), guess)
	if got := p.Plan(t.Context(), entry(2), guess); !first.Run || got.Run || got.Share != 0 {
		t.Fatalf("%+v, %+v", first, got)
	}
	if err := p.Settle(t.Context(), first, routed.Spent{Requests: 1, Money: .1}); err != nil {
		t.Fatal(err)
	}
	if got := p.Plan(t.Context(), entry(3), guess); !got.Run {
		t.Errorf("%+v", got)
	}
}

// notes hears what is noted.
type notes struct {
	mu  sync.Mutex
	got map[string]string
	end chan struct{}
}

func (n *notes) Label(id, side string, score float64, source string) {
	n.mu.Lock()
	n.got[id] += fmt.Sprintf("%s=%g(%s) ", side, score, source)
	n.mu.Unlock()
}

func (n *notes) Used(id, side string, u routed.Use) {
	n.mu.Lock()
	n.got[id] += "used " + side + " "
	n.mu.Unlock()
}

func (n *notes) AuditFailed(id, why string) { n.Audit(id, routed.Failed+": "+why) }

func (n *notes) Audit(id, state string) {
	n.mu.Lock()
	n.got[id] += state
	n.mu.Unlock()
	n.end <- struct{}{}
}

func TestAsksBehindTheAnswer(t *testing.T) {
	db := shelf(t)
	planner := New(Options{Share: 1, Budget: db, Now: func() time.Time { return noon }})
	n := &notes{got: map[string]string{}, end: make(chan struct{}, 100)}
	var asked atomic.Int64
	r := Start(RunnerOptions{
		Planner: planner, Notes: n,
		Ask: func(_ context.Context, target routed.Target, req *llm.Request) (Answer, routed.Use, error) {
			asked.Add(1)
			if req.Stream || req.Relay != nil || req.N != 0 {
				t.Errorf("asked %+v", req)
			}
			switch req.Prompt {
			case "down":
				return Answer{}, routed.Use{}, llm.Errorf(llm.CodeUnavailable, "the server says that %q is too much", "himitsu")
			case "odd":
				return Answer{}, routed.Use{}, errors.New("himitsu")
			case "slow":
				return Answer{}, routed.Use{}, fmt.Errorf("asked: %w", context.DeadlineExceeded)
			}
			return Answer{Text: "42"}, routed.Use{OutputTokens: new(3), Cost: new(.5)}, nil
		},
		Judge: func(_ context.Context, req *llm.Request, weak, strong Answer) (Verdict, bool, error) {
			return Verdict{Weak: .25, Strong: new(.75)}, req.Prompt == "judge", nil
		},
	})
	for i, c := range []struct {
		prompt, weak, privacy string
		want                  string
	}{
		{"x", "42.", routed.Any, "used strong weak=1(shadow_judge) strong=1(shadow_judge) audited"},
		{"x", "41", routed.Any, "used strong weak=0(shadow_judge) strong=1(shadow_judge) audited"},
		{"judge", "many words", routed.Any, "used strong weak=0.25(shadow_judge) strong=0.75(shadow_judge) audited"},
		{"x", "many words", routed.Any, "used strong undecided"}, {"down", "42", routed.Any, "failed: backend_unavailable"}, {"x", "42", routed.Redact, "failed: what is private is never shadowed"},
		{"odd", "42", routed.Any, "failed: internal_error"}, {"slow", "42", routed.Any, "failed: it took too long"},
	} {
		e := entry(i)
		p := planner.Plan(t.Context(), e, Guess{Strong: routed.Spent{Money: .1}})
		e.Privacy = c.privacy
		r.Run(*e, p, &llm.Request{Prompt: c.prompt, Stream: true, Relay: &llm.Relay{}, N: 3}, &Answer{Text: c.weak}, nil)
		<-n.end
		n.mu.Lock()
		if n.got[e.ID] != c.want {
			t.Errorf("%+v: %q", c, n.got[e.ID])
		}
		n.mu.Unlock()
	}
	if asked.Load() != 7 {
		t.Errorf("asked %d times, the private one never", asked.Load())
	}
	r.Close()
	if is, err := db.Spent(t.Context(), "2026-05-01"); err != nil || is.Requests != 4 || is.Money != 2 || is.Tokens != 12 {
		t.Errorf("spent %+v (%v)", is, err)
	}
}

// More than can wait is not planned, none of what is planned is lost, its end
// is said, and the end does not wait for audits.
func TestRoomIsBounded(t *testing.T) {
	planner := New(Options{Share: 1, Budget: shelf(t)})
	n := &notes{got: map[string]string{}, end: make(chan struct{}, 10_000)}
	var said bytes.Buffer
	r := Start(RunnerOptions{
		Planner: planner, Notes: n, Log: slog.New(slog.NewTextHandler(&said, nil)),
		Ask: func(ctx context.Context, _ routed.Target, _ *llm.Request) (Answer, routed.Use, error) {
			<-ctx.Done()
			return Answer{}, routed.Use{}, errors.New("the model is gone")
		},
	})
	const all = 2*waiting + 10
	var wait sync.WaitGroup
	var planned atomic.Int64
	for i := range all {
		wait.Go(func() {
			e := entry(i)
			p := planner.Plan(t.Context(), e, Guess{})
			if p.Run {
				planned.Add(1)
			} else if p.Share != 0 || p.Why != "too many audits wait" {
				t.Errorf("%+v", p)
			}
			r.Run(*e, p, &llm.Request{}, &Answer{}, nil)
		})
	}
	wait.Wait()
	if planned.Load() != waiting || len(n.end) != 0 {
		t.Errorf("%d are planned, %d of them have ended", planned.Load(), len(n.end))
	}
	r.Close()
	if len(n.end) != waiting {
		t.Errorf("%d ended", len(n.end))
	}
	if got := said.String(); !strings.Contains(got, "level=INFO") || !strings.Contains(got, "the model is gone") || strings.Contains(got, "too many") {
		t.Errorf("said %.400s", got)
	}
	if p := planner.Plan(t.Context(), entry(all), Guess{}); !p.Run {
		t.Errorf("once there is room: %+v", p)
	}
}

// What chance or the budget leaves out takes no room.
func TestRoomIsLeft(t *testing.T) {
	p := New(Options{Share: 1e-9, Budget: shelf(t)})
	for i := range 2 * waiting {
		if got := p.Plan(t.Context(), entry(i), Guess{}); got.Run || got.Share == 0 {
			t.Fatalf("%d: %+v", i, got)
		}
	}
	if p.waits != 0 {
		t.Errorf("%d wait", p.waits)
	}
}

func TestAgree(t *testing.T) {
	call := func(name, args string) Answer { return Answer{Calls: []llm.ToolCall{{Name: name, Arguments: args}}} }
	text := func(s string) Answer { return Answer{Text: s} }
	schema := &llm.Request{Format: llm.Format{Kind: llm.FormatJSONSchema}}
	for _, c := range []struct {
		req   *llm.Request
		a, b  Answer
		score float64
		sure  bool
	}{
		{nil, text("Paris."), text("paris"), 1, true}, {nil, text("東京です。"), text("東京です"), 1, true}, {nil, text("４２"), text("42"), 1, true},
		{nil, text("1,000"), text("1000.0"), 1, true}, {nil, text("1.5"), text("15"), 0, true}, {nil, text("-3"), text("3"), 0, true},
		{nil, text("So 6 × 7.\n#### 42"), text("The answer is 42"), 1, true}, {nil, text("答えは 12 です"), text("12個"), 1, true},
		{nil, text("B"), text("(B) because it rains"), 1, true}, {nil, text("Answer: C"), text("D."), 0, true},
		{nil, text("A dog barks loudly here"), text("B"), 0, false}, {nil, text("I think so, yes"), text("It is I"), 0, false},
		{nil, text(`{"a":1,"b":[2.0]}`), text("```json\n{\"b\":[2], \"a\":1}\n```"), 1, true}, {nil, text(`{"a":1}`), text(`{"a":2}`), 0, false},
		{schema, text(`{"a":1}`), text(`{"a":2}`), 0, true}, {schema, text(`{"a":1`), text(`{"a":1}`), 0, true},
		{nil, call("ls", `{"p":"/"}`), call("ls", `{ "p" : "/" }`), 1, true}, {nil, call("ls", `{}`), call("rm", `{}`), 0, true}, {nil, call("ls", `{}`), text("ok"), 0, true},
		{nil, text(""), text("x"), 0, true}, {nil, text("the long way"), text("another long way"), 0, false},
	} {
		score, sure := Agree(c.req, c.a, c.b)
		if score != c.score && sure || sure != c.sure {
			t.Errorf("%v | %v: %g %v, want %g %v", c.a, c.b, score, sure, c.score, c.sure)
		}
		if again, also := Agree(c.req, c.b, c.a); again != score || also != sure {
			t.Errorf("%v | %v: the other way it is %g %v", c.a, c.b, again, also)
		}
	}
}

func FuzzAgree(f *testing.F) {
	f.Add("{\"a\":1e999}", "#### ,")
	f.Add("A", "答えは1")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := Answer{Text: a}, Answer{Text: b}
		if score, sure := Agree(nil, x, x); score != 1 || !sure {
			t.Errorf("%q differs from itself", a)
		}
		s1, ok1 := Agree(nil, x, y)
		s2, ok2 := Agree(nil, y, x)
		if s1 != s2 || ok1 != ok2 {
			t.Errorf("%q and %q: %g %v, %g %v", a, b, s1, ok1, s2, ok2)
		}
	})
}
