package doubt

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/cascade"
	"irori/internal/route/doubt/check"
	"irori/internal/route/predict"
)

var _ cascade.Judge = (*Judge)(nil)

func TestJudge(t *testing.T) {
	req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "What is 2 + 2?")}}
	half := .5
	strict := 0.
	learnt := Train(drawn(rand.New(rand.NewPCG(7, 1)), 400, 6), origin, Options{})
	expected := &predict.Estimate{Weak: .5, Strong: .5}
	sure, unsure := text(tok("4", .9, .05)), text(tok("4", .05, .04))
	none := &llm.Event{Type: llm.EventText, Text: "4"}
	for name, c := range map[string]struct {
		o      JudgeOptions
		e      *llm.Event
		whole  bool
		says   string
		doubts bool
	}{
		"checks alone":          {JudgeOptions{}, unsure, true, "", true},
		"a check fails":         {JudgeOptions{}, &llm.Event{Type: llm.EventText, Text: " "}, true, "empty", false},
		"nothing yet":           {JudgeOptions{}, &llm.Event{Type: llm.EventText, Text: " "}, false, "", false},
		"sure":                  {JudgeOptions{Whole: Point{Threshold: &half}}, sure, true, "", true},
		"unsure":                {JudgeOptions{Whole: Point{Threshold: &half}}, unsure, true, "doubtful", true},
		"unsure prefix":         {JudgeOptions{Prefix: Point{Threshold: &half}}, unsure, false, "doubtful", true},
		"points are apart":      {JudgeOptions{Prefix: Point{Threshold: &half}}, unsure, true, "", true},
		"no logprobs":           {JudgeOptions{Whole: Point{Threshold: &half}}, none, true, "nothing tells", false},
		"learnt, sure":          {JudgeOptions{Whole: Point{Model: learnt, Threshold: &half}, Expected: expected}, sure, true, "", true},
		"learnt, unsure":        {JudgeOptions{Whole: Point{Model: learnt, Threshold: &half}, Expected: expected}, unsure, true, "mean log-probability", true},
		"learnt on more":        {JudgeOptions{Whole: Point{Model: learnt, Threshold: &half}}, sure, true, "no such answers", true},
		"predicted, no logprob": {JudgeOptions{Whole: Point{Model: learnt, Threshold: &half}, Expected: expected}, none, true, "no such answers", true},
		"strict":                {JudgeOptions{Whole: Point{Threshold: &strict}}, sure, true, "doubtful", true},
	} {
		j := NewJudge(req, c.o)
		j.Add(*c.e)
		v := j.Verdict(t.Context(), c.whole)
		if v.Escalate != (c.says != "") || !strings.Contains(v.Reason, c.says) || (v.Doubt != nil) != c.doubts {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// TestAlways: what a bound is on is one score, so what costs something is asked
// for of every answer there; it is kept with the other signals, and a verdict
// counts for what it is worth.
func TestAlways(t *testing.T) {
	req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "What is 2 + 2?")}}
	threshold := .1
	for _, c := range []struct {
		worth, doubt float64
	}{{.5, .5}, {.9, .1}, {.1, .9}} {
		j := NewJudge(req, JudgeOptions{Whole: Point{Threshold: &threshold}, Always: true, Further: func(context.Context, *llm.Request, check.Answer) Signals {
			return Signals{VerifierYes: 1, Verified: c.worth}
		}})
		j.Add(*text(tok("4", .5, .4)))
		v := j.Verdict(t.Context(), true)
		if s := j.Signals(); math.Abs(*v.Doubt-c.doubt) > 1e-9 || s[VerifierYes] != 1 || s[Verified] != c.worth {
			t.Errorf("worth %g: doubt %v, signals %v", c.worth, *v.Doubt, s)
		}
	}
	// Alone it orders only where it is worth something.
	if j := Default(Signals{Verified: .5}); j.Known {
		t.Errorf("%+v", j)
	}
	if j := Default(Signals{Verified: .8}); !j.Known || math.Abs(j.Doubt-.2) > 1e-9 {
		t.Errorf("%+v", j)
	}
}

// A bound on the default order is on one score, whatever was predicted.
func TestUnpredicted(t *testing.T) {
	req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "What is 2 + 2?")}}
	threshold := .5
	for _, unpredicted := range []bool{false, true} {
		j := NewJudge(req, JudgeOptions{
			Whole:    Point{Threshold: &threshold, Unpredicted: unpredicted},
			Expected: &predict.Estimate{Weak: .9, Strong: .9},
		})
		j.Add(llm.Event{Type: llm.EventText, Text: "4"}) // a server that tells no log-probabilities
		v := j.Verdict(t.Context(), true)
		if known := v.Doubt != nil; known == unpredicted || v.Escalate != unpredicted || j.Signals()[PredictedWeak] != .9 {
			t.Errorf("unpredicted %v: %+v, signals %v", unpredicted, v, j.Signals())
		}
	}
}

// TestFurther: what costs something is asked for in the doubtful band only, and
// counts.
func TestFurther(t *testing.T) {
	req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "What is 2 + 2?")}}
	var cases []Case
	r := rand.New(rand.NewPCG(8, 1))
	for range 600 {
		s := Signals{LogprobMean: -1 + .5*r.NormFloat64()}
		if r.IntN(2) == 0 {
			s[Agreement] = r.Float64()
		}
		right := 0.
		if a, ok := s[Agreement]; ok && a > .5 || !ok && s[LogprobMean] > -1 {
			right = 1
		}
		cases = append(cases, Case{Signals: s, Weak: &right})
	}
	m := Train(cases, origin, Options{})
	threshold := .5
	for name, c := range map[string]struct {
		p, agreement, band float64
		asked, escalates   bool
	}{
		"near and agreed": {.34, 1, .2, true, false}, "near and split": {.4, 0, .2, true, true},
		"sure": {.95, 0, .05, false, false}, "no band": {.95, 0, 0, false, false},
	} {
		asked := false
		j := NewJudge(req, JudgeOptions{Whole: Point{Model: m, Threshold: &threshold}, Band: c.band, Further: func(_ context.Context, _ *llm.Request, a check.Answer) Signals {
			asked = a.Text == "4"
			return Signals{Agreement: c.agreement}
		}})
		j.Add(llm.Event{Type: llm.EventText, Text: "4", Logprobs: []llm.TokenLogprob{{Text: "4", Logprob: math.Log(c.p)}}})
		if v := j.Verdict(t.Context(), true); v.Escalate != c.escalates || asked != c.asked {
			t.Errorf("%s: asked %v, %+v, doubt %v", name, asked, v, *v.Doubt)
		}
	}
}
