package predict

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"irori/internal/route/feature"
	"irori/internal/route/outcome"
)

// asked makes examples whose words say nothing: w and s depend on what else is
// known of the request.
func asked(n int, known func(i int, e *Example) (escalate bool)) []Example {
	var out []Example
	for i := range n {
		e := Example{Question: Question{Text: fmt.Sprintf("Request %d about the %s", i, strings.Fields("kettle cedar river")[i/6%3])}}
		w, s := 1.0, 1.0
		if known(i, &e) {
			w = 0
		}
		e.Weak, e.Strong = &w, &s
		out = append(out, e)
	}
	return out
}

func fitted(t *testing.T, all []Example, o Options) *Model {
	t.Helper()
	o.Rounds = 20
	m, err := Fit(all, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatIsKnownOfARequestCounts(t *testing.T) {
	many, few := 12, 0
	yes, no := true, false
	all := asked(600, func(i int, e *Example) bool {
		hard := i%2 == 0
		e.Tools, e.Schema = &few, &no
		if hard {
			e.Tools, e.Schema = &many, &yes
		}
		if i%5 == 0 { // of some it is not known
			e.Tools, e.Schema = nil, nil
		}
		return hard
	})
	m := fitted(t, all, Options{Seed: 1})
	q := Question{Text: "Request 7000 about the kettle"}
	nothing := m.Of(q).Benefit()
	q.Tools, q.Schema = &many, &yes
	hard := m.Of(q).Benefit()
	q.Tools, q.Schema = &few, &no
	easy := m.Of(q).Benefit()
	if !(easy+.1 < nothing && nothing+.1 < hard) {
		t.Errorf("benefit %.2f with little, %.2f with nothing known, %.2f with much", easy, nothing, hard)
	}
	q.Tools = &many
	if r := m.ExplainOf(q, 3).Reasons; len(r) == 0 || r[0].Like != "request" || r[0].What != "tools" && r[0].What != "schema" {
		t.Errorf("%+v", r)
	}
	// What training did not vary says nothing.
	q.Turns = &many
	with := m.Of(q)
	if q.Turns = nil; m.Of(q) != with {
		t.Error("a measure that was never seen counts")
	}
}

func TestDomainsCount(t *testing.T) {
	// A domain is given, or told of the text.
	tell := func(text string) string {
		if strings.HasSuffix(text, "!") {
			return "household"
		}
		return ""
	}
	all := asked(600, func(i int, e *Example) bool {
		switch i % 3 {
		case 0:
			e.Domain = "household"
		case 1:
			e.Domain = "nature"
		}
		return i%3 == 0
	})
	m := fitted(t, all, Options{Seed: 1, Domain: tell})
	q := Question{Text: "Request 9999 about something"}
	without := m.Of(q).Benefit()
	q.Domain = "household"
	if with := m.Of(q).Benefit(); with < without+.1 {
		t.Errorf("benefit %.3f without a domain, %.3f with", without, with)
	}
	if q.Domain = "rare"; m.Of(q).Benefit() != without {
		t.Error("a domain that was never seen counts")
	}
	found := false
	for _, r := range m.Explain("Request about the river!", 20).Reasons {
		found = found || r.Like == "domain" && r.What == "household"
	}
	if !found {
		t.Error("no reason names the domain")
	}
	all[2].Text += "!"
	if fitted(t, all, Options{Domain: tell}); all[2].Domain != "" {
		t.Error("training changed what it was given")
	}
}

func TestEmbeddingsCountWhereTheyAreKnown(t *testing.T) {
	at := func(hard bool) []float32 {
		if hard {
			return []float32{3, .1, 0, 0}
		}
		return []float32{0, .1, 2, 0}
	}
	all := asked(600, func(i int, e *Example) bool {
		e.Embedding, e.EmbeddedBy = at(i%2 == 0), "a"
		return i%2 == 0
	})
	m := fitted(t, all, Options{Seed: 1, Remember: -1})
	q := Question{Text: "Request 7000 about the kettle", EmbeddedBy: "a"}
	without := m.Of(q)
	q.Embedding = at(true)
	hard := m.Of(q).Benefit()
	q.Embedding = at(false)
	easy := m.Of(q).Benefit()
	if !(easy+.1 < without.Benefit() && without.Benefit()+.1 < hard) {
		t.Errorf("benefit %.2f easy, %.2f without, %.2f hard", easy, without.Benefit(), hard)
	}
	if m.ExplainOf(q, 3).Embedded == nil {
		t.Error("the embedding is not explained")
	}
	for _, other := range []Question{{Text: q.Text, Embedding: at(true), EmbeddedBy: "b"}, {Text: q.Text, Embedding: at(true)[:3], EmbeddedBy: "a"}, {Text: q.Text, Embedding: make([]float32, 4), EmbeddedBy: "a"}} {
		if m.Of(other) != without {
			t.Errorf("an embedding of another model counts: %+v", other)
		}
	}
}

func TestFeaturesStandForAText(t *testing.T) {
	m := Train(world(300, 5), Options{Seed: 1, Rounds: 10})
	var v feature.Vector
	text := "Prove that the integral of kettle converges"
	feature.NewExtractor().Vector(text, &v)
	if m.Of(Question{Features: &v}) != m.Predict(text) {
		t.Error("the features of a question say something else")
	}
	// Outcomes of logs that keep no text teach as much.
	one, zero := 1.0, 0.0
	kept := Examples([]outcome.Record{{Features: []byte(`"` + v.Kept() + `"`), Weak: &zero, Strong: &one}, {Features: []byte(`{}`)}})
	if len(kept) != 1 || len(kept[0].Features.Terms) != len(v.Terms) {
		t.Fatalf("%+v", kept)
	}
}

func TestOutcomesCountAsTheyAreTrustedAndSeen(t *testing.T) {
	p := func(v float64) *float64 { return &v }
	e := Examples([]outcome.Record{
		{Question: "a", Weak: p(1), Strong: p(0), WeakWeight: p(.3), Propensity: p(.1)},
		{Question: "b", Weak: p(1), WeakWeight: p(0)},
		{Question: "c", Strong: p(1), Propensity: p(.001), WeakPropensity: p(1)},
	})
	if got := e[0].counts(0); got < .33 || got > .34 {
		t.Errorf("the weak score counts %g", got)
	}
	if got := e[0].counts(1); got != 10 {
		t.Errorf("the strong score counts %g", got)
	}
	if e[1].Weak != nil {
		t.Error("a score that nobody trusts is one")
	}
	if got := e[2].counts(1); got != mostCounts {
		t.Errorf("a rare score counts %g", got)
	}
	if _, err := Fit(e, Options{}); err == nil || !strings.Contains(err.Error(), "weak") {
		t.Errorf("one label is enough: %v", err)
	}
	// A label that counts ten times draws ten times as much.
	label := func(counts float64) *Model {
		var all []Example
		for i := range 200 {
			w, c := float64(i%2), 1.0
			if i%2 == 0 {
				c = counts
			}
			all = append(all, Example{Question: Question{Text: "the same question"}, Weak: &w, Strong: &w, WeakCounts: c, StrongCounts: 1})
		}
		return fitted(t, all, Options{Remember: -1})
	}
	if a, b := label(1).Predict("the same question"), label(9).Predict("the same question"); a.Weak < .45 || a.Weak > .55 || b.Weak > .15 || b.Strong != a.Strong {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestOldOutcomesFade(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	one, zero := 1.0, 0.0
	m := newMemory(2, 10, 90*24*time.Hour)
	m.add([]float32{1, 0}, &Example{Question: Question{At: begin}, Weak: &one}, true)
	m.add([]float32{1, 0}, &Example{Question: Question{At: begin.AddDate(0, 0, 90)}, Weak: &zero}, true)
	now := begin.AddDate(0, 0, 180).Unix()
	got := m.alike([]float32{1, 0}, now).sides[0]
	if d := got.weight - .75; d > .01 || d < -.01 || got.sum < .24 || got.sum > .26 {
		t.Errorf("%+v", got)
	}
	// Without a time the newest is now, and what has none does not fade.
	if got := m.alike([]float32{1, 0}, 0).sides[0]; got.sum < .49 || got.sum > .51 || got.weight < 1.49 {
		t.Errorf("%+v", got)
	}
	m.add([]float32{1, 0}, &Example{Strong: &one}, true)
	if got := m.alike([]float32{1, 0}, now).sides[1]; got.weight < .99 {
		t.Errorf("%+v", got)
	}
	m.reset()
	if got := m.alike([]float32{1, 0}, now); got.count != 0 || len(m.order) != 0 {
		t.Errorf("%+v is left", got)
	}
}

func TestSeveralModelsReadAQuestionOnce(t *testing.T) {
	a, b := Train(world(200, 1), Options{Seed: 1, Rounds: 5}), Train(world(260, 2), Options{Seed: 2, Rounds: 5, Size: 16})
	q := Question{Text: "川について俳句を詠んで"}
	if got := (Set{a, b}).Of(q); len(got) != 2 || got[0] != a.Of(q) || got[1] != b.Of(q) {
		t.Errorf("%+v", got)
	}
	if got := (Set{}).Of(q); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// Odd outcomes: one kind of label, few rows, no words, fractions.
func TestOddOutcomesAreLearnt(t *testing.T) {
	for name, c := range map[string]struct {
		n    int
		make func(i int) (q string, w, s float64)
	}{
		"constant": {50, func(i int) (string, float64, float64) { return fmt.Sprintf("question %d", i), 1, 1 }},
		"never":    {50, func(i int) (string, float64, float64) { return fmt.Sprintf("question %d", i), 0, 0 }},
		"two":      {2, func(i int) (string, float64, float64) { return "a", float64(i), 1 }},
		"no words": {30, func(i int) (string, float64, float64) { return strings.Repeat("?", i), float64(i % 2), 1 }},
		"empty":    {30, func(int) (string, float64, float64) { return "", .5, .5 }},
		"fractions": {80, func(i int) (string, float64, float64) {
			return fmt.Sprintf("q %d of %d", i%7, i), float64(i%5) / 4, .25
		}},
		"one": {60, func(int) (string, float64, float64) { return "the very same question", .3, .8 }},
		"long": {12, func(i int) (string, float64, float64) {
			return strings.Repeat("漢字 and words ", 9000+i), float64(i % 2), 1
		}},
	} {
		var all []outcome.Record
		for i := range c.n {
			q, w, s := c.make(i)
			all = append(all, outcome.Record{Question: q, Weak: &w, Strong: &s})
		}
		m := Train(all, Options{Seed: 1, Rounds: 10})
		for _, q := range []string{"", "question 3", all[0].Question, "まったく別の質問", strings.Repeat("x", 1<<20)} {
			e := m.Predict(q)
			if !(e.Weak >= 0 && e.Weak <= 1 && e.Strong >= 0 && e.Strong <= 1) {
				t.Errorf("%s: %q: %+v", name, q[:min(20, len(q))], e)
			}
		}
		e := m.Predict(all[0].Question)
		switch name {
		case "constant":
			if e.Weak < .95 || e.Strong < .95 {
				t.Errorf("%s: %+v", name, e)
			}
		case "one":
			if e.Weak < .25 || e.Weak > .35 || e.Strong < .75 || e.Strong > .85 {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if _, err := Read(strings.NewReader(string(saved(t, m))), Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
