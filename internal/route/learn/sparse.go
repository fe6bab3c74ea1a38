package learn

import "math"

// Row is a sparse vector: distinct columns with their values.
type Row struct {
	Columns []uint32
	Values  []float32
}

// Matrix holds rows of one width.
type Matrix struct {
	Width int
	Rows  []Row
}

func (r Row) dot(w []float32) float64 {
	sum := float32(0)
	for i, c := range r.Columns {
		sum += w[c] * r.Values[i]
	}
	return float64(sum)
}

// Sigmoid is 1 / (1 + e^−x).
func Sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}
