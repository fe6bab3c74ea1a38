package sample

import (
	"math"
	"strings"
)

// dry is the "don't repeat yourself" penalty: a token that would continue a
// repetition of the text's tail is lowered, more for each token that the
// repetition is long (llama.cpp's parameters and formula).
type dry struct {
	breakers []string
	piece    func(int32) string
	known    map[int32]bool
}

// breaks reports whether token holds a sequence breaker, over which no
// repetition is followed.
func (d *dry) breaks(token int32) bool {
	b, ok := d.known[token]
	if ok {
		return b
	}
	text := d.piece(token)
	for _, s := range d.breakers {
		if s != "" && strings.Contains(text, s) {
			b = true
			break
		}
	}
	d.known[token] = b
	return b
}

// apply lowers the logits of tokens that continue a repetition.
func (d *dry) apply(logits []float32, hist []int32, p Params) {
	n := len(hist)
	if p.DRYPenaltyLast >= 0 && n > p.DRYPenaltyLast {
		hist = hist[n-p.DRYPenaltyLast:]
		n = len(hist)
	}
	if n < 2 {
		return
	}
	limit := 0
	for limit < n && !d.breaks(hist[n-1-limit]) {
		limit++
	}
	if limit < p.DRYAllowedLength {
		return
	}
	for token, length := range repeats(hist, limit) {
		if length >= p.DRYAllowedLength && int(token) < len(logits) {
			// The exponent is bounded so that the penalty stays finite.
			e := min(float64(length-p.DRYAllowedLength), math.Log(math.MaxFloat32)/math.Log(max(p.DRYBase, 1.000001)))
			logits[token] -= float32(p.DRYMultiplier * math.Pow(p.DRYBase, e))
		}
	}
}

// repeats returns, for each token that once followed a copy of hist's tail,
// the length of the longest such copy, at most limit. It is the Z-function of
// the reversed history: linear in its length.
func repeats(hist []int32, limit int) map[int32]int {
	n := len(hist)
	at := func(i int) int32 { return hist[n-1-i] }
	z := make([]int, n)
	out := map[int32]int{}
	for i, l, r := 1, 0, 0; i < n; i++ {
		if i < r {
			z[i] = min(r-i, z[i-l])
		}
		for i+z[i] < n && at(z[i]) == at(i+z[i]) {
			z[i]++
		}
		if i+z[i] > r {
			l, r = i, i+z[i]
		}
		if length := min(z[i], limit); length > 0 {
			next := at(i - 1)
			out[next] = max(out[next], length)
		}
	}
	return out
}
