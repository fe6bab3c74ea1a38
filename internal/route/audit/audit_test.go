package audit

import (
	"encoding/json"
	"strings"
	"testing"

	"irori/internal/route/calibrate"
)

func TestRead(t *testing.T) {
	in := `{"u":0.25,"e":1,"other":[]}` + "\n" + `{"u":2,"w":1,"s":0}` + "\n" + `{"u":true,"e":false}`
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
