package predict

import (
	"math"
	"slices"
	"time"

	"irori/internal/route/learn"
	"irori/internal/route/predict/table"
)

// memory holds earlier questions' pictures with what came of them, the last
// ones only. They are sorted into cells, so that a decision looks at few of
// them.
type memory struct {
	size, most int
	// halfLife is after how many seconds an outcome weighs half; 0 is never.
	halfLife float64
	cells    []cell
	// order holds the cells of the questions in order of arrival; it is a ring
	// once it is full.
	order []int
	next  int
	// newest is the latest time of a question, in seconds of Unix; 0 where
	// none is known.
	newest int64
}

type cell struct {
	// middle is the sum of the pictures that ever came here.
	middle []float32
	rows   []past
	// pictures are those of the rows, one after another, each as long as
	// learn.Stride tells: in steps of 1/127 and from 1 to 255, where 128 is
	// none. A decision reads all of them.
	pictures []uint8
}

// picture is that of a row.
func (c *cell) picture(row, stride int) []uint8 {
	return c.pictures[row*stride : (row+1)*stride : (row+1)*stride]
}

// pull moves the middle towards a picture. Only its direction matters: halved,
// it stays within what numbers hold.
func (c *cell) pull(picture []float32) {
	large := false
	for j, v := range picture {
		c.middle[j] += v
		large = large || abs(c.middle[j]) > table.Most/4
	}
	for j := range c.middle {
		if large {
			c.middle[j] /= 2
		}
	}
}

type past struct {
	// score and counts are the weak and the strong model's; a score that is
	// not known counts nothing.
	score, counts [2]float32
	at            int64 // seconds of Unix; 0 where nobody knows
	// number is the question's place in the ring; taught says that it came by
	// Learn.
	number int
	taught bool
}

const (
	cellCount = 48
	// probed is how many cells are looked into.
	probed = 3
	// alikeFrom is the cosine from which a question counts as alike, and trust
	// how many that are wholly alike weigh as much as what was learnt.
	alikeFrom = .6
	trust     = 60.0
	// finest is how many steps a picture's numbers have on either side of none.
	finest = 127
	none   = 128
)

func (m *memory) stride() int { return learn.Stride(m.size) }

func newMemory(size, most int, halfLife time.Duration) *memory {
	return &memory{size: size, most: most, halfLife: max(0, halfLife.Seconds())}
}

// add keeps a question, and forgets the oldest where there are too many.
func (m *memory) add(picture []float32, e *Example, taught bool) {
	if m.most <= 0 {
		return
	}
	p := past{taught: taught}
	for side := range 2 {
		if s := e.score(side); s != nil {
			p.score[side], p.counts[side] = float32(*s), float32(e.counts(side))
		}
	}
	if !e.At.IsZero() {
		p.at = e.At.Unix()
		m.newest = max(m.newest, p.at)
	}
	at := 0
	if len(m.cells) < cellCount {
		m.cells = append(m.cells, cell{middle: slices.Clone(picture)})
		at = len(m.cells) - 1
	} else {
		at = m.nearest(picture, make([]int, 0, 1))[0]
		m.cells[at].pull(picture)
	}
	p.number = len(m.order)
	if p.number < m.most {
		m.order = append(m.order, at)
	} else {
		p.number = m.next
		m.forget(p.number)
		m.order[p.number] = at
		m.next = (m.next + 1) % m.most
	}
	c := &m.cells[at]
	c.rows = append(c.rows, p)
	for j := range m.stride() {
		step := 0.0
		if j < len(picture) {
			step = math.Round(float64(picture[j]) * finest)
		}
		c.pictures = append(c.pictures, uint8(none+step))
	}
}

func (m *memory) forget(number int) {
	c := &m.cells[m.order[number]]
	for i := range c.rows {
		if c.rows[i].number == number {
			last := len(c.rows) - 1
			copy(c.picture(i, m.stride()), c.picture(last, m.stride()))
			c.rows[i] = c.rows[last]
			c.rows, c.pictures = c.rows[:last], c.pictures[:last*m.stride()]
			return
		}
	}
}

// reset forgets what came by Learn.
func (m *memory) reset() {
	numbers := make([]int, len(m.order))
	n := 0
	for i := range len(m.order) {
		// From the oldest on, which is at next once the ring is full.
		number := (m.next + i) % len(m.order)
		c := &m.cells[m.order[number]]
		at := slices.IndexFunc(c.rows, func(p past) bool { return p.number == number })
		numbers[number] = -1
		if !c.rows[at].taught {
			numbers[number] = n
			n++
		}
	}
	order := make([]int, n)
	m.newest = 0
	for i := range m.cells {
		c := &m.cells[i]
		kept := 0
		for r, p := range c.rows {
			if p.taught {
				continue
			}
			p.number = numbers[p.number]
			order[p.number] = i
			m.newest = max(m.newest, p.at)
			copy(c.picture(kept, m.stride()), c.picture(r, m.stride()))
			c.rows[kept] = p
			kept++
		}
		c.rows, c.pictures = c.rows[:kept], c.pictures[:kept*m.stride()]
	}
	m.order, m.next = order, 0
}

