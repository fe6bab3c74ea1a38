package credit

import (
	"math"
	"math/bits"

	"irori/internal/route/feature"
	"irori/internal/store/routed"
)

// mark stands for a question: on which side of random planes its words lie, the
// rarer ones weighing more. The more bits two have in common, the more alike
// the questions.
type mark [words]uint64

const (
	words = 4
	size  = 64 * words
	// least is how many questions must have a word for it to tell which of them
	// are alike: numbers and names are in nearly none.
	least = 5
)

// from is how far another is, from 0 to size.
func (m *mark) from(o *mark) (n int) {
	for i := range m {
		n += bits.OnesCount64(m[i] ^ o[i])
	}
	return n
}

// marksOf are those of rows; one of whose words nothing was kept has that of no
// words.
func marksOf(rows []*routed.Row) []mark {
	x := feature.NewExtractor()
	terms := make([][]feature.Term, len(rows))
	seen := make([]uint32, 1<<feature.Bits)
	for i, r := range rows {
		if r.Question != "" {
			var v feature.Vector
			x.Vector(r.Question, &v)
			terms[i] = v.Terms
		} else if v, err := feature.ReadKept(string(r.Features)); err == nil {
			terms[i] = v.Terms
		}
		for _, t := range terms[i] {
			seen[t.Bucket]++
		}
	}
	out := make([]mark, len(rows))
	for i := range rows {
		var sums [size]float32
		for _, t := range terms[i] {
			if seen[t.Bucket] < least {
				continue
			}
			weight := feature.Repeated(t.Count) * float32(math.Log(float64(len(rows)+1)/float64(seen[t.Bucket])))
			state := uint64(t.Bucket)
			for w := range words {
				plane := random(&state)
				for b := range 64 {
					if plane>>b&1 == 1 {
						sums[64*w+b] += weight
					} else {
						sums[64*w+b] -= weight
					}
				}
			}
		}
		for j, s := range sums {
			if s > 0 {
				out[i][j/64] |= 1 << (j % 64)
			}
		}
	}
	return out
}

// random is the next number of SplitMix64.
func random(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
