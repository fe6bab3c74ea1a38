package predict

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"irori/internal/llm"
	"irori/internal/route/beyond"
	"irori/internal/route/feature"
	"irori/internal/route/learn"
	"irori/internal/route/outcome"
)

// Options are what a model is made of. The zero value is what
// cross-validation on public outcomes chose.
type Options struct {
	Seed uint64
	// Penalty is the logistic regressions', 0 for one that grows as outcomes are
	// fewer; Size is the width of the picture, Rounds the number of trees.
	Penalty      float64
	Size, Rounds int
	// Remember is how many questions are kept with what came of them, the last
	// ones; 0 is 5,000, and less than 0 none. HalfLife is after how long one
	// of them weighs half; 0 is 90 days, and less than 0 never.
	Remember int
	HalfLife time.Duration
	// Alike says that the questions to come are of the kind that it is trained
	// on, as where it is trained anew on what it saw of one stream: none is then
	// held to be unlike all of them.
	Alike bool
	// Weak and Strong name the targets, at most 256 bytes each.
	Weak, Strong string
	// Domain tells what a text is about, "" where it cannot; nil without.
	Domain func(text string) string
}

const (
	mostRemembered = 5000
	halfLife       = 90 * 24 * time.Hour
	// leastSeen is how many questions have to have a word for it to be learnt,
	// leastPictured for it to be in the picture: a direction is not known from
	// fewer, and most words are rare.
	leastSeen     = 2
	leastPictured = 5
	maxName       = 256
	maxPicture    = learn.MaxSize
	maxRounds     = 5000
	maxEmbedding  = 8192
)

func (o *Options) fill() {
	if o.Size <= 0 {
		o.Size = 64
	}
	if o.Rounds <= 0 {
		o.Rounds = 150
	}
	if o.Remember == 0 {
		o.Remember = mostRemembered
	}
	if o.HalfLife == 0 {
		o.HalfLife = halfLife
	}
	o.Size, o.Rounds, o.Remember = min(o.Size, maxPicture), min(o.Rounds, maxRounds), min(max(0, o.Remember), mostRemembered)
	o.Weak, o.Strong = o.Weak[:min(len(o.Weak), maxName)], o.Strong[:min(len(o.Strong), maxName)]
}

// Train learns from records; where nothing is known of a side, its chances are
// even.
func Train(records []outcome.Record, o Options) *Model { return fit(Examples(records), o) }

// Fit learns from examples. Each side learns from those whose score is known: a
// router sees only what its own decisions and audits revealed. Where a side is
// not known at all, there is nothing to learn.
func Fit(examples []Example, o Options) (*Model, error) {
	var known [2]int
	for i := range examples {
		for side := range known {
			if examples[i].score(side) != nil {
				known[side]++
			}
		}
	}
	for side, name := range []string{"weak", "strong"} {
		if known[side] < 2 {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "%d outcomes tell how the %s model did: too few to learn from", known[side], name).
				WithHint(`a line is an object such as {"q": "…", "w": 0, "s": 1}`)
		}
	}
	return fit(examples, o), nil
}

