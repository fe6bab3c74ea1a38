package replay

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"irori/internal/route/outcome"
)

// Band is between what quality random orders lie when a share of the questions
// goes to the strong model.
type Band struct {
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Reliability sets what was expected beside what came. ECE is the mean distance
// between the two over the bins, by how many questions they hold.
type Reliability struct {
	ECE  float64 `json:"ece"`
	Bins []Bin   `json:"bins"`
}

// Bin holds the questions of which about as much was expected.
type Bin struct {
	N        int     `json:"n"`
	Expected float64 `json:"expected"`
	Came     float64 `json:"came"`
}

// Selected is a share of the questions, those that the local model is trusted
// most with, and how wrong it is on them.
type Selected struct {
	Coverage float64 `json:"coverage"`
	Error    float64 `json:"error"`
}

// Row is what the routers said of a question. The question itself is not in it.
type Row struct {
	Line         int      `json:"line"`
	Weak         float64  `json:"w"`
	Strong       float64  `json:"s"`
	Group        string   `json:"g,omitempty"`
	Irori        float64  `json:"irori"`
	Ngram        *float64 `json:"ngram,omitempty"`
	WeakChance   float64  `json:"p_weak"`
	StrongChance float64  `json:"p_strong"`
	WeakCost     *float64 `json:"w_cost,omitempty"`
	StrongCost   *float64 `json:"s_cost,omitempty"`
	WeakJoules   *float64 `json:"w_energy_j,omitempty"`
	StrongJoules *float64 `json:"s_energy_j,omitempty"`
	WeakFlops    *float64 `json:"w_flops,omitempty"`
	StrongFlops  *float64 `json:"s_flops,omitempty"`
}

// look fills in what is seen of the first shuffle's predictions.
func (r *Result) look(records []outcome.Record, s scores, seed uint64) {
	weak, strong := labels(records)
	r.Chance = chance(weak, strong, seed)
	r.Reliability = map[string]Reliability{"weak": reliability(s.weak, weak), "strong": reliability(s.strong, strong)}
	r.Selective = selective(s.weak, weak)
	weakFlops, strongFlops := outcome.Computes(records)
	for i, q := range records {
		var ngram *float64
		if s.ngram != nil {
			ngram = &s.ngram[i]
		}
		r.Rows = append(r.Rows, Row{
			Line: q.Line, Weak: weak[i], Strong: strong[i], Group: q.Group, Irori: s.irori[i], Ngram: ngram,
			WeakChance: s.weak[i], StrongChance: s.strong[i], WeakCost: q.WeakCost, StrongCost: q.StrongCost,
			WeakJoules: q.WeakJoules, StrongJoules: q.StrongJoules, WeakFlops: weakFlops(q), StrongFlops: strongFlops(q),
		})
	}
}

// chance draws orders of questions.
func chance(weak, strong []float64, seed uint64) []Band {
	const orders = 200
	rng := rand.New(rand.NewPCG(seed, 0xbad))
	n := len(weak)
	at := make([][]float64, 21)
	base := 0.0
	for _, w := range weak {
		base += w
	}
	for range orders {
		sum, k := base, 0
		for i, j := range rng.Perm(n) {
			for k <= 20 && int(math.Round(float64(k)/20*float64(n))) == i {
				at[k] = append(at[k], sum/float64(n))
				k++
			}
			sum += strong[j] - weak[j]
		}
		for ; k <= 20; k++ {
			at[k] = append(at[k], sum/float64(n))
		}
	}
	var out []Band
	for k, v := range at {
		slices.Sort(v)
		out = append(out, Band{Share: float64(k) / 20, Low: v[len(v)*25/1000], High: v[len(v)*975/1000]})
	}
	return out
}

// reliability cuts questions into ten bins of equal breadth.
func reliability(expected, came []float64) Reliability {
	var bins [10]Bin
	for i, p := range expected {
		b := &bins[min(9, max(0, int(p*10)))]
		b.N++
		b.Expected += p
		b.Came += came[i]
	}
	var r Reliability
	for _, b := range bins {
		if b.N == 0 {
			continue
		}
		r.ECE += math.Abs(b.Expected-b.Came) / float64(len(expected))
		b.Expected /= float64(b.N)
		b.Came /= float64(b.N)
		r.Bins = append(r.Bins, b)
	}
	return r
}

// selective keeps the most trusted local; equally trusted are kept together.
func selective(expected, came []float64) []Selected {
	order := make([]int, len(expected))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(expected[b], expected[a]) })
	var out []Selected
	wrong, next := 0.0, 1
	for n, i := range order {
		wrong += 1 - came[i]
		if n+1 < len(order) && expected[order[n+1]] == expected[i] || 20*(n+1) < next*len(order) {
			continue
		}
		out = append(out, Selected{Coverage: float64(n+1) / float64(len(order)), Error: wrong / float64(n+1)})
		next = 20*(n+1)/len(order) + 1
	}
	return out
}
