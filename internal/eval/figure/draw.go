package figure

import (
	"hash/fnv"
	"math"
	"strconv"

	"irori/internal/eval/sample"
	"irori/internal/eval/stat"
)

// maker makes the figures of one group.
type maker struct {
	seed uint64
	// where is what the draws of a figure hang on, besides its name.
	where string
	// whole says that the group is all of a pass.
	whole bool
	// same says that tasks of the group ask the same questions.
	same bool
	out  []Figure
}

// seedOf gives each figure draws of its own.
func (m *maker) seedOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strconv.FormatUint(m.seed, 10) + "\x00" + m.where + "\x00" + name))
	return h.Sum64()
}

// value is what a sample adds to a sum.
type value func(*sample.Sample) float64

// sums adds up samples by query: repeats of one query are no independent
// samples, so draws take them together.
func sums(list []*sample.Sample, of ...value) (columns [][]float64) {
	type query struct{ task, item string }
	at := map[query]int{}
	columns = make([][]float64, len(of))
	for _, s := range list {
		q := query{s.Task, s.Item}
		i, ok := at[q]
		if !ok {
			i = len(at)
			at[q] = i
			for c := range columns {
				columns[c] = append(columns[c], 0)
			}
		}
		for c, f := range of {
			columns[c][i] += f(s)
		}
	}
	return columns
}

// combine makes a figure of the columns' sums; false where there is none.
type combine func(sum []float64) (float64, bool)

// draws is a figure of sums with its bootstrap interval.
func draws(columns [][]float64, seed uint64, f combine) (stat.Interval, bool) {
	total := make([]float64, len(columns))
	return stat.Bootstrap(len(columns[0]), Level, seed, func(items []int) (float64, bool) {
		for c, column := range columns {
			sum := 0.0
			for _, i := range items {
				sum += column[i]
			}
			total[c] = sum
		}
		return f(total)
	})
}

// over is the first sum over the second.
func over(sum []float64) (float64, bool) {
	return sum[0] / sum[1], sum[1] > 0
}

func one(*sample.Sample) float64 { return 1 }

// add puts a figure with its interval into the group.
func (m *maker) add(f Figure, i stat.Interval, ok bool) {
	switch {
	case f.Absent != "":
	case !ok:
		f.Absent = AbsentUnstable
		if f.N == 0 {
			f.Absent = AbsentNone
		}
	default:
		f.Value, f.Low, f.High = digits(i.Value), digits(i.Low), digits(i.High)
	}
	if f.Absent != "" {
		f.Interval = ""
	}
	m.out = append(m.out, f)
}

// ratio puts in the sum of a over the sum of b.
func (m *maker) ratio(f Figure, list []*sample.Sample, a, b value) {
	f.N, f.Interval = len(list), Bootstrap
	if len(list) == 0 {
		m.add(f, stat.Interval{}, false)
		return
	}
	i, ok := draws(sums(list, a, b), m.seedOf(f.Name), over)
	m.add(f, i, ok)
}

// kept is the number of digits that figures keep: the last ones of a
// computation differ between processors.
const kept = 10

// digits rounds to the digits that every machine agrees in.
func digits(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', kept-1, 64), 64)
	return &r
}
