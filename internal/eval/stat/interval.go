package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a figure with the range that it lies in at some level of
// confidence, and the number of items behind it.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     int     `json:"n"`
}

// Quantile returns the point of the standard normal distribution below which
// the share p lies; p must be between 0 and 1.
func Quantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// Wilson is the share k of n with Wilson's score interval (Wilson 1927), which
// stays within 0 and 1 and holds for small n; false where n is 0.
func Wilson(k, n int, level float64) (Interval, bool) {
	if n <= 0 || k < 0 || k > n {
		return Interval{}, false
	}
	z := Quantile(0.5 + level/2)
	p, m := float64(k)/float64(n), float64(n)
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	// At the ends the two halves cancel but for a last digit.
	low, high := min(p, max(0, middle-half)), max(p, min(1, middle+half))
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return Interval{p, low, high, n}, true
}

// Draws is how many samples a bootstrap takes.
const Draws = 2000

// Bootstrap is a figure of n items with its percentile interval (Efron 1979):
// the items are drawn anew with replacement, and figure is computed of each
// draw. figure gets the indices of a draw, and returns false where it has no
// value; the interval is absent (false) where that happens to more than one in
// twenty draws.
func Bootstrap(n int, level float64, seed uint64, figure func(items []int) (float64, bool)) (Interval, bool) {
	items := make([]int, n)
	for i := range items {
		items[i] = i
	}
	v, ok := figure(items)
	if !ok || n == 0 {
		return Interval{}, false
	}
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	values := make([]float64, 0, Draws)
	for range Draws {
		for i := range items {
			items[i] = r.IntN(n)
		}
		if x, ok := figure(items); ok {
			values = append(values, x)
		}
	}
	if len(values) < Draws*19/20 {
		return Interval{}, false
	}
	slices.Sort(values)
	tail := (1 - level) / 2
	return Interval{v, quantile(values, tail), quantile(values, 1-tail), n}, true
}

// quantile interpolates between the ranks of sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Mean is the mean of values with its bootstrap interval.
func Mean(values []float64, level float64, seed uint64) (Interval, bool) {
	return Bootstrap(len(values), level, seed, func(items []int) (float64, bool) {
		var sum float64
		for _, i := range items {
			sum += values[i]
		}
		return sum / float64(len(items)), len(items) > 0
	})
}

// RatioOfMeans is the mean of above over the mean of below, item by item the
// same draws for both, with its bootstrap interval. It is how accuracy per watt
// and per joule are defined (arXiv 2511.07885, section 2): never a mean of
// ratios. The slices must be of one length.
func RatioOfMeans(above, below []float64, level float64, seed uint64) (Interval, bool) {
	if len(above) != len(below) {
		return Interval{}, false
	}
	return Bootstrap(len(above), level, seed, func(items []int) (float64, bool) {
		var a, b float64
		for _, i := range items {
			a += above[i]
			b += below[i]
		}
		return a / b, b > 0
	})
}
