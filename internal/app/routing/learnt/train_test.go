package learnt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/route/doubt"
	"irori/internal/route/evaluate"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

// A home that audits a fifth of what it answers here, with a private request, a
// pinned one and people's words among them, tells what asking the cloud brings.
func TestAHomeJudgesPolicies(t *testing.T) {
	home := t.TempDir()
	db, err := sqlite.Open(filepath.Join(home, "outcomes.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var changes []routed.Change
	put := func(i int, set func(*routed.Entry)) string {
		id := fmt.Sprintf("%032d", i)
		e := routed.Entry{ID: id, Time: noon.Add(time.Duration(i) * time.Second), Route: "auto", Answered: routed.Weak, Point: routed.Before,
			Weak: routed.Target{Name: "here"}, Strong: routed.Target{Name: "cloud"}, Propensity: new(0.0), WeakPropensity: new(1.0), Share: new(0.2)}
		if set != nil {
			set(&e)
		}
		changes = append(changes, routed.Change{Entry: &e})
		return id
	}
	label := func(id, side, source string, score float64) {
		changes = append(changes, routed.Change{Label: &routed.Label{ID: id, Side: side, Source: source, Weight: log.Weight(source, score), Score: score, Time: noon}})
	}
	for i := range 400 {
		id := put(i, nil)
		switch {
		case i%5 == 0:
			label(id, routed.Weak, log.ShadowJudge, float64(i/5%2))
			label(id, routed.Strong, log.ShadowJudge, 1)
			changes = append(changes, routed.Change{Audit: &routed.Audit{ID: id, State: routed.Audited}})
		case i%5 == 1:
			// People praise what they like: that was drawn by nobody.
			label(id, routed.Weak, log.Feedback, 1)
		}
	}
	put(400, func(e *routed.Entry) { e.Share = nil })
	put(401, func(e *routed.Entry) { e.Share, e.Privacy = new(0.0), "local" })
	if err := db.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	records, left, scored, err := Drawn(t.Context(), home)
	if err != nil || len(records) != 400 || left != 2 || scored != 80 {
		t.Fatalf("%d records, %d left out, %d scored, %v", len(records), left, scored, err)
	}
	for _, c := range []struct{ share, low, high float64 }{{0, .4, .6}, {1, .99, 1.01}} {
		r, err := evaluate.Of(records, evaluate.By(func(outcome.Record) float64 { return c.share }), evaluate.Options{Seed: 1, Draws: 100})
		if err != nil {
			t.Fatal(err)
		}
		if q := r.Quality.DoublyRobust.Value; q < c.low || q > c.high {
			t.Errorf("all to the cloud with %g: quality %g", c.share, q)
		}
	}
	// What is exported of that home says the same.
	var lines bytes.Buffer
	err = outcomes.Rows(t.Context(), home, routed.Which{}, func(rows iter.Seq2[*routed.Row, error]) error {
		for r, err := range rows {
			if err != nil {
				return err
			}
			if err := json.NewEncoder(&lines).Encode(log.Record(r)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	exported, err := outcome.Read("f", &lines, outcome.Logged)
	if err != nil {
		t.Fatal(err)
	}
	read, left, scored := evaluate.Drawn(exported)
	if len(read) != 400 || left != 2 || scored != 80 {
		t.Fatalf("of the export %d records, %d left out, %d scored", len(read), left, scored)
	}
	some := func(r outcome.Record) float64 { return float64(r.ID[len(r.ID)-1] % 2) }
	a, errA := evaluate.Of(records, evaluate.By(some), evaluate.Options{Seed: 1, Draws: 100})
	b, errB := evaluate.Of(read, evaluate.By(some), evaluate.Options{Seed: 1, Draws: 100})
	if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%+v of the log, %+v of the export (%v, %v)", a, b, errA, errB)
	}
	// Where no line can be named, the request is.
	records[3].Propensity = nil
	_, err = evaluate.Of(records, evaluate.By(func(outcome.Record) float64 { return 1 }), evaluate.Options{Draws: 10})
	if err == nil || !strings.Contains(err.Error(), "request "+records[3].ID+" has no propensity") {
		t.Error(err)
	}
}

// Neither a predictor nor what judges answers, made of a home's own requests, is
// led by one key's words against what others' audits say of such questions.
func TestTrainingIsNotLedByOneKey(t *testing.T) {
	home := t.TempDir()
	db, err := sqlite.Open(filepath.Join(home, "outcomes.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	var changes []routed.Change
	label := func(id, side, source, by string, score float64) {
		changes = append(changes, routed.Change{Label: &routed.Label{ID: id, Side: side, Source: source, By: by, Weight: log.Weight(source, score), Score: score, Time: noon}})
	}
	for i := range 1000 {
		id := fmt.Sprintf("%032x", i)
		e := routed.Entry{
			ID: id, Time: noon.Add(time.Duration(i) * time.Second), Key: "anna", Route: "auto", Answered: routed.Weak, Privacy: routed.Any, Point: routed.Answer,
			Weak: routed.Target{Name: "here", Model: "small"}, Strong: routed.Target{Name: "cloud"}, Signals: doubt.Signals{"logprob_mean": -.1},
			Question: fmt.Sprintf("What is %d plus %d?", i, 3*i),
		}
		right := 1.0
		if i%3 == 0 {
			e.Signals, e.Question, right = doubt.Signals{"logprob_mean": -2}, fmt.Sprintf("Prove the lemma %d of primes by induction", i), 0
		}
		if i >= 600 {
			e.Key = "ivy"
		}
		changes = append(changes, routed.Change{Entry: &e})
		if e.Key == "ivy" {
			label(id, routed.Weak, log.Feedback, "ivy", 1-right)
			continue
		}
		label(id, routed.Weak, log.ShadowJudge, "", right)
		label(id, routed.Strong, log.ShadowJudge, "", 1)
		changes = append(changes, routed.Change{Audit: &routed.Audit{ID: id, State: routed.Audited}})
	}
	if err := errors.Join(db.Write(t.Context(), changes), db.Close()); err != nil {
		t.Fatal(err)
	}
	made, err := Learn(t.Context(), home, false, predict.Options{})
	if err != nil || len(made) != 1 || made[0].File == "" {
		t.Fatalf("%+v, %v", made, err)
	}
	m, err := predict.Load(made[0].File, predict.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sum, proof := m.Predict("What is 12 plus 30?"), m.Predict("Prove the lemma 7 of primes by induction")
	if sum.Weak < .9 || proof.Weak > .1 {
		t.Errorf("sums are right by %.3f, proofs by %.3f", sum.Weak, proof.Weak)
	}
	j := Judging{"auto", "here", doubt.Origin{Model: "small", Point: routed.Answer}}
	b, err := os.ReadFile(j.File(home))
	if err != nil {
		t.Fatal(err)
	}
	judge, err := doubt.Load(bytes.NewReader(b), j.Origin)
	if err != nil {
		t.Fatal(err)
	}
	sure, unsure := judge.Judge(doubt.Signals{"logprob_mean": -.1}), judge.Judge(doubt.Signals{"logprob_mean": -2})
	if sure.Doubt > .2 || unsure.Doubt < .8 {
		t.Errorf("doubt %.3f of what is right, %.3f of what is wrong", sure.Doubt, unsure.Doubt)
	}
}

// What audits take is said with whom they asked.
func TestStatusSaysWhomAuditsAsked(t *testing.T) {
	s := &Status{&outcomes.Status{Audited: 80, Today: routed.Spent{Requests: 1, Tokens: 70}}, &Alone{}}
	if got := s.Words()[0]; !strings.Contains(got, "80 audited") || !strings.Contains(got, "today 1 audit asked the cloud or a judge, 70 tokens") {
		t.Error(got)
	}
}
