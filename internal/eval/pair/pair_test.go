package pair

import (
	"math"
	"slices"
	"strings"
	"testing"

	"irori/internal/eval/sample"
	"irori/internal/eval/sampletest"
)

func sides(o sampletest.Options, a, b string) (Side, Side) {
	run, samples := sampletest.Make(o)
	side := func(id string) Side {
		i := slices.IndexFunc(run.Targets, func(t sample.Target) bool { return t.ID == id })
		return Side{run, run.Targets[i], samples}
	}
	return side(a), side(b)
}

func find(c Comparison, metric, by, of string) *Test {
	for i := range c.Tests {
		if t := &c.Tests[i]; t.Metric == metric && t.By == by && t.Of == of {
			return t
		}
	}
	return nil
}

func TestCompare(t *testing.T) {
	o := sampletest.Small()
	o.Items = 40
	o.Skill["small-q4"] = 0.35
	a, b := sides(o, "small-q8", "small-q4")
	c := Compare(a, b)
	if !slices.Equal(c.Differs, []string{"quantization"}) || len(c.Refused) > 0 {
		t.Errorf("%v %v", c.Differs, c.Refused)
	}
	acc := find(c, "accuracy", "all", "")
	if acc == nil || acc.N != 320 || acc.Test != "mcnemar" || acc.Better != "a" || acc.P > acc.PHolm || math.Abs(acc.Difference.Value-(acc.B-acc.A)) > 1e-9 ||
		math.Abs(float64(*acc.OnlyB-*acc.OnlyA)/320-acc.Difference.Value) > 1e-9 || acc.Detectable == nil {
		t.Errorf("%+v", acc)
	}
	// Less power is better: 30 W against 40 W.
	if p := find(c, "power_w", "all", ""); p == nil || p.Better != "b" || math.Abs(p.Difference.Value+10) > 0.5 || p.Test != "sign_flip" {
		t.Errorf("%+v", p)
	}
	// They answer equally fast, in the pass for latency.
	if l := find(c, "ttft_s", "all", ""); l == nil || l.Better != "" || l.Pass != "latency" || l.N != 40 {
		t.Errorf("%+v", l)
	}
	for _, of := range []string{"en", "ja"} {
		if find(c, "accuracy", "language", of) == nil {
			t.Errorf("no %s", of)
		}
	}
	if len(c.Tests) != 5+4+2 {
		t.Errorf("%d tests", len(c.Tests))
	}
	// The same twice differs in nothing.
	c = Compare(a, a)
	for _, x := range c.Tests {
		if x.P != 1 || x.Better != "" || x.Difference.Value != 0 {
			t.Errorf("%+v", x)
		}
	}
}

// TestRepeatsArePairedByQuestion: repeats make no evidence of their own.
func TestRepeatsArePairedByQuestion(t *testing.T) {
	o := sampletest.Small()
	o.Repeats = 3
	a, b := sides(o, "small-q8", "small-q4")
	acc := find(Compare(a, b), "accuracy", "all", "")
	if acc.N != 288 || acc.Questions != 96 || acc.Test != "sign_flip" {
		t.Errorf("%+v", acc)
	}
}

// TestTheSameQuestions in two languages are one question each: what is asked
// twice makes no more evidence than what is asked once.
func TestTheSameQuestions(t *testing.T) {
	a, b := sides(sampletest.Small(), "small-q8", "small-q4")
	for _, s := range []*Side{&a, &b} {
		s.Run.Tasks = slices.Clone(s.Run.Tasks)
		for i := range s.Run.Tasks {
			if n := &s.Run.Tasks[i]; n.Name == "knowledge-ja" {
				n.SameAs = []string{"elsewhere", "knowledge-en", "knowledge-ja"}
			}
		}
	}
	a.Samples = slices.Clone(a.Samples)
	for i := range a.Samples {
		if x := &a.Samples[i]; x.Task == "knowledge-ja" {
			x.Item = "JSet/" + x.Item
		} else if x.Task == "arithmetic-en" && x.Item == "3" {
			x.Item = "other/2" // a task of its own may name its items as it likes
		}
	}
	b.Samples = a.Samples
	c := Compare(a, b)
	all := find(c, "accuracy", "all", "")
	if all.N != 96 || all.Questions != 84 || all.Test != "sign_flip" {
		t.Errorf("%+v", all)
	}
	if both := find(c, "accuracy", "family", "knowledge"); both.N != 24 || both.Questions != 12 {
		t.Errorf("%+v", both)
	}
	// Each task has its own figures, and so has each language.
	for _, x := range []*Test{find(c, "accuracy", "task", "knowledge-ja"), find(c, "accuracy", "task", "knowledge-en")} {
		if x == nil || x.N != 12 || x.Questions != 12 || x.Test != "mcnemar" {
			t.Errorf("%+v", x)
		}
	}
	if !slices.Contains(c.Notes, "one question each, for they ask the same ones: knowledge-en, knowledge-ja") {
		t.Error(c.Notes)
	}
}

