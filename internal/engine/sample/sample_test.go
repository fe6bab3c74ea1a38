package sample

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/llm"
)

func plain() Params {
	return Params{Temperature: 1, TopP: 1, TypicalP: 1, RepeatPenalty: 1, RepeatLastN: 64, DRYBase: 1.75, DRYAllowedLength: 2, DRYPenaltyLast: -1}
}

func piece(int32) string { return "x" }

// draws counts what n draws from the same logits give.
func draws(s *Sampler, logits []float32, n int) map[int32]int {
	out := map[int32]int{}
	for range n {
		out[s.Sample(slices.Clone(logits), nil)]++
	}
	return out
}

func TestDrawFollowsTheDistribution(t *testing.T) {
	logits := []float32{0, float32(math.Log(3)), float32(math.Log(6)), -100}
	got := draws(New(plain(), piece), logits, 20000)
	for id, want := range map[int32]float64{0: 0.1, 1: 0.3, 2: 0.6} {
		if share := float64(got[id]) / 20000; math.Abs(share-want) > 0.015 {
			t.Errorf("token %d: %.3f, want %.3f", id, share, want)
		}
	}
	if got[3] > 0 {
		t.Error("a token without mass was drawn")
	}
}

func TestTruncation(t *testing.T) {
	// Probabilities 0.4, 0.3, 0.2, 0.1.
	logits := make([]float32, 4)
	for i, p := range []float64{0.4, 0.3, 0.2, 0.1} {
		logits[i] = float32(math.Log(p))
	}
	for name, c := range map[string]struct {
		set  func(*Params)
		want []int32
	}{
		"top-k":            {func(p *Params) { p.TopK = 2 }, []int32{0, 1}},
		"top-p":            {func(p *Params) { p.TopP = 0.65 }, []int32{0, 1}},
		"top-p just over":  {func(p *Params) { p.TopP = 0.71 }, []int32{0, 1, 2}},
		"min-p":            {func(p *Params) { p.MinP = 0.45 }, []int32{0, 1, 2}},
		"typical":          {func(p *Params) { p.TypicalP = 0.3 }, []int32{1}},
		"greedy":           {func(p *Params) { p.Temperature = 0 }, []int32{0}},
		"a ban":            {func(p *Params) { p.Temperature = 0; p.Bias = map[int32]float32{0: -1e9} }, []int32{1}},
		"bias out of list": {func(p *Params) { p.TopK = 1; p.Bias = map[int32]float32{99: 5} }, []int32{0}},
	} {
		t.Run(name, func(t *testing.T) {
			p := plain()
			c.set(&p)
			got := draws(New(p, piece), logits, 2000)
			var ids []int32
			for id := range got {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			if d := cmp.Diff(c.want, ids); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSeedRepeats(t *testing.T) {
	logits := make([]float32, 100)
	run := func(seed uint32) (out []int32) {
		p := plain()
		p.Seed = seed
		s := New(p, piece)
		for range 50 {
			out = append(out, s.Sample(slices.Clone(logits), nil))
		}
		return out
	}
	if d := cmp.Diff(run(7), run(7)); d != "" {
		t.Error(d)
	}
	if cmp.Equal(run(7), run(8)) {
		t.Error("two seeds gave the same draws")
	}
}

func TestPenalties(t *testing.T) {
	p := plain()
	p.RepeatPenalty, p.Presence, p.Frequency, p.RepeatLastN = 2, 0.5, 0.25, 3
	s := New(p, piece)
	for _, id := range []int32{3, 1, 1, 2} { // 3 falls out of the window
		s.Accept(id)
	}
	logits := []float32{1, 4, -1, 2}
	s.adjust(logits)
	want := []float32{1, 4/2 - 2*0.25 - 0.5, -1*2 - 0.25 - 0.5, 2}
	if d := cmp.Diff(want, logits); d != "" {
		t.Error(d)
	}
}

func TestDRYLowersWhatWouldRepeat(t *testing.T) {
	p := plain()
	p.DRYMultiplier = 1
	s := New(p, piece)
	for _, id := range []int32{1, 2, 3, 4, 9, 1, 2, 3} {
		s.Accept(id)
	}
	logits := make([]float32, 10)
	s.adjust(logits)
	// 1 2 3 came before and 4 followed: a repetition of length 3.
	if want := float32(-1.75); math.Abs(float64(logits[4]-want)) > 1e-6 {
		t.Errorf("token 4: %v, want %v", logits[4], want)
	}
	for _, id := range []int32{0, 1, 2, 3, 5} {
		if logits[id] != 0 {
			t.Errorf("token %d was lowered to %v", id, logits[id])
		}
	}
}

func TestDRYStopsAtABreaker(t *testing.T) {
	p := plain()
	p.DRYMultiplier, p.DRYBreakers = 1, []string{"\n"}
	s := New(p, func(id int32) string {
		if id == 2 {
			return "\n"
		}
		return "x"
	})
	for _, id := range []int32{1, 2, 3, 4, 9, 1, 2, 3} {
		s.Accept(id)
	}
	logits := make([]float32, 10)
	s.adjust(logits)
	if logits[4] != 0 {
		t.Errorf("a repetition was followed over a breaker: %v", logits[4])
	}
}

// TestRepeatsAgreesWithTheDefinition compares the linear algorithm with a
// search of every earlier place.
func TestRepeatsAgreesWithTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hist := rapid.SliceOfN(rapid.Int32Range(0, 3), 2, 40).Draw(t, "hist")
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		want := map[int32]int{}
		for i := range len(hist) - 1 {
			n := 0
			for n <= i && n < limit && hist[i-n] == hist[len(hist)-1-n] {
				n++
			}
			if n > 0 {
				want[hist[i+1]] = max(want[hist[i+1]], n)
			}
		}
		if d := cmp.Diff(want, repeats(hist, limit)); d != "" {
			t.Fatal(d)
		}
	})
}

// only allows one token.
type only struct {
	id     int32
	masked int
}

func (o *only) Allows(t int32) bool { return t == o.id }
func (o *only) Accept(int32)        {}
func (o *only) Mask(l []float32) {
	o.masked++
	for i := range l {
		if int32(i) != o.id {
			l[i] = float32(math.Inf(-1))
		}
	}
}

func TestTheDrawnTokenIsTriedFirst(t *testing.T) {
	p := plain()
	p.Temperature = 0
	s := New(p, piece)
	liked, other := &only{id: 2}, &only{id: 1}
	if got := s.Sample([]float32{0, 1, 5}, liked); got != 2 || liked.masked != 0 {
		t.Errorf("token %d, masked %d times", got, liked.masked)
	}
	if got := s.Sample([]float32{0, 1, 5}, other); got != 1 || other.masked != 1 {
		t.Errorf("token %d, masked %d times", got, other.masked)
	}
}

func TestBestIsTheSortedTop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits := rapid.SliceOfN(rapid.Float32Range(-10, 10), 1, 200).Draw(t, "logits")
		k := rapid.IntRange(1, 50).Draw(t, "k")
		sorted := slices.Clone(logits)
		slices.Sort(sorted)
		slices.Reverse(sorted)
		got := best(nil, logits, min(k, len(logits)))
		for i, c := range got {
			if c.Logit != sorted[i] || logits[c.ID] != c.Logit {
				t.Fatalf("place %d: %v, want %v", i, c.Logit, sorted[i])
			}
		}
	})
}

