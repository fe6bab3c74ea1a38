package doubt

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
)

var origin = Origin{Model: "m", Template: "t", Point: "full"}

// drawn makes answers whose mean log-probability tells of the weak model and
// whose predicted_strong tells of the strong one.
func drawn(r *rand.Rand, n int, slope float64) []Case {
	var out []Case
	for range n {
		x, p := r.NormFloat64()*.5-1, r.Float64()
		s := Signals{LogprobMean: x, PredictedStrong: p, Length: r.Float64()}
		if r.IntN(2) == 0 {
			s[Agreement] = r.Float64()
		}
		weak, strong := 0., 0.
		if r.Float64() < 1/(1+math.Exp(-slope*(x+1))) {
			weak = 1
		}
		if r.Float64() < p {
			strong = 1
		}
		out = append(out, Case{Signals: s, Weak: &weak, Strong: &strong})
	}
	return out
}

func loss(m *Model, cases []Case) (sum float64) {
	for _, c := range cases {
		p := min(max(*m.Judge(c.Signals).Weak, 1e-6), 1-1e-6)
		sum -= *c.Weak*math.Log(p) + (1-*c.Weak)*math.Log(1-p)
	}
	return sum / float64(len(cases))
}

func TestTrain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	m := Train(drawn(r, 600, 4), origin, Options{})
	sure, unsure := m.Judge(Signals{LogprobMean: -.2, PredictedStrong: .9, Length: .5}), m.Judge(Signals{LogprobMean: -2, PredictedStrong: .2, Length: .5})
	if !sure.Calibrated || *sure.Weak < .8 || *unsure.Weak > .2 || sure.Doubt != 1-*sure.Weak {
		t.Errorf("weak: %v %v", *sure.Weak, *unsure.Weak)
	}
	if *sure.Strong < .7 || *unsure.Strong > .4 || math.Abs(*unsure.Benefit()-(*unsure.Strong-*unsure.Weak)) > 1e-12 {
		t.Errorf("strong: %v %v", *sure.Strong, *unsure.Strong)
	}
	if w, s := m.Cases(); w != 600 || s != 600 || m.Origin() != origin {
		t.Errorf("cases: %d %d", w, s)
	}
	reasons := m.Explain(Signals{LogprobMean: -2, PredictedStrong: .5, Length: .5}, 3)
	if len(reasons) == 0 || reasons[0].Signal != LogprobMean || reasons[0].Weight < 0 || !strings.Contains(reasons[0].Words, "-2, below the usual") {
		t.Errorf("reasons: %+v", reasons)
	}
}

// TestStrange: an answer without what all cases had is judged by the default,
// and not as an average one; so is every answer where little was learnt.
func TestStrange(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	m := Train(drawn(r, 300, 4), origin, Options{})
	if j := m.Judge(Signals{PredictedStrong: .5, Length: .5}); j.Known || j.Calibrated || !math.IsInf(j.Doubt, 1) {
		t.Errorf("without logprobs: %+v", j)
	}
	if j := m.Judge(Signals{Agreement: .75}); !j.Known || j.Calibrated || j.Doubt != .25 {
		t.Errorf("agreement only: %+v", j)
	}
	few := Train(drawn(r, 90, 4), origin, Options{})
	if j := few.Judge(Signals{LogprobMean: -1, PredictedStrong: .5, Length: .5}); j.Calibrated || j.Weak != nil || *j.Strong != .5 {
		t.Errorf("of 90 answers: %+v", j)
	}
	var none *Model
	if j := none.Judge(Signals{LogprobMean: math.Log(.4)}); j.Calibrated || math.Abs(j.Doubt-.6) > 1e-9 || j.Benefit() != nil {
		t.Errorf("no model: %+v", j)
	}
	one := 1.0
	var alike []Case
	for range 100 {
		alike = append(alike, Case{Signals: Signals{LogprobMean: -1}, Weak: &one})
	}
	if j := Train(alike, origin, Options{}).Judge(Signals{LogprobMean: -1}); j.Calibrated {
		t.Errorf("from answers that are all right: %+v", j)
	}
}