// TestTemperaturesOfTasks: a task that was asked at another temperature is left
// out, and the others are compared.
func TestTemperaturesOfTasks(t *testing.T) {
	a, b := sides(sampletest.Small(), "small-q8", "small-q4")
	b.Run.Tasks = slices.Clone(b.Run.Tasks)
	b.Run.Tasks[0].Temperature = new(.7)
	c := Compare(a, b)
	if all := find(c, "accuracy", "all", ""); all.N != 84 || !slices.Contains(c.Notes, "left out, for it was asked at another temperature: "+b.Run.Tasks[0].Name) {
		t.Errorf("%+v %q", all, c.Notes)
	}
}

// TestWhatIsNotComparable is refused, metric by metric, with what differs.
func TestWhatIsNotComparable(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b *Side)
		// refused are the metrics, and why says why.
		refused, why string
	}{
		"other questions": {func(b *Side) {
			for i := range b.Run.Tasks {
				b.Run.Tasks[i].SHA256 = "other"
			}
		}, "accuracy energy_j power_w ttft_s total_s", "no task was asked of both"},
		"temperature":           {func(b *Side) { b.Run.Settings = map[string]string{"temperature": "0.7", "max-tokens": "100"} }, "accuracy energy_j power_w ttft_s total_s", "temperature differs: 0 and 0.7"},
		"streams":               {func(b *Side) { b.Target.Streams = 1 }, "energy_j power_w", "streams differs: 8 and 1"},
		"modelled":              {func(b *Side) { energies(b, func(e *sample.Energy) { e.Method = "modelled" }) }, "energy_j power_w", "measured here and modelled there"},
		"rails":                 {func(b *Side) { energies(b, func(e *sample.Energy) { e.Basis = "wall" }) }, "energy_j power_w", `"package" and "wall"`},
		"precision and machine": {func(b *Side) { b.Target.Machine = "elsewhere" }, "energy_j power_w", "machine and precision differ both"},
		"judge": {func(b *Side) {
			b.Run.Judge = "somebody"
			for i := range b.Samples {
				b.Samples[i].Judge = &sample.Judge{}
			}
		}, "accuracy", "the judge differs: none and somebody"},
		"few have energy": {func(b *Side) {
			for i := range b.Samples {
				if i%10 == 0 {
					b.Samples[i].Energy = nil
				}
			}
		}, "energy_j power_w", "questions have it on both sides"},
	} {
		a, b := sides(sampletest.Small(), "small-q8", "small-q4")
		b.Samples = slices.Clone(b.Samples)
		b.Run.Tasks = slices.Clone(b.Run.Tasks)
		c.change(&b)
		got := Compare(a, b)
		var refused []string
		for _, r := range got.Refused {
			refused = append(refused, r.Metric)
			if !strings.Contains(r.Why, c.why) {
				t.Errorf("%s: %s: %s", name, r.Metric, r.Why)
			}
		}
		if strings.Join(refused, " ") != c.refused {
			t.Errorf("%s: refused %v", name, refused)
		}
		for _, m := range refused {
			if find(got, m, "all", "") != nil {
				t.Errorf("%s: %s is compared all the same", name, m)
			}
		}
	}
}

// energies changes the energy of all samples, each its own.
func energies(b *Side, change func(*sample.Energy)) {
	for i := range b.Samples {
		if e := b.Samples[i].Energy; e != nil {
			c := *e
			change(&c)
			b.Samples[i].Energy = &c
		}
	}
}

