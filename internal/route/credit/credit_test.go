package credit

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"irori/internal/route/log"
	"irori/internal/store/routed"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// labelled is a request of a key with labels of the local answer.
func labelled(i int, key, question string, labels ...routed.Label) *routed.Row {
	r := &routed.Row{Entry: routed.Entry{
		ID: fmt.Sprint(i), Time: noon.Add(time.Duration(i) * time.Minute), Key: key, Route: "auto", Weak: routed.Target{Name: "a"}, Strong: routed.Target{Name: "c/x"},
		Privacy: routed.Any, Answered: routed.Weak, Question: question,
	}}
	for _, l := range labels {
		l.ID, l.Side, l.Weight, l.Time = r.ID, routed.Weak, log.Weight(l.Source, l.Score), r.Time
		if l.Source == log.ShadowJudge {
			r.Audit, r.Seq = routed.Audited, int64(i+1)
		}
		r.Labels = append(r.Labels, l)
	}
	return r
}

func says(key string, score float64) routed.Label {
	return routed.Label{Source: log.Feedback, By: key, Score: score}
}

func audited(score float64) routed.Label {
	return routed.Label{Source: log.ShadowJudge, Score: score}
}

// left is what a key's words weigh together after all, and who said what counts
// of one request.
func left(rows []*routed.Row, key string) (sum float64) {
	for _, r := range rows {
		for _, l := range r.Labels {
			if l.By == key {
				sum += l.Weight
			}
		}
	}
	return sum
}

// Where an answer was audited or tested, no key's word counts, the owner's does.
func TestAuditsCountInPlaceOfWords(t *testing.T) {
	for _, c := range []struct {
		labels []routed.Label
		want   float64
	}{
		{[]routed.Label{audited(1), says("ivy", 0)}, 1},
		{[]routed.Label{audited(1), {Source: log.Retry, By: "ivy"}}, 1},
		{[]routed.Label{{Source: log.Test, Score: 1}, says("ivy", 0)}, 1},
		{[]routed.Label{audited(1), says("", 0)}, 0},
		{[]routed.Label{says("ivy", 0)}, 0},
	} {
		for _, several := range []bool{false, true} {
			rows := []*routed.Row{labelled(0, "ivy", "What is 1 plus 2?", c.labels...)}
			for i := range 30 {
				rows = append(rows, labelled(i+1, "anna", "What is 1 plus 2?", audited(1)))
			}
			got := Weigh(rows, several)
			if l := log.Best(got[0], routed.Weak); l == nil || l.Score != c.want {
				t.Errorf("%+v (several %v): %+v, want %g", c.labels, several, l, c.want)
			}
			if len(rows[0].Labels) != len(c.labels) || rows[0].Labels[len(c.labels)-1].Weight != log.Weight(c.labels[len(c.labels)-1].Source, c.labels[len(c.labels)-1].Score) {
				t.Errorf("what came in was changed: %+v", rows[0].Labels)
			}
		}
	}
}

// All words of a key weigh no more than a tenth of all else, and among questions
// of one kind no more than about a twentieth of what else is known of that.
func TestWordsAreBounded(t *testing.T) {
	for _, words := range []int{4, 40, 400} {
		var rows []*routed.Row
		for i := range 300 {
			q := fmt.Sprintf("What is %d plus %d?", i, 3*i)
			if i%10 > 0 {
				q = fmt.Sprintf("Prove that the lemma %d of primes holds by induction", i)
			}
			rows = append(rows, labelled(i, "anna", q, audited(1)))
		}
		for i := range words {
			rows = append(rows, labelled(300+i, "ivy", fmt.Sprintf("What is %d plus %d?", 7*i, i), says("ivy", 0)))
		}
		got := Weigh(rows, true)
		if sum := left(got, "ivy"); sum > .07*30*.7 || !(sum > .02*.7) {
			t.Errorf("%d words weigh %g of the 21 of sums", words, sum)
		}
		if sum := left(Weigh(rows, false), "ivy"); sum != float64(words) {
			t.Errorf("%d words of the only key weigh %g", words, sum)
		}
		if again := left(got, ""); math.Abs(again-300*.7) > 1e-9 {
			t.Errorf("audits weigh %g", again)
		}
	}
	// Spread over everything it is the tenth at most.
	var rows []*routed.Row
	for i := range 100 {
		rows = append(rows, labelled(2*i, "anna", "", audited(1)), labelled(2*i+1, "ivy", "", says("ivy", 0)))
	}
	if sum := left(Weigh(rows, true), "ivy"); sum > 7 || sum < 3 {
		t.Errorf("%g", sum)
	}
	// Also where each of its words is nearest to the same questions of others.
	names := strings.Fields("alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra tango")
	rows = nil
	for range 20 {
		rows = append(rows, labelled(len(rows), "anna", strings.Join(names, " "), audited(1)))
	}
	for i := range 50 {
		at := i % 10 * 2
		rows = append(rows, labelled(len(rows), "ivy", strings.Join(names[at:at+2], " "), says("ivy", 0)))
	}
	if sum := left(Weigh(rows, true), "ivy"); sum > 1.4+1e-9 || sum < 1 {
		t.Errorf("%g of 14 spread around one kind", sum)
	}
	// A second word of a key is none beside the first.
	rows[20].Labels = append(rows[20].Labels, routed.Label{ID: "20", Side: routed.Weak, Source: log.Retry, Score: 0, Weight: .3, By: "ivy"})
	if l := Weigh(rows, true)[20].Labels; len(l) != 1 || l[0].Weight > .1 {
		t.Errorf("%+v", l)
	}
}

// Whose words audits contradict is not believed, until they agree again; who
// only asks again where an answer was right may still say true words.
func TestContradictedKeysAreNotBelieved(t *testing.T) {
	for _, c := range []struct {
		name            string
		against, agrees int
		believed        bool
	}{{"few cases", 4, 0, true}, {"most of five", 3, 2, false}, {"as many", 3, 3, true}, {"all", 40, 0, false}, {"agrees again", 40, 11, true}, {"not yet", 40, 9, false}} {
		var rows []*routed.Row
		add := func(labels ...routed.Label) {
			rows = append(rows, labelled(len(rows), "ivy", "What is 1 plus 2?", labels...))
		}
		for range c.against {
			add(audited(1), says("ivy", 0), routed.Label{Source: log.Edit, By: "bob"})
		}
		for range c.agrees {
			add(audited(0), says("ivy", 0))
		}
		add(says("ivy", 0))
		add(says("bob", 0))
		got := Weigh(rows, false)
		if believed := left(got, "ivy") == 1; believed != c.believed || left(got, "bob") != 1 {
			t.Errorf("%s: ivy's words weigh %g, bob's %g", c.name, left(got, "ivy"), left(got, "bob"))
		}
	}
}

// Left tells how much of a word is left.
func TestLeft(t *testing.T) {
	r := labelled(0, "ivy", "", says("ivy", 0))
	if r.Labels[0].Weight = .25; Left(r) != .25 {
		t.Error(Left(r))
	}
	if r = labelled(0, "ivy", "", audited(0)); Left(r) != 1 {
		t.Error(Left(r))
	}
}
