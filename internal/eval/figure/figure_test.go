package figure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/sample"
	"irori/internal/eval/sampletest"
)

func f64(v float64) *float64 { return &v }

// asked is a sample by hand: joules and watts below 0 are unknown.
func asked(id string, state sample.State, joules, watts float64) sample.Sample {
	s := sample.Sample{Schema: 1, Target: "m", Pass: "quality", Task: "t", Item: id, Family: "f", State: state}
	if joules >= 0 || watts >= 0 {
		s.Energy = &sample.Energy{Method: "measured", Basis: "gpu", Full: max(0, joules)}
		if watts >= 0 {
			s.Energy.Power = &watts
		}
	}
	return s
}

func all(t *testing.T, samples ...sample.Sample) *Group {
	t.Helper()
	run := sample.Run{Schema: 1, ID: "r", Seed: 1, Targets: []sample.Target{{ID: "m", Where: "local"}}}
	r := Of(run, samples)
	return r.Group("m", "quality", "all", "")
}

// want checks a figure's value, NaN for none, and why there is none.
func want(t *testing.T, g *Group, name string, value float64, absent string) {
	t.Helper()
	f, ok := g.Get(name)
	got := math.NaN()
	if f.Value != nil {
		got = *f.Value
	}
	if !ok && absent != "nothing" || f.Absent != absent && absent != "nothing" || ok && absent == "nothing" ||
		math.IsNaN(got) != math.IsNaN(value) || math.Abs(got-value) > 1e-9*math.Abs(value) {
		t.Errorf("%s: %v %+v, want %v %q", name, got, f, value, absent)
	}
}

// several repeats samples under other names, so that draws have something to
// draw from.
func several(times int, list ...sample.Sample) []sample.Sample {
	var out []sample.Sample
	for i := range times {
		for _, s := range list {
			s.Item += fmt.Sprint("-", i)
			out = append(out, s)
		}
	}
	return out
}

// The vectors are those that the harness of arXiv 2511.07885 tests itself with,
// where the definitions are the same.
func TestIntelligencePerWattAndJoule(t *testing.T) {
	nan := math.NaN()
	// One right of 10 J in 2 s, one wrong of 20 J in 4 s: both at 5 W.
	g := all(t, several(20, asked("1", sample.Right, 10, 5), asked("2", sample.Wrong, 20, 5))...)
	want(t, g, "accuracy", 0.5, "")
	want(t, g, "ipj", 1.0/30, "")
	want(t, g, "ipw", 0.1, "")
	want(t, g, "j_per_correct", 30, "")
	// Power without energy.
	g = all(t, several(20, asked("1", sample.Right, -1, 5), asked("2", sample.Wrong, -1, 5))...)
	want(t, g, "ipj", nan, AbsentNone)
	want(t, g, "ipw", 0.1, "")
	// Half of the questions have energy: no figure, where the harness has .05.
	g = all(t, several(20, asked("1", sample.Right, 10, 5), asked("2", sample.Wrong, -1, -1))...)
	want(t, g, "accuracy", 0.5, "")
	want(t, g, "ipj", nan, AbsentCoverage)
	want(t, g, "ipw", nan, AbsentCoverage)
	if f, _ := g.Get("ipj"); f.N != 20 || f.Of != 40 {
		t.Errorf("%+v", f)
	}
	// A meter that stood still says nothing, and nothing is put in its place.
	g = all(t, several(20, asked("1", sample.Right, 0, 4), asked("2", sample.Wrong, 10, 5))...)
	want(t, g, "ipj", nan, AbsentCoverage)
	want(t, g, "ipw", 0.5/4.5, "")
}

// TestMeanPowerIsNotTotals: the mean of the queries' watts, not all joules over
// all seconds.
func TestMeanPowerIsNotTotals(t *testing.T) {
	g := all(t, several(20, asked("1", sample.Right, 100, 100), asked("2", sample.Wrong, 2000, 200))...)
	want(t, g, "power_w", 150, "")
	want(t, g, "energy_j", 1050, "")
	want(t, g, "ipw", 0.5/150, "")
	want(t, g, "ipj", 0.5/1050, "")
}