func TestLogprobs(t *testing.T) {
	logits := []float32{float32(math.Log(0.5)), float32(math.Log(0.25)), float32(math.Log(0.25))}
	lse := LogSumExp(logits)
	if math.Abs(lse) > 1e-6 {
		t.Errorf("the sum of probabilities is e^%v", lse)
	}
	top := Top(logits, 2, lse)
	if len(top) != 2 || top[0].ID != 0 || math.Abs(top[0].P-math.Log(0.5)) > 1e-6 {
		t.Errorf("%+v", top)
	}
	if Top(logits, 0, lse) != nil && len(Top(logits, 0, lse)) != 0 {
		t.Error("no alternatives were asked for")
	}
}

func TestImpossibleParametersAreRefusedByName(t *testing.T) {
	f := func(v float32) *float32 { return &v }
	n := func(v int) *int { return &v }
	for name, s := range map[string]llm.Sampling{
		"temperature":    {Temperature: f(-1)},
		"top_p":          {TopP: f(1.5)},
		"min_p":          {MinP: f(float32(math.NaN()))},
		"top_k":          {TopK: n(-5)},
		"repeat_penalty": {RepeatPenalty: f(0)},
	} {
		_, err := Defaults().With(s)
		e, ok := err.(*llm.Error)
		if !ok || e.Param != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}
