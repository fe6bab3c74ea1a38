package learn

import (
	"math"
	"math/rand/v2"
)

// Normal are the sums that a ridge regression is solved from, of one row of
// measures and several labels each. Sums can be taken off again: what is learnt
// without a part of the rows costs no second look at the others.
type Normal struct {
	size    int
	squares []float64 // size × size, below and on the diagonal
	labels  [][]float64
}

// NewNormal is for rows of a size and so many labels.
func NewNormal(size, labels int) *Normal {
	n := &Normal{size: size, squares: make([]float64, size*size)}
	for range labels {
		n.labels = append(n.labels, make([]float64, size))
	}
	return n
}

// Add counts a row in so often.
func (n *Normal) Add(row []float64, count float64, labels ...float64) {
	for i, a := range row {
		a *= count
		to := n.squares[i*n.size : i*n.size+i+1]
		for j := range to {
			to[j] += a * row[j]
		}
		for k, y := range labels {
			n.labels[k][i] += a * y
		}
	}
}

// Join counts in what another has so often; −1 takes it off.
func (n *Normal) Join(other *Normal, count float64) {
	for i, v := range other.squares {
		n.squares[i] += count * v
	}
	for k := range n.labels {
		for i, v := range other.labels[k] {
			n.labels[k][i] += count * v
		}
	}
}

// Solve gives the weights for each label under a penalty on all but the first
// measure, which is for what does not vary (Cholesky's way).
func (n *Normal) Solve(penalty float64) [][]float64 {
	const least = 1e-9
	size := n.size
	low := make([]float64, size*size)
	for i := range size {
		for j := range i + 1 {
			sum := n.squares[i*size+j]
			if i == j && i > 0 {
				sum += penalty
			}
			for k := range j {
				sum -= low[i*size+k] * low[j*size+k]
			}
			if i == j {
				low[i*size+i] = math.Sqrt(max(least, sum))
			} else {
				low[i*size+j] = sum / low[j*size+j]
			}
		}
	}
	var out [][]float64
	for _, label := range n.labels {
		x := make([]float64, size)
		for i := range size {
			sum := label[i]
			for k := range i {
				sum -= low[i*size+k] * x[k]
			}
			x[i] = sum / low[i*size+i]
		}
		for i := size - 1; i >= 0; i-- {
			sum := x[i]
			for k := i + 1; k < size; k++ {
				sum -= low[k*size+i] * x[k]
			}
			x[i] = sum / low[i*size+i]
		}
		out = append(out, x)
	}
	return out
}

// Clusters sorts pictures of a size, which have length 1, into k clusters by
// their direction (spherical k-means), and says where each is.
func Clusters(pictures []float32, size, k int, seed uint64) []int {
	const rounds = 10
	n := len(pictures) / size
	k = min(k, n)
	at := make([]int, n)
	middles := make([]float32, k*size)
	for c, i := range rand.New(rand.NewPCG(seed, 0xc1)).Perm(n)[:k] {
		copy(middles[c*size:(c+1)*size], pictures[i*size:])
	}
	for range rounds {
		sums := make([]float32, k*size)
		for i := range n {
			own := pictures[i*size : (i+1)*size]
			best, most := 0, float32(math.Inf(-1))
			for c := range k {
				dot := float32(0)
				for j, v := range middles[c*size : (c+1)*size] {
					dot += v * own[j]
				}
				if dot > most {
					best, most = c, dot
				}
			}
			at[i] = best
			for j, v := range own {
				sums[best*size+j] += v
			}
		}
		for c := range k {
			middle := sums[c*size : (c+1)*size]
			if norm := math.Sqrt(dense(middle, middle)); norm > 0 {
				scale(1/norm, middle)
			}
		}
		middles = sums
	}
	return at
}