// TestWhatLeavesAndWhatStays: an answer that cannot be judged leaves accuracy
// and energy both; one that cannot be read stays in both.
func TestWhatLeavesAndWhatStays(t *testing.T) {
	nan := math.NaN()
	list := several(98, asked("r", sample.Right, 10, 5))
	list = append(list, several(2, asked("j", sample.JudgeUnparsed, 1000, 500))...)
	g := all(t, list...)
	want(t, g, "accuracy", 1, "")
	want(t, g, "ipj", 0.1, "")
	want(t, g, "ipw", 0.2, "")
	list = append(list, asked("one more", sample.JudgeUnparsed, 1000, 500))
	g = all(t, list...)
	want(t, g, "accuracy", nan, AbsentJudge)
	want(t, g, "ipj", nan, AbsentJudge)
	if f, _ := g.Get("accuracy"); f.N != 98 || f.Of != 101 {
		t.Errorf("%+v", f)
	}
	for _, state := range []sample.State{sample.Unparsed, sample.Refused, sample.Truncated, sample.Failed} {
		g = all(t, several(20, asked("1", sample.Right, 10, 5), asked("2", state, 20, 5))...)
		want(t, g, "accuracy", 0.5, "")
		want(t, g, "ipj", 1.0/30, "")
		if g.Counts[state] != 20 || g.Scored != 40 {
			t.Errorf("%s: %+v", state, g)
		}
	}
	g = all(t, several(20, asked("1", sample.Right, 10, 5), asked("2", sample.Skipped, -1, -1))...)
	want(t, g, "accuracy", 1, "")
	want(t, g, "ipj", 0.1, "")
	if g.Attempted != 20 {
		t.Errorf("%+v", g)
	}
	g = all(t, several(20, asked("1", sample.Wrong, 10, 5))...)
	want(t, g, "accuracy", 0, "")
	want(t, g, "ipj", 0, "")
	want(t, g, "j_per_correct", nan, AbsentNoRight)
	// Where no verdict could be read, there is no energy either.
	g = all(t, several(6, asked("1", sample.JudgeUnparsed, 10, 5))...)
	for _, name := range []string{"accuracy", "energy_j", "power_w"} {
		want(t, g, name, nan, AbsentJudge)
		if f, _ := g.Get(name); f.N != 0 || f.Of != 6 {
			t.Errorf("%+v", f)
		}
	}
}

