package replay

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/feature"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

// Of a log those requests count whose both sides an audit drew: what is known of
// both from elsewhere is known of those who spoke up. What is left out is counted.
func TestAuditsStandForAll(t *testing.T) {
	one, share, none := 1.0, .2, 0.0
	audited := outcome.Record{Question: "a", Weak: &one, Strong: &one, AuditChance: &share, Audited: true}
	spoken, half, plain, before, blank := audited, audited, audited, audited, audited
	spoken.Audited = false
	half.Strong = nil
	plain.AuditChance, plain.Audited = nil, false
	before.AuditChance, before.Audited, before.ChoiceChance = nil, false, &none
	blank.Question = ""
	c := Both([]outcome.Record{audited, spoken, half, plain, before, blank})
	if len(c.Records) != 3 || c.LeftOut != 3 || c.Thinned != 0 {
		t.Fatalf("%+v", c)
	}
	if err := c.Enough("records", 10); llm.CodeOf(err) != llm.CodeInvalidRequest || !strings.Contains(err.Error(), "of 6 records 3 have") || !strings.Contains(err.Error(), "7 more") {
		t.Error(err)
	}
	if err := c.Enough("records", 3); err != nil {
		t.Error(err)
	}
}

// Audits of different shares are thinned to the least: a request that was
// audited four times as often is not worth four.
func TestAuditsOfDifferentSharesAreThinned(t *testing.T) {
	one, often, rare := 1.0, .8, .2
	var all []outcome.Record
	for i := range 4000 {
		p := &rare
		if i%5 != 0 {
			p = &often
		}
		all = append(all, outcome.Record{ID: fmt.Sprint(i), Question: "q", Weak: &one, Strong: &one, AuditChance: p, Audited: true})
	}
	c := Both(all)
	n := 0
	for _, r := range c.Records {
		if r.AuditChance == &rare {
			n++
		}
	}
	if often := len(c.Records) - n; n != 800 || often < 700 || often > 900 || c.Thinned != 4000-len(c.Records) {
		t.Errorf("%d rare, %d often, %d thinned", n, often, c.Thinned)
	}
}

// Requests whose text is not kept are replayed by their features, as they are
// trained on; the baseline needs texts, and is absent.
func TestFeaturesStandForTexts(t *testing.T) {
	texts := town(400, 5)
	var kept []outcome.Record
	x := feature.NewExtractor()
	for _, r := range texts {
		var v feature.Vector
		x.Vector(r.Question, &v)
		r.Question, r.Features = "", []byte(`"`+v.Kept()+`"`)
		kept = append(kept, r)
	}
	r, err := CrossValidated(Both(kept).Records, Options{Seed: 1, Draws: 50})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Routers["ngram"]; ok || r.Paired != nil || r.Curves["ngram"] != nil || *r.Routers["irori"].APGR < .7 {
		t.Errorf("%+v %+v", r.Routers, r.Paired)
	}
	if b, err := json.Marshal(r.Rows[0]); err != nil || strings.Contains(string(b), "ngram") {
		t.Errorf("%s %v", b, err)
	}
	// Equal features are equal questions: they are never on both sides.
	fold := split(kept, 5, 1)
	at := map[string]int{}
	for i, r := range kept {
		if f, ok := at[string(r.Features)]; ok && f != fold[i] {
			t.Fatal("equal questions are in two folds")
		}
		at[string(r.Features)] = fold[i]
	}
	if _, err := Stream(kept, StreamOptions{Seed: 1}); err != nil {
		t.Error(err)
	}
}

// A model that was trained before is what is judged, and not one made of the
// outcomes.
func TestAModelIsJudged(t *testing.T) {
	good := predict.Train(town(400, 6), predict.Options{Seed: 1})
	turned := town(400, 6)
	for i := range turned {
		turned[i].Weak, turned[i].Strong = turned[i].Strong, turned[i].Weak
	}
	bad := predict.Train(turned, predict.Options{Seed: 1})
	a, err := ByModel(good, town(300, 9), Options{Draws: 50})
	if err != nil {
		t.Fatal(err)
	}
	b, err := ByModel(bad, town(300, 9), Options{Draws: 50})
	if err != nil {
		t.Fatal(err)
	}
	if *a.Routers["irori"].APGR < .7 || *b.Routers["irori"].APGR > .3 || a.Predictor != good.Version() || a.Trained != 400 || a.Method != "trained before" || a.Paired != nil {
		t.Errorf("%+v %+v", a.Routers["irori"], b.Routers["irori"])
	}
	if _, err := ByModel(good, nil, Options{}); err == nil {
		t.Error("nothing is judged")
	}
}
