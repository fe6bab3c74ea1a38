package learn

import (
	"math"
	"math/rand/v2"
	"slices"
)

// TreesOptions says how trees are grown.
type TreesOptions struct {
	// Rounds is the number of trees, Leaves the most leaves of each, Rate what
	// each counts.
	Rounds, Leaves int
	Rate           float64
	// LeastRows is how many rows a leaf has at least, Shrink how many rows of
	// no effect are counted into each leaf.
	LeastRows int
	Shrink    float64
	// Rows and Columns are the shares that each tree sees, drawn from Seed.
	Rows, Columns float64
	Seed          uint64
}

// Trees are gradient-boosted regression trees over dense columns, grown on
// histograms, the leaf of greatest gain first (Friedman 2001; Ke et al.,
// LightGBM, 2017).
type Trees struct {
	Start float32
	All   []Tree
}

// Tree is a binary tree; node 0 is its root.
type Tree struct{ Nodes []Node }

// Node splits rows by a column, or is a leaf where Column is −1.
type Node struct {
	Column      int32
	At          float32
	Left, Right int32
	Value       float32
}

// Predict is the value of a row.
func (t *Trees) Predict(row []float32) float64 {
	sum := t.Start
	for i := range t.All {
		nodes := t.All[i].Nodes
		at := int32(0)
		for nodes[at].Column >= 0 {
			if row[nodes[at].Column] <= nodes[at].At {
				at = nodes[at].Left
			} else {
				at = nodes[at].Right
			}
		}
		sum += nodes[at].Value
	}
	return float64(sum)
}

const bins = 48

// forest grows trees.
type forest struct {
	o       TreesOptions
	binned  [][]uint8   // by column
	cuts    [][]float32 // upper edges by column
	residue []float32
	counts  []float32 // how often each row counts; nil is once
	rows    []int32
	columns []int
	rng     *rand.Rand
	hist    [][]cell // buffers that are free
}

type cell struct{ sum, count float32 }

// FitTrees fits labels by squared error. columns are the dense features, each
// as long as labels; counts say how often a row counts, and nil is once each.
func FitTrees(columns [][]float32, labels, counts []float32, o TreesOptions) *Trees {
	f := &forest{o: o, counts: counts, rng: rand.New(rand.NewPCG(o.Seed, 0x7ee5)), residue: make([]float32, len(labels))}
	for _, c := range columns {
		cuts := edges(c)
		b := make([]uint8, len(c))
		for i, v := range c {
			at, _ := slices.BinarySearch(cuts, v)
			b[i] = uint8(at)
		}
		f.cuts, f.binned = append(f.cuts, cuts), append(f.binned, b)
	}
	t := &Trees{Start: .5}
	sum, n := 0.0, 0.0
	for i, y := range labels {
		sum += f.count(i) * float64(y)
		n += f.count(i)
	}
	if !(n > 0) {
		return t // nothing is known: even odds
	}
	t.Start = float32(sum / n)
	for i, y := range labels {
		f.residue[i] = y - t.Start
	}
	for range o.Rounds {
		f.draw(len(labels), len(columns))
		tree := f.grow()
		t.All = append(t.All, tree)
		for i := range labels {
			at := int32(0)
			for tree.Nodes[at].Column >= 0 {
				n := tree.Nodes[at]
				if columns[n.Column][i] <= n.At {
					at = n.Left
				} else {
					at = n.Right
				}
			}
			f.residue[i] -= tree.Nodes[at].Value
		}
	}
	return t
}

// count is how often a row counts.
func (f *forest) count(row int) float64 {
	if f.counts == nil {
		return 1
	}
	return float64(f.counts[row])
}

// edges are the upper edges of at most bins bins of about equal size; values
// above the last edge are in the last bin.
func edges(c []float32) []float32 {
	if len(c) == 0 {
		return nil
	}
	s := slices.Clone(c)
	slices.Sort(s)
	var cuts []float32
	for i := 1; i < bins; i++ {
		v := s[min(len(s)-1, i*len(s)/bins)]
		if (len(cuts) == 0 || v > cuts[len(cuts)-1]) && v < s[len(s)-1] {
			cuts = append(cuts, v)
		}
	}
	return cuts
}