// TestNothingRight: what was never seen may still be: the upper end of accuracy
// per watt and joule is above 0, and a question asked often is one.
func TestNothingRight(t *testing.T) {
	list := several(20, asked("1", sample.Wrong, 10, 5))
	for i := range list {
		list[i].Strict, list[i].Loose = []bool{false, false}, []bool{true, true}
	}
	for range 2 {
		g := all(t, list...)
		// Wilson's upper end of 0 of 20.
		const most = 0.16113
		for name, high := range map[string]float64{"ipj": most / 10, "ipw": most / 5, "instructions_strict": most, "accuracy": most} {
			f, _ := g.Get(name)
			if f.Value == nil || *f.Value != 0 || *f.Low != 0 || math.Abs(*f.High-high) > 1e-4 {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if f, _ := g.Get("instructions_loose"); *f.Value != 1 || *f.High != 1 || math.Abs(*f.Low-1+most) > 1e-4 {
			t.Errorf("%+v", f)
		}
		for _, s := range slices.Clone(list) {
			s.Repeat = 1
			list = append(list, s)
		}
	}
	for i := range list {
		e := list[i].Energy
		e.Method, e.Low, e.High, e.PowerLow, e.PowerHi = "modelled", f64(5), f64(20), f64(1), f64(9)
	}
	if f, _ := all(t, list...).Get("ipj"); math.Abs(*f.High-0.16113/5) > 1e-4 || f.Interval != WithWilson {
		t.Errorf("%+v %v", f, *f.High)
	}
}

// TestSourcesAreNotMixed: measured and modelled energy never meet in a mean.
func TestSourcesAreNotMixed(t *testing.T) {
	a, b := asked("1", sample.Right, 10, 5), asked("2", sample.Right, 30, 5)
	b.Energy.Method, b.Energy.Low, b.Energy.High, b.Energy.PowerLow, b.Energy.PowerHi = "modelled", f64(10), f64(60), f64(2), f64(9)
	want(t, all(t, several(20, a, b)...), "energy_j", math.NaN(), AbsentCoverage)
	rails := asked("2", sample.Right, 30, 5)
	rails.Energy.Basis = "wall"
	want(t, all(t, several(20, a, rails)...), "energy_j", math.NaN(), AbsentCoverage)
	g := all(t, append(several(99, a), b)...)
	want(t, g, "energy_j", 10, "")
	g = all(t, several(20, b)...)
	f, _ := g.Get("energy_j")
	if *f.Value != 30 || *f.Low != 10 || *f.High != 60 || f.Method != "modelled" || f.Interval != WithModel {
		t.Errorf("%+v", f)
	}
	f, _ = g.Get("ipj")
	if *f.Low != digitsOf(1.0/60) || *f.High != 0.1 {
		t.Errorf("%+v", f)
	}
	f, _ = g.Get("ipw")
	if *f.Low != digitsOf(1.0/9) || *f.High != 0.5 {
		t.Errorf("%+v", f)
	}
	b.Energy.Low = nil
	want(t, all(t, several(20, b)...), "energy_j", math.NaN(), AbsentNone)
	a.Energy.Coverage = f64(0.5)
	want(t, all(t, several(20, a)...), "energy_j", math.NaN(), AbsentNone)
}

func digitsOf(v float64) float64 { return *digits(v) }

func TestPerplexity(t *testing.T) {
	text := func(id string, nll float64, tokens, bytes int, joules, watts float64) sample.Sample {
		s := asked(id, sample.Unscored, joules, watts)
		s.NLL, s.NLLTokens, s.NLLBytes = &nll, &tokens, &bytes
		return s
	}
	g := all(t, several(20, text("1", 10, 10, 40, 4, 20), text("2", 90, 30, 80, 6, 30))...)
	mean, pooled := (math.E+math.Exp(3))/2, math.Exp(100.0/40)
	want(t, g, "perplexity", mean, "")
	want(t, g, "perplexity_pooled", pooled, "")
	want(t, g, "bits_per_byte", 100/math.Ln2/120, "")
	want(t, g, "ppw", 1/(mean*25), "")
	want(t, g, "ppj", 1/(mean*5), "")
	want(t, g, "ppw_pooled", 1/(pooled*25), "")
	want(t, g, "ppj_pooled", 1/(pooled*5), "")
	want(t, g, "accuracy", math.NaN(), "nothing")
}

// TestTokens: 50 J, 5 tokens written, 15 in all.
func TestTokens(t *testing.T) {
	a := asked("1", sample.Right, 50, 5)
	in, out, chars := 10, 5, 10
	a.Tokens = sample.Tokens{Prompt: &in, Output: &out, Characters: &chars}
	a.Latency = sample.Latency{TTFT: f64(1), Total: f64(3)}
	list := several(20, a)
	for i := range list {
		list[i].Start = float64(6 * i) // a pause as long as each answer
	}
	g := all(t, list...)
	want(t, g, "j_per_output_token", 10, "")
	want(t, g, "j_per_token", 50.0/15, "")
	want(t, g, "stream_tokens_per_s", 2, "")
	want(t, g, "stream_characters_per_s", 4, "")
	want(t, g, "tokens_per_s", 5.0/3, "")
	want(t, g, "characters_per_s", 10.0/3, "")
	want(t, g, "ttft_p50_s", 1, "")
	want(t, g, "total_p99_s", 3, "")
	want(t, g, "itl_p50_s", math.NaN(), "nothing")
}

// TestJudgeThatLooksAtThePlace: a judge that says A whatever stands there agrees
// with itself never, and a figure says so.
func TestJudgeThatLooksAtThePlace(t *testing.T) {
	list := several(6, asked("1", sample.Right, 10, 5))
	for i := range list {
		list[i].Judge = &sample.Judge{Verdicts: []string{"win", "loss"}}
	}
	g := all(t, list...)
	want(t, g, "judge_agreement", 0, "")
	if f, _ := g.Get("judge_agreement"); f.N != 6 || f.Of != 6 || f.Interval != Wilson || *f.Low != 0 || *f.High < 0.3 {
		t.Errorf("%+v", f)
	}
	list[0].Judge = &sample.Judge{Verdicts: []string{"win", "win"}, Agreed: true}
	list[1].Judge = &sample.Judge{Verdicts: []string{"win", "unparsed"}}
	g = all(t, list...)
	want(t, g, "judge_agreement", 0.2, "")
	if f, _ := g.Get("judge_agreement"); f.N != 5 || f.Of != 6 {
		t.Errorf("%+v", f)
	}
	want(t, all(t, several(6, asked("1", sample.Right, 10, 5))...), "judge_agreement", math.NaN(), "nothing")
}

// TestNothingRightInRepeats: draws of noes alone are all noes, which proves no
// certainty.
func TestNothingRightInRepeats(t *testing.T) {
	for state, value := range map[sample.State]float64{sample.Wrong: 0, sample.Right: 1} {
		var list []sample.Sample
		for i := range 8 {
			for r := range 3 {
				s := asked(fmt.Sprint(i), state, 10, 5)
				s.Repeat = r
				list = append(list, s)
			}
		}
		f, _ := all(t, list...).Get("accuracy")
		if *f.Value != value || *f.High-*f.Low < 0.3 || f.N != 24 || f.Interval != Wilson {
			t.Errorf("%s: %+v to %v", state, f, *f.High)
		}
	}
}

// TestSameQuestions: tasks that ask the same questions have figures each, and
// none together.
func TestSameQuestions(t *testing.T) {
	var list []sample.Sample
	for _, task := range []string{"mgsm-en", "mgsm-ja", "other"} {
		for _, s := range several(20, asked("1", sample.Right, 10, 5), asked("2", sample.Wrong, 20, 5)) {
			s.Task, s.Family, s.Language = task, "arithmetic", task[len(task)-2:]
			if task == "other" {
				s.Family = "reading"
			}
			list = append(list, s)
		}
	}
	run := sample.Run{Schema: 1, Tasks: []sample.TaskRef{{Name: "mgsm-en"}, {Name: "mgsm-ja", SameAs: []string{"gsm8k", "mgsm-en"}}, {Name: "other"}},
		Targets: []sample.Target{{ID: "m", Where: "local"}, {ID: "cloud", Where: "cloud"}}}
	for _, s := range slices.Clone(list) {
		s.Target = "cloud"
		list = append(list, s)
	}
	r := Of(run, list)
	for _, by := range [][2]string{{"all", ""}, {"family", "arithmetic"}} {
		g := r.Group("m", "quality", by[0], by[1])
		for _, name := range []string{"accuracy", "ipw", "ipj", "j_per_correct"} {
			want(t, g, name, math.NaN(), AbsentSame)
		}
		want(t, g, "energy_j", 15, "")
	}
	for _, by := range [][2]string{{"task", "mgsm-en"}, {"task", "mgsm-ja"}, {"language", "ja"}, {"family", "reading"}} {
		want(t, r.Group("m", "quality", by[0], by[1]), "accuracy", 0.5, "")
	}
	want(t, &Group{Figures: r.Best[0].Figures}, "accuracy", math.NaN(), AbsentSame)
	want(t, &Group{Figures: r.Best[0].Figures}, "ipj", math.NaN(), AbsentSame)
	if c := r.Best[0].Clouds[0].Covered; c.Absent != AbsentSame {
		t.Errorf("%+v", c)
	}
}

func TestDomainsNeedThirty(t *testing.T) {
	list := several(29, asked("a", sample.Right, 10, 5))
	list = append(list, several(30, asked("b", sample.Right, 10, 5))...)
	for i := range list {
		list[i].Domain = "few"
		if i >= 29 {
			list[i].Domain = "enough"
		}
	}
	r := Of(sample.Run{Schema: 1, Targets: []sample.Target{{ID: "m", Where: "local"}}}, list)
	want(t, r.Group("m", "quality", "domain", "few"), "accuracy", math.NaN(), AbsentFew)
	want(t, r.Group("m", "quality", "domain", "enough"), "accuracy", 1, "")
}

// TestRepeatsAreNoSamples: asking every question ten times makes no interval
// narrower than what the questions allow.
func TestRepeatsAreNoSamples(t *testing.T) {
	var once, often []sample.Sample
	for i := range 40 {
		state := sample.Wrong
		if i%2 == 0 {
			state = sample.Right
		}
		s := asked(fmt.Sprint(i), state, 10, 5)
		once = append(once, s)
		for r := range 10 {
			s.Repeat = r
			often = append(often, s)
		}
	}
	a, _ := all(t, once...).Get("accuracy")
	b, _ := all(t, often...).Get("accuracy")
	if b.N != 400 || *b.High-*b.Low < 0.9*(*a.High-*a.Low) {
		t.Errorf("once %v to %v, often %v to %v", *a.Low, *a.High, *b.Low, *b.High)
	}
}

// TestSameFigures: neither the order of the samples nor a second time changes
// a digit; another seed changes intervals only.
func TestSameFigures(t *testing.T) {
	o := sampletest.Small()
	o.Repeats, o.Rates = 2, []float64{1, 4}
	run, samples := sampletest.Make(o)
	first := Of(run, samples)
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	second := Of(run, samples)
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("%s", d)
	}
	run.Seed++
	third := Of(run, samples)
	a, _ := first.Groups[0].Get("energy_j")
	b, _ := third.Groups[0].Get("energy_j")
	if *a.Value != *b.Value || *a.Low == *b.Low {
		t.Errorf("%+v, %+v", a, b)
	}
}

// TestEveryFigureIsWhole: a value has an interval around it and an n, or there
// is a reason for none.
func TestEveryFigureIsWhole(t *testing.T) {
	for _, method := range []string{"measured", "modelled", ""} {
		o := sampletest.Small()
		o.Method, o.Rates = method, []float64{2}
		run, samples := sampletest.Make(o)
		r := Of(run, samples)
		figures := 0
		check := func(where string, f Figure) {
			figures++
			switch {
			case (f.Value == nil) == (f.Absent == ""):
				t.Errorf("%s %s: %+v", where, f.Name, f)
			case f.Value != nil && f.Interval == Counted:
				if f.Name != "offered_per_s" {
					t.Errorf("%s %s: %+v", where, f.Name, f)
				}
			case f.Value != nil && (f.Low == nil || f.High == nil || *f.Low > *f.Value || *f.High < *f.Value || f.N == 0 || f.N > f.Of || f.Interval == ""):
				t.Errorf("%s %s: %+v", where, f.Name, f)
			case f.Value != nil && slices.Contains([]string{"energy_j", "power_w", "ipw", "ipj"}, f.Name) && f.Method != method:
				t.Errorf("%s %s: %+v", where, f.Name, f)
			}
		}
		for _, g := range r.Groups {
			for _, f := range g.Figures {
				check(fmt.Sprint(g.Target, g.Pass, g.By, g.Of), f)
			}
		}
		for _, b := range r.Best {
			for _, f := range b.Figures {
				check("best", f)
			}
		}
		if figures < 100 {
			t.Errorf("%d figures", figures)
		}
	}
}

// TestBestOfLocal: the oracle takes the cheapest right answer, and the cheapest
// of all where none is right.
func TestBestOfLocal(t *testing.T) {
	run := sample.Run{Schema: 1, Seed: 3, Targets: []sample.Target{{ID: "a", Where: "local", Machine: "x"}, {ID: "b", Where: "local", Machine: "x"}, {ID: "c", Where: "cloud"}}}
	var list []sample.Sample
	for i := range 10 {
		for _, row := range []struct {
			q       string
			a, b, c sample.State
			aj, bj  float64
		}{
			{"both", sample.Right, sample.Right, sample.Right, 5, 1},    // b, 1 J
			{"only a", sample.Right, sample.Wrong, sample.Wrong, 7, 1},  // a, 7 J
			{"none", sample.Wrong, sample.Unparsed, sample.Right, 2, 3}, // a, 2 J
			{"neither", sample.Wrong, sample.Failed, sample.Wrong, 6, 4},
		} {
			for _, x := range []struct {
				id string
				s  sample.State
				j  float64
			}{{"a", row.a, row.aj}, {"b", row.b, row.bj}, {"c", row.c, -1}} {
				s := asked(fmt.Sprint(row.q, i), x.s, x.j, x.j)
				s.Target = x.id
				list = append(list, s)
			}
		}
	}
	b := Of(run, list).Best
	if len(b) != 1 || b[0].Questions != 40 || b[0].Solved != 20 {
		t.Fatalf("%+v", b)
	}
	g := &Group{Figures: b[0].Figures}
	want(t, g, "accuracy", 0.5, "")
	want(t, g, "energy_j", (1+7+2+4)/4.0, "")
	want(t, g, "ipj", 0.5/3.5, "")
	if d := cmp.Diff(map[string]float64{"a": 0.5, "b": 0.5}, b[0].Shares); d != "" {
		t.Error(d)
	}
	c := b[0].Clouds[0]
	if c.Both != 10 || c.OnlyLocal != 10 || c.OnlyCloud != 10 || c.Neither != 10 || *c.Covered.Value != 0.75 || c.Covered.N != 40 {
		t.Errorf("%+v", c)
	}
}

// TestLoad: of ten requests a second apart, those within both limits count.
func TestLoad(t *testing.T) {
	var list []sample.Sample
	for i := range 10 {
		s := asked(fmt.Sprint(i), sample.Right, 10, 5)
		s.Pass, s.Start = "load-2", float64(i)/2
		ttft := 0.5
		if i < 3 {
			ttft = 1.5
		}
		s.Latency = sample.Latency{TTFT: &ttft, Total: f64(2), ITLP95: f64(0.05)}
		if i == 3 {
			s.Latency.ITLP95 = f64(0.2)
		}
		if i == 4 {
			s.State = sample.Failed
		}
		list = append(list, s)
	}
	run := sample.Run{Schema: 1, Targets: []sample.Target{{ID: "m"}}, Settings: map[string]string{SettingTTFT: "1s", SettingITL: "100ms"}}
	r := Of(run, list)
	g := r.Group("m", "load-2", "all", "")
	want(t, g, "within_limits", 0.5, "")
	want(t, g, "offered_per_s", 2, "")
	want(t, g, "goodput_per_s", 1, "")
	run.Settings[SettingITL], run.Settings[SettingFor] = "0s", "10s"
	r = Of(run, list)
	want(t, r.Group("m", "load-2", "all", ""), "goodput_per_s", 0.6, "")
	delete(run.Settings, SettingITL)
	r = Of(run, list)
	want(t, r.Group("m", "load-2", "all", ""), "goodput_per_s", math.NaN(), AbsentLimits)
	for pass, rate := range map[string]float64{"load-0.5": 0.5, "load-10": 10, "load-2-at-150W": 2, "load-x": 0, "quality": 0} {
		if v, ok := Rate(pass); ok != (rate > 0) || ok && v != rate {
			t.Errorf("%s: %v %v", pass, v, ok)
		}
	}
}

// TestMoney: what was paid has its figures whether the run names a currency or
// not, in each currency that was paid in; what has no price says so.
func TestMoney(t *testing.T) {
	paid := func(id string, state sample.State, cost float64, currency string) sample.Sample {
		s := asked(id, state, -1, -1)
		s.Cost, s.Currency = &cost, currency
		return s
	}
	g := all(t, several(20, paid("a", sample.Right, 3, "USD"), paid("b", sample.Wrong, 1, "USD"))...)
	want(t, g, "cost", 2, "")
	want(t, g, "cost_per_correct", 4, "")
	if f, _ := g.Get("cost_per_correct"); f.Unit != "USD" || f.N != 40 || f.Low == nil || *f.Low >= 4 || *f.High <= 4 {
		t.Errorf("%+v", f)
	}
	g = all(t, several(20, paid("a", sample.Right, 3, "USD"), paid("b", sample.Right, 50, "JPY"))...)
	var got []string
	for _, f := range g.Figures {
		if f.Name == "cost" || f.Name == "cost_per_correct" {
			got = append(got, fmt.Sprintf("%s %g %s of %d", f.Name, *f.Value, f.Unit, f.N))
		}
	}
	if d := cmp.Diff([]string{"cost 25 JPY of 40", "cost_per_correct 25 JPY of 40", "cost 1.5 USD of 40", "cost_per_correct 1.5 USD of 40"}, got); d != "" {
		t.Error(d)
	}
	g = all(t, several(20, asked("a", sample.Right, 1, 1))...)
	want(t, g, "cost", math.NaN(), AbsentNone)
	want(t, g, "cost_per_correct", math.NaN(), AbsentNone)
	g = all(t, append(several(20, asked("a", sample.Right, 1, 1)), paid("b", sample.Right, 1, "USD"))...)
	want(t, g, "cost", math.NaN(), AbsentCoverage)
	g = all(t, several(20, paid("a", sample.Wrong, 1, "USD"))...)
	want(t, g, "cost_per_correct", math.NaN(), AbsentNoRight)
}
