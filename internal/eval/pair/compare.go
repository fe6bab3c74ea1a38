package pair

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"

	"irori/internal/eval/sample"
	"irori/internal/eval/stat"
)

// Side is one of two that are compared: a target with the run that it is of.
type Side struct {
	Run     sample.Run
	Target  sample.Target
	Samples []sample.Sample
}

// Comparison is what two targets came to on the same questions.
type Comparison struct {
	A Name `json:"a"`
	B Name `json:"b"`
	// Differs lists what the two differ in: model, quantization, machine …
	Differs []string `json:"differs"`
	// Tests are those of all metrics and parts. Their p-values are corrected
	// together.
	Tests []Test `json:"tests"`
	// Refused are the metrics that are not comparable, each with why.
	Refused []Refusal `json:"refused,omitempty"`
	// Notes say what the reader must know.
	Notes []string `json:"notes,omitempty"`
}

// Name tells a side.
type Name struct {
	Run    string `json:"run"`
	Target string `json:"target"`
	Model  string `json:"model"`
}

// Refusal is a metric that is not compared.
type Refusal struct {
	Metric string `json:"metric"`
	Why    string `json:"why"`
}

// Test is one comparison of one metric over paired questions.
type Test struct {
	Metric string `json:"metric"`
	Unit   string `json:"unit,omitempty"`
	Pass   string `json:"pass"`
	// By is all, family or language, and task where tasks ask the same
	// questions; Of is which.
	By string `json:"by"`
	Of string `json:"of,omitempty"`
	// N counts the pairs, Questions the questions behind them: repeats of one
	// are taken together, and tasks that ask the same one.
	N         int `json:"n"`
	Questions int `json:"questions"`
	// A and B are the means, Difference is B − A with its interval.
	A          float64        `json:"a"`
	B          float64        `json:"b"`
	Difference *stat.Interval `json:"difference,omitempty"`
	// OnlyA and OnlyB are the answers that one had right and the other not.
	OnlyA *int `json:"only_a,omitempty"`
	OnlyB *int `json:"only_b,omitempty"`
	// Test is mcnemar or sign_flip; P its p-value, PHolm the same corrected
	// for all tests of this comparison.
	Test  string  `json:"test"`
	P     float64 `json:"p"`
	PHolm float64 `json:"p_holm"`
	// Detectable is the smallest difference that so many pairs would have
	// shown in four cases of five; Undetected is why there is none: tied (no pair
	// differs, which does not say how pairs scatter) or few (none is possible
	// that so few pairs would show).
	Detectable *float64 `json:"detectable,omitempty"`
	Undetected string   `json:"detectable_absent,omitempty"`
	// Better is a, b, or empty where the difference may be chance.
	Better string `json:"better,omitempty"`
}

const (
	level = 0.95
	power = 0.8
	// alpha is the share of differences that may be found where there are none.
	alpha = 1 - level
)

// metric is what is compared of a sample.
type metric struct {
	name, unit string
	pass       []string
	// most says that more is better.
	most bool
	of   func(*sample.Sample) (float64, bool)
	// reading is another reading of a modelled value, nil where there is none.
	low, high func(*sample.Sample) *float64
	energy    bool
}

func known(v *float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v, true
}

var metrics = []metric{
	{name: "accuracy", pass: []string{"quality"}, most: true, of: right},
	{name: "energy_j", unit: "J", pass: []string{"quality"}, energy: true,
		of: func(s *sample.Sample) (float64, bool) {
			if s.Energy == nil || s.Energy.Full <= 0 {
				return 0, false
			}
			return s.Energy.Full, scores(s)
		},
		low: func(s *sample.Sample) *float64 { return s.Energy.Low }, high: func(s *sample.Sample) *float64 { return s.Energy.High }},
	{name: "power_w", unit: "W", pass: []string{"quality"}, energy: true,
		of: func(s *sample.Sample) (float64, bool) {
			if s.Energy == nil || !scores(s) {
				return 0, false
			}
			return known(s.Energy.Power)
		},
		low: func(s *sample.Sample) *float64 { return s.Energy.PowerLow }, high: func(s *sample.Sample) *float64 { return s.Energy.PowerHi }},
	{name: "ttft_s", unit: "s", pass: []string{"latency", "quality"}, of: func(s *sample.Sample) (float64, bool) { return known(s.Latency.TTFT) }},
	{name: "total_s", unit: "s", pass: []string{"latency", "quality"}, of: func(s *sample.Sample) (float64, bool) { return known(s.Latency.Total) }},
}

