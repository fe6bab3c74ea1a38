package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// McNemar is the two-sided exact test (McNemar 1947, by the binomial
// distribution) of two runs on the same items: onlyFirst are the items that
// the first had right and the second wrong, onlySecond the other way round.
func McNemar(onlyFirst, onlySecond int) (p float64) {
	n := onlyFirst + onlySecond
	if n == 0 {
		return 1
	}
	var tail float64
	for k := range min(onlyFirst, onlySecond) + 1 {
		tail += math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	}
	return min(1, 2*tail)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// PairedDifference is the mean of second − first, item by item, with its
// bootstrap interval. The slices must be of one length.
func PairedDifference(first, second []float64, level float64, seed uint64) (Interval, bool) {
	if len(first) != len(second) {
		return Interval{}, false
	}
	d := make([]float64, len(first))
	for i := range d {
		d[i] = second[i] - first[i]
	}
	return Mean(d, level, seed)
}

// Flips is how many times a test by signs flips them.
const Flips = 9999

// SignFlip is the two-sided randomisation test (Fisher 1935) of paired values:
// if the two were alike, each difference could as well have the other sign. It
// asks nothing of their distribution. No difference at all is no evidence: 1.
func SignFlip(differences []float64, seed uint64) (p float64) {
	sum, size := 0.0, 0.0
	for _, d := range differences {
		sum += d
		size += math.Abs(d)
	}
	if size == 0 {
		return 1
	}
	// Sums in another order differ in their last digits.
	bound := math.Abs(sum) - 1e-12*size
	r := rand.New(rand.NewPCG(seed, uint64(len(differences))))
	as := 1
	for range Flips {
		x := 0.0
		var bits uint64
		for i, d := range differences {
			if i%64 == 0 {
				bits = r.Uint64()
			}
			if bits&1 == 0 {
				d = -d
			}
			bits >>= 1
			x += d
		}
		if math.Abs(x) >= bound {
			as++
		}
	}
	return float64(as) / (Flips + 1)
}

// DetectableMean is the smallest difference of two paired means that is seen
// with the given power, where the differences of the pairs scatter as these do.
func DetectableMean(differences []float64, level, power float64) (float64, bool) {
	n := float64(len(differences))
	if n < 2 {
		return 0, false
	}
	mean, square := 0.0, 0.0
	for _, d := range differences {
		mean += d / n
	}
	for _, d := range differences {
		square += (d - mean) * (d - mean)
	}
	return (Quantile(0.5+level/2) + Quantile(power)) * math.Sqrt(square/(n-1)/n), true
}

// Detectable is the smallest difference of two paired shares that a run of n
// items sees with the given power, where the share disagree of the items comes
// out differently in the two; false where it is none (Connor 1987).
func Detectable(n int, disagree, level, power float64) (float64, bool) {
	if n <= 0 || disagree <= 0 || disagree > 1 {
		return 0, false
	}
	a, b := Quantile(0.5+level/2), Quantile(power)
	// The difference stands on both sides of the formula: it converges from
	// above in a few rounds.
	d := 1.0
	for range 100 {
		d = (a*math.Sqrt(disagree) + b*math.Sqrt(max(0, disagree-d*d))) / math.Sqrt(float64(n))
	}
	if d > disagree {
		return 0, false // not even if all that differ went one way
	}
	return d, true
}

// Holm corrects the p-values of several comparisons made together (Holm 1979);
// the order is kept.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(p))
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-rank)))
		out[i] = highest
	}
	return out
}
