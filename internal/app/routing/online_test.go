package routing

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/app/routing/learnt"
	"irori/internal/app/routing/said"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
	"irori/internal/route/policy"
	"irori/internal/route/predict"
	"irori/internal/route/promise"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// home is a server's life with real parts: routed, noted, labelled and learnt.
type home struct {
	*house
	dir  string
	book *outcomes.Book
	now  *atomic.Int64 // the learner looks at it too
	n    int
	rng  *rand.Rand
	keys string
	set  func(*Options)
}

func newHome(t *testing.T, keys string, set func(*Options)) *home {
	h := &home{dir: t.TempDir(), now: &atomic.Int64{}, rng: rand.New(rand.NewPCG(1, 9)), keys: keys, set: set}
	h.now.Store(time.Now().Add(-24 * time.Hour).UnixNano())
	h.begin(t)
	t.Cleanup(func() { h.end(t) })
	return h
}

// begin starts the server, end stops it.
func (h *home) begin(t *testing.T) {
	h.book = outcomes.At(h.dir, slog.New(slog.DiscardHandler))
	h.house = newHouse(t, h.keys, func(o *Options) {
		o.Home, o.Book, o.Now = h.dir, h.book.Open, h.time
		if h.set != nil {
			h.set(o)
		}
	})
}

func (h *home) time() time.Time { return time.Unix(0, h.now.Load()) }

func (h *home) end(t *testing.T) {
	h.Close()
	if err := h.book.Close(); err != nil {
		t.Error(err)
	}
}

// kinds are questions that the local model answers well, and that it does not;
// the cloud's is right of all.
func (h *home) question(hard bool) string {
	if hard {
		return fmt.Sprintf("Prove by induction that the lemma %d about primes holds for every integer", h.rng.IntN(1e6))
	}
	return fmt.Sprintf("What is the colour of the number %d house in our street", h.rng.IntN(1e6))
}

// ask routes a request of a key and returns its row and why.
func (h *home) ask(t *testing.T, key, text string) (*routed.Row, string) {
	t.Helper()
	return h.asks(t, key, text, nil)
}

func (h *home) asks(t *testing.T, key, text string, header map[string]string) (*routed.Row, string) {
	t.Helper()
	h.n++
	h.now.Add(int64(time.Minute))
	l, err := h.Lease(asking(text, header), "irori/auto")
	if err != nil {
		t.Fatal(err)
	}
	rec := &store.Record{ID: fmt.Sprintf("%032x", h.n), Time: h.time(), Key: key, Status: store.StatusOK, Route: "cloud", Backend: l.Name, Model: l.Model}
	if l.Local {
		rec.Route = "local"
	}
	l.Ended(rec)
	open := h.opened(t)
	for { // it is noted beside the request
		if r, err := open.Get(t.Context(), rec.ID); err == nil {
			return r, l.Reason
		}
		runtime.Gosched()
	}
}

func (h *home) opened(t *testing.T) *outcomes.Open {
	t.Helper()
	open, err := h.book.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return open
}

// live asks so many questions, half of them hard, whose answers are tested; two
// in five are answered by both.
func (h *home) live(t *testing.T, n int) {
	t.Helper()
	open := h.opened(t)
	for range n {
		hard := h.rng.IntN(2) == 0
		r, _ := h.ask(t, "", h.question(hard))
		weak := 1.0
		if hard {
			weak = 0
		}
		if h.rng.IntN(10) == 0 {
			weak = 1 - weak
		}
		if r.Answered == routed.Weak {
			open.Label(r.ID, routed.Weak, weak, log.Test)
		} else {
			open.Label(r.ID, routed.Strong, 1, log.Test)
		}
		if h.rng.IntN(5) < 2 {
			open.Label(r.ID, routed.Weak, weak, log.ShadowJudge)
			open.Label(r.ID, routed.Strong, 1, log.ShadowJudge)
			open.Audit(r.ID, routed.Audited)
		}
	}
	h.step(t)
}

