package predict

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"irori/internal/route/curve"
	"irori/internal/route/outcome"
)

// world makes questions of four kinds in two languages: the weak model answers
// two of them, the strong one three, and nobody the fourth.
func world(n int, seed uint64) []outcome.Record {
	rng := rand.New(rand.NewPCG(seed, 1))
	kinds := []struct {
		text         []string
		weak, strong float64
	}{
		{[]string{"Translate the word %s into French", "「%s」をフランス語に訳してください"}, .9, .95},
		{[]string{"Prove that the integral of %s converges", "%sの積分が収束することを証明せよ"}, .1, .9},
		{[]string{"Write a haiku about %s", "%sについて俳句を詠んで"}, .85, .85},
		{[]string{"What did %s eat on the third of May 1211?", "%sは1211年5月3日に何を食べたか"}, .05, .05},
	}
	words := strings.Fields("rain temple kettle winter harbour mountain piano cedar lantern river")
	var out []outcome.Record
	for range n {
		k := kinds[rng.IntN(len(kinds))]
		w, s := 0.0, 0.0
		if rng.Float64() < k.weak {
			w = 1
		}
		if rng.Float64() < k.strong {
			s = 1
		}
		q := fmt.Sprintf(k.text[rng.IntN(2)], words[rng.IntN(len(words))]+fmt.Sprint(rng.IntN(1000)))
		out = append(out, outcome.Record{Question: q, Weak: &w, Strong: &s})
	}
	return out
}

func TestItLearnsTheBenefitAndNotTheFailure(t *testing.T) {
	m := Train(world(1500, 1), Options{Seed: 1, Rounds: 60})
	for _, c := range []struct {
		question string
		escalate bool
	}{
		{"Prove that the integral of kettle converges", true},
		{"雨の積分が収束することを証明せよ", true},
		{"Translate the word cedar into French", false},
		{"Who knows what did cedar eat on the third of May 1211?", false},
		{"川について俳句を詠んで", false},
	} {
		if e := m.Predict(c.question); (e.Benefit() > .4) != c.escalate {
			t.Errorf("%s: %+v", c.question, e)
		}
	}
	test := world(800, 2)
	var score, weak, strong []float64
	for _, r := range test {
		score, weak, strong = append(score, m.Predict(r.Question).Benefit()), append(weak, *r.Weak), append(strong, *r.Strong)
	}
	if a, ok := curve.New(score, weak, strong).APGR(); !ok || a < .8 {
		t.Errorf("APGR %.3f", a)
	}
}

func TestTheSameSeedLearnsTheSame(t *testing.T) {
	r := world(300, 3)
	a, b := Train(r, Options{Seed: 5, Rounds: 20}), Train(r, Options{Seed: 5, Rounds: 20})
	for _, x := range r[:50] {
		if a.Predict(x.Question) != b.Predict(x.Question) {
			t.Fatal("two trainings differ")
		}
	}
}

