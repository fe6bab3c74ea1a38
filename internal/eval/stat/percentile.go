package stat

import (
	"math"
	"slices"
)

// Percentile is the point below which the share q of the values lies, with an
// interval that asks nothing of their distribution: the values at the ends of
// Wilson's interval of that share. independent is how many of the values are
// independent of each other, all of them where it is 0; false where there is no
// value. The order of the values is kept.
func Percentile(values []float64, q, level float64, independent int) (Interval, bool) {
	if len(values) == 0 || q < 0 || q > 1 {
		return Interval{}, false
	}
	if independent <= 0 || independent > len(values) {
		independent = len(values)
	}
	sorted := slices.Sorted(slices.Values(values))
	z, m := Quantile(0.5+level/2), float64(independent)
	middle := (q + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(q*(1-q)/m+z*z/(4*m*m))
	v := quantile(sorted, q)
	// Whole ranks, outwards: between two values there is no evidence.
	n := float64(len(sorted))
	low := sorted[int(max(0, math.Floor(n*(middle-half))-1))]
	high := sorted[int(min(n, math.Ceil(n*(middle+half)))-1)]
	return Interval{v, min(v, low), max(v, high), len(values)}, true
}