func (f *forest) draw(n, columns int) {
	f.rows = f.rows[:0]
	for i := range n {
		if f.o.Rows >= 1 || f.rng.Float64() < f.o.Rows {
			f.rows = append(f.rows, int32(i))
		}
	}
	f.columns = f.rng.Perm(columns)[:max(1, int(math.Ceil(f.o.Columns*float64(columns))))]
	slices.Sort(f.columns)
}

// leaf is a leaf that may be split.
type leaf struct {
	node  int32
	rows  []int32
	hist  []cell // bins cells for each drawn column
	sum   float64
	n     float64
	gain  float64
	split struct {
		column, bin int
	}
}

func (f *forest) grow() Tree {
	var t Tree
	root := f.leaf(f.rows)
	t.Nodes = append(t.Nodes, Node{Column: -1, Value: f.value(root)})
	open := []*leaf{root}
	for leaves := 1; leaves < f.o.Leaves; leaves++ {
		best := -1
		for i, l := range open {
			if l.gain > 1e-9 && (best < 0 || l.gain > open[best].gain) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		l := open[best]
		column := f.columns[l.split.column]
		at := 0
		rows := l.rows
		for i := range rows {
			if int(f.binned[column][rows[i]]) <= l.split.bin {
				rows[at], rows[i] = rows[i], rows[at]
				at++
			}
		}
		left, right := f.halves(l, rows[:at:at], rows[at:])
		left.node, right.node = int32(len(t.Nodes)), int32(len(t.Nodes)+1)
		t.Nodes[l.node] = Node{Column: int32(column), At: f.cuts[column][l.split.bin], Left: left.node, Right: right.node}
		t.Nodes = append(t.Nodes, Node{Column: -1, Value: f.value(left)}, Node{Column: -1, Value: f.value(right)})
		open[best] = left
		open = append(open, right)
	}
	for _, l := range open {
		f.hist = append(f.hist, l.hist)
	}
	return t
}

func (f *forest) value(l *leaf) float32 {
	return float32(f.o.Rate * l.sum / (l.n + f.o.Shrink))
}

func (f *forest) buffer() []cell {
	if n := len(f.hist); n > 0 && len(f.hist[n-1]) == bins*len(f.columns) {
		h := f.hist[n-1]
		f.hist = f.hist[:n-1]
		clear(h)
		return h
	}
	return make([]cell, bins*len(f.columns))
}

func (f *forest) leaf(rows []int32) *leaf {
	l := &leaf{rows: rows, hist: f.buffer()}
	for _, r := range rows {
		l.sum += f.count(int(r)) * float64(f.residue[r])
		l.n += f.count(int(r))
	}
	for k, c := range f.columns {
		h, b := l.hist[k*bins:(k+1)*bins], f.binned[c]
		for _, r := range rows {
			x := &h[b[r]]
			if f.counts == nil {
				x.sum += f.residue[r]
				x.count++
				continue
			}
			x.sum += f.counts[r] * f.residue[r]
			x.count += f.counts[r]
		}
	}
	f.best(l)
	return l
}

// halves makes the two leaves below l: the histogram of the lesser is counted,
// the other's is what is left.
func (f *forest) halves(l *leaf, left, right []int32) (a, b *leaf) {
	small, large := left, right
	if len(left) > len(right) {
		small, large = right, left
	}
	s := f.leaf(small)
	rest := &leaf{rows: large, hist: l.hist, sum: l.sum - s.sum, n: l.n - s.n}
	for i := range rest.hist {
		rest.hist[i].sum -= s.hist[i].sum
		rest.hist[i].count -= s.hist[i].count
	}
	f.best(rest)
	if len(left) > len(right) {
		return rest, s
	}
	return s, rest
}

// best finds the split of greatest gain.
func (f *forest) best(l *leaf) {
	l.gain = 0
	n := l.n
	if int(n) < 2*f.o.LeastRows {
		return
	}
	whole := l.sum * l.sum / (n + f.o.Shrink)
	for k := range f.columns {
		h := l.hist[k*bins : (k+1)*bins]
		sum, count := 0.0, 0.0
		for b := range len(f.cuts[f.columns[k]]) {
			sum += float64(h[b].sum)
			count += float64(h[b].count)
			if int(count) < f.o.LeastRows || int(n-count) < f.o.LeastRows {
				continue
			}
			other := l.sum - sum
			if gain := sum*sum/(count+f.o.Shrink) + other*other/(n-count+f.o.Shrink) - whole; gain > l.gain {
				l.gain = gain
				l.split.column, l.split.bin = k, b
			}
		}
	}
}
