package predict

import (
	"math"
	"sync"

	"irori/internal/route/feature"
	"irori/internal/route/learn"
	"irori/internal/route/outcome"
)

// Options are what a model is made of. The zero value is what
// cross-validation on public outcomes chose.
type Options struct {
	Seed uint64
	// Penalty is the logistic regressions', Size the width of the picture,
	// Rounds the number of trees.
	Penalty      float64
	Size, Rounds int
}

func (o *Options) fill() {
	if o.Penalty == 0 {
		o.Penalty = 2e-4
	}
	if o.Size == 0 {
		o.Size = 64
	}
	if o.Rounds == 0 {
		o.Rounds = 150
	}
}

// Model predicts. It is safe for concurrent use once it is trained; Update
// excludes it meanwhile.
type Model struct {
	mu sync.RWMutex
	// column maps buckets to columns, −1 where training had too few; rarity
	// is the weight of a column.
	column  []int32
	rarity  []float32
	picture *learn.Picture
	mean    [feature.FormSize]float32
	scale   [feature.FormSize]float32
	heads   [2]head // weak, strong
	// past are earlier questions with what came of them.
	past *memory
	// taken counts the outcomes that were learnt one at a time.
	taken int
	pool  sync.Pool
}

// head estimates one model's success.
type head struct {
	words *learn.Logistic
	trees *learn.Trees
}

// Estimate is what is expected of a question.
type Estimate struct {
	// Weak and Strong are the probabilities that either model answers well.
	Weak, Strong float64
}

// Benefit is what escalation is expected to bring.
func (e Estimate) Benefit() float64 { return e.Strong - e.Weak }

// scratch is what one prediction needs.
type scratch struct {
	extractor *feature.Extractor
	vector    feature.Vector
	row       learn.Row
	dense     []float32
}

// Train learns from records. Each side learns from those whose score is known:
// a router sees only what its own decisions and audits revealed.
func Train(records []outcome.Record, o Options) *Model {
	o.fill()
	m := &Model{column: make([]int32, 1<<feature.Bits)}
	m.pool.New = func() any { return &scratch{extractor: feature.NewExtractor()} }
	x := feature.NewExtractor()
	vectors := make([]feature.Vector, len(records))
	seen := make([]int32, 1<<feature.Bits)
	for i, r := range records {
		var v feature.Vector
		x.Vector(r.Question, &v)
		vectors[i] = v
		for _, t := range v.Terms {
			seen[t.Bucket]++
		}
	}
	width := 0
	for b, n := range seen {
		m.column[b] = -1
		if n >= 2 {
			m.column[b] = int32(width)
			width++
			m.rarity = append(m.rarity, float32(math.Log((1+float64(len(records)))/(1+float64(n)))+1))
		}
	}
	m.standardise(vectors)
	matrix := learn.Matrix{Width: width + feature.FormSize}
	for i := range vectors {
		matrix.Rows = append(matrix.Rows, m.row(&vectors[i], learn.Row{}))
	}
	words := matrix
	words.Rows = make([]learn.Row, len(matrix.Rows))
	for i, r := range matrix.Rows {
		n := len(r.Columns) - feature.FormSize
		words.Rows[i] = learn.Row{Columns: r.Columns[:n], Values: r.Values[:n]}
	}
	m.picture = learn.FitPicture(words, o.Size, 2, o.Seed)
	m.past = newMemory(o.Size)
	columns := make([][]float32, o.Size+feature.FormSize)
	for j := range columns {
		columns[j] = make([]float32, len(records))
	}
	dense := make([]float32, len(columns))
	for i := range words.Rows {
		m.dense(words.Rows[i], &vectors[i], dense)
		m.past.add(dense[:o.Size], records[i].Weak, records[i].Strong)
		for j, v := range dense {
			columns[j][i] = v
		}
	}
	var wait sync.WaitGroup
	for h, score := range []func(outcome.Record) *float64{
		func(r outcome.Record) *float64 { return r.Weak }, func(r outcome.Record) *float64 { return r.Strong },
	} {
		wait.Go(func() { m.heads[h].fit(matrix, columns, records, score, o, uint64(h)) })
	}
	wait.Wait()
	return m
}

