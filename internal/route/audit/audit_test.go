package audit

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"irori/internal/route/calibrate"
)

func TestRead(t *testing.T) {
	in := `{"u":0.25,"e":1,"other":[]}` + "\n" + `{"u":2,"w":1,"s":0}` + "\n" + `{"u":1,"e":0}`
	got, err := Read("f", strings.NewReader(in), "u", nil)
	if err != nil || len(got) != 3 || got[0].Error != 1 || got[1].Error != 0 || *got[1].Strong != 0 || got[2].Doubt != 1 || got[2].Error != 0 {
		t.Fatalf("%+v %v", got, err)
	}
}

func TestWhatIsWrongNamesTheLine(t *testing.T) {
	fine := `{"u":1,"e":0,"model":"a"}` + "\n"
	for line, want := range map[string]string{
		`{"e":1}`:                   "f:2: there is no u; numbers here are in e",
		`{"u":1}`:                   "f:2: neither e",
		`{"u":"x","e":1}`:           `f:2: u must be a number`,
		`{"u":1,"e":2}`:             "f:2: e must be from 0 to 1",
		`{"u":1,"e":true}`:          "f:2: e must be 0 or 1, not true",
		`{"u":1,"e":0.5}`:           "f:2: e must be 0, right, or 1, wrong, not 0.5",
		`{"u":1,"e":1,"w":1}`:       "f:2: e is 1 and w is 1: the one says that the answer was wrong, the other not",
		`{"u":1,"e":0,"w":0}`:       "f:2: e is 0 and w is 0: the one says that the answer was right, the other not",
		`{"u":true,"e":1}`:          `f:2: u must be a number, not true`,
		`{"u":null,"e":1}`:          `f:2: there is no u`,
		`[]`:                        "f:2: an object",
		`{"u":1,"e":1,"model":"b"}`: `f:2: model is "b" here and "a" before`,
		`{"u":1,"e":1,"model":"a","w_model":"z"}`: `f:2: w_model is "z" here and missing before`,
		`{"u":1,"e":1}`:                 `f:2: model is missing here and "a" before`,
		`{"u":1,"w":-1,"model":"a"}`:    "f:2: w must be from 0 to 1",
		`{"u":1,"w":1,"s":"good"}`:      "f:2: s must be a number",
		`{"u":1e999,"e":1,"model":"a"}`: "f:2: u must be a number",
	} {
		if _, err := Read("f", strings.NewReader(fine+line), "u", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	got, err := Read("f", strings.NewReader(fine+`{"u":1,"e":1,"model":"b"}`), "u", Where{"model": "b"})
	if err != nil || len(got) != 1 || got[0].Error != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestWithoutAPromiseThereIsNoThreshold(t *testing.T) {
	b, err := json.Marshal(Tell(calibrate.LearnThenTest(nil, .1, .1)))
	if err != nil || !strings.Contains(string(b), `"promised":false,"threshold":null,"accepted":0,"errors":0,"need_labels":`) {
		t.Errorf("%s %v", b, err)
	}
}

// Answers that are wrong too often for a promise undo it, and a true one is
// undone by at most a share delta of the draws.
func TestContradicted(t *testing.T) {
	of := func(errors, accepted int) []calibrate.Point {
		out := []calibrate.Point{{Doubt: .9, Error: 1}, {Doubt: .8, Error: 1}}
		for i := range accepted {
			p := calibrate.Point{Doubt: .5}
			if i < errors {
				p.Error = 1
			}
			out = append(out, p)
		}
		return out
	}
	b := calibrate.Bound{Promised: true, Threshold: .5, Alpha: .3, Delta: .1}
	// P(Bin(100, .3) ≥ 36) is .116, ≥ 37 .080.
	for errors, want := range map[int]bool{0: false, 30: false, 36: false, 37: true, 100: true} {
		got := TellWith(b, of(errors, 100))
		if got.Contradicted != want || got.Promised == want || (got.Threshold == nil) != want || got.Accepted != 100 || got.Errors != errors || got.N != 102 {
			t.Errorf("%d wrong: %+v", errors, got)
		}
	}
	if got := TellWith(b, nil); got.Contradicted || !got.Promised {
		t.Errorf("nothing contradicts: %+v", got)
	}
	b.Promised = false
	if got := TellWith(b, of(100, 100)); got.Contradicted || got.Accepted != 0 {
		t.Errorf("what promises nothing is not contradicted: %+v", got)
	}
	rng := rand.New(rand.NewPCG(3, 1))
	undone := 0
	b.Promised = true
	for range 2000 {
		k := 0
		for range 200 {
			if rng.Float64() < b.Alpha {
				k++
			}
		}
		if TellWith(b, of(k, 200)).Contradicted {
			undone++
		}
	}
	if undone > 240 || undone < 100 {
		t.Errorf("%d of 2,000 draws contradict a promise that is just kept, δ = .1", undone)
	}
}