// What was learnt one at a time counts: a kind of question that training never
// held, that the weak model fails and the strong one does not.
func TestUpdatesTeach(t *testing.T) {
	m := Train(world(800, 4), Options{Seed: 1, Rounds: 40})
	ask := func(i int) string { return fmt.Sprintf("Balance the ledger of the guild for year %d", i) }
	before := m.Predict(ask(0)).Benefit()
	zero, one := 0.0, 1.0
	var wait sync.WaitGroup
	wait.Go(func() {
		for i := range 200 {
			m.Predict(ask(i))
		}
	})
	for i := range 200 {
		m.Update(ask(i+1), &zero, &one, 1)
	}
	wait.Wait()
	if after := m.Predict(ask(999)).Benefit(); after < before+.3 {
		t.Errorf("benefit %.3f before, %.3f after", before, after)
	}
	e := m.Explain(ask(5), 5)
	if e.Alike == 0 || e.AlikeWeak == nil || *e.AlikeWeak > .2 || *e.AlikeStrong < .8 {
		t.Errorf("%+v", e)
	}
	named := false
	for _, r := range e.Reasons {
		named = named || r.Like == "word" && strings.Contains(r.What, "th")
	}
	if len(e.Reasons) != 5 || !named {
		t.Errorf("%+v", e.Reasons)
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory(2, mostRemembered, 0)
	one := 1.0
	for range mostRemembered + 100 {
		m.add([]float32{1, 0}, &Example{Weak: &one}, true)
	}
	held := 0
	for _, c := range m.cells {
		held += len(c.rows)
	}
	if held != mostRemembered {
		t.Errorf("%d are kept", held)
	}
	l := m.alike([]float32{1, 0}, 0)
	if l.count == 0 || l.sides[1].weight != 0 || l.sides[0].shrink(0) < .9 {
		t.Errorf("%+v", l)
	}
	if l := m.alike([]float32{0, 1}, 0); l.count != 0 || l.sides[0].shrink(.3) != .3 {
		t.Errorf("what is not alike counts: %+v", l)
	}
}

// What few outcomes say by chance is not believed: the model sees as little in
// noise as a careful one.
func TestFewOutcomesOfChanceTeachLittle(t *testing.T) {
	var spread [2]float64
	rng := rand.New(rand.NewPCG(9, 1))
	records := world(200, 9)
	for i := range records {
		w, s := float64(rng.IntN(2)), float64(rng.IntN(2))
		records[i].Weak, records[i].Strong = &w, &s
	}
	for i, o := range []Options{{Seed: 1}, {Seed: 1, Penalty: 2e-4}} {
		m := Train(records, o)
		for _, r := range world(300, 10) {
			b := m.Predict(r.Question).Benefit()
			spread[i] += b * b / 300
		}
	}
	t.Log(spread)
	if spread[0] > .5*spread[1] {
		t.Errorf("benefits of chance have a square of %.4f, %.4f with a slight penalty", spread[0], spread[1])
	}
}

func TestWordsCountMoreWhereOutcomesAreFew(t *testing.T) {
	m := Train(world(200, 3), Options{Seed: 1})
	few := m.heads[0].weight
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	back, err := Read(&b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if few < 2 || back.heads[0].weight != few || wordsWeight(4000) != 1 || wordsWeight(12000) != 1 {
		t.Errorf("%g of 200, %g when it is read, %g of 4,000", few, back.heads[0].weight, wordsWeight(4000))
	}
	if small, large := grown(200, Options{}, 0), grown(12000, Options{}, 0); small.Leaves >= large.Leaves || small.Rate >= large.Rate || small.LeastRows >= large.LeastRows {
		t.Errorf("trees of 200 grow as %+v, of 12,000 as %+v", small, large)
	}
}

func BenchmarkPredict(b *testing.B) {
	m := Train(world(3000, 1), Options{Seed: 1})
	q := strings.Repeat("How many of the 12 trains leave Osaka before noon? ", 40)[:2000]
	b.ReportAllocs()
	for b.Loop() {
		m.Predict(q)
	}
}

func BenchmarkPredictJapanese(b *testing.B) {
	m, q := wide()
	b.ReportAllocs()
	for b.Loop() {
		m.Predict(q)
	}
}

// wide is a model of many Japanese words, and a question of 2,000 characters.
func wide() (*Model, string) {
	rng := rand.New(rand.NewPCG(1, 1))
	text := func(n int) string {
		r := make([]rune, n)
		for i := range r {
			r[i] = []rune{0x4e00 + rune(rng.ExpFloat64()*200), 0x3041 + rune(rng.IntN(80)), 0x30a1 + rune(rng.IntN(80))}[rng.IntN(3)]
		}
		return string(r)
	}
	var all []outcome.Record
	for i := range 1500 {
		w, s := float64(i%2), 1.0
		all = append(all, outcome.Record{Question: text(300), Weak: &w, Strong: &s})
	}
	return Train(all, Options{Seed: 1}), text(2000)
}
