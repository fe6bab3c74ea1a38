package predict

import (
	"math"

	"irori/internal/route/learn"
	"irori/internal/route/predict/table"
)

// storing writes a model's content.
type storing struct{ table.Writer }

// steps writes what stands from 1 to 255 as numbers around 0.
func (w *storing) steps(v []uint8) {
	w.Count(len(v))
	for _, x := range v {
		w.B = append(w.B, x-none)
	}
}

func (w *storing) logistic(l *learn.Logistic) {
	w.Floats(l.Weights)
	w.Float(l.Bias)
	lessons := l.Lessons()
	w.Count(len(lessons))
	last := 0
	for _, s := range lessons {
		w.Count(s.At - last)
		w.Float(s.Before)
		w.Float(min(s.Squares, table.Most))
		last = s.At
	}
}

func (w *storing) trees(t *learn.Trees) {
	w.Float(t.Start)
	w.Count(len(t.All))
	for _, tree := range t.All {
		w.Count(len(tree.Nodes))
		for _, n := range tree.Nodes {
			w.Count(int(n.Column + 1))
			if n.Column < 0 {
				w.Float(n.Value)
				continue
			}
			w.Float(n.At)
			w.Count(int(n.Left))
			w.Count(int(n.Right))
		}
	}
}

func (w *storing) memory(m *memory) {
	w.Count(m.most)
	w.B = order.AppendUint64(w.B, math.Float64bits(m.halfLife))
	w.Signed(m.newest)
	w.Count(m.next)
	w.Count(len(m.order))
	w.Count(len(m.cells))
	for i := range m.cells {
		c := &m.cells[i]
		w.Floats(c.middle)
		w.Count(len(c.rows))
		for j := range c.rows {
			p := &c.rows[j]
			w.steps(c.picture(j, m.stride())[:m.size])
			for side := range 2 {
				w.Float(p.score[side])
				w.Float(p.counts[side])
			}
			w.Signed(p.at)
			w.Count(p.number)
			w.Bool(p.taught)
		}
	}
}
