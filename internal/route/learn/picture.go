package learn

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Picture projects sparse rows onto the directions in which they differ most:
// a truncated singular value decomposition (latent semantic analysis) by
// randomised subspace iteration (Halko, Martinsson and Tropp,
// arXiv 0909.4061).
type Picture struct {
	Size int
	// Basis has Stride(Size) steps for each column, from 1 to 255 where 128 is
	// none, Scale the length of a step: a byte a direction keeps what a
	// decision reads of a column in one line of the processor's cache. Columns
	// beyond Scale's length are not in the picture.
	Basis []uint8
	Scale []float32
}

const (
	// finest is how many steps the greatest number of a column has.
	finest = 127
	middle = 128
	// MaxSize bounds the size of a picture.
	MaxSize = 256
)

// Stride is how many steps a column has in a picture of a size.
func Stride(size int) int { return (size + 7) &^ 7 }

// FitPicture finds the directions. rounds of power iteration sharpen them; 2
// are enough for words.
func FitPicture(m Matrix, size, rounds int, seed uint64) *Picture {
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	extra := size + 8
	left := make([]float32, len(m.Rows)*extra)
	right := make([]float32, m.Width*extra)
	for i := range right {
		right[i] = float32(rng.NormFloat64())
	}
	for range rounds + 1 {
		times(m, right, left, extra)
		orthonormal(left, extra)
		timesTransposed(m, left, right, extra)
	}
	// The columns of right now span the directions; those of greatest norm
	// come first after they are made orthogonal in the small space.
	p := &Picture{Size: size, Basis: make([]uint8, m.Width*Stride(size)), Scale: make([]float32, m.Width)}
	vectors := principal(right, extra)
	to := make([]float32, size)
	for i := range p.Basis {
		p.Basis[i] = middle
	}
	for row := 0; row < m.Width; row++ {
		from := right[row*extra : (row+1)*extra]
		if !any32(from) {
			continue
		}
		top := float32(0)
		for j := range to {
			sum := float32(0)
			for k, v := range from {
				sum += v * vectors[j][k]
			}
			to[j] = sum
			top = max(top, sum, -sum)
		}
		if top == 0 {
			continue
		}
		p.Scale[row] = top / finest
		for j, v := range to {
			p.Basis[row*Stride(size)+j] = uint8(middle + math.Round(float64(v/top*finest)))
		}
	}
	return p
}

func any32(v []float32) bool {
	for _, x := range v {
		if x != 0 {
			return true
		}
	}
	return false
}

// lanes are the bytes that are multiplied at once: two of eight, so that each
// has 32 bits for its sum.
const lanes = 0x0000_00ff_0000_00ff

const (
	// heaviest is the weight of the row's greatest value; atOnce is how many
	// columns can be added up before a sum of 255 × heaviest may overflow.
	heaviest = 4095
	atOnce   = 4096
)

// Project writes a row's picture, of length Size, scaled to length 1 unless it
// is nothing. Values must not be negative.
func (p *Picture) Project(r Row, out []float32) {
	columns, lengths := make([]uint32, 0, len(r.Columns)), make([]float32, 0, len(r.Columns))
	for i, c := range r.Columns {
		if int(c) < len(p.Scale) {
			columns, lengths = append(columns, c), append(lengths, r.Values[i]*p.Scale[c])
		}
	}
	p.Sum(columns, lengths, out)
}

// Sum is Project for who has multiplied values and scales. Columns that are not
// in the picture have no length. It multiplies whole numbers, two at a time:
// with numbers that float, pictures would be most of a decision's time.
func (p *Picture) Sum(columns []uint32, lengths []float32, out []float32) {
	out = out[:p.Size]
	clear(out)
	var g gathered
	stride := Stride(p.Size)
	top := float32(0)
	for _, l := range lengths {
		if l > top {
			top = l
		}
	}
	if !(top > 0) {
		return
	}
	scale, fetched := heaviest/top, uint8(0)
	for len(columns) > 0 {
		n := g.choose(columns, lengths, scale)
		columns, lengths = columns[n:], lengths[n:]
		chosen := g.columns[:g.count]
		// A byte of each column, so that many are fetched from memory at once:
		// most of a picture's time is waiting for them.
		for _, c := range chosen {
			fetched |= p.Basis[int(c)*stride]
		}
		for k, c := range chosen {
			basis := p.Basis[int(c)*stride : (int(c)+1)*stride]
			for j := k; len(basis) >= 8 && j < len(g.steps); basis, j = basis[8:], j+together {
				g.steps[j] = binary.LittleEndian.Uint64(basis)
			}
		}
		g.add(stride)
		if g.added += together; g.added == atOnce {
			g.spill(out)
		}
	}
	g.fetched = fetched
	g.spill(out)
	norm := float32(0)
	for _, v := range out {
		norm += v * v
	}
	if norm > 0 {
		inv := float32(1 / math.Sqrt(float64(norm)))
		for j := range out {
			out[j] *= inv
		}
	}
}

// choose takes the next columns that weigh something, as many as there is room
// for, and says how many it passed.
func (g *gathered) choose(columns []uint32, lengths []float32, scale float32) int {
	count := uint(0)
	for i, c := range columns {
		weight := uint64(int64(lengths[i]*scale + .5))
		g.columns[count%together], g.weights[count%together] = c, weight
		g.total += weight
		if weight != 0 {
			count++
		}
		if count == together {
			g.count = together
			return i + 1
		}
	}
	g.count = int(count)
	return len(columns)
}

// together is how many columns are fetched before they are added up: the
// processor waits for all of them at once, and then their sums stay in its
// registers.
const together = 32

