package predict

import (
	"slices"
	"sync"
	"time"

	"irori/internal/route/beyond"
	"irori/internal/route/feature"
	"irori/internal/route/learn"
)

// Model predicts for one pair of models. It is safe for concurrent use; Learn
// and Reset exclude all others meanwhile.
type Model struct {
	mu      sync.RWMutex
	summary Summary
	// buckets are those of the columns: first the pictured ones, which are in
	// the picture too, then the rarer ones; seen says how many questions of the
	// training had each. places is the way back, words what a decision reads of
	// each column.
	buckets, seen []uint32
	places        learn.Index
	words         []word
	pictured      int
	picture       *learn.Picture
	// form are the measures of the text, request those beside it and whether
	// they are known.
	form    [feature.FormSize]scale
	request [2 * measureCount]scale
	// domains are those that were learnt apart; domain tells a text's.
	domains []string
	domain  func(text string) string
	// embedded is how long the embeddings are that heads were fitted on, 0
	// without; embeddedBy names their model.
	embedded   int
	embeddedBy string
	heads      [2]head // weak, strong
	// past are earlier questions with what came of them.
	past *memory
	// beyond is for questions that are unlike all of them; nil where too few
	// outcomes tell.
	beyond *beyond.Model
	// chain is the hash of the training's content, and after each lesson that
	// of the one before and the lesson.
	chain [hashSize]byte
	pool  sync.Pool
}

// scale makes a measure one of mean 0 and spread 1; inverse is 0 where the
// training did not vary it.
type scale struct{ mean, inverse float32 }

// of bounds a measure, so that no text is farther out than four spreads.
func (s scale) of(v float32) float32 { return min(4, max(-4, (v-s.mean)*s.inverse)) }

// head estimates one model's success.
type head struct {
	words    *learn.Logistic
	trees    *learn.Trees
	embedded *learn.Logistic // nil without embeddings
	weight   float64         // of words; the others' is 1
}

// Estimate is what is expected of a question.
type Estimate struct {
	// Weak and Strong are the probabilities that either model answers well.
	Weak, Strong float64
}

// Benefit is what escalation is expected to bring.
func (e Estimate) Benefit() float64 { return e.Strong - e.Weak }

// reader reads questions; readers are shared by all models, since each has a
// table of a megabyte.
type reader struct {
	extractor *feature.Extractor
	vector    feature.Vector
}

var readers = sync.Pool{New: func() any { return &reader{extractor: feature.NewExtractor()} }}

// read gives the features of a question: its own, or those of its text.
func (r *reader) read(q *Question) *feature.Vector {
	if q.Features != nil {
		return q.Features
	}
	r.extractor.Vector(q.Text, &r.vector)
	return &r.vector
}

// scratch is what one prediction of one model needs.
type scratch struct {
	row      learn.Row  // words, form, request, domain
	words    int        // how many of the row are words
	found    []word     // of the row's words
	lengths  []float32  // of the words' pictures
	margins  [2]float32 // what the words say to the heads
	dense    []float32
	embedded learn.Row
	has      bool // an embedding
	at       int64
}

// Predict estimates a question of which only the text is known.
func (m *Model) Predict(text string) Estimate { return m.Of(Question{Text: text}) }

// Of estimates a question.
func (m *Model) Of(q Question) Estimate {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	q.Domain = domainOf(m.domain, &q)
	return m.of(r.read(&q), &q)
}

// domainOf is a question's domain, as it is given or as a function tells.
func domainOf(tell func(string) string, q *Question) string {
	if q.Domain != "" || tell == nil || q.Text == "" {
		return q.Domain
	}
	return tell(q.Text)
}

func (m *Model) of(v *feature.Vector, q *Question) Estimate {
	s := m.scratch()
	defer m.pool.Put(s)
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.fill(v, q, s)
	e, _ := m.estimate(s, m.past.alike(s.dense[:m.picture.Size], s.at))
	return e
}

// estimate is what is believed of a question, and what was learnt of it and of
// those that are alike before its distance from all of them was looked at.
func (m *Model) estimate(s *scratch, like likes) (e, before Estimate) {
	before = Estimate{
		Weak:   like.sides[0].shrink(m.learnt(s, 0)),
		Strong: like.sides[1].shrink(m.learnt(s, 1)),
	}
	if m.beyond == nil {
		return before, before
	}
	var form [feature.FormSize]float32
	for j := range form {
		form[j] = m.form[j].of(s.dense[m.picture.Size+j])
	}
	e.Weak, e.Strong = m.beyond.Move(before.Weak, before.Strong, &form, like.nearest)
	return e, before
}

func (m *Model) scratch() *scratch {
	if s, ok := m.pool.Get().(*scratch); ok {
		return s
	}
	return &scratch{dense: make([]float32, m.picture.Size+feature.FormSize)}
}

// formWeight is how much the measures of form weigh beside the words, whose
// rows have length 1.
const formWeight = .15

// fill turns a question into rows. The caller holds mu.
func (m *Model) fill(v *feature.Vector, q *Question, s *scratch) {
	m.row(v, q, s)
	m.picture.Sum(s.row.Columns[:s.words], s.lengths[:s.words], s.dense[:m.picture.Size])
	copy(s.dense[m.picture.Size:], v.Form[:])
	s.embedded, s.has = m.embedding(q, s.embedded)
	s.at = 0
	if !q.At.IsZero() {
		s.at = q.At.Unix()
	}
}

