package learn

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogisticFindsTheOptimum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	m := Matrix{Width: 3}
	var labels []float32
	for range 4000 {
		x := []float32{float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(rng.NormFloat64())}
		m.Rows = append(m.Rows, Row{Columns: []uint32{0, 1, 2}, Values: x})
		y := float32(0)
		if rng.Float64() < Sigmoid(float64(2*x[0]-x[1])+.5) {
			y = 1
		}
		labels = append(labels, y)
	}
	l := FitLogistic(m, labels, nil, 1e-6, 60)
	for i, want := range []float64{2, -1, 0} {
		if math.Abs(float64(l.Weights[i])-want) > .15 {
			t.Errorf("weight %d is %g, want about %g", i, l.Weights[i], want)
		}
	}
	if math.Abs(float64(l.Bias)-.5) > .1 {
		t.Errorf("bias %g", l.Bias)
	}
	// The gradient vanishes there.
	o := &objective{m: m, labels: labels, penalty: 1e-6, n: float64(len(labels))}
	g := make([]float32, 4)
	o.at(append(append([]float32{}, l.Weights...), l.Bias), g)
	for _, v := range g {
		if math.Abs(float64(v)) > 2e-3 {
			t.Errorf("gradient %v", g)
		}
	}
	strict := FitLogistic(m, labels, nil, 10, 60)
	if math.Abs(float64(strict.Weights[0])) > .1 {
		t.Errorf("a penalty of 10 leaves %v", strict.Weights)
	}
}

func TestUpdatesMoveTowardsTheLabel(t *testing.T) {
	l := &Logistic{Weights: make([]float32, 2)}
	r := Row{Columns: []uint32{1}, Values: []float32{1}}
	for range 50 {
		l.Update(r, 1, 1, .3)
	}
	if Sigmoid(l.Margin(r)) < .9 || l.Weights[0] != 0 {
		t.Errorf("%v", l)
	}
}

func TestPicturesKeepWhatIsAlikeTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	// Three topics, each with forty words of its own.
	m := Matrix{Width: 120}
	topic := make([]int, 300)
	for i := range topic {
		topic[i] = i % 3
		var r Row
		for _, w := range rng.Perm(40)[:12] {
			r.Columns, r.Values = append(r.Columns, uint32(topic[i]*40+w)), append(r.Values, 1)
		}
		m.Rows = append(m.Rows, r)
	}
	p := FitPicture(m, 4, 2, 1)
	pictures := make([][]float32, len(m.Rows))
	for i, r := range m.Rows {
		pictures[i] = make([]float32, 4)
		p.Project(r, pictures[i])
	}
	for range 500 {
		a, b := rng.IntN(300), rng.IntN(300)
		if cos := dense(pictures[a], pictures[b]); (topic[a] == topic[b]) != (cos > .6) {
			t.Fatalf("topics %d and %d: cosine %.2f", topic[a], topic[b], cos)
		}
	}
	nothing := make([]float32, 4)
	p.Project(Row{}, nothing)
	if dense(nothing, nothing) != 0 {
		t.Error("nothing has a picture")
	}
}

func TestPicturesAreSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	const width = 9000
	for _, size := range []int{1, 20, 64} {
		p := &Picture{Size: size, Basis: make([]uint8, width*Stride(size)), Scale: make([]float32, width-10)}
		for i := range p.Basis {
			p.Basis[i] = uint8(1 + rng.IntN(255))
		}
		for i := range p.Scale {
			p.Scale[i] = rng.Float32()
		}
		for _, n := range []int{1, together - 1, together, together + 1, atOnce, width} {
			var r Row
			for _, c := range rng.Perm(width)[:n] {
				r.Columns, r.Values = append(r.Columns, uint32(c)), append(r.Values, rng.Float32())
			}
			want := make([]float64, size)
			norm := 0.0
			for j := range want {
				for i, c := range r.Columns {
					if int(c) < len(p.Scale) {
						want[j] += float64(r.Values[i]) * float64(p.Scale[c]) * (float64(p.Basis[int(c)*Stride(size)+j]) - middle)
					}
				}
				norm += want[j] * want[j]
			}
			got := make([]float32, size)
			p.Project(r, got)
			for j := range want {
				if w := want[j] / math.Sqrt(norm); norm > 0 && math.Abs(w-float64(got[j])) > .002 {
					t.Fatalf("%d columns, size %d: %g at %d, not %g", n, size, got[j], j, w)
				}
			}
		}
	}
}