// gathered are columns on their way into a picture.
type gathered struct {
	columns [together]uint32
	weights [together]uint64
	// steps are those of the columns, eight of each beside those of the others.
	steps        [MaxSize / 8 * together]uint64
	count, added int
	fetched      uint8
	sums         [MaxSize / 2]uint64
	total        uint64 // of the weights in sums
}

// add moves what was fetched into the sums.
func (g *gathered) add(stride int) {
	weights := g.weights[:g.count]
	for j := range stride / 8 {
		at := g.sums[4*j : 4*j+4 : 4*j+4]
		a, b, c, d := at[0], at[1], at[2], at[3]
		steps := g.steps[j*together:][:len(weights)]
		for k, x := range steps {
			weight := weights[k]
			a += x & lanes * weight
			b += x >> 8 & lanes * weight
			c += x >> 16 & lanes * weight
			d += x >> 24 & lanes * weight
		}
		at[0], at[1], at[2], at[3] = a, b, c, d
	}
	g.count = 0
}

// spill adds the sums to a picture and begins them anew.
func (g *gathered) spill(out []float32) {
	for j := range out {
		// Byte b of eight is in the sum b modulo 4, above it for the last four.
		sum := g.sums[j/8*4+j%4] >> (j % 8 / 4 * 32) & 0xffff_ffff
		out[j] += float32(int64(sum) - middle*int64(g.total))
	}
	clear(g.sums[:])
	g.total, g.added = 0, 0
}

func times(m Matrix, right, left []float32, k int) {
	clear(left)
	for i, r := range m.Rows {
		to := left[i*k : (i+1)*k]
		for j, c := range r.Columns {
			v := r.Values[j]
			for d, b := range right[int(c)*k : (int(c)+1)*k] {
				to[d] += v * b
			}
		}
	}
}

func timesTransposed(m Matrix, left, right []float32, k int) {
	clear(right)
	for i, r := range m.Rows {
		from := left[i*k : (i+1)*k]
		for j, c := range r.Columns {
			v := r.Values[j]
			to := right[int(c)*k : (int(c)+1)*k]
			for d, b := range from {
				to[d] += v * b
			}
		}
	}
}

// orthonormal makes the columns of a tall matrix orthonormal: modified
// Gram–Schmidt, twice.
func orthonormal(a []float32, k int) {
	n := len(a) / k
	for j := range k {
		before := 0.0
		for r := range n {
			before += float64(a[r*k+j]) * float64(a[r*k+j])
		}
		for range 2 {
			for i := range j {
				dot := 0.0
				for r := range n {
					dot += float64(a[r*k+i]) * float64(a[r*k+j])
				}
				for r := range n {
					a[r*k+j] -= float32(dot) * a[r*k+i]
				}
			}
		}
		norm := 0.0
		for r := range n {
			norm += float64(a[r*k+j]) * float64(a[r*k+j])
		}
		// What is left of a column that the others make up is rounding: fewer
		// rows than columns have no more directions.
		inv := float32(0)
		if norm > 1e-10*before {
			inv = float32(1 / math.Sqrt(norm))
		}
		for r := range n {
			a[r*k+j] *= inv
		}
	}
}

// principal are the eigenvectors of aᵀa, the greatest value first, each divided
// by the root of its value: a times them has orthonormal columns. By Jacobi's
// rotations.
func principal(a []float32, k int) [][]float32 {
	g := make([][]float64, k)
	v := make([][]float64, k)
	for i := range k {
		g[i], v[i] = make([]float64, k), make([]float64, k)
		v[i][i] = 1
	}
	for r := 0; r < len(a); r += k {
		row := a[r : r+k]
		if !any32(row) {
			continue
		}
		for i := range k {
			for j := i; j < k; j++ {
				g[i][j] += float64(row[i]) * float64(row[j])
			}
		}
	}
	for i := range k {
		for j := range i {
			g[i][j] = g[j][i]
		}
	}
	for range 30 {
		off := 0.0
		for p := range k {
			for q := p + 1; q < k; q++ {
				off += g[p][q] * g[p][q]
				rotate(g, v, p, q)
			}
		}
		if off < 1e-18 {
			break
		}
	}
	order := make([]int, k)
	for i := range order {
		order[i] = i
	}
	for i := range order {
		for j := i + 1; j < k; j++ {
			if g[order[j]][order[j]] > g[order[i]][order[i]] {
				order[i], order[j] = order[j], order[i]
			}
		}
	}
	out := make([][]float32, k)
	for j, at := range order {
		out[j] = make([]float32, k)
		value := g[at][at]
		if value < 1e-12 {
			continue
		}
		for i := range k {
			out[j][i] = float32(v[i][at] / math.Sqrt(value))
		}
	}
	return out
}

// rotate zeroes g[p][q].
func rotate(g, v [][]float64, p, q int) {
	if math.Abs(g[p][q]) < 1e-300 {
		return
	}
	theta := (g[q][q] - g[p][p]) / (2 * g[p][q])
	t := 1 / (math.Abs(theta) + math.Sqrt(theta*theta+1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Sqrt(t*t+1)
	s := t * c
	for i := range g {
		a, b := g[i][p], g[i][q]
		g[i][p], g[i][q] = c*a-s*b, s*a+c*b
	}
	for i := range g {
		a, b := g[p][i], g[q][i]
		g[p][i], g[q][i] = c*a-s*b, s*a+c*b
		a, b = v[i][p], v[i][q]
		v[i][p], v[i][q] = c*a-s*b, s*a+c*b
	}
}