// row makes the sparse row of a question: its words, length 1, then form, what
// is known of the request, and the domain.
func (m *Model) row(v *feature.Vector, q *Question, s *scratch) {
	m.lookUp(v, s)
	r := &s.row
	at := uint32(len(m.buckets))
	put := func(j int, value float32) {
		r.Columns, r.Values = append(r.Columns, at+uint32(j)), append(r.Values, value)
	}
	for j := range v.Form {
		put(j, formWeight*m.form[j].of(v.Form[j]))
	}
	at += feature.FormSize
	for j := range measureCount {
		known := float32(0)
		if value, ok := q.measure(j); ok {
			known = 1
			if sc := m.request[2*j]; sc.inverse != 0 {
				put(2*j, formWeight*sc.of(value))
			}
		}
		if sc := m.request[2*j+1]; sc.inverse != 0 {
			put(2*j+1, formWeight*sc.of(known))
		}
	}
	at += 2 * measureCount
	if q.Domain != "" {
		if j, ok := slices.BinarySearch(m.domains, q.Domain); ok {
			put(j, domainWeight)
		}
	}
}

// width is how many columns a row may have.
func (m *Model) width() int {
	return len(m.buckets) + feature.FormSize + 2*measureCount + len(m.domains)
}

// learnt is the weighted mean of what the learners of a side say.
func (m *Model) learnt(s *scratch, side int) float64 {
	h := &m.heads[side]
	sum, n := h.weight*learn.Sigmoid(m.margin(s, side))+h.trees.Predict(s.dense), h.weight+1
	if s.has && h.embedded != nil {
		sum += learn.Sigmoid(h.embedded.Margin(s.embedded))
		n++
	}
	return min(1, max(0, sum/n))
}

// updateRate is the step of an outcome that is learnt alone.
const updateRate = .02

// Update takes in one more outcome; a score that is not known is nil. counts is
// 1 / the probability that it was revealed.
func (m *Model) Update(text string, weak, strong *float64, counts float64) {
	m.Learn(Example{Question: Question{Text: text}, Weak: weak, Strong: strong, WeakCounts: counts, StrongCounts: counts})
}

// Learn takes in outcomes, in their order. It takes as long as as many
// estimates.
func (m *Model) Learn(examples ...Example) {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	s := m.scratch()
	defer m.pool.Put(s)
	for i := range examples {
		e := &examples[i]
		e.Domain = domainOf(m.domain, &e.Question)
		v := r.read(&e.Question)
		m.mu.Lock()
		m.learn(v, e, s)
		m.mu.Unlock()
	}
}

// learn takes in one outcome. The caller holds mu.
func (m *Model) learn(v *feature.Vector, e *Example, s *scratch) {
	m.fill(v, &e.Question, s)
	for side := range m.heads {
		score := e.score(side)
		if score == nil {
			continue
		}
		m.heads[side].words.Update(s.row, *score, e.counts(side), updateRate)
		if h := m.heads[side].embedded; h != nil && s.has {
			h.Update(s.embedded, *score, e.counts(side), updateRate)
		}
	}
	for _, c := range s.row.Columns[:s.words] {
		m.weigh(int(c))
	}
	m.past.add(s.dense[:m.picture.Size], e, true)
	m.summary.Learnt++
	m.link(v, e)
}

// Learnt counts the outcomes that Learn took in since training.
func (m *Model) Learnt() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.summary.Learnt
}

// Reset takes back what Learn taught. Where that had pushed older questions out
// of memory, they stay forgotten.
func (m *Model) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.summary.Learnt == 0 {
		return
	}
	for side := range m.heads {
		m.heads[side].words.Reset()
		if h := m.heads[side].embedded; h != nil {
			h.Reset()
		}
	}
	m.gather()
	m.past.reset()
	m.summary.Learnt = 0
	m.chain = m.content()
}

// Summary says what a model was trained on.
func (m *Model) Summary() Summary {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.summary
}

// Summary is what a model was trained on.
type Summary struct {
	// Weak and Strong name the targets, where they are known.
	Weak   string `json:"weak,omitempty"`
	Strong string `json:"strong,omitempty"`
	Seed   uint64 `json:"seed"`
	// Examples counts the outcomes, WeakKnown and StrongKnown those whose score
	// is known; the means are of those, nil without any.
	Examples    int      `json:"n"`
	WeakKnown   int      `json:"weak_known"`
	StrongKnown int      `json:"strong_known"`
	WeakMean    *float64 `json:"mean_weak,omitempty"`
	StrongMean  *float64 `json:"mean_strong,omitempty"`
	// Japanese, English and Other count the questions by language.
	Japanese int `json:"ja"`
	English  int `json:"en"`
	Other    int `json:"other"`
	// First and Last are the times of the outcomes, nil where none has one.
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`
	// Words counts the words and pieces of words that were learnt; Embedder
	// names the model whose embeddings were.
	Words    int      `json:"words"`
	Domains  []string `json:"domains,omitempty"`
	Embedder string   `json:"embedder,omitempty"`
	// Learnt counts the outcomes that were taken in since training.
	Learnt int `json:"learnt"`
}
