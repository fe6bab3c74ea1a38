package predict

// remembered bounds how many earlier questions are kept: the last ones.
const remembered = 5000

// memory holds earlier questions' pictures with what came of them. They are
// sorted into cells, so that a decision looks at few of them.
type memory struct {
	size  int
	cells []cell
	// order holds the cells of the questions in order of arrival; it is a ring
	// once it is full.
	order []int
	next  int
}

type cell struct {
	// middle is the sum of the pictures that ever came here.
	middle []float32
	rows   []past
}

type past struct {
	picture      []float32
	weak, strong *float64
	// number is the question's place in the ring.
	number int
}

const (
	cellCount = 48
	// probed is how many cells are looked into.
	probed = 3
	// alikeFrom is the cosine from which a question counts as alike, and trust
	// how many that are wholly alike weigh as much as what was learnt.
	alikeFrom = .6
	trust     = 60.0
)

func newMemory(size int) *memory { return &memory{size: size} }

// add keeps a question, and forgets the oldest where there are too many.
func (m *memory) add(picture []float32, weak, strong *float64) {
	var own []float32
	own = append(own, picture...)
	at := 0
	if len(m.cells) < cellCount {
		m.cells = append(m.cells, cell{middle: append([]float32(nil), own...)})
		at = len(m.cells) - 1
	} else {
		at = m.nearest(own, 1)[0]
		for j, v := range own {
			m.cells[at].middle[j] += v
		}
	}
	number := len(m.order)
	if number < remembered {
		m.order = append(m.order, at)
	} else {
		number = m.next
		m.forget(number)
		m.order[number] = at
		m.next = (m.next + 1) % remembered
	}
	m.cells[at].rows = append(m.cells[at].rows, past{picture: own, weak: weak, strong: strong, number: number})
}

func (m *memory) forget(number int) {
	c := &m.cells[m.order[number]]
	for i := range c.rows {
		if c.rows[i].number == number {
			c.rows[i] = c.rows[len(c.rows)-1]
			c.rows = c.rows[:len(c.rows)-1]
			return
		}
	}
}

// nearest are the cells whose direction is nearest.
func (m *memory) nearest(picture []float32, n int) []int {
	best := make([]int, 0, n)
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

type likes struct {
	weak, strong tally
	count        int
}

// alike adds up what became of similar questions.
func (m *memory) alike(picture []float32) likes {
	var out likes
	for _, i := range m.nearest(picture, probed) {
		for _, p := range m.cells[i].rows {
			cos := float32(0)
			for j, v := range p.picture {
				cos += v * picture[j]
			}
			if cos < alikeFrom {
				continue
			}
			weight := float64(cos-alikeFrom) / (1 - alikeFrom)
			out.count++
			if p.weak != nil {
				out.weak.sum += weight * *p.weak
				out.weak.weight += weight
			}
			if p.strong != nil {
				out.strong.sum += weight * *p.strong
				out.strong.weight += weight
			}
		}
	}
	return out
}