// TestTwoPrompts: labels tell wordings apart, and their questions may differ.
func TestTwoPrompts(t *testing.T) {
	a, b := sides(sampletest.Small(), "small-q8", "small-q4")
	b.Run.Tasks = slices.Clone(b.Run.Tasks)
	b.Run.Tasks[0].SHA256, b.Target.Label = "other", "shorter"
	c := Compare(a, b)
	if find(c, "accuracy", "all", "").N != 96 || len(c.Notes) != 1 || !slices.Contains(c.Differs, "label") {
		t.Errorf("%v %v", c.Notes, c.Differs)
	}
}

// TestModelledDoubtIsInTheInterval: the difference of two modelled means is as
// wide as the model allows.
func TestModelledDoubtIsInTheInterval(t *testing.T) {
	o := sampletest.Small()
	a, b := sides(o, "small-q8", "small-q4")
	narrow := find(Compare(a, b), "power_w", "all", "").Difference
	o.Method = "modelled"
	a, b = sides(o, "small-q8", "small-q4")
	wide := find(Compare(a, b), "power_w", "all", "").Difference
	if wide.Low > 1.5*wide.Value || wide.High < 0.6*wide.Value || wide.High-wide.Low < 2*(narrow.High-narrow.Low) {
		t.Errorf("%+v, measured %+v", wide, narrow)
	}
}

func TestMerge(t *testing.T) {
	part := func(id, machine string) Part {
		o := sampletest.Small()
		o.ID, o.Machine = id, machine
		o.Targets = slices.Clone(o.Targets[:2])
		run, samples := sampletest.Make(o)
		return Part{id, run, samples}
	}
	a, b, c := part("one", "desk"), part("two", "lap"), part("three", "desk")
	b.Run.Tasks[0].SHA256 = "changed"
	c.Run.Settings["temperature"] = "0.7"
	run, samples, err := Merge([]Part{a, b, c}, []string{"x"})
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) != len(a.Samples)*3 || len(run.Targets) != 6 || len(run.Machines) != 2 || len(run.Tasks) != len(a.Run.Tasks)+1 {
		t.Errorf("%d samples, %d targets, %d machines, %d tasks", len(samples), len(run.Targets), len(run.Machines), len(run.Tasks))
	}
	expected := 0
	for _, n := range run.Expected {
		expected += n
	}
	if expected != len(samples) {
		t.Errorf("%d expected of %d", expected, len(samples))
	}
	seen := map[string]int{}
	for _, s := range samples {
		seen[s.Target+" "+s.Task]++
	}
	if seen["small-q8@two arithmetic-en@two"] == 0 || seen["small-q8@two arithmetic-ja"] == 0 || seen["small-q8 arithmetic-en"] == 0 {
		t.Errorf("%v", seen)
	}
	if Rank(run, "small-q8") != Rank(run, "small-q4") || Rank(run, "small-q8") == Rank(run, "small-q8@two") || Rank(run, "small-q8") == Rank(run, "small-q8@three") {
		t.Errorf("%v", run.Settings)
	}
	notes := strings.Join(run.Notes, "\n")
	for _, want := range []string{"not ranked with each other", "temperature differs: one 0, two 0, three 0.7", "arithmetic-en asks other questions in two", "one: made up"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes lack %q: %s", want, notes)
		}
	}
	if _, ok := run.Settings["temperature"]; ok {
		t.Error("a setting that differs is kept")
	}
	run, _, err = Merge([]Part{a, part("two", "lap")}, nil)
	if err != nil || Rank(run, "small-q8") != Rank(run, "small-q8@two") {
		t.Errorf("%v %v", run.Settings, err)
	}
	if _, _, err := Merge([]Part{a}, nil); err == nil {
		t.Error("one run is joined")
	}
	if _, _, err := Merge([]Part{a, b, a}, nil); err == nil || !strings.Contains(err.Error(), "same run, one") {
		t.Errorf("a run is joined with itself: %v", err)
	}
}

