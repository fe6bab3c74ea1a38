package whatif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/llm"
	"irori/internal/route/calibrate"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
	"irori/internal/route/policy"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

// house is a home whose cascade gave out answers with a doubt up to .6, and
// audited 30 % of them; people praised others. Private and pinned requests are
// there too.
func house(t *testing.T) string {
	home := t.TempDir()
	db, err := sqlite.Open(filepath.Join(home, "outcomes.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	noon := time.Date(2026, 5, 1, 12, 0, 0, 123456789, time.UTC)
	var changes []routed.Change
	label := func(id, side, source string, score float64) {
		changes = append(changes, routed.Change{Label: &routed.Label{ID: id, Side: side, Source: source, Weight: log.Weight(source, score), Score: score, Time: noon}})
	}
	for i := range 600 {
		id, doubt := fmt.Sprintf("%032d", i), rng.Float64()
		e := routed.Entry{ID: id, Time: noon.Add(time.Duration(i) * time.Second), Route: "auto", Version: "1", Point: routed.Answer, Scorer: "order-1", Language: "en",
			Privacy: routed.Any, Doubt: &doubt, Weak: routed.Target{Name: "here"}, Strong: routed.Target{Name: "cloud"}, Answered: routed.Weak,
			Propensity: new(0.0), WeakPropensity: new(1.0), Share: new(.3), UsedWeak: routed.Use{EnergyJ: new(1 + doubt)}}
		if i%20 == 0 {
			e.Doubt, e.Flaw = nil, "empty"
		}
		if e.Flaw != "" || doubt > .6 {
			e.Answered, e.Propensity, e.UsedStrong = routed.Strong, new(1.0), routed.Use{EnergyJ: new(9.0)}
		}
		if i%50 == 7 {
			e.Share = nil
		}
		changes = append(changes, routed.Change{Entry: &e})
		switch {
		case e.Share != nil && rng.Float64() < .3:
			weak := 0.0
			if e.Flaw == "" && rng.Float64() > doubt {
				weak = 1
			}
			label(id, routed.Weak, log.ShadowJudge, weak)
			label(id, routed.Strong, log.ShadowJudge, 1)
			changes = append(changes, routed.Change{Audit: &routed.Audit{ID: id, State: routed.Audited}}, routed.Change{Used: &routed.Used{ID: id, Side: routed.Strong, Use: routed.Use{EnergyJ: new(9.0)}}})
		case i%3 == 0:
			label(id, routed.Weak, log.Feedback, 1)
		}
	}
	if err := db.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return home
}

// export is what irori route outcomes --json writes, read again.
func export(t *testing.T, home string) []outcome.Record {
	var lines bytes.Buffer
	err := outcomes.Rows(t.Context(), home, routed.Which{}, func(rows iter.Seq2[*routed.Row, error]) error {
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
	out, err := outcome.Read("out.jsonl", &lines, outcome.Logged)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func parse(t *testing.T, text string) *policy.Policy {
	p, err := policy.Parse("p.yaml", []byte("routes:\n  auto: {local: here, cloud: cloud/x, "+text+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// An export says of any policy what the home itself says, and in the same words.
func TestAnExportSaysWhatTheHomeSays(t *testing.T) {
	home := house(t)
	exported := export(t, home)
	for name, set := range map[string]func(*Options){
		"all local": func(o *Options) { o.Share = new(0.0) },
		"all cloud": func(o *Options) { o.Share = new(1.0) },
		"cascade":   func(o *Options) { o.Policy = parse(t, "cascade: {doubt: 0.3}") },
		"flaws":     func(o *Options) { o.Policy = parse(t, "cascade: true") },
	} {
		var said [2][]string
		var got [2]any
		for i, o := range []Options{{Home: home}, {File: "out.jsonl", Records: exported}} {
			o.Route, o.Seed, o.Say = "auto", 1, func(s string) { said[i] = append(said[i], s) }
			set(&o)
			_, r, err := Estimate(t.Context(), o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got[i] = r
			if r.Joules == nil || r.Requests != 588 {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if !reflect.DeepEqual(got[0], got[1]) || !reflect.DeepEqual(said[0], said[1]) {
			t.Errorf("%s: the home says %+v %q, its export %+v %q", name, got[0], said[0], got[1], said[1])
		}
		if text := strings.Join(said[0], "\n"); !strings.Contains(text, "12 requests are left out") || strings.Contains(text, "are given out") != (name == "cascade" || name == "flaws") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// A promise lets through what its calibration does; without one the cloud
// answers.
func TestAPromiseIsFollowed(t *testing.T) {
	home := house(t)
	o := Options{Home: home, Route: "auto", Seed: 1, Policy: parse(t, "quality: 0.7, cascade: true")}
	_, r, err := Estimate(t.Context(), o)
	if err != nil || r.Local.Value != 0 {
		t.Fatalf("nothing is promised: %+v %v", r, err)
	}
	o.Calibration = filepath.Join(t.TempDir(), "c.json")
	made := promise.New(promise.Of{Model: "here", Scorer: "order-1", Point: routed.Answer, Language: "en"},
		calibrate.Bound{Promised: true, Threshold: .4, Accepted: 200, Errors: 20, Alpha: .3, Delta: .1, N: 600}, time.Now())
	if err := made.Write(o.Calibration); err != nil {
		t.Fatal(err)
	}
	_, r, err = Estimate(t.Context(), o)
	if err != nil || r.Local.Value < .33 || r.Local.Value > .43 {
		t.Errorf("a doubt of .4: %+v %v", r, err)
	}
	o.Policy = parse(t, "quality: 0.8, cascade: true")
	if _, r, err = Estimate(t.Context(), o); err != nil || r.Local.Value != 0 {
		t.Errorf("more than is promised: %+v %v", r, err)
	}
	o.Calibration += ".none"
	if _, _, err = Estimate(t.Context(), o); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
	if _, _, err = Estimate(t.Context(), Options{Home: home, Route: "other", Policy: o.Policy}); err == nil || !strings.Contains(err.Error(), "has no route other") {
		t.Error(err)
	}
	if _, _, err = Estimate(t.Context(), Options{Home: t.TempDir(), Share: new(1.0)}); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
}
