package predict

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"

	"irori/internal/route/feature"
	"irori/internal/route/learn"
)

// loading reads a model's content, which may be anybody's: every length is held
// against what is left before anything is made for it, and every number against
// what it may be. The first fault ends it.
type loading struct {
	b   []byte
	err error
}

// maxNumber bounds the weights and values of a model, so that no sum of them
// overflows.
const maxNumber = 1e6

var errContent = errors.New("its content makes no sense")

func (r *loading) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// count reads a number from 0 to most.
func (r *loading) count(most int) int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(most) {
		r.fail(errContent)
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *loading) signed() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.fail(errCut)
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *loading) take(n int) []byte {
	if n > len(r.b) {
		r.fail(errCut)
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// float reads a number that is not too great.
func (r *loading) float() float32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	v := math.Float32frombits(order.Uint32(b))
	if !(v >= -maxNumber && v <= maxNumber) {
		r.fail(errContent)
		return 0
	}
	return v
}

func (r *loading) bool() bool {
	b := r.take(1)
	if b != nil && b[0] > 1 {
		r.fail(errContent)
	}
	return b != nil && b[0] == 1
}

// exactly reads a length, which has to be n.
func (r *loading) exactly(n int) bool {
	if r.count(n) != n {
		r.fail(errContent)
	}
	return r.err == nil
}

func (r *loading) floats(n int) []float32 {
	if !r.exactly(n) || len(r.b)/4 < n {
		r.fail(errCut)
		return nil
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = r.float()
	}
	return out
}

func (r *loading) bytes(n int) []byte {
	if !r.exactly(n) {
		return nil
	}
	return bytes.Clone(r.take(n)) // a part of a small file would keep all of it
}

// steps reads n numbers around 0, and puts them from 0 to 255.
func (r *loading) steps(n int) []uint8 {
	if !r.exactly(n) {
		return nil
	}
	out := bytes.Clone(r.take(n))
	for i := range out {
		out[i] += none
	}
	return out
}

// load reads the content into an empty model.
func (m *Model) load(b []byte) error {
	r := &loading{b: b}
	if err := json.Unmarshal(r.take(r.count(64<<10)), &m.summary); err != nil {
		r.fail(errContent)
	}
	s := &m.summary
	if s.Examples < 0 || s.Examples > math.MaxInt32 || s.Learnt < 0 || s.WeakKnown < 0 || s.StrongKnown < 0 || len(s.Domains) > mostDomains || len(s.Embedder) > maxName || len(s.Weak) > maxName || len(s.Strong) > maxName {
		r.fail(errContent)
	}
	for i, d := range s.Domains {
		if d == "" || len(d) > maxName || i > 0 && d <= s.Domains[i-1] {
			r.fail(errContent)
		}
	}
	m.domains, m.embeddedBy = s.Domains, s.Embedder
	m.loadWords(r)
	size := r.count(maxPicture)
	if size < 1 {
		r.fail(errContent)
	}
	m.picture = &learn.Picture{Size: size, Scale: r.floats(m.pictured), Basis: r.bytes(m.pictured * learn.Stride(size))}
	for _, all := range [][]scale{m.form[:], m.request[:]} {
		for j := range all {
			all[j] = scale{mean: r.float(), inverse: r.float()}
		}
	}
	m.embedded = r.count(maxEmbedding)
	for side := range m.heads {
		h := &m.heads[side]
		h.words = r.logistic(m.width())
		h.weight = wordsWeight([]int{s.WeakKnown, s.StrongKnown}[side])
		h.trees = r.trees(size + feature.FormSize)
		if r.bool() {
			h.embedded = r.logistic(m.embedded)
		}
	}
	if r.err == nil {
		m.gather()
	}
	m.past = r.memory(size)
	if r.err == nil && len(r.b) > 0 {
		r.fail(errContent)
	}
	return r.err
}

func (m *Model) loadWords(r *loading) {
	m.pictured = r.count(1 << feature.Bits)
	taken := make([]bool, 1<<feature.Bits)
	for part := range 2 {
		n := r.count(min(1<<feature.Bits-len(m.buckets), len(r.b)/2))
		if part == 0 && n != m.pictured {
			r.fail(errContent)
		}
		at := 0
		for i := 0; i < n && r.err == nil; i++ {
			at += r.count(1 << feature.Bits)
			seen := r.count(m.summary.Examples)
			if at >= len(taken) || taken[at] {
				r.fail(errContent)
				return
			}
			taken[at] = true
			m.buckets, m.seen = append(m.buckets, uint32(at)), append(m.seen, uint32(seen))
		}
	}
	if r.err == nil {
		m.index(m.summary.Examples)
	}
}

func (r *loading) logistic(width int) *learn.Logistic {
	l := &learn.Logistic{Weights: r.floats(width), Bias: r.float()}
	n := r.count(min(width+1, len(r.b)/9))
	lessons := make([]learn.Lesson, 0, n)
	at := 0
	for i := 0; i < n && r.err == nil; i++ {
		step := r.count(width)
		if at += step; i > 0 && step == 0 || at > width {
			r.fail(errContent)
		}
		s := learn.Lesson{At: at, Before: r.float()}
		if s.Squares = r.float(); s.Squares < 0 {
			r.fail(errContent)
		}
		lessons = append(lessons, s)
	}
	if r.err == nil {
		l.Recall(lessons)
	}
	return l
}

// trees reads trees over so many columns. A node's halves come after it, so
// that every way down ends.
func (r *loading) trees(columns int) *learn.Trees {
	t := &learn.Trees{Start: r.float()}
	for range r.count(min(maxRounds, len(r.b))) {
		n := r.count(len(r.b) / 5)
		tree := learn.Tree{Nodes: make([]learn.Node, n)}
		if n == 0 {
			r.fail(errContent)
		}
		for i := 0; i < n && r.err == nil; i++ {
			node := learn.Node{Column: int32(r.count(columns)) - 1}
			if node.Column < 0 {
				node.Value = r.float()
			} else {
				node.At = r.float()
				node.Left, node.Right = int32(r.count(n-1)), int32(r.count(n-1))
				if int(node.Left) <= i || int(node.Right) <= i {
					r.fail(errContent)
				}
			}
			tree.Nodes[i] = node
		}
		if r.err != nil {
			return t
		}
		t.All = append(t.All, tree)
	}
	return t
}

func (r *loading) memory(size int) *memory {
	m := &memory{size: size, most: r.count(mostRemembered)}
	if b := r.take(8); b != nil {
		m.halfLife = math.Float64frombits(order.Uint64(b))
	}
	if !(m.halfLife >= 0) || math.IsInf(m.halfLife, 0) {
		r.fail(errContent)
	}
	m.newest = r.signed()
	m.next = r.count(max(0, m.most-1))
	total := r.count(min(m.most, len(r.b)))
	if m.next > 0 && total < m.most {
		r.fail(errContent)
	}
	m.order = make([]int, total)
	there := make([]bool, total)
	count := 0
	for i := range r.count(cellCount) {
		c := cell{middle: r.floats(size)}
		for range r.count(total - count) {
			c.pictures = append(c.pictures, r.steps(size)...)
			for range learn.Stride(size) - size {
				c.pictures = append(c.pictures, none)
			}
			var p past
			for side := range 2 {
				p.score[side], p.counts[side] = r.float(), r.float()
				if p.score[side] < 0 || p.score[side] > 1 || p.counts[side] < 0 {
					r.fail(errContent)
				}
			}
			p.at, p.number, p.taught = r.signed(), r.count(max(0, total-1)), r.bool()
			if r.err != nil || there[p.number] {
				r.fail(errContent)
				return m
			}
			there[p.number], m.order[p.number] = true, i
			c.rows = append(c.rows, p)
			count++
		}
		m.cells = append(m.cells, c)
	}
	if count != total || total > 0 && len(m.cells) == 0 {
		r.fail(errContent)
	}
	return m
}
