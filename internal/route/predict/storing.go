package predict

import (
	"encoding/binary"
	"math"

	"irori/internal/route/learn"
)

// storing writes a model's content.
type storing struct{ b []byte }

func (w *storing) count(n int)     { w.b = binary.AppendUvarint(w.b, uint64(n)) }
func (w *storing) signed(n int64)  { w.b = binary.AppendVarint(w.b, n) }
func (w *storing) float(v float32) { w.b = order.AppendUint32(w.b, math.Float32bits(v)) }

func (w *storing) bool(v bool) {
	if v {
		w.b = append(w.b, 1)
		return
	}
	w.b = append(w.b, 0)
}

func (w *storing) bytes(b []byte) {
	w.count(len(b))
	w.b = append(w.b, b...)
}

func (w *storing) floats(v []float32) {
	w.count(len(v))
	for _, x := range v {
		w.float(x)
	}
}

// steps writes what stands from 1 to 255 as numbers around 0.
func (w *storing) steps(v []uint8) {
	w.count(len(v))
	for _, x := range v {
		w.b = append(w.b, x-none)
	}
}

func (w *storing) logistic(l *learn.Logistic) {
	w.floats(l.Weights)
	w.float(l.Bias)
	lessons := l.Lessons()
	w.count(len(lessons))
	last := 0
	for _, s := range lessons {
		w.count(s.At - last)
		w.float(s.Before)
		w.float(min(s.Squares, maxNumber))
		last = s.At
	}
}

func (w *storing) trees(t *learn.Trees) {
	w.float(t.Start)
	w.count(len(t.All))
	for _, tree := range t.All {
		w.count(len(tree.Nodes))
		for _, n := range tree.Nodes {
			w.count(int(n.Column + 1))
			if n.Column < 0 {
				w.float(n.Value)
				continue
			}
			w.float(n.At)
			w.count(int(n.Left))
			w.count(int(n.Right))
		}
	}
}

func (w *storing) memory(m *memory) {
	w.count(m.most)
	w.b = order.AppendUint64(w.b, math.Float64bits(m.halfLife))
	w.signed(m.newest)
	w.count(m.next)
	w.count(len(m.order))
	w.count(len(m.cells))
	for i := range m.cells {
		c := &m.cells[i]
		w.floats(c.middle)
		w.count(len(c.rows))
		for j := range c.rows {
			p := &c.rows[j]
			w.steps(c.picture(j, m.stride())[:m.size])
			for side := range 2 {
				w.float(p.score[side])
				w.float(p.counts[side])
			}
			w.signed(p.at)
			w.count(p.number)
			w.bool(p.taught)
		}
	}
}
