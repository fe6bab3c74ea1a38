package learnt

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/route/doubt"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// memory is a Store.
type memory struct {
	rows []*routed.Row
	kept map[string][]byte
}

func (m *memory) Rows(_ context.Context, w routed.Which) iter.Seq2[*routed.Row, error] {
	return func(yield func(*routed.Row, error) bool) {
		for _, r := range m.rows {
			if w.Audited && r.Seq == 0 || w.Labelled && len(r.Labels) == 0 {
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (m *memory) Kept(_ context.Context, prefix string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, b := range m.kept {
		if strings.HasPrefix(name, prefix) {
			out[name] = b
		}
	}
	return out, nil
}

func (m *memory) Keep(_ context.Context, values map[string][]byte) error {
	for name, b := range values {
		if m.kept[name] = b; b == nil {
			delete(m.kept, name)
		}
	}
	return nil
}

func (m *memory) Said(context.Context) (n int, err error) {
	for _, r := range m.rows {
		n += len(r.Labels)
	}
	return n, nil
}

// verdicts adds audited answers of which the model says yes so often where they
// are right, and where they are wrong.
func (m *memory) verdicts(n int, yesRight, yesWrong float64) {
	for i := 0; n > 0; i++ {
		r := &routed.Row{Entry: routed.Entry{
			ID: fmt.Sprintf("%032x", len(m.rows)), Time: noon, Route: "auto", Weak: routed.Target{Name: "a", Model: "small", Template: "t"}, Strong: routed.Target{Name: "c/x"},
			Privacy: routed.Any, Answered: routed.Weak, Audit: routed.Audited, Signals: map[string]float64{doubt.VerifierYes: yesRight},
		}}
		score := float64(i % 2)
		if score == 0 {
			r.Signals[doubt.VerifierYes] = yesWrong
		}
		m.rows = append(m.rows, r)
		r.Seq = int64(len(m.rows))
		r.Labels = []routed.Label{{ID: r.ID, Side: routed.Weak, Source: log.ShadowJudge, Score: score, Weight: .7}}
		if !promise.Held(r.ID) {
			n--
		}
	}
}

func learner(t *testing.T, m *memory, stands func(string) bool) *Learner {
	t.Helper()
	l, err := NewLearner(t.Context(), LearnerOptions{
		Store: m, Now: func() time.Time { return noon }, Pairs: map[Pair]Stake{{"auto", "a", "c/x"}: {Margin: .1}}, Trained: func(Pair) string { return "" }, Stands: stands,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A verifier's word counts for nothing until enough of what it said was audited,
// and then for what it was worth; what it counts by has a name, and stands still
// while a promise stands on it.
func TestVerifiersAreHeardForWhatTheyAreWorth(t *testing.T) {
	m := &memory{kept: map[string][]byte{}}
	stands := ""
	l := learner(t, m, func(part string) bool { return stands != "" && strings.Contains(stands, part) })
	step := func() *Heard {
		if err := l.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		return l.Heard(Asked{Model: "small", Template: "t"})
	}
	m.verdicts(2*LeastHeard-2, .9, .2)
	h := step()
	if h == nil || h.On || h.Likelihood(1) != .5 || h.Scored() != "+verifier:0" {
		t.Fatalf("%+v", h)
	}
	m.verdicts(22, .9, .2)
	h = step()
	want := (.9*30 + 1) / (.9*30 + 1 + .2*30 + 1) // nearly as many of either kind
	if !h.On || math.Abs(h.Likelihood(1)-want) > .05 || h.Likelihood(0) > .2 || h.Scored() != "+verifier:"+h.Version || h.Right+h.Wrong != 2*LeastHeard+20 {
		t.Fatalf("%+v: %g, want %g", h, h.Likelihood(1), want)
	}
	m.verdicts(22, .5, .5)
	if again := step(); again.Version != h.Version {
		t.Errorf("it moves before the answers have doubled: %+v", again)
	}
	stands = "order-1" + h.Scored() + "+samples"
	m.verdicts(200, .5, .5)
	if again := step(); again.Version != h.Version || again.Right <= h.Right {
		t.Errorf("it moves under a promise: %+v", again)
	}
	stands = ""
	m.verdicts(40, .5, .5)
	if again := step(); again.Version == h.Version || again.Likelihood(1) > .65 {
		t.Errorf("%+v", again)
	}
	if again := learner(t, m, nil).Heard(Asked{Model: "small", Template: "t"}); again == nil || again.Version == h.Version {
		t.Errorf("after a restart: %+v", again)
	}
	// What is taken back is forgotten.
	m.rows = m.rows[:4]
	m.kept[outcomes.Epoch] = []byte("anew")
	if h = step(); h.On || h.Likelihood(1) != .5 {
		t.Errorf("%+v", h)
	}
}

// A step that was kept after all was taken back is made anew, also where as many
// labels came since.
func TestWhatWasTakenBackIsLearntAnew(t *testing.T) {
	m := &memory{kept: map[string][]byte{}}
	m.verdicts(30, .5, .5)
	l := learner(t, m, func(string) bool { return false })
	for range 2 {
		if err := l.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p := Pair{"auto", "a", "c/x"}
	if s, _ := l.For(p); s.Number != 1 || s.Epoch != "" || s.Weak != 30 {
		t.Fatalf("%+v", s)
	}
	m.kept[outcomes.Epoch] = []byte("anew")
	if err := l.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, _ := l.For(p); s.Epoch != "anew" || s.Number != 1 {
		t.Errorf("%+v", s)
	}
}

// Of what a predictor is made, no key counts for more than all others.
func TestOneKeyDoesNotMakeAPredictor(t *testing.T) {
	var records []outcome.Record
	var rows []*routed.Row
	for i := range 280 {
		r := &routed.Row{Entry: routed.Entry{ID: fmt.Sprint(i), Key: "eve"}}
		score := 1.0
		if i%4 == 0 {
			r.Key, score = "anna", 0
		}
		rows = append(rows, r)
		records = append(records, outcome.Record{ID: r.ID, Question: fmt.Sprintf("What is the colour of the number %d house", i), Weak: &score, Strong: new(1.0)})
	}
	m, left, err := fit(t.Context(), Pair{}, records, rows)
	if err != nil || len(left) != 280 {
		t.Fatalf("%d, %v", len(left), err)
	}
	if e := m.Predict("What is the colour of the number 7 house"); e.Weak > .6 {
		t.Errorf("three quarters by one key make it %.2f", e.Weak)
	}
}

// A predictor of a home's own is made again when as much came as is left of what
// it was made of, also where that fills the window.
func TestOutgrown(t *testing.T) {
	records := func(from, to int) (out []outcome.Record) {
		for i := range to - from {
			out = append(out, outcome.Record{ID: fmt.Sprint(from + i)})
		}
		return out
	}
	folds := map[string][2]float32{}
	for i := range 100 {
		folds[fmt.Sprint(i)] = [2]float32{}
	}
	for _, c := range []struct {
		from, to, fitted int
		want             bool
	}{{0, 199, 100, false}, {0, 200, 100, true}, {50, 150, 100, true}, {40, 140, 100, false}, {0, 205, 110, false}, {0, 210, 110, true}, {95, 115, 100, false}} {
		if got := outgrown(records(c.from, c.to), folds, c.fitted); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// How it stands is said.
func TestStandingInWords(t *testing.T) {
	of := Taught{Pair: Pair{"auto", "a", "c/x"}}
	of.Weak, of.Strong = 40, 12
	proven := of
	proven.Base, proven.Own, proven.On, proven.Measured, proven.Gain, proven.Error = "b", true, true, 31, .03, .01
	not := proven
	not.On = false
	soon := not
	soon.Measured, soon.Own = 3, false
	for _, c := range []struct {
		taught Taught
		want   string
	}{
		{of, "nothing is learnt yet: a predictor needs 30 of either side, about 18 more"}, {proven, "a predictor was learnt, which decides: b+"},
		{not, "it was not proven to be nearer to the truth, or to choose better, on the 31"}, {soon, "a correction of the trained predictor was learnt, which decides nothing yet: about 27 more labels"},
	} {
		s := c.taught.stand()
		if got := s.words(); !strings.Contains(got, c.want) || !strings.HasPrefix(got, "Route auto, a and c/x: of 40 labels here and 12 of the cloud ") {
			t.Errorf("%s: want %q", got, c.want)
		}
	}
	if s := not.stand(); s.Version != "" || s.State != "off" {
		t.Errorf("%+v", s)
	}
}