func scores(s *sample.Sample) bool {
	switch s.State {
	case sample.Right, sample.Wrong, sample.Unparsed, sample.Refused, sample.Truncated, sample.Failed:
		return true
	}
	return false
}

func right(s *sample.Sample) (float64, bool) {
	if s.State == sample.Right {
		return 1, true
	}
	return 0, scores(s)
}

// couple is the same question asked of both.
type couple struct {
	a, b *sample.Sample
	// asked names the tasks that ask the question, id the question there.
	asked, id string
}

// Compare compares two targets over the questions that both were asked, in the
// same repeat. What is compared of them hangs on what was alike.
func Compare(a, b Side) Comparison {
	c := Comparison{A: name(a), B: name(b), Differs: differs(a, b), Tests: []Test{}}
	tasks, notes := common(a, b)
	asked, again := questions(a, b, tasks)
	other, more := prompts(a, b, notes)
	if other {
		c.Differs = append(c.Differs, "prompt")
	}
	c.Notes = slices.Concat(notes, more, again)
	for i := range metrics {
		m := &metrics[i]
		pass, pairs := "", []couple(nil)
		for _, p := range m.pass {
			if pairs = couples(a, b, p, asked, m); len(pairs) > 0 {
				pass = p
				break
			}
		}
		if why := m.refuses(a, b, pass, tasks, pairs); why != "" {
			c.Refused = append(c.Refused, Refusal{m.name, why})
			continue
		}
		c.Tests = append(c.Tests, m.test(a.Run.Seed, pass, "all", "", pairs))
		if m.name == "accuracy" {
			c.Tests = append(c.Tests, m.parts(a.Run.Seed, pass, "family", pairs, func(s *sample.Sample) string { return s.Family })...)
			c.Tests = append(c.Tests, m.parts(a.Run.Seed, pass, "language", pairs, func(s *sample.Sample) string { return s.Language })...)
			if again != nil {
				c.Tests = append(c.Tests, m.parts(a.Run.Seed, pass, "task", pairs, func(s *sample.Sample) string { return s.Task })...)
			}
		}
	}
	c.correct()
	return c
}

func name(s Side) Name { return Name{s.Run.ID, s.Target.ID, s.Target.Model} }

// couples pairs the samples of a pass in which a metric is known of both.
func couples(a, b Side, pass string, asked map[string]asking, m *metric) []couple {
	type key struct {
		task, item string
		repeat     int
	}
	first := map[key]*sample.Sample{}
	of := func(side Side, each func(key, *sample.Sample)) {
		for i := range side.Samples {
			s := &side.Samples[i]
			if _, ok := m.of(s); ok && s.Target == side.Target.ID && s.Pass == pass && asked[s.Task].first != "" {
				each(key{s.Task, s.Item, s.Repeat}, s)
			}
		}
	}
	of(a, func(k key, s *sample.Sample) { first[k] = s })
	var out []couple
	of(b, func(k key, s *sample.Sample) {
		if first[k] != nil {
			out = append(out, couple{first[k], s, asked[s.Task].first, asked[s.Task].question(s.Item)})
		}
	})
	slices.SortFunc(out, func(x, y couple) int {
		return cmp.Or(cmp.Compare(x.asked, y.asked), cmp.Compare(x.id, y.id), cmp.Compare(x.a.Task, y.a.Task), cmp.Compare(x.a.Item, y.a.Item), cmp.Compare(x.a.Repeat, y.a.Repeat))
	})
	return out
}

