package outcomes

import (
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/route/log"
	"irori/internal/route/promise"
	"irori/internal/route/shadow"
	"irori/internal/store/body"
	"irori/internal/store/routed"
)

// A home's life: nothing is made before something is routed; what a server
// noted is seen, judged, promised on, unlearnt and forgotten by commands beside
// it.
func TestBesideAServer(t *testing.T) {
	home, ctx := t.TempDir(), t.Context()
	b := At(home, slog.New(slog.DiscardHandler))
	if o, err := b.Existing(ctx); o != nil || err != nil {
		t.Fatalf("%v %v", o, err)
	}
	if _, err := b.Say(ctx, log.Word{ID: "x", Owner: true}); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("%v", err)
	}
	if _, err := Say(ctx, home, "x", 1, ""); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("%v", err)
	}
	if s, err := Stand(ctx, home, time.Now()); err != nil || s.Requests != 0 {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := os.Stat(file(home)); !os.IsNotExist(err) {
		t.Errorf("a file was made: %v", err)
	}
	o, err := b.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.Existing(ctx); again != o || err != nil {
		t.Errorf("%p %p %v", again, o, err)
	}
	level := promise.Level{Alpha: .1, Delta: .1}
	o.Promises.Want(level)
	planner := o.Planner(1, routed.Spent{})
	for i := range 400 {
		e := routed.Entry{
			ID: fmt.Sprintf("%032x", i), Time: time.Now(), Key: []string{"anna", ""}[i%2], Weak: routed.Target{Model: "small"}, Point: routed.Answer, Language: "en",
			Privacy: routed.Any, Answered: routed.Weak, Doubt: new(float64(i%10) / 10), Question: "himitsu",
		}
		p := planner.Plan(ctx, &e, shadow.Guess{})
		p.Mark(&e)
		o.Decided(e)
		o.Label(e.ID, routed.Weak, 1, log.ShadowJudge)
		o.Audit(e.ID, routed.Audited)
	}
	o.Sync(ctx)
	if err := o.Promises.Step(ctx); err != nil {
		t.Fatal(err)
	}
	of := promise.Of{Model: "small", Point: routed.Answer, Language: "en"}
	if s := o.Promises.For(of, level); !s.Promised || s.Threshold != .9 {
		t.Errorf("%+v", s)
	}
	g, err := Say(ctx, home, "0000000000000000000000000000001", .5, "so so")
	if err == nil {
		t.Errorf("an id of many is taken: %+v", g)
	}
	if g, err = Say(ctx, home, fmt.Sprintf("%032x", 17), .5, "so so"); err != nil || g.Score != .5 || !g.CommentKept {
		t.Errorf("%+v %v", g, err)
	}
	if r, err := Get(ctx, home, g.ID); err != nil || len(r.Labels) != 2 {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := Get(ctx, home, "zz"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("%v", err)
	}
	s, err := Stand(ctx, home, time.Now())
	if err != nil || s.Requests != 400 || s.Labels != 401 || s.Audited != 400 || s.Today.Requests != 400 || len(s.Calibrations) != 2 ||
		s.Calibrations[1].State != "promised" || s.Calibrations[1].Local != 1 {
		t.Errorf("%+v %v", s, err)
	}
	// A calibration from a file takes the place of what was made here.
	c := s.Calibrations[1].Calibration
	c.Threshold = new(.2)
	if err := Put(ctx, home, &c); err != nil {
		t.Fatal(err)
	}
	if err := o.Promises.Step(ctx); err != nil {
		t.Fatal(err)
	}
	if s := o.Promises.For(of, level); !s.Promised || s.Threshold != .2 {
		t.Errorf("the server does not see it: %+v", s)
	}
	if allowed, err := Promised(ctx, home); err != nil || allowed(of, level).Threshold != .2 || allowed(promise.Of{Model: "other"}, level).Promised {
		t.Errorf("what is promised: %v", err)
	}
	if !Given(ctx, home, level.Alpha, level.Delta) || Given(ctx, home, level.Alpha/2, level.Delta) || Given(ctx, t.TempDir(), level.Alpha, level.Delta) {
		t.Error("what is given")
	}
	if allowed, err := Promised(ctx, t.TempDir()); allowed != nil || err != nil {
		t.Errorf("a home without outcomes: %v", err)
	}
	if n, err := Forget(ctx, home, body.Which{Key: "anna"}); n != 200 || err != nil {
		t.Errorf("%d forgotten (%v)", n, err)
	}
	n := 0
	err = Rows(ctx, home, routed.Which{}, func(rows iter.Seq2[*routed.Row, error]) error {
		for r, err := range rows {
			if err != nil {
				return err
			}
			if n++; r.Key != "" {
				t.Errorf("%+v", r)
			}
		}
		return nil
	})
	if n != 200 || err != nil {
		t.Errorf("%d left (%v)", n, err)
	}
	if n, err := Reset(ctx, home, ""); n != 201 || err != nil {
		t.Errorf("%d unlearnt (%v)", n, err)
	}
	if err := o.Promises.Step(ctx); err != nil || o.Promises.For(of, level).Promised {
		t.Errorf("%v %+v", err, o.Promises.For(of, level))
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := b.Open(ctx); llm.CodeOf(err) != llm.CodeUnavailable {
		t.Errorf("after the end: %v", err)
	}
	// The hashes of conversations go on being recognised by the next server.
	next := At(home, slog.New(slog.DiscardHandler))
	o2, err := next.Open(ctx)
	if err != nil || string(o2.secret) != string(o.secret) || len(o.secret) != 32 {
		t.Errorf("%x %v", o2.secret, err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestDamagedFileIsSaid(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "outcomes.db"), []byte(strings.Repeat("no database", 100)), fs.FileMode(0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Stand(t.Context(), home, time.Now()); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("%v", err)
	}
	if _, err := At(home, slog.New(slog.DiscardHandler)).Open(t.Context()); err == nil {
		t.Error("opened")
	}
}

// What promises lack is said: answers that were audited without a doubt are
// counted, and do not read as if there were none.
func TestUndoubtedAuditsAreCounted(t *testing.T) {
	home, ctx := t.TempDir(), t.Context()
	b := At(home, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = b.Close() })
	o, err := b.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	none, err := Stand(ctx, home, time.Now())
	if err != nil || none.Undoubted != 0 || !strings.Contains(none.Missing(), "no answer was audited yet") {
		t.Errorf("%+v %v: %s", none, err, none.Missing())
	}
	for i, state := range []string{routed.Audited, routed.Undecided, routed.Failed, routed.Planned, routed.Audited} {
		e := routed.Entry{ID: fmt.Sprintf("%032x", i), Time: time.Now(), Privacy: routed.Any, Answered: routed.Strong, Audit: routed.Planned}
		if i == 4 {
			e.Doubt = new(0.0)
		}
		o.Decided(e)
		if state != routed.Planned {
			o.Audit(e.ID, state)
		}
	}
	o.Sync(ctx)
	s, err := Stand(ctx, home, time.Now())
	if err != nil || s.Audited != 2 || s.Undoubted != 2 {
		t.Fatalf("%+v %v", s, err)
	}
	if got := s.Missing(); !strings.Contains(got, "nothing said how doubtful 2 of 3 audited answers were") || !strings.Contains(got, "irori route train") {
		t.Error(got)
	}
	s.Calibrations = []Standing{{}}
	if got := s.Missing(); !strings.HasPrefix(got, "Nothing said how doubtful 2 of 3") {
		t.Error(got)
	}
	s.Undoubted = 0
	if got := s.Missing(); got != "" {
		t.Error(got)
	}
	s.Calibrations = nil
	if got := s.Missing(); !strings.Contains(got, "as audits come in") || strings.Contains(got, "no answer") {
		t.Error(got)
	}
}

// A calibration of another template than what is asked now is not told as
// promised; one of the same is.
func TestUnusedCalibrationsSayWhy(t *testing.T) {
	e := routed.Entry{Point: routed.Answer, Scorer: "order-1", Weak: routed.Target{Model: "small", Template: "t2"}}
	l, err := lastOf(func(yield func(*routed.Row, error) bool) { yield(&routed.Row{Entry: e}, nil) })
	if err != nil {
		t.Fatal(err)
	}
	of := promise.OfEntry(&e)
	of.Language = "ja"
	if why := l.apart(&promise.Calibration{Of: of}); why != "" {
		t.Error(why)
	}
	of.Template = "t1"
	if why := l.apart(&promise.Calibration{Of: of}); !strings.Contains(why, `the template "t1", here it is "t2"`) {
		t.Error(why)
	}
	of.Model, of.Template = "large", "t2"
	if why := l.apart(&promise.Calibration{Of: of}); !strings.Contains(why, `the model "large", here it is "small"`) {
		t.Error(why)
	}
	of.Point = routed.Prefix
	if why := l.apart(&promise.Calibration{Of: of}); why != "" {
		t.Error(why)
	}
}
