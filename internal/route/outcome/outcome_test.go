package outcome

import (
	"math"
	"strings"
	"testing"

	"irori/internal/llm"
)

func TestReadKeepsOrderAndPassesOverWhatItDoesNotKnow(t *testing.T) {
	in := "\uFEFF" + `{"q":"a","w":0,"s":1,"g":"x","colour":"red"}` + "\n\n" + `{"s":0.5,"w":1,"q":"円","w_tokens":12}` + "\n"
	got, err := Read("f", strings.NewReader(in), Scores)
	if err != nil || len(got) != 2 || got[0].Question != "a" || got[1].Question != "円" || *got[1].Strong != .5 || got[1].Line != 3 || *got[1].WeakTokens != 12 {
		t.Fatalf("%+v %v", got, err)
	}
	if got, err := Read("f", strings.NewReader(`{"q":"only"}`), Questions); err != nil || len(got) != 1 || got[0].Weak != nil {
		t.Fatalf("%+v %v", got, err)
	}
}

func TestImpossibleRecordsNameTheirLine(t *testing.T) {
	for line, want := range map[string]string{
		`{"q":"a","w":2,"s":1}`:                "f:2: w must be from 0 to 1, not 2",
		`{"q":"a","w":-0.1,"s":1}`:             "f:2: w must be from 0 to 1, not -0.1",
		`{"q":"a","w":1}`:                      "f:2: s, the score",
		`{"w":1,"s":1}`:                        "f:2: q, the question, is missing",
		`{"q":7,"w":1,"s":1}`:                  "f:2: q cannot be number",
		`{"q":"a","w":"yes","s":1}`:            "f:2: w cannot be string",
		`[1]`:                                  "f:2: an object is wanted, not array",
		`{"q":"a","w":1,`:                      "f:2: no JSON object",
		`{"q":"a","w":1,"s":1,"w_cost":-1}`:    "f:2: w_cost must not be negative",
		`{"q":"a","w":1,"s":1,"propensity":3}`: "f:2: propensity must be from 0 to 1",
	} {
		_, err := Read("f", strings.NewReader(`{"q":"fine","w":0,"s":0}`+"\n"+line), Scores)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// To be replayed, a line of a log may lack a score or its question; one that is
// no log's may not, and nothing is left out of what cannot be.
func TestALogIsReplayed(t *testing.T) {
	in := `{"q":"a","w":1,"s":0}
{"id":"r1","time":"2026-11-22T03:00:00Z","w_model":"small","s_model":"large","features":"AQ=="}
{"answered":"s","s":1,"w_model":"","s_model":"x"}`
	got, err := Read("f", strings.NewReader(in), Replayed)
	if err != nil || len(got) != 3 || got[1].Weak != nil || got[2].Strong == nil {
		t.Fatalf("%+v %v", got, err)
	}
	for line, want := range map[string]string{
		`{"q":"a","w":1}`:                              "f:1: s, the score",
		`{"w":1,"s":1,"w_model":7}`:                    "f:1: q, the question, is missing",
		`{"w":1,"w_model":"small","p_audit":3}`:        "f:1: p_audit must be from 0 to 1",
		`{"w":1,"s":1.5,"answered":"s","w_model":"x"}`: "f:1: s must be from 0 to 1",
	} {
		if _, err := Read("f", strings.NewReader(line), Replayed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// What a replay weighs and orders by, what train learns from, and requests that
// would count twice are refused by line.
func TestWhatCannotCountIsRefused(t *testing.T) {
	for _, c := range []struct {
		need       Need
		line, want string
	}{
		{Replayed, `{"q":"a","w":1,"s":0,"w_weight":-1}`, "f:2: w_weight must be from 0 to 1"},
		{Replayed, `{"q":"a","w":1,"s":0,"time":"yesterday"}`, `f:2: time must be as 2026-04-01T12:00:00Z, not "yesterday"`},
		{Replayed, `{"q":"a","w":1,"s":0,"id":"r1","point":7}`, ""},
		{Trained, `{"w":1,"s":0}`, "f:2: q, the question, is missing"},
		{Trained, `{"q":null,"w":1,"s":0}`, "f:2: q, the question, is missing"},
		{Trained, `{"q":"","w":1,"s":0}`, "f:2: q, the question, is missing"},
		{Trained, `{"w":1,"s":0,"features":"AQ=="}`, ""},
		{Trained, `{"q":"a","s":1,"propensity":0}`, "f:2: propensity is 0, and s is there"},
		{Trained, `{"q":"a","w":1,"propensity":1}`, "f:2: the propensity of w is 0, and w is there"},
		{Trained, `{"q":"a","w":1,"propensity":1,"p_choice":1}`, ""},
		{Trained, `{"q":"a","w":1,"s":1,"id":"r1"}`, ""},
		{Logged, `{"w":1,"s":0,"id":"r1"}`, `f:2: id is "r1", which line 1 has`},
	} {
		_, err := Read("f", strings.NewReader(`{"q":"fine","w":0,"s":0,"id":"r1"}`+"\n"+c.line), c.need)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.line, err, c.want)
		}
	}
}

// A log says with what probability either side was asked, and need not hold the
// question.
func TestALogIsRead(t *testing.T) {
	in := `{"id":"r1","w":1,"propensity":0.05,"w_propensity":1,"time":"2026-11-22T03:00:00Z","features":{"v":1}}
{"q":"a","s":1,"propensity":0.8,"point":"answer","signals":{"margin":0.2}}
{"q":"b","s":1,"propensity":0.8}
{"q":"c","w":0}`
	got, err := Read("f", strings.NewReader(in), Logged)
	if err != nil || len(got) != 4 || got[0].Time == nil || string(got[0].Features) != `{"v":1}` || got[1].Signals["margin"] != .2 {
		t.Fatalf("%+v %v", got, err)
	}
	for i, want := range [][2]float64{{1, .05}, {1, .8}, {.2, .8}} {
		if w, s, ok := got[i].Asked(); !ok || math.Abs(w-want[0]) > 1e-12 || s != want[1] {
			t.Errorf("record %d: %g %g %v, want %v", i, w, s, ok, want)
		}
	}
	if _, _, ok := got[3].Asked(); ok {
		t.Error("what was not recorded has a probability")
	}
	for line, want := range map[string]string{
		`{"w":1,"p_weak":1.5}`:   "f:1: p_weak must be from 0 to 1",
		`{"w":1,"s_params":-8}`:  "f:1: s_params must not be negative",
		`{"w":1,"answered":"x"}`: "f:1: answered must be w or s",
		`{"w":1,"point":"soon"}`: "f:1: point must be before, prefix or answer",
		`{"w":1,"time":"noon"}`:  "f:1: ",
		`{"w":1,"id":7}`:         "f:1: id cannot be number",
	} {
		if _, err := Read("f", strings.NewReader(line), Logged); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
		// Where no log is read they may mean something else.
		other := strings.Replace(line, "{", `{"q":"a","s":1,"w_tokens":3,`, 1)
		if got, err := Read("f", strings.NewReader(other), Scores); err != nil || *got[0].Weak != 1 || *got[0].WeakTokens != 3 {
			t.Errorf("%s: %v", other, err)
		}
	}
	if _, err := Read("f", strings.NewReader(in), Questions); err == nil {
		t.Error("a question that is not there was read")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"q":"a","w":0,"s":1}`)
	f.Add(`{"q":null,"w":1e999}`)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := Read("f", strings.NewReader(in), Scores)
		for _, r := range got {
			if err != nil || !(*r.Weak >= 0 && *r.Weak <= 1 && *r.Strong >= 0 && *r.Strong <= 1) {
				t.Errorf("%+v %v", r, err)
			}
		}
	})
}

// Where audits alone reveal scores, their probability is that of either, and
// other words on an answer count for nothing; records of before that told choice
// and audit apart are read as they were.
func TestWhatAuditsDraw(t *testing.T) {
	in := `{"w":1,"s":1,"propensity":0.2,"w_propensity":1,"p_choice":0,"p_audit":0.2,"audited":true}
{"w":1,"w_source":"feedback","w_weight":1,"propensity":1,"w_propensity":0.2,"p_choice":1,"p_audit":0.2}
{"w":1,"p_choice":0.3,"p_audit":0.2,"audited":true}
{"w":1,"propensity":1,"w_propensity":0,"p_choice":1}
{"w":1,"p_choice":1,"p_audit":0}
{"w":1,"propensity":0.3}`
	got, err := Read("f", strings.NewReader(in), Logged)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ ok, sure, scored bool }{{true, true, true}, {true, false, false}, {true, false, true}, {}, {}, {true, false, true}} {
		r, ok := got[i].Drawn()
		if ok != want.ok || ok && (r.WeakSure != want.sure || (r.Weak != nil) != want.scored) {
			t.Errorf("line %d: %v %+v", i+1, ok, r)
		}
		if i < 3 && (*r.Propensity != .2 || *r.WeakPropensity != .2) {
			t.Errorf("line %d: %g %g", i+1, *r.Propensity, *r.WeakPropensity)
		}
	}
	if r, _ := got[5].Drawn(); *r.Propensity != .3 || r.WeakPropensity != nil || got[1].Weak == nil {
		t.Errorf("%+v", r)
	}
	if _, err := Read("f", strings.NewReader(`{"w":1,"p_audit":2}`), Logged); err == nil || !strings.Contains(err.Error(), "f:1: p_audit must be from 0 to 1") {
		t.Error(err)
	}
}

// Names that differ in case are others' members; what is there twice, and what
// is no object, is refused.
func TestOnlyOwnMembersCount(t *testing.T) {
	got, err := Read("f", strings.NewReader(`{"q":"a","w":1,"s":1,"S":0,"W":"x","Time":"noon","G":7,"g":"h"}`), Logged)
	if err != nil || *got[0].Strong != 1 || *got[0].Weak != 1 || got[0].Group != "h" {
		t.Errorf("%+v %v", got, err)
	}
	for line, want := range map[string]string{
		`{"q":"a","w":1,"s":1,"w":0}`:       "f:1: w is there twice",
		`{"q":"a","w":1,"s":1,"\u0073":0}`:  "f:1: s is there twice",
		"{\"q\":\"a\xff\",\"w\":1,\"s\":1}": "f:1: it is not written in UTF-8",
		"[{\"q\":\"a\"},\n{\"q\":\"b\"}]":   "f:1: an object is wanted, not an array over several lines",
		`null`:                              "f:1: an object is wanted, not null",
		`7`:                                 "f:1: an object is wanted, not number",
		"\x1f\x8b":                          "f:1: cannot be read: unexpected EOF",
	} {
		_, err := Read("f", strings.NewReader(line), Logged)
		e, ok := err.(*llm.Error)
		if !ok || !strings.Contains(e.Message, want) || e.Hint == "" {
			t.Errorf("%q: %v, want %q and a hint", line, err, want)
		}
	}
	if _, err := Read("f", strings.NewReader(`{"q":"a","w":1,"s":1,"x":1,"x":2,"id":1,"id":2}`), Scores); err != nil {
		t.Error(err)
	}
}
