package evaluate

import (
	"math/rand/v2"
	"slices"
)

// draws resample requests: the same draws for every figure.
type draws struct {
	n          int
	counts     [][]int32
	confidence float64
}

func newDraws(n, times int, seed uint64) *draws {
	rng := rand.New(rand.NewPCG(seed, 0xe7a1))
	d := &draws{n: n}
	for range times {
		counts := make([]int32, n)
		for range n {
			counts[rng.IntN(n)]++
		}
		d.counts = append(d.counts, counts)
	}
	return d
}

// interval puts a value between the ends of what the draws gave.
func (d *draws) interval(value float64, drawn []float64) Estimate {
	slices.Sort(drawn)
	at := func(q float64) float64 { return drawn[min(len(drawn)-1, int(q*float64(len(drawn))))] }
	tail := (1 - d.confidence) / 2
	return Estimate{Value: value, Low: at(tail), High: at(1 - tail)}
}

func (d *draws) mean(v []float64) Estimate {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	var drawn []float64
	for _, counts := range d.counts {
		s := 0.0
		for i, c := range counts {
			s += float64(c) * v[i]
		}
		drawn = append(drawn, s/float64(d.n))
	}
	return d.interval(sum/float64(d.n), drawn)
}

// ratio is the mean of one by that of another.
func (d *draws) ratio(over, under []float64) Estimate {
	a, b := 0.0, 0.0
	for i := range over {
		a += over[i]
		b += under[i]
	}
	var drawn []float64
	for _, counts := range d.counts {
		x, y := 0.0, 0.0
		for i, c := range counts {
			x += float64(c) * over[i]
			y += float64(c) * under[i]
		}
		if y > 0 {
			drawn = append(drawn, x/y)
		}
	}
	if b == 0 || len(drawn) == 0 {
		return Estimate{}
	}
	return d.interval(a/b, drawn)
}

func (d *draws) figure(t terms) Figure {
	return Figure{IPS: d.mean(t.sum), Normalised: d.ratio(t.sum, t.weight), DoublyRobust: d.mean(t.robust)}
}
