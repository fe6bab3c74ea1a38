package replay

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"irori/internal/route/curve"
	"irori/internal/route/outcome"
)

// town makes outcomes in which the kind of a question says what escalation
// brings.
func town(n int, seed uint64) []outcome.Record {
	rng := rand.New(rand.NewPCG(seed, 3))
	var out []outcome.Record
	for i := range n {
		hard := rng.IntN(2) == 0
		w, s, text := 1.0, 1.0, "Say hello to visitor %d"
		if hard {
			w, text = 0, "Derive theorem %d from the axioms"
		}
		if rng.IntN(10) == 0 {
			w, s = 1-w, 0
		}
		cost, joules := float64(1+rng.IntN(3)), 4.0
		nothing := 0.0
		out = append(out, outcome.Record{
			Question: fmt.Sprintf(text, rng.IntN(500)), Weak: &w, Strong: &s, Group: fmt.Sprint(i % 4),
			WeakCost: &nothing, StrongCost: &cost, WeakJoules: &joules, StrongJoules: &nothing,
		})
	}
	return out
}

func TestRoutersAreJudged(t *testing.T) {
	r, err := CrossValidated(town(600, 1), Options{Seed: 1, Shuffles: 2, Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	irori, random, oracle := r.Routers["irori"], r.Routers["random"], r.Routers["oracle"]
	if *irori.APGR < .7 || math.Abs(*random.APGR-.5) > 1e-9 || *oracle.APGR < *irori.APGR || r.Outside == nil || *r.Outside < .7 {
		t.Errorf("%v %v %v %v", *irori.APGR, *random.APGR, *oracle.APGR, r.Outside)
	}
	if irori.Low == nil || !(*irori.Low < *irori.APGR && *irori.APGR < *irori.High) || r.Paired == nil || r.Method != "cross-validated" {
		t.Errorf("%+v", r)
	}
	ends := r.Curves["irori"]
	if first, last := ends[0], ends[len(ends)-1]; *first.Cost != 0 || *last.Joules != 0 || first.Score != r.Weak || math.Abs(last.Score-r.Strong) > 1e-12 {
		t.Errorf("%+v %+v", first, last)
	}
}

func TestWhatIsNotRecordedIsAbsent(t *testing.T) {
	records := town(60, 2)
	records[7].StrongCost = nil
	r, err := HeldOut(town(200, 3), records, Options{Seed: 1, Draws: 50})
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Curves["oracle"][3]; p.Cost != nil || p.Joules == nil {
		t.Errorf("%+v", p)
	}
	if r.Repeats == 0 || r.Trained+r.Repeats != 200 {
		t.Errorf("%d repeats, %d trained on", r.Repeats, r.Trained)
	}
	for i := range records {
		records[i].Strong = records[i].Weak
	}
	r, err = HeldOut(town(200, 3), records, Options{Seed: 1, Draws: 50})
	if err != nil || r.Routers["irori"].APGR != nil || r.Paired != nil {
		t.Errorf("without a gap there is no share of it: %+v %v", r, err)
	}
	if _, err := CrossValidated(records[:5], Options{}); err == nil {
		t.Error("five outcomes are enough")
	}
	if _, err := HeldOut(records, records, Options{}); err == nil {
		t.Error("what is judged may be trained on")
	}
}

// A router that goes on learning loses less than one that was frozen early.
func TestAStreamTeaches(t *testing.T) {
	all, err := Stream(town(2500, 7), StreamOptions{Seed: 1, Prior: 20})
	if err != nil {
		t.Fatal(err)
	}
	last := all[len(all)-1]
	if last.Gained != last.Frozen-last.Online || !(last.Low < last.Gained && last.Gained < last.High) || last.Trained < 3 || last.Explored == 0 {
		t.Errorf("%+v", last)
	}
	if len(all) != 20 || last.Questions != 2480 || !(last.Online < last.Frozen) || last.AllLocal < last.Online {
		t.Errorf("%d %+v", len(all), last)
	}
	if _, err := Stream(town(30, 1), StreamOptions{}); err == nil {
		t.Error("thirty outcomes make a stream")
	}
}

// Nothing is learnt of what nobody saw: where other scores of the strong model
// would have come of what stayed local, the same is decided.
func TestAStreamSeesOnlyWhatItAsked(t *testing.T) {
	records := town(900, 8)
	o := StreamOptions{Seed: 3, Prior: 40}
	_, chosen, err := follow(records, o)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x57))
	turned, local := slices.Clone(records), 0
	for _, i := range rng.Perm(len(records))[40:] {
		if !chosen[i] {
			local++
			turned[i].Strong = new(1 - *records[i].Strong)
		}
	}
	_, again, err := follow(turned, o)
	if err != nil || !slices.Equal(chosen, again) || local < 100 {
		t.Errorf("what stayed local (%d) was looked at (%v)", local, err)
	}
	for i := range turned {
		turned[i].Strong = new(1 - *records[i].Strong)
	}
	if _, again, _ = follow(turned, o); slices.Equal(chosen, again) {
		t.Error("the test cannot tell")
	}
}

// What should stay local is tried the more rarely the more it would lose and the
// more was decided, and never not at all.
func TestTriesAreRare(t *testing.T) {
	l := learner{decided: 100}
	near, far := l.tries(.01), l.tries(.2)
	l.decided = 10000
	if late := l.tries(.2); !(near > far && far > late && late > 0) || l.tries(0) != .5 {
		t.Errorf("%g %g %g", near, far, late)
	}
}

// The baseline is as it was published with the data: it sees a Japanese
// sentence as one word.
func TestBaselineSplitsAtSigns(t *testing.T) {
	if n := len(ngramRow("Two cats, 7!").Columns); n != 6 {
		t.Errorf("%d features, want three words, two pairs and a length", n)
	}
	if n := len(ngramRow("式を解く").Columns); n != 2 {
		t.Errorf("%d features, want a word and a length", n)
	}
}

// Where questions look alike, what they take is averaged as what they bring is,
// whichever came first.
func TestSpentOfEqualRank(t *testing.T) {
	var records []outcome.Record
	for i := range 20 {
		records = append(records, outcome.Record{Weak: new(0.0), Strong: new(float64(i % 2)), WeakCost: new(0.0), StrongCost: new(float64(i))})
	}
	weak, strong := labels(records)
	same := make([]float64, 20)
	for _, p := range points(records, same, curve.New(same, weak, strong)) {
		if math.Abs(p.Score-.5*p.Share) > 1e-12 || math.Abs(*p.Cost-9.5*p.Share) > 1e-12 || p.Joules != nil || p.Flops != nil {
			t.Errorf("%+v", p)
		}
	}
}
