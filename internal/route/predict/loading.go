package predict

import (
	"bytes"
	"encoding/json"
	"math"

	"irori/internal/route/beyond"
	"irori/internal/route/feature"
	"irori/internal/route/learn"
	"irori/internal/route/predict/table"
)

// loading reads a model's content, which may be anybody's.
type loading struct{ table.Reader }

// steps reads n numbers around 0, and puts them from 0 to 255.
func (r *loading) steps(n int) []uint8 {
	if !r.Exactly(n) {
		return nil
	}
	out := bytes.Clone(r.Take(n))
	for i := range out {
		out[i] += none
	}
	return out
}

// load reads the content into an empty model; far says whether it tells of
// questions unlike those of the training.
func (m *Model) load(b []byte, far bool) error {
	r := &loading{table.Reader{B: b}}
	if err := json.Unmarshal(r.Take(r.Count(64<<10)), &m.summary); err != nil {
		r.Fail(table.ErrContent)
	}
	s := &m.summary
	if s.Examples < 0 || s.Examples > math.MaxInt32 || s.Learnt < 0 || s.WeakKnown < 0 || s.StrongKnown < 0 || len(s.Domains) > mostDomains || len(s.Embedder) > maxName || len(s.Weak) > maxName || len(s.Strong) > maxName {
		r.Fail(table.ErrContent)
	}
	for i, d := range s.Domains {
		if d == "" || len(d) > maxName || i > 0 && d <= s.Domains[i-1] {
			r.Fail(table.ErrContent)
		}
	}
	m.domains, m.embeddedBy = s.Domains, s.Embedder
	m.loadWords(r)
	size := r.Count(maxPicture)
	if size < 1 {
		r.Fail(table.ErrContent)
	}
	m.picture = &learn.Picture{Size: size, Scale: r.Floats(m.pictured), Basis: r.Bytes(m.pictured * learn.Stride(size))}
	for _, all := range [][]scale{m.form[:], m.request[:]} {
		for j := range all {
			all[j] = scale{mean: r.Float(), inverse: r.Float()}
		}
	}
	m.embedded = r.Count(maxEmbedding)
	for side := range m.heads {
		h := &m.heads[side]
		h.words = r.logistic(m.width())
		h.weight = wordsWeight([]int{s.WeakKnown, s.StrongKnown}[side])
		h.trees = r.trees(size + feature.FormSize)
		if r.Bool() {
			h.embedded = r.logistic(m.embedded)
		}
	}
	if r.Err == nil {
		m.gather()
	}
	m.past = r.memory(size)
	if far {
		m.beyond = beyond.Read(&r.Reader)
	}
	if r.Err == nil && len(r.B) > 0 {
		r.Fail(table.ErrContent)
	}
	return r.Err
}

func (m *Model) loadWords(r *loading) {
	m.pictured = r.Count(1 << feature.Bits)
	taken := make([]bool, 1<<feature.Bits)
	for part := range 2 {
		n := r.Count(min(1<<feature.Bits-len(m.buckets), len(r.B)/2))
		if part == 0 && n != m.pictured {
			r.Fail(table.ErrContent)
		}
		at := 0
		for i := 0; i < n && r.Err == nil; i++ {
			at += r.Count(1 << feature.Bits)
			seen := r.Count(m.summary.Examples)
			if at >= len(taken) || taken[at] {
				r.Fail(table.ErrContent)
				return
			}
			taken[at] = true
			m.buckets, m.seen = append(m.buckets, uint32(at)), append(m.seen, uint32(seen))
		}
	}
	if r.Err == nil {
		m.index(m.summary.Examples)
	}
}

func (r *loading) logistic(width int) *learn.Logistic {
	l := &learn.Logistic{Weights: r.Floats(width), Bias: r.Float()}
	n := r.Count(min(width+1, len(r.B)/9))
	lessons := make([]learn.Lesson, 0, n)
	at := 0
	for i := 0; i < n && r.Err == nil; i++ {
		step := r.Count(width)
		if at += step; i > 0 && step == 0 || at > width {
			r.Fail(table.ErrContent)
		}
		s := learn.Lesson{At: at, Before: r.Float()}
		if s.Squares = r.Float(); s.Squares < 0 {
			r.Fail(table.ErrContent)
		}
		lessons = append(lessons, s)
	}
	if r.Err == nil {
		l.Recall(lessons)
	}
	return l
}

// trees reads trees over so many columns. A node's halves come after it, so
// that every way down ends.
func (r *loading) trees(columns int) *learn.Trees {
	t := &learn.Trees{Start: r.Float()}
	for range r.Count(min(maxRounds, len(r.B))) {
		n := r.Count(len(r.B) / 5)
		tree := learn.Tree{Nodes: make([]learn.Node, n)}
		if n == 0 {
			r.Fail(table.ErrContent)
		}
		for i := 0; i < n && r.Err == nil; i++ {
			node := learn.Node{Column: int32(r.Count(columns)) - 1}
			if node.Column < 0 {
				node.Value = r.Float()
			} else {
				node.At = r.Float()
				node.Left, node.Right = int32(r.Count(n-1)), int32(r.Count(n-1))
				if int(node.Left) <= i || int(node.Right) <= i {
					r.Fail(table.ErrContent)
				}
			}
			tree.Nodes[i] = node
		}
		if r.Err != nil {
			return t
		}
		t.All = append(t.All, tree)
	}
	return t
}

func (r *loading) memory(size int) *memory {
	m := &memory{size: size, most: r.Count(mostRemembered)}
	if b := r.Take(8); b != nil {
		m.halfLife = math.Float64frombits(order.Uint64(b))
	}
	if !(m.halfLife >= 0) || math.IsInf(m.halfLife, 0) {
		r.Fail(table.ErrContent)
	}
	m.newest = r.Signed()
	m.next = r.Count(max(0, m.most-1))
	total := r.Count(min(m.most, len(r.B)))
	if m.next > 0 && total < m.most {
		r.Fail(table.ErrContent)
	}
	m.order = make([]int, total)
	there := make([]bool, total)
	count := 0
	for i := range r.Count(cellCount) {
		c := cell{middle: r.Floats(size)}
		for range r.Count(total - count) {
			c.pictures = append(c.pictures, r.steps(size)...)
			for range learn.Stride(size) - size {
				c.pictures = append(c.pictures, none)
			}
			var p past
			for side := range 2 {
				p.score[side], p.counts[side] = r.Float(), r.Float()
				if p.score[side] < 0 || p.score[side] > 1 || p.counts[side] < 0 {
					r.Fail(table.ErrContent)
				}
			}
			p.at, p.number, p.taught = r.Signed(), r.Count(max(0, total-1)), r.Bool()
			if r.Err != nil || there[p.number] {
				r.Fail(table.ErrContent)
				return m
			}
			there[p.number], m.order[p.number] = true, i
			c.rows = append(c.rows, p)
			count++
		}
		m.cells = append(m.cells, c)
	}
	if count != total || total > 0 && len(m.cells) == 0 {
		r.Fail(table.ErrContent)
	}
	return m
}