func fit(examples []Example, o Options) *Model {
	o.fill()
	examples = slices.Clone(examples) // their domains are filled in
	m := &Model{domain: o.Domain}
	r := readers.Get().(*reader)
	defer readers.Put(r)
	vectors := make([]feature.Vector, len(examples))
	for i := range examples {
		examples[i].Domain = domainOf(o.Domain, &examples[i].Question)
		v := r.read(&examples[i].Question)
		vectors[i] = feature.Vector{Terms: slices.Clone(v.Terms), Form: v.Form}
	}
	m.domains = domains(examples)
	m.embeddedBy, m.embedded = embedder(examples)
	m.vocabulary(vectors)
	m.standardise(examples, vectors)
	m.summarise(examples, vectors, o)

	matrix := learn.Matrix{Width: m.width()}
	pictured := learn.Matrix{Width: m.pictured}
	var embedded []learn.Row
	s := &scratch{}
	for i := range examples {
		m.row(&vectors[i], &examples[i].Question, s)
		row := learn.Row{Columns: slices.Clone(s.row.Columns), Values: slices.Clone(s.row.Values)}
		matrix.Rows = append(matrix.Rows, row)
		words := learn.Row{}
		for j, c := range row.Columns[:s.words] {
			if int(c) < m.pictured {
				words.Columns, words.Values = append(words.Columns, c), append(words.Values, row.Values[j])
			}
		}
		pictured.Rows = append(pictured.Rows, words)
		own, _ := m.embedding(&examples[i].Question, learn.Row{})
		embedded = append(embedded, own)
	}
	m.picture = learn.FitPicture(pictured, o.Size, 2, o.Seed)
	m.past = newMemory(o.Size, o.Remember, o.HalfLife)
	columns := make([][]float32, o.Size+feature.FormSize)
	for j := range columns {
		columns[j] = make([]float32, len(examples))
	}
	pictures := make([]float32, len(examples)*o.Size)
	for i, row := range pictured.Rows {
		own := pictures[i*o.Size : (i+1)*o.Size]
		m.picture.Project(row, own)
		for j, v := range own {
			columns[j][i] = v
		}
		for j, v := range vectors[i].Form {
			columns[o.Size+j][i] = v
		}
	}
	for _, i := range arrival(examples, o) {
		m.past.add(pictures[i*o.Size:(i+1)*o.Size], &examples[i], false)
	}
	if !o.Alike {
		m.beyond = m.fitBeyond(vectors, pictures, examples)
	}
	var wait sync.WaitGroup
	for side := range m.heads {
		wait.Go(func() { m.heads[side].fit(matrix, embedded, columns, examples, side, m.embedded, o) })
	}
	wait.Wait()
	m.gather()
	m.chain = m.content()
	return m
}

// fitBeyond learns of questions unlike the training from the examples of which
// both sides are known.
func (m *Model) fitBeyond(vectors []feature.Vector, pictures []float32, examples []Example) *beyond.Model {
	size := m.picture.Size
	var all []beyond.Example
	var own []float32
	for i := range examples {
		e := &examples[i]
		if e.Weak == nil || e.Strong == nil {
			continue
		}
		b := beyond.Example{Form: []float64{1}, Weak: *e.Weak, Strong: *e.Strong, Count: min(e.counts(0), e.counts(1))}
		for j := range m.form {
			b.Form = append(b.Form, float64(m.form[j].of(vectors[i].Form[j])))
		}
		all, own = append(all, b), append(own, pictures[i*size:(i+1)*size]...)
	}
	near, spread := m.past.near()
	return beyond.Fit(all, own, size, near, spread, m.summary.Seed)
}

// arrival is the order in which examples come to memory: the oldest first, and
// before them, shuffled, those whose time is not known: files are often sorted
// by topic, and the last of one are no picture of it.
func arrival(examples []Example, o Options) []int {
	order := rand.New(rand.NewPCG(o.Seed, 0xa221)).Perm(len(examples))
	slices.SortStableFunc(order, func(a, b int) int { return examples[a].At.Compare(examples[b].At) })
	return order[max(0, len(order)-o.Remember):]
}

// vocabulary gives columns to the buckets that enough questions hit.
func (m *Model) vocabulary(vectors []feature.Vector) {
	seen := make([]uint32, 1<<feature.Bits)
	for i := range vectors {
		for _, t := range vectors[i].Terms {
			seen[t.Bucket]++
		}
	}
	for _, within := range []func(n uint32) bool{
		func(n uint32) bool { return n >= leastPictured },
		func(n uint32) bool { return n >= leastSeen && n < leastPictured },
	} {
		for b, n := range seen {
			if within(n) {
				m.buckets, m.seen = append(m.buckets, uint32(b)), append(m.seen, n)
			}
		}
		if m.pictured == 0 { // so few questions that all words are rare
			m.pictured = len(m.buckets)
		}
	}
	m.index(len(vectors))
}

// standardise finds the mean and the spread of each measure where it is known.
func (m *Model) standardise(examples []Example, vectors []feature.Vector) {
	of := func(value func(i int) (float32, bool)) (s scale) {
		n, sum, square := 0.0, 0.0, 0.0
		for i := range vectors {
			if v, ok := value(i); ok {
				n++
				sum += float64(v)
				square += float64(v) * float64(v)
			}
		}
		if n == 0 {
			return s
		}
		mean := sum / n
		s.mean = float32(mean)
		if spread := math.Sqrt(max(0, square/n-mean*mean)); spread > 1e-4 {
			s.inverse = float32(1 / spread)
		}
		return s
	}
	for j := range m.form {
		m.form[j] = of(func(i int) (float32, bool) { return vectors[i].Form[j], true })
	}
	for j := range measureCount {
		m.request[2*j] = of(func(i int) (float32, bool) { return examples[i].measure(j) })
		m.request[2*j+1] = of(func(i int) (float32, bool) {
			if _, ok := examples[i].measure(j); ok {
				return 1, true
			}
			return 0, true
		})
	}
}