// fit learns one side from the records whose score is known.
func (h *head) fit(matrix learn.Matrix, columns [][]float32, records []outcome.Record, score func(outcome.Record) *float64, o Options, side uint64) {
	known := learn.Matrix{Width: matrix.Width}
	var labels []float32
	dense := make([][]float32, len(columns))
	for i, r := range records {
		s := score(r)
		if s == nil {
			continue
		}
		known.Rows, labels = append(known.Rows, matrix.Rows[i]), append(labels, float32(*s))
		for j := range dense {
			dense[j] = append(dense[j], columns[j][i])
		}
	}
	h.words = learn.FitLogistic(known, labels, o.Penalty, 40)
	h.trees = learn.FitTrees(dense, labels, learn.TreesOptions{
		Rounds: o.Rounds, Leaves: 15, Rate: .05, LeastRows: 30, Shrink: 20, Rows: .6, Columns: .4, Seed: o.Seed + side,
	})
}

// standardise finds the mean and the spread of each measure of form.
func (m *Model) standardise(vectors []feature.Vector) {
	n := float64(max(1, len(vectors)))
	for j := range m.mean {
		sum, square := 0.0, 0.0
		for i := range vectors {
			v := float64(vectors[i].Form[j])
			sum += v
			square += v * v
		}
		mean := sum / n
		m.mean[j] = float32(mean)
		if spread := math.Sqrt(max(0, square/n-mean*mean)); spread > 1e-6 {
			m.scale[j] = float32(1 / spread)
		}
	}
}

// formWeight is how much the measures of form weigh beside the words, whose
// rows have length 1.
const formWeight = .15

// row makes the sparse row of a question: its words, length 1, then form.
func (m *Model) row(v *feature.Vector, r learn.Row) learn.Row {
	r.Columns, r.Values = r.Columns[:0], r.Values[:0]
	norm := 0.0
	for _, t := range v.Terms {
		c := m.column[t.Bucket]
		if c < 0 {
			continue
		}
		value := m.rarity[c]
		if t.Count > 1 {
			value *= 1 + float32(math.Log(float64(t.Count)))
		}
		norm += float64(value) * float64(value)
		r.Columns, r.Values = append(r.Columns, uint32(c)), append(r.Values, value)
	}
	if norm > 0 {
		inv := float32(1 / math.Sqrt(norm))
		for i := range r.Values {
			r.Values[i] *= inv
		}
	}
	for j := range v.Form {
		r.Columns = append(r.Columns, uint32(len(m.rarity)+j))
		r.Values = append(r.Values, formWeight*m.form(v, j))
	}
	return r
}

func (m *Model) form(v *feature.Vector, j int) float32 {
	return min(4, max(-4, (v.Form[j]-m.mean[j])*m.scale[j]))
}

// dense makes the row of the trees: the picture, then form.
func (m *Model) dense(words learn.Row, v *feature.Vector, out []float32) {
	m.picture.Project(words, out[:m.picture.Size])
	copy(out[m.picture.Size:], v.Form[:])
}

// Predict estimates a question.
func (m *Model) Predict(question string) Estimate {
	s := m.pool.Get().(*scratch)
	defer m.pool.Put(s)
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.read(question, s)
	e, _ := m.estimate(s)
	return e
}

// read turns a question into rows. The caller holds mu.
func (m *Model) read(question string, s *scratch) {
	s.extractor.Vector(question, &s.vector)
	s.row = m.row(&s.vector, s.row)
	if s.dense == nil {
		s.dense = make([]float32, m.picture.Size+feature.FormSize)
	}
	m.dense(s.words(), &s.vector, s.dense)
}

// words is the part of the sparse row that is words.
func (s *scratch) words() learn.Row {
	n := len(s.row.Columns) - feature.FormSize
	return learn.Row{Columns: s.row.Columns[:n], Values: s.row.Values[:n]}
}

// estimate also says what the estimate was moved towards.
func (m *Model) estimate(s *scratch) (Estimate, likes) {
	like := m.past.alike(s.dense[:m.picture.Size])
	return Estimate{
		Weak:   like.weak.shrink(m.heads[0].of(s.row, s.dense)),
		Strong: like.strong.shrink(m.heads[1].of(s.row, s.dense)),
	}, like
}

// of is the mean of what the two learners say.
func (h *head) of(row learn.Row, dense []float32) float64 {
	a, b := learn.Sigmoid(h.words.Margin(row)), h.trees.Predict(dense)
	return min(1, max(0, (a+b)/2))
}

// updateRate is the step of an outcome that is learnt alone.
const updateRate = .02

// Update takes in one more outcome; a score that is not known is nil. weight
// is 1 / the probability that it was revealed.
func (m *Model) Update(question string, weak, strong *float64, weight float64) {
	s := m.pool.Get().(*scratch)
	defer m.pool.Put(s)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read(question, s)
	for i, label := range []*float64{weak, strong} {
		if label != nil {
			m.heads[i].words.Update(s.row, *label, weight, updateRate)
		}
	}
	m.past.add(s.dense[:m.picture.Size], weak, strong)
	m.taken++
}
