package predict

import (
	"math"

	"irori/internal/route/feature"
	"irori/internal/route/learn"
)

// word is all that a decision reads of a column before its picture, side by
// side, so that memory is waited for once.
type word struct {
	rarity float32
	// scale is that of the column's picture, 0 without; weights are the heads'.
	scale   float32
	weights [2]float32
}

// index finds the columns of buckets, and what each weighs where there were n
// questions.
func (m *Model) index(n int) {
	m.places = learn.NewIndex(1<<feature.Bits, m.buckets, m.pictured)
	m.words = make([]word, len(m.buckets))
	for c := range m.words {
		m.words[c].rarity = float32(math.Log((1+float64(n))/(1+float64(m.seen[c]))) + 1)
	}
}

// gather puts beside each other what the picture and the heads say of words.
func (m *Model) gather() {
	for c := range m.words {
		if c < len(m.picture.Scale) {
			m.words[c].scale = m.picture.Scale[c]
		}
		m.weigh(c)
	}
}

// weigh takes a word's weights from the heads, who own them.
func (m *Model) weigh(column int) {
	for side := range m.heads {
		m.words[column].weights[side] = m.heads[side].words.Weights[column]
	}
}

// reserved makes room for n numbers, whatever they were.
func reserved[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// lookUp writes the words of a question that are known, in length 1, into an
// empty row, and what the heads and the picture make of them beside it.
func (m *Model) lookUp(v *feature.Vector, s *scratch) {
	n := len(v.Terms)
	columns, values := reserved(s.row.Columns, n), reserved(s.row.Values, n)
	s.found, s.lengths = reserved(s.found, n), reserved(s.lengths, n)
	known := uint(0)
	for i := range v.Terms {
		t := &v.Terms[i]
		column, there := m.places.Find(t.Bucket)
		columns[known], values[known] = column, t.Count
		known += there
	}
	columns, values = columns[:known], values[:known]
	found := s.found[:known]
	norm := 0.0
	// All words are fetched before anything is made of them: the processor
	// waits for many at once.
	for i, c := range columns {
		found[i] = m.words[c]
	}
	for i := range found {
		value := found[i].rarity
		if values[i] > 1 {
			value *= feature.Repeated(values[i])
		}
		norm += float64(value) * float64(value)
		values[i] = value
	}
	s.words, s.margins = len(columns), [2]float32{}
	s.row.Columns, s.row.Values = columns, values
	if norm > 0 {
		inv := float32(1 / math.Sqrt(norm))
		lengths := s.lengths[:known]
		weak, strong := float32(0), float32(0)
		for i := range found {
			w, value := &found[i], values[i]*inv
			values[i] = value
			weak += w.weights[0] * value
			strong += w.weights[1] * value
			lengths[i] = value * w.scale
		}
		s.margins = [2]float32{weak, strong}
	}
}

// margin is the log-odds of a side by the regressions; s holds what its words
// say.
func (m *Model) margin(s *scratch, side int) float64 {
	l, sum := m.heads[side].words, s.margins[side]
	for i := s.words; i < len(s.row.Columns); i++ {
		sum += l.Weights[s.row.Columns[i]] * s.row.Values[i]
	}
	return float64(sum) + float64(l.Bias)
}
