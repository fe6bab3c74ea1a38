package learnt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/route/evaluate"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
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