// TestTheSameQuestionsInOtherWords: prompts may differ where ids and answers are
// the same, and so may the form; other answers are other questions.
func TestTheSameQuestionsInOtherWords(t *testing.T) {
	for name, c := range map[string]struct {
		a, b, sha string
		refused   bool
	}{
		"other words":   {"x", "x", "other", false},
		"other answers": {"x", "y", "other", true},
		"not known":     {"", "", "other", true},
	} {
		a, b := sides(sampletest.Small(), "small-q8", "small-q8")
		a.Run.Tasks, b.Run.Tasks = slices.Clone(a.Run.Tasks), slices.Clone(b.Run.Tasks)
		for i := range b.Run.Tasks {
			a.Run.Tasks[i].AnswersSHA256, b.Run.Tasks[i].AnswersSHA256, b.Run.Tasks[i].SHA256 = c.a, c.b, c.sha
		}
		got := Compare(a, b)
		if refused := find(got, "accuracy", "all", "") == nil; refused != c.refused {
			t.Errorf("%s: %+v", name, got.Refused)
		}
		if !c.refused && (!slices.Contains(got.Differs, "prompt") || !strings.Contains(strings.Join(got.Notes, "\n"), "arithmetic-en was asked with other prompts")) {
			t.Errorf("%s: %q %q", name, got.Differs, got.Notes)
		}
	}
	a, b := sides(sampletest.Small(), "small-q8", "small-q8")
	b.Target.Chat, b.Run.Settings = false, map[string]string{"temperature": "0", "max-tokens": "100", "chat": "no"}
	got := Compare(a, b)
	if find(got, "accuracy", "all", "") == nil || !slices.Contains(got.Differs, "prompt") || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "a was asked in its chat template, b as text") {
		t.Errorf("%q %q %+v", got.Differs, got.Notes, got.Refused)
	}
}

// TestWhatCouldBeSeen: nothing that cannot be, and why not; ties are no proof
// that two are alike.
func TestWhatCouldBeSeen(t *testing.T) {
	for name, c := range map[string]struct {
		a, b    []int // right answers of each question's repeats
		repeats int
		absent  string
		low     float64
		high    float64
	}{
		"tied":                  {[]int{1, 0, 1, 1}, []int{1, 0, 1, 1}, 1, "tied", -.4899, .4899},
		"tied in repeats":       {[]int{2, 0, 2, 2}, []int{2, 0, 2, 2}, 2, "tied", -.4899, .4899},
		"few":                   {[]int{1, 1, 1, 1, 0}, []int{0, 0, 0, 0, 0}, 1, "few", -1, 0},
		"all one way":           {[]int{0, 0, 0, 0}, []int{1, 1, 1, 1}, 1, "few", .5101, 1},
		"few that scatter":      {[]int{0, 2, 0}, []int{2, 0, 2}, 2, "few", -1, 1},
		"enough":                {[]int{0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 0}, 1, "", 0, 1},
		"enough, with repeats":  {[]int{0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, []int{2, 2, 1, 2, 2, 1, 2, 2, 1, 0}, 2, "", 0, 1},
		"apart by half of each": {[]int{0, 0, 0, 0}, []int{1, 1, 1, 1}, 2, "few", .0101, .9899},
	} {
		a, b := sides(sampletest.Small(), "small-q8", "small-q4")
		a.Run.Tasks = a.Run.Tasks[:1]
		of := func(s *Side, right []int) {
			s.Samples = nil
			for i, n := range right {
				for r := range c.repeats {
					x := sample.Sample{Target: s.Target.ID, Pass: "quality", Task: a.Run.Tasks[0].Name, Item: string(rune('a' + i)), Repeat: r, State: sample.Wrong}
					if r < n {
						x.State = sample.Right
					}
					s.Samples = append(s.Samples, x)
				}
			}
		}
		of(&a, c.a)
		of(&b, c.b)
		got := find(Compare(a, b), "accuracy", "all", "")
		if got.Undetected != c.absent || (got.Detectable == nil) != (c.absent != "") || got.Detectable != nil && (*got.Detectable <= 0 || *got.Detectable > 1) {
			t.Errorf("%s: %+v, could see %v", name, got, got.Detectable)
		}
		if d := got.Difference; c.low == -c.high || c.absent == "few" && c.low > 0 {
			if name != "few that scatter" && (math.Abs(d.Low-c.low) > 1e-4 || math.Abs(d.High-c.high) > 1e-4) {
				t.Errorf("%s: %+v", name, d)
			}
		} else if d.Low < c.low || d.High > c.high || d.Low == d.High {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