func (m *metric) parts(seed uint64, pass, by string, pairs []couple, of func(*sample.Sample) string) []Test {
	groups := map[string][]couple{}
	for _, p := range pairs {
		groups[of(p.a)] = append(groups[of(p.a)], p)
	}
	delete(groups, "")
	if len(groups) < 2 {
		return nil
	}
	var out []Test
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, m.test(seed, pass, by, name, groups[name]))
	}
	return out
}

// test compares one metric over pairs.
func (m *metric) test(seed uint64, pass, by, of string, pairs []couple) Test {
	t := Test{Metric: m.name, Unit: m.unit, Pass: pass, By: by, Of: of, N: len(pairs), Test: "sign_flip"}
	h := fnv.New64a()
	h.Write([]byte(strings.Join([]string{m.name, by, of}, "\x00")))
	seed ^= h.Sum64()
	read := func(s *sample.Sample) float64 { v, _ := m.of(s); return v }
	first, second := byQuestion(pairs, read)
	t.Questions = len(first)
	d := make([]float64, len(first))
	for i := range d {
		d[i] = second[i] - first[i]
	}
	onlyA, onlyB := 0, 0
	for _, p := range pairs {
		x, y := read(p.a), read(p.b)
		t.A += x / float64(len(pairs))
		t.B += y / float64(len(pairs))
		switch {
		case x > y:
			onlyA++
		case y > x:
			onlyB++
		}
	}
	if i, ok := stat.Mean(d, level, seed); ok {
		t.Difference = &i
	}
	t.P = stat.SignFlip(d, seed)
	if v, ok := stat.DetectableMean(d, level, power); ok {
		t.Detectable = &v
	}
	if m.name == "accuracy" {
		t.OnlyA, t.OnlyB = &onlyA, &onlyB
		if t.Questions == t.N {
			t.Test, t.P, t.Detectable = "mcnemar", stat.McNemar(onlyA, onlyB), nil
			if v, ok := stat.Detectable(t.N, float64(onlyA+onlyB)/float64(t.N), level, power); ok {
				t.Detectable = &v
			}
		}
	}
	m.sees(&t, d)
	m.widen(&t, seed, pairs)
	return t
}

// widen takes the doubt of modelled values into the interval: a model errs for
// both sides alike, so its ends are taken for both at once.
func (m *metric) widen(t *Test, seed uint64, pairs []couple) {
	if !m.energy || t.Difference == nil || pairs[0].a.Energy.Method != "modelled" {
		return
	}
	for _, end := range []func(*sample.Sample) *float64{m.low, m.high} {
		first, second := byQuestion(pairs, func(s *sample.Sample) float64 { return *end(s) })
		if i, ok := stat.PairedDifference(first, second, level, seed); ok {
			t.Difference.Low, t.Difference.High = math.Min(t.Difference.Low, i.Low), math.Max(t.Difference.High, i.High)
		}
	}
}

// byQuestion are the means over the repeats of each question, and over the tasks
// that ask it, for both sides.
func byQuestion(pairs []couple, of func(*sample.Sample) float64) (first, second []float64) {
	for i := 0; i < len(pairs); {
		k := i
		x, y := 0.0, 0.0
		for ; k < len(pairs) && pairs[k].asked == pairs[i].asked && pairs[k].id == pairs[i].id; k++ {
			x += of(pairs[k].a)
			y += of(pairs[k].b)
		}
		first, second = append(first, x/float64(k-i)), append(second, y/float64(k-i))
		i = k
	}
	return first, second
}

// correct corrects the p-values together and says which side is better.
func (c *Comparison) correct() {
	p := make([]float64, len(c.Tests))
	for i, t := range c.Tests {
		p[i] = t.P
	}
	for i, v := range stat.Holm(p) {
		t := &c.Tests[i]
		t.PHolm = v
		if v >= alpha || t.Difference == nil || t.Difference.Low <= 0 && t.Difference.High >= 0 {
			continue
		}
		t.Better = "a"
		if (t.Difference.Value > 0) == (t.Metric == "accuracy") {
			t.Better = "b"
		}
	}
}
