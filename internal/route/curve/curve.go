package curve

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Curve is the total score when the first questions of an order go to the
// strong model: Gain[i] is the sum of strong − weak over the first i, averaged
// over the orders of questions of equal rank.
type Curve struct {
	weak, strong float64
	gain         []float64
}

// New sorts questions by score, the highest first, and adds up. The three
// slices are as long as there are questions.
func New(score, weak, strong []float64) Curve {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(score[b], score[a]) })
	c := Curve{gain: make([]float64, len(score)+1)}
	for i := range weak {
		c.weak += weak[i]
		c.strong += strong[i]
	}
	for from := 0; from < len(order); {
		to, sum := from, 0.0
		for to < len(order) && score[order[to]] == score[order[from]] {
			sum += strong[order[to]] - weak[order[to]]
			to++
		}
		// Questions of one score come in any order: on average each brings
		// the same.
		each := sum / float64(to-from)
		for i := from; i < to; i++ {
			c.gain[i+1] = c.gain[i] + each
		}
		from = to
	}
	return c
}

// gap is what the strong model brings in all; ok is false where that is nothing,
// or less than sums of so many figures can tell. It is the end of the curve, so
// that shares of it have no rounding of another sum in them.
func (c Curve) gap() (gap float64, ok bool) {
	gap = c.gain[len(c.gain)-1]
	return gap, gap > 1e-12*(c.weak+c.strong)
}

// APGR is the mean over all cuts of the share of the gap that is recovered; ok
// is false where the strong model is no better.
func (c Curve) APGR() (apgr float64, ok bool) {
	gap, ok := c.gap()
	if !ok {
		return 0, false
	}
	sum := 0.0
	for _, g := range c.gain {
		sum += g
	}
	return sum / gap / float64(len(c.gain)), true
}

// CPT is the least share of calls to the strong model that recovers a share x
// of the gap.
func (c Curve) CPT(x float64) (share float64, ok bool) {
	gap, ok := c.gap()
	if !ok {
		return 0, false
	}
	return c.first(func(gain float64) bool { return gain >= x*gap*(1-1e-12) })
}

// Calls is the least share of calls to the strong model that reaches a share
// of its quality; 0 where the weak one reaches it alone.
func (c Curve) Calls(share float64) (float64, bool) {
	return c.first(func(gain float64) bool { return c.weak+gain >= share*c.strong*(1-1e-12) })
}

func (c Curve) first(enough func(gain float64) bool) (float64, bool) {
	n := len(c.gain) - 1
	if n < 1 {
		return 0, false
	}
	for i, g := range c.gain {
		if enough(g) {
			return float64(i) / float64(n), true
		}
	}
	return 0, false
}

// At is the mean score when a share of the questions goes to the strong model.
func (c Curve) At(share float64) float64 {
	n := len(c.gain) - 1
	if n < 1 {
		return 0
	}
	return (c.weak + c.gain[min(n, max(0, int(share*float64(n)+.5)))]) / float64(n)
}

// Means are the mean scores of the two models.
func (c Curve) Means() (weak, strong float64) {
	n := float64(max(1, len(c.gain)-1))
	return c.weak / n, c.strong / n
}

// Difference is what two routers differ by.
type Difference struct {
	// Value is the mean difference of APGR, first − second, Low and High its
	// 95 % interval, P the two-sided p.
	Value, Low, High, P float64
}

// Paired compares the scores of two routers on the same questions by their
// APGR, resampling the questions. Each router has a row of scores for each
// shuffle of a cross-validation, and the differences are averaged over them.
// Without a second router it is the first one's APGR that is resampled.
// ok is false where the strong model is no better.
func Paired(first, second [][]float64, weak, strong []float64, draws int, seed uint64) (d Difference, ok bool) {
	n := len(weak)
	rng := rand.New(rand.NewPCG(seed, 0x1707))
	// Equal scores come in a random order, not in the file's.
	start := make([]int32, n)
	for i, j := range rng.Perm(n) {
		start[i] = int32(j)
	}
	var orders [2][][]int32
	for side, rows := range [2][][]float64{first, second} {
		for _, score := range rows {
			order := slices.Clone(start)
			slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(score[b], score[a]) })
			orders[side] = append(orders[side], order)
			a, is := New(score, weak, strong).APGR()
			if !is {
				return d, false
			}
			d.Value += float64(1-2*side) * a / float64(len(rows))
		}
	}
	counts := make([]int32, n)
	var all []float64
	for range draws {
		clear(counts)
		for range n {
			counts[rng.IntN(n)]++
		}
		sum, is := 0.0, true
		for side, rows := range orders {
			for _, order := range rows {
				a, fine := resampled(order, counts, weak, strong)
				is = is && fine
				sum += float64(1-2*side) * a / float64(len(rows))
			}
		}
		if is {
			all = append(all, sum)
		}
	}
	if len(all) == 0 {
		return d, false
	}
	slices.Sort(all)
	atMost, atLeast := 1, 1 // differences on either side of none; none is on both
	for _, v := range all {
		if v <= 0 {
			atMost++
		}
		if v >= 0 {
			atLeast++
		}
	}
	at := func(q float64) float64 { return all[min(len(all)-1, int(q*float64(len(all))))] }
	d.Low, d.High = at(.025), at(.975)
	d.P = min(1, 2*float64(min(atMost, atLeast))/float64(len(all)+1))
	return d, true
}

// resampled is the APGR of an order whose questions count several times or not
// at all. Equal scores keep the order they have: over many draws that is one
// of the random orders.
func resampled(order, counts []int32, weak, strong []float64) (float64, bool) {
	sum, area, n := 0.0, 0.0, 0
	for _, i := range order {
		d := strong[i] - weak[i]
		for range counts[i] {
			sum += d
			area += sum
			n++
		}
	}
	if !(sum > 0) {
		return 0, false
	}
	return area / sum / float64(n+1), true
}
