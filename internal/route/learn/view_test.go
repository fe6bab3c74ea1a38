package learn

import (
	"math"
	"math/rand/v2"
	"testing"
)

// steps are a picture as memories keep it.
func steps(picture []float32) []uint8 {
	out := make([]uint8, Stride(len(picture)))
	for j := range out {
		out[j] = middle
		if j < len(picture) {
			out[j] = uint8(middle + math.Round(float64(picture[j])*finest))
		}
	}
	return out
}

func TestViewsSeeCosines(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for _, size := range []int{1, 7, 8, 20, 64, MaxSize} {
		for i := range 400 {
			one, other := make([]float32, size), make([]float32, size)
			for j := range one {
				one[j] = float32(rng.NormFloat64())
				other[j] = float32(rng.NormFloat64()) + float32(i%40)/20*one[j]
			}
			for _, p := range [][]float32{one, other} {
				inv := float32(1 / math.Sqrt(dense(p, p)))
				for j := range p {
					p[j] *= inv
				}
			}
			var v View
			v.Set(one)
			want, got := dense(one, other), float64(v.Cosine(steps(other)))/finest
			if math.Abs(got-want) > .02 {
				t.Fatalf("size %d: %g, not %g", size, got, want)
			}
		}
	}
}

func TestIndexFindsColumns(t *testing.T) {
	numbers := []uint32{0, 5, 63, 64, 200, 1, 62, 127, 255}
	x := NewIndex(256, numbers, 5)
	want := map[uint32]uint32{}
	for c, n := range numbers {
		want[n] = uint32(c)
	}
	for n := range uint32(256) {
		column, there := x.Find(n)
		if c, ok := want[n]; ok != (there == 1) || ok && c != column {
			t.Errorf("%d is in column %d (%d), not %d (%v)", n, column, there, c, ok)
		}
	}
}