func (h *home) step(t *testing.T) {
	t.Helper()
	h.opened(t).Sync(t.Context())
	if err := h.learner.Load().Step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// says checks who answers either kind now.
func (h *home) says(t *testing.T, when, easy, hard string) {
	t.Helper()
	for i, want := range []string{easy, hard} {
		if _, reason := h.ask(t, "", h.question(i == 1)); !strings.HasPrefix(reason, want) {
			t.Errorf("%s: %q, want %q", when, reason, want)
		}
	}
}

const (
	unknown = "local: nothing is known of such questions yet"
	worth   = "cloud: a better answer is worth it"
	not     = "local: a better answer is not worth it"
)

var auto = learnt.Pair{Route: "auto", Local: "a", Cloud: "c/x"}

// A home that nobody trained learns by itself who answers what; it goes on
// knowing after a restart, and forgets when it is told to.
func TestAHomeLearnsByItself(t *testing.T) {
	h := newHome(t, "local: a\ncloud: c/x\nmargin: 0.25", nil)
	h.says(t, "at first", unknown, unknown)
	h.live(t, 60)
	h.says(t, "after few labels", unknown, unknown)
	if s, _ := h.learner.Load().For(auto); s == nil || s.On || s.Base != "" || s.Strong >= 30 || s.Weak < 30 {
		t.Fatalf("%+v", s)
	}
	h.live(t, 240)
	s, _ := h.learner.Load().For(auto)
	if s == nil || !s.On || !s.Own || s.Gain <= 2*s.Error || s.Measured < 30 {
		t.Fatalf("%+v", s)
	}
	h.says(t, "after many", not, worth)
	r, _ := h.ask(t, "", h.question(true))
	if r.Predictor != s.Version() || r.Base != s.Base || !strings.HasPrefix(r.Predictor, r.Base+"+") || *r.PStrong < .8 || *r.PWeak > .4 || r.Doubt != nil || r.Scorer != "" {
		t.Errorf("%+v, want what %s says, and no doubt that a bound could stand on", r.Entry, s.Version())
	}
	h.end(t)
	h.begin(t)
	h.says(t, "after a restart", not, worth)
	if n, err := outcomes.Reset(t.Context(), h.dir, "eve"); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	h.step(t)
	h.says(t, "after a reset of who said nothing", not, worth)
	if _, err := outcomes.Reset(t.Context(), h.dir, ""); err != nil {
		t.Fatal(err)
	}
	h.step(t)
	h.says(t, "after a reset", unknown, unknown)
	if kept, err := h.opened(t).Kept(t.Context(), outcomes.Learnt+"model/"); err != nil || len(kept) != 0 {
		t.Errorf("%d predictors are left (%v)", len(kept), err)
	}
}

// What is private, what no answer revealed, and what is calibrated on teaches
// nothing.
func TestNotLearntFrom(t *testing.T) {
	h := newHome(t, "local: a\ncloud: c/x\nmargin: 0.25", nil)
	h.live(t, 100)
	before, _ := h.learner.Load().For(auto)
	kept := func() (out string) {
		all, err := h.opened(t).Kept(t.Context(), outcomes.Learnt)
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range all {
			if !strings.Contains(name, "step/") {
				out += name + string(b)
			}
		}
		return out
	}
	was := kept()
	open := h.opened(t)
	for i := range 300 {
		var r *routed.Row
		switch i % 3 {
		case 0:
			if r, _ = h.ask(t, "", "AKIAIOSFODNN7EXAMPLE "+h.question(true)); r.Privacy == routed.Any {
				t.Fatal("it is not private")
			}
			open.Label(r.ID, routed.Weak, 0, log.Test)
		case 1:
			r, _ = h.ask(t, "", h.question(true))
			open.Label(r.ID, routed.Strong, 0, log.Test) // nobody heard the cloud
		default:
			for r = nil; r == nil || !promise.Held(r.ID); {
				r, _ = h.ask(t, "", h.question(true))
			}
			open.Label(r.ID, routed.Weak, 0, log.ShadowJudge)
			open.Label(r.ID, routed.Strong, 1, log.ShadowJudge)
			open.Audit(r.ID, routed.Audited)
		}
	}
	h.step(t)
	after, _ := h.learner.Load().For(auto)
	if after.Seen <= before.Seen || after.Weak != before.Weak || after.Strong != before.Strong || after.Gain != before.Gain || kept() != was {
		t.Errorf("%+v, was %+v", after, before)
	}
}

// One key that calls every local answer good, as often as it may, does not
// change who answers.
func TestOneKeyCannotTurnARoute(t *testing.T) {
	h := newHome(t, "local: a\ncloud: c/x\nmargin: 0.25", nil)
	h.live(t, 300)
	h.says(t, "before", not, worth)
	open := h.opened(t)
	for range 500 {
		r, _ := h.ask(t, "eve", h.question(true))
		if r.Answered == routed.Strong {
			open.Label(r.ID, routed.Strong, 0, log.Feedback)
		} else {
			open.Label(r.ID, routed.Weak, 1, log.Feedback)
		}
	}
	h.step(t)
	s, _ := h.learner.Load().For(auto)
	weak := 0.0
	if r, _ := h.ask(t, "", h.question(true)); r.PWeak != nil {
		weak = *r.PWeak
	}
	if weak > .5 {
		t.Errorf("a key makes the local model right by %g: %+v", weak, s)
	}
}

// A predictor that was trained on other people's outcomes is corrected by those
// of the home, only where that is proven; scores that a bound is on stand still.
func TestATrainedPredictorIsCorrected(t *testing.T) {
	h := newHome(t, "local: a\ncloud: c/x\nmargin: 0.25", func(o *Options) { o.Predictor = elsewhere })
	h.live(t, 20)
	h.says(t, "as trained", not, not)
	h.live(t, 300)
	s, _ := h.learner.Load().For(auto)
	if !s.On || s.Own || s.Base != elsewhere("", "").Version() {
		t.Fatalf("%+v", s)
	}
	r, reason := h.ask(t, "", h.question(true))
	if !strings.HasPrefix(reason, worth) || r.Predictor != s.Version() {
		t.Errorf("%s by %s", reason, r.Predictor)
	}
	if r.Scorer != s.Base || *r.Doubt != 1-*r.BaseWeak || *r.Doubt == 1-*r.PWeak {
		t.Errorf("the score of a bound moves: %+v", r.Entry)
	}
	// With a quality to keep, the predictor as it was trained is asked.
	q := &Query{Route: &policy.Route{Name: "auto", Quality: new(.9)}, Said: said.Said{Last: h.question(true)}}
	weak, _, ok := h.success(q, "a", "c/x")
	if f := q.forecasts["a"]; !ok || f.version != s.Base || weak != f.base.Weak || q.expected("a").Weak != weak {
		t.Errorf("%+v", f)
	}
}

// elsewhere is a predictor that thinks too well of the local model.
func elsewhere(string, string) *predict.Model {
	var all []outcome.Record
	for i := range 200 {
		hard := i%2 == 0
		text, weak := fmt.Sprintf("What is the colour of the number %d house in our street", i), 1.0
		if hard {
			text, weak = fmt.Sprintf("Prove by induction that the lemma %d about primes holds for every integer", i), .95
		}
		all = append(all, outcome.Record{Question: text, Weak: &weak, Strong: new(1.0)})
	}
	return predict.Train(all, predict.Options{Size: 8, Rounds: 10})
}

// A server that is killed while a step is kept has the one before, and makes the
// same one again.
func TestAStepIsKeptWholeOrNotAtAll(t *testing.T) {
	h := newHome(t, "local: a\ncloud: c/x\nmargin: 0.25", nil)
	h.live(t, 260)
	open := h.opened(t)
	last, _ := h.learner.Load().For(auto)
	for range 40 {
		r, _ := h.ask(t, "", h.question(false))
		open.Label(r.ID, routed.Weak, 1, log.Test)
	}
	open.Sync(t.Context())
	o := learnt.LearnerOptions{
		Store: &killed{Open: open}, Pairs: map[learnt.Pair]learnt.Stake{auto: {Margin: .25}}, Now: h.time,
		Trained: func(learnt.Pair) string { return "" }, Stands: func(string) bool { return false },
	}
	l, err := learnt.NewLearner(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Step(t.Context()); err == nil {
		t.Error("it is not said that nothing was kept")
	}
	if l, err = learnt.NewLearner(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if s, m := l.For(auto); s.Version() != last.Version() || s.Number != last.Number || m == nil {
		t.Errorf("%+v, want %+v", s, last)
	}
	o.Store = open
	if l, err = learnt.NewLearner(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := l.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, _ := l.For(auto); s.Number != last.Number+1 || s.Version() == last.Version() {
		t.Errorf("%+v after %+v", s, last)
	}
}

// killed is a store that keeps nothing.
type killed struct{ *outcomes.Open }

func (k *killed) Keep(context.Context, map[string][]byte) error { return context.Canceled }

func (k *killed) Rows(ctx context.Context, w routed.Which) iter.Seq2[*routed.Row, error] {
	return k.Open.Rows(ctx, w)
}