func TestTreesLearnWhatIsNotLinear(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	columns := make([][]float32, 4)
	n := 3000
	for j := range columns {
		columns[j] = make([]float32, n)
		for i := range n {
			columns[j][i] = rng.Float32()
		}
	}
	labels := make([]float32, n)
	truth := func(i int) float64 {
		if (columns[0][i] > .5) != (columns[1][i] > .5) {
			return 1
		}
		return 0
	}
	for i := range n {
		labels[i] = float32(truth(i)) + .3*float32(rng.NormFloat64())
	}
	o := TreesOptions{Rounds: 120, Leaves: 8, Rate: .1, LeastRows: 20, Shrink: 5, Rows: .7, Columns: .8, Seed: 1}
	f := FitTrees(columns, labels, nil, o)
	square := 0.0
	row := make([]float32, 4)
	for i := range n {
		for j := range row {
			row[j] = columns[j][i]
		}
		d := f.Predict(row) - truth(i)
		square += d * d / float64(n)
	}
	if square > .02 {
		t.Errorf("mean squared error %.4f against the truth", square)
	}
	again := FitTrees(columns, labels, nil, o)
	if again.Predict(row) != f.Predict(row) {
		t.Error("the same seed grows other trees")
	}
	for _, tree := range f.All {
		leaves := 0
		for _, node := range tree.Nodes {
			if node.Column < 0 {
				leaves++
			}
		}
		if leaves > 8 {
			t.Fatalf("a tree has %d leaves", leaves)
		}
	}
	if flat := FitTrees(columns, make([]float32, n), nil, o); flat.Predict(row) != 0 {
		t.Error("nothing is learnt from nothing")
	}
}

func TestWhatIsTakenOffIsNotLearnt(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	all, other := NewNormal(3, 2), NewNormal(3, 2)
	for i := range 900 {
		x := []float64{1, rng.NormFloat64(), rng.NormFloat64()}
		a, b := 2+3*x[1]-x[2], -1+x[2]
		all.Add(x, 2, a, b)
		if i%3 == 0 {
			all.Add(x, 5, 9*x[2], 9)
			other.Add(x, 5, 9*x[2], 9)
		}
	}
	all.Join(other, -1)
	got := all.Solve(1e-6)
	for k, want := range [][]float64{{2, 3, -1}, {-1, 0, 1}} {
		for j, w := range want {
			if math.Abs(got[k][j]-w) > 1e-6 {
				t.Errorf("weight %d of label %d is %g, not %g", j, k, got[k][j], w)
			}
		}
	}
	strict := all.Solve(1e9)
	if math.Abs(strict[0][1]) > .01 || math.Abs(strict[0][0]-2) > .5 {
		t.Errorf("the penalty leaves %v: all but the first measure are to vanish", strict[0])
	}
}

func TestClustersAreDirections(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	const size, n = 8, 300
	pictures := make([]float32, n*size)
	for i := range n {
		own := pictures[i*size : (i+1)*size]
		for j := range own {
			own[j] = .1 * float32(rng.NormFloat64())
		}
		own[i%3]++
		scale(1/math.Sqrt(dense(own, own)), own)
	}
	for seed := range uint64(20) {
		at := Clusters(pictures, size, 3, seed)
		if at[0] == at[1] || at[1] == at[2] || at[0] == at[2] {
			continue // it began with two of one direction
		}
		for i := range at {
			if at[i] != at[i%3] {
				t.Fatalf("%d is with others", i)
			}
		}
		return
	}
	t.Error("three directions are never three clusters")
}