// nearest puts the cells whose direction is nearest into best, as many as it
// has room for.
func (m *memory) nearest(picture []float32, best []int) []int {
	n := cap(best)
	var likes [probed]float32
	for i := range m.cells {
		dot, norm := float32(0), float32(0)
		for j, v := range m.cells[i].middle {
			dot += v * picture[j]
			norm += v * v
		}
		like := float32(-1)
		if norm > 0 {
			like = dot * abs(dot) / norm // in the order of the cosines
		}
		at := len(best)
		for at > 0 && likes[at-1] < like {
			at--
		}
		if at >= n {
			continue
		}
		if len(best) < n {
			best = append(best, 0)
		}
		copy(best[at+1:], best[at:])
		copy(likes[at+1:n], likes[at:])
		best[at], likes[at] = i, like
	}
	return best
}

func abs(v float32) float32 {
	if v < 0 {
		return -v
	}
	return v
}

// tally is what similar questions got, and how much that weighs.
type tally struct{ sum, weight float64 }

// shrink moves an estimate towards what similar questions got.
func (t tally) shrink(p float64) float64 { return (p*trust + t.sum) / (trust + t.weight) }

// mean is nil where nothing is known.
func (t tally) mean() *float64 {
	if !(t.weight > 0) {
		return nil
	}
	v := t.sum / t.weight
	return &v
}

// likes are the tallies of the weak and the strong model.
type likes struct {
	sides [2]tally
	count int
	// nearest is the cosine of the one that is most alike.
	nearest float32
}

// alike adds up what became of similar questions; now is in seconds of Unix, 0
// for the time of the newest.
func (m *memory) alike(picture []float32, now int64) likes {
	var out likes
	if now == 0 {
		now = m.newest
	}
	var own learn.View
	own.Set(picture)
	stride, top := m.stride(), float32(0)
	for _, i := range m.nearest(picture, make([]int, 0, probed)) {
		c := &m.cells[i]
		for r := range c.rows {
			cos := own.Cosine(c.picture(r, stride))
			top = max(top, cos)
			if cos < alikeFrom*finest {
				continue
			}
			p := &c.rows[r]
			weight := min(1, float64(cos/finest-alikeFrom)/(1-alikeFrom)) * m.fresh(p.at, now)
			out.count++
			for side := range out.sides {
				w := weight * float64(p.counts[side])
				out.sides[side].sum += w * float64(p.score[side])
				out.sides[side].weight += w
			}
		}
	}
	out.nearest = top / finest
	return out
}

// fresh is what age leaves of an outcome's weight. Of an outcome without a
// time nothing is taken: its age is not known.
func (m *memory) fresh(at, now int64) float64 {
	if m.halfLife == 0 || at == 0 || at >= now {
		return 1
	}
	return math.Exp2(-float64(now-at) / m.halfLife)
}

// near is the mean cosine of a question and the one of the others that is most
// alike, and its standard deviation, of some.
func (m *memory) near() (mean, spread float32) {
	const some = 1000
	every := max(1, len(m.order)/some)
	picture := make([]float32, m.size)
	n, sum, square := 0.0, 0.0, 0.0
	for number := 0; number < len(m.order); number += every {
		c := &m.cells[m.order[number]]
		at := slices.IndexFunc(c.rows, func(p past) bool { return p.number == number })
		steps := c.picture(at, m.stride())
		norm := 0.0
		for j := range picture {
			picture[j] = (float32(steps[j]) - none) / finest
			norm += float64(picture[j]) * float64(picture[j])
		}
		if norm == 0 {
			continue
		}
		var own learn.View
		own.Set(picture)
		best := float32(0)
		for _, i := range m.nearest(picture, make([]int, 0, probed)) {
			other := &m.cells[i]
			for r := range other.rows {
				if other != c || r != at {
					best = max(best, own.Cosine(other.picture(r, m.stride())))
				}
			}
		}
		v := float64(best) / finest
		n++
		sum += v
		square += v * v
	}
	if n < 2 {
		return 0, 0
	}
	sum /= n
	return float32(sum), float32(math.Sqrt(max(0, square/n-sum*sum)))
}