// TestUpdate: what changes is learnt, and answers of another kind change nothing.
func TestUpdate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	m := Train(drawn(r, 200, 4), origin, Options{})
	turned, fresh := drawn(r, 1500, -4), drawn(r, 500, -4)
	before := loss(m, fresh)
	for _, c := range turned[:50] {
		delete(c.Signals, Length)
		m.Update(c)
	}
	if got := loss(m, fresh); got != before {
		t.Errorf("answers that lack a signal moved the loss from %v to %v", before, got)
	}
	for _, c := range turned[:50] {
		c.Signals[Length] = .5
	}
	for _, c := range turned {
		m.Update(c)
	}
	if got := loss(m, fresh); got > .69 || before < .9 {
		t.Errorf("the loss went from %v to %v", before, got)
	}
	if w, _ := m.Cases(); w != 1700 {
		t.Errorf("%d cases", w)
	}
}

func TestFile(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	m := Train(drawn(r, 200, 4), origin, Options{})
	var b bytes.Buffer
	if err := m.Save(&b); err != nil {
		t.Fatal(err)
	}
	file := b.String()
	got, err := Load(strings.NewReader(file), origin)
	if err != nil {
		t.Fatal(err)
	}
	s := Signals{LogprobMean: -.7, PredictedStrong: .3, Length: 1, Agreement: .5}
	if d := cmp.Diff(m.Judge(s), got.Judge(s)); d != "" {
		t.Error(d)
	}
	got.Update(Case{Signals: s, Weak: new(float64)})
	for what, c := range map[string]struct {
		file string
		want Origin
		says string
	}{
		"another model":    {file, Origin{"x", "t", "full"}, "model"},
		"another template": {file, Origin{"m", "x", "full"}, "template"},
		"another point":    {file, Origin{"m", "t", "prefix"}, "decision point"},
		"half a file":      {file[:len(file)/2], origin, "cannot be read"},
		"another version":  {strings.Replace(file, `"format":1`, `"format":2`, 1), origin, "version"},
		"a signal renamed": {strings.Replace(file, LogprobMin, "logprob_least", 1), origin, "version"},
		"weights cut":      {strings.Replace(file, `"weights":[`, `"weights":[],"x":[`, 1), origin, "damaged"},
		"empty":            {"{}", Origin{}, "damaged"},
	} {
		_, err := Load(strings.NewReader(c.file), c.want)
		e, ok := err.(*llm.Error)
		if !ok || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	var b bytes.Buffer
	_ = Train(drawn(rand.New(rand.NewPCG(5, 1)), 150, 4), origin, Options{}).Save(&b)
	f.Add(b.Bytes())
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := Load(bytes.NewReader(file), origin)
		if err != nil {
			return
		}
		if j := m.Judge(Signals{LogprobMean: -1}); math.IsNaN(j.Doubt) {
			t.Errorf("judged %+v", j)
		}
	})
}

// TestKnown: probabilities are learnt as log-odds, within bounds.
func TestKnown(t *testing.T) {
	s := Signals{Verified: .9, PredictedWeak: 1, Agreement: .9, LogprobMean: math.NaN()}
	for name, want := range map[string]float64{Verified: math.Log(9), PredictedWeak: math.Log(199), Agreement: .9} {
		if v, ok := known(s, name); !ok || math.Abs(v-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	for _, name := range []string{LogprobMean, MarginMean} {
		if v, ok := known(s, name); ok {
			t.Errorf("%s is %v", name, v)
		}
	}
}

// TestWeight: where wrong answers were audited a tenth as often, weights put the
// base rate right.
func TestWeight(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	var plain, weighted []Case
	for _, c := range drawn(r, 6000, 0) {
		if *c.Weak == 0 {
			if r.IntN(10) > 0 {
				continue
			}
			c.Weight = 10
		}
		weighted = append(weighted, c)
		c.Weight = 0
		plain = append(plain, c)
	}
	s := Signals{LogprobMean: -1, PredictedStrong: .5, Length: .5}
	if p := *Train(weighted, origin, Options{}).Judge(s).Weak; math.Abs(p-.5) > .08 {
		t.Errorf("weighted: %v", p)
	}
	if p := *Train(plain, origin, Options{}).Judge(s).Weak; p < .8 {
		t.Errorf("not weighted: %v", p)
	}
}