func (m *Model) summarise(examples []Example, vectors []feature.Vector, o Options) {
	s := &m.summary
	s.Weak, s.Strong, s.Seed, s.Examples = o.Weak, o.Strong, o.Seed, len(examples)
	s.Words, s.Domains, s.Embedder = len(m.buckets), m.domains, m.embeddedBy
	var known [2]int
	var sum [2]float64
	for i := range examples {
		switch vectors[i].Language() {
		case "ja":
			s.Japanese++
		case "en":
			s.English++
		default:
			s.Other++
		}
		if at := examples[i].At.UTC(); !examples[i].At.IsZero() && at.Year() <= 9999 {
			if s.First == nil || at.Before(*s.First) {
				s.First = &at
			}
			if s.Last == nil || at.After(*s.Last) {
				s.Last = &at
			}
		}
		for side := range known {
			if v := examples[i].score(side); v != nil {
				known[side]++
				sum[side] += *v
			}
		}
	}
	s.WeakKnown, s.StrongKnown = known[0], known[1]
	for side, to := range []**float64{&s.WeakMean, &s.StrongMean} {
		if known[side] > 0 {
			mean := sum[side] / float64(known[side])
			*to = &mean
		}
	}
}

// fit learns one side from the examples whose score is known.
func (h *head) fit(matrix learn.Matrix, embedded []learn.Row, columns [][]float32, examples []Example, side, size int, o Options) {
	known, own := learn.Matrix{Width: matrix.Width}, learn.Matrix{Width: size}
	var labels, counts, ownLabels, ownCounts []float32
	dense := make([][]float32, len(columns))
	even := true
	for i := range examples {
		score := examples[i].score(side)
		if score == nil {
			continue
		}
		n := float32(examples[i].counts(side))
		even = even && n == 1
		known.Rows, labels, counts = append(known.Rows, matrix.Rows[i]), append(labels, float32(*score)), append(counts, n)
		if len(embedded[i].Columns) > 0 {
			own.Rows, ownLabels, ownCounts = append(own.Rows, embedded[i]), append(ownLabels, float32(*score)), append(ownCounts, n)
		}
		for j := range dense {
			dense[j] = append(dense[j], columns[j][i])
		}
	}
	if even {
		counts, ownCounts = nil, nil
	}
	n := len(known.Rows)
	penalty := o.Penalty
	if penalty == 0 {
		penalty = penalties / float64(max(1, n))
	}
	h.words = learn.FitLogistic(known, labels, counts, penalty, 40)
	h.trees = learn.FitTrees(dense, labels, counts, grown(n, o, side))
	h.weight = wordsWeight(n)
	if len(own.Rows) >= leastEmbedded {
		h.embedded = learn.FitLogistic(own, ownLabels, ownCounts, embeddingPenalty, 60)
	}
}

// penalties is the penalty of all outcomes together: what is believed of a
// word before any is seen does not depend on how many there will be.
const penalties = 2

// grown says how trees grow on n outcomes: of few they are small and slow,
// since what a large one would see in few is chance.
func grown(n int, o Options, side int) learn.TreesOptions {
	const small, large = 6, 15
	leaves := min(large, max(small, n/700))
	full := float64(leaves-small) / (large - small)
	return learn.TreesOptions{
		Rounds: o.Rounds, Leaves: leaves, Rate: .03 + .02*full, LeastRows: min(30, max(10, n/50)), Shrink: 40 - 20*full,
		Rows: .6, Columns: .4, Seed: o.Seed + uint64(side),
	}
}

// wordsWeight is how much the regression on words counts beside the trees: of
// few outcomes it learns more than they do.
func wordsWeight(n int) float64 {
	const enough = 4000
	return 1 + 2*max(0, 1-float64(n)/enough)
}

// embeddingPenalty is that of the heads on embeddings, whose rows have length 1.
const embeddingPenalty = 1e-3
