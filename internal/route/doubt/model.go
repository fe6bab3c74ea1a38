package doubt

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"sync"

	"irori/internal/llm"
	"irori/internal/route/learn"
)

// Case is an audited answer: its signals, and from 0 to 1 how good the weak and
// the strong model's answers were. What nobody saw is nil.
type Case struct {
	Signals      Signals
	Weak, Strong *float64
	// Weight is how often the case counts, 0 for once: the inverse of the
	// probability that it was audited.
	Weight float64
}

// Origin is what a model was learnt on. Answers of another model, or of another
// template, are other answers.
type Origin struct {
	// Model and Template are hashes, or names that change when what they name
	// does; Point is the decision point: how much of an answer was judged.
	Model    string `json:"model"`
	Template string `json:"template"`
	Point    string `json:"point"`
}

// leastCases is how many labels a side needs before it is learnt: of about a
// hundred answers no combination was better than a signal alone.
const leastCases = 100

// Judgement is what is believed of an answer.
type Judgement struct {
	// Doubt orders answers: higher means escalate. Where Calibrated is set it is
	// the probability that the answer is wrong.
	Doubt float64
	// Calibrated says that audited answers were learnt from. It is no promise:
	// those are package calibrate's.
	Calibrated bool
	// Known says that there was anything to judge by. Without, Doubt is the
	// greatest there is.
	Known bool
	// Weak and Strong are the probabilities that either model's answer is right,
	// nil where not known.
	Weak, Strong *float64
}

// Benefit is what escalation is expected to bring, nil where not known.
func (j Judgement) Benefit() *float64 {
	if j.Weak == nil || j.Strong == nil {
		return nil
	}
	b := *j.Strong - *j.Weak
	return &b
}

// Model judges answers by their signals. It is safe for concurrent use.
type Model struct {
	mu sync.RWMutex
	s  state
}

// state is what is written into a file.
type state struct {
	Format int    `json:"format"`
	Origin Origin `json:"origin"`
	// Signals are the names of the columns; behind each stands one that says
	// whether it is missing.
	Signals []string  `json:"signals"`
	Mean    []float64 `json:"mean"`
	Scale   []float64 `json:"scale"`
	// Absent is the share of cases in which the signal was missing.
	Absent []float64 `json:"absent"`
	Weak   *side     `json:"weak,omitempty"`
	Strong *side     `json:"strong,omitempty"`
}

// side is the regression of one model's success.
type side struct {
	Weights []float32 `json:"weights"`
	Bias    float32   `json:"bias"`
	// Cases is how many labels were learnt, Later how many of them one at a
	// time.
	Cases int `json:"cases"`
	Later int `json:"later"`
}

// Options say how a model is learnt. The zero value is what cross-validation on
// answers of small models chose.
type Options struct {
	// Penalty is the regressions'.
	Penalty float64
}

// Train learns from audited answers. A side with few labels stays unlearnt, and
// a model without the weak side orders answers as Default does.
func Train(cases []Case, o Origin, opts Options) *Model {
	if opts.Penalty == 0 {
		opts.Penalty = .05
	}
	m := &Model{s: state{Format: 1, Origin: o, Signals: Names()}}
	m.standardise(cases)
	m.s.Weak = m.fit(cases, opts, func(c Case) *float64 { return c.Weak })
	m.s.Strong = m.fit(cases, opts, func(c Case) *float64 { return c.Strong })
	return m
}

// standardise finds the mean and the spread of each signal where it is known.
func (m *Model) standardise(cases []Case) {
	for _, name := range m.s.Signals {
		n, sum, square := 0.0, 0.0, 0.0
		for _, c := range cases {
			if v, ok := known(c.Signals, name); ok {
				n++
				sum += v
				square += v * v
			}
		}
		mean, scale := 0.0, 0.0
		if n > 0 {
			mean = sum / n
			if spread := math.Sqrt(max(0, square/n-mean*mean)); spread > 1e-6 {
				scale = 1 / spread
			}
		}
		m.s.Mean, m.s.Scale = append(m.s.Mean, mean), append(m.s.Scale, scale)
		m.s.Absent = append(m.s.Absent, 1-n/float64(max(1, len(cases))))
	}
}

// known reads a signal in the form that is learnt: probabilities as log-odds.
func known(s Signals, name string) (float64, bool) {
	v, ok := s[name]
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	switch name {
	case PredictedWeak, PredictedStrong, Verified:
		p := min(max(v, .005), .995)
		return math.Log(p / (1 - p)), true
	}
	return v, true
}

// row is a case in columns: a missing signal stands at its mean, and is marked
// where some cases had it and some not.
func (m *Model) row(s Signals) learn.Row {
	var r learn.Row
	for i, name := range m.s.Signals {
		if v, ok := known(s, name); ok {
			if z := (v - m.s.Mean[i]) * m.s.Scale[i]; z != 0 {
				r.Columns, r.Values = append(r.Columns, uint32(2*i)), append(r.Values, float32(min(max(z, -5), 5)))
			}
			continue
		}
		if a := m.s.Absent[i]; a > 0 && a < 1 {
			r.Columns, r.Values = append(r.Columns, uint32(2*i+1)), append(r.Values, 1)
		}
	}
	return r
}

// strange reports whether an answer lacks a signal that no case lacked: of such
// answers nothing was learnt.
func (m *Model) strange(s Signals) bool {
	for i, name := range m.s.Signals {
		if _, ok := known(s, name); !ok && m.s.Absent[i] == 0 {
			return true
		}
	}
	return false
}

func (m *Model) fit(cases []Case, o Options, label func(Case) *float64) *side {
	matrix := learn.Matrix{Width: 2 * len(m.s.Signals)}
	var labels, counts []float32
	low, high := 1.0, 0.0
	for _, c := range cases {
		if l := label(c); l != nil {
			matrix.Rows, labels = append(matrix.Rows, m.row(c.Signals)), append(labels, float32(*l))
			counts = append(counts, float32(c.weight()))
			low, high = min(low, *l), max(high, *l)
		}
	}
	// From answers that are all alike nothing is learnt.
	if len(labels) < leastCases || high-low < .5 {
		return nil
	}
	l := learn.FitLogistic(matrix, labels, counts, o.Penalty, 100)
	return &side{Weights: l.Weights, Bias: l.Bias, Cases: len(labels)}
}

func (p *side) probability(r learn.Row) float64 {
	return learn.Sigmoid((&learn.Logistic{Weights: p.Weights, Bias: p.Bias}).Margin(r))
}

// Judge says what is believed of an answer. A nil model, one that is not learnt,
// and one that knows no such answers order as Default does; what was predicted
// before generation stands for the strong model where the model knows no better.
func (m *Model) Judge(s Signals) Judgement {
	j := Default(s)
	if m == nil {
		return j
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.strange(s) {
		return j
	}
	r := m.row(s)
	if m.s.Weak != nil && j.Known {
		p := m.s.Weak.probability(r)
		j.Weak, j.Doubt, j.Calibrated = &p, 1-p, true
	}
	if m.s.Strong != nil {
		p := m.s.Strong.probability(r)
		j.Strong = &p
	}
	return j
}

// Default orders answers without any audit: by the mean log-probability, else by
// how many samples agree, by what was predicted; what a verifier's verdict is
// worth moves either. It is an order only. Where nothing is known, nothing is
// less certain.
func Default(s Signals) Judgement {
	j := Judgement{Doubt: math.Inf(1)}
	if p, ok := s[PredictedStrong]; ok {
		j.Strong = &p
	}
	for _, by := range []struct {
		name  string
		doubt func(float64) float64
	}{
		// The geometric mean of the probabilities lies from 0 to 1, as the
		// others do.
		{LogprobMean, func(v float64) float64 { return 1 - math.Exp(v) }},
		{Agreement, func(v float64) float64 { return 1 - v }},
		{PredictedWeak, func(v float64) float64 { return 1 - v }},
	} {
		if v, ok := s[by.name]; ok && !math.IsNaN(v) {
			j.Known, j.Doubt = true, by.doubt(v)
			break
		}
	}
	v, ok := s[Verified]
	switch {
	case !ok || !(v > 0 && v < 1) || v == .5:
	case j.Known:
		right, wrong := (1-j.Doubt)*v, j.Doubt*(1-v)
		if right+wrong > 0 {
			j.Doubt = wrong / (right + wrong)
		}
	default:
		j.Known, j.Doubt = true, 1-v
	}
	return j
}

// mostWeight keeps one answer that was audited against all odds from deciding.
const mostWeight = 20

func (c *Case) weight() float64 {
	if !(c.Weight > 0) {
		return 1
	}
	return min(c.Weight, mostWeight)
}

// Update takes in one more audited answer. A side that is not learnt stays so,
// and so does a model that has seen no such answer.
func (m *Model) Update(c Case) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.strange(c.Signals) {
		return
	}
	r := m.row(c.Signals)
	for _, s := range []struct {
		side  *side
		label *float64
	}{{m.s.Weak, c.Weak}, {m.s.Strong, c.Strong}} {
		if s.side == nil || s.label == nil {
			continue
		}
		s.side.step(r, *s.label, c.weight())
	}
}

// step goes down the gradient by a rate that falls with what was learnt before:
// so an answer moves a model of many the less.
func (p *side) step(r learn.Row, label, weight float64) {
	p.Cases++
	p.Later++
	rate := weight * 2 / (math.Sqrt(float64(p.Cases)) * (1 + norm(r)))
	g := rate * (p.probability(r) - label)
	for i, c := range r.Columns {
		p.Weights[c] -= float32(g * float64(r.Values[i]))
	}
	p.Bias -= float32(g)
}

func norm(r learn.Row) float64 {
	sum := 0.0
	for _, v := range r.Values {
		sum += float64(v) * float64(v)
	}
	return sum
}

// Origin is what the model was learnt on.
func (m *Model) Origin() Origin { return m.s.Origin }

// Cases is how many labels either side has learnt from, 0 where it is not.
func (m *Model) Cases() (weak, strong int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.s.Weak != nil {
		weak = m.s.Weak.Cases
	}
	if m.s.Strong != nil {
		strong = m.s.Strong.Cases
	}
	return weak, strong
}

// Save writes the model as JSON.
func (m *Model) Save(w io.Writer) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return json.NewEncoder(w).Encode(&m.s)
}

// mostFile bounds a model's file.
const mostFile = 1 << 20

// Load reads a model, and refuses one that was learnt on something else.
func Load(r io.Reader, want Origin) (*Model, error) {
	m := &Model{}
	if err := json.NewDecoder(io.LimitReader(r, mostFile)).Decode(&m.s); err != nil {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "the model of doubt cannot be read: %v", err)
	}
	n := len(Names())
	if m.s.Format != 1 || !slices.Equal(m.s.Signals, Names()) || len(m.s.Mean) != n || len(m.s.Scale) != n || len(m.s.Absent) != n || !m.s.Weak.whole(n) || !m.s.Strong.whole(n) {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "the model of doubt is of another version, or damaged").WithHint("learn it again from audited answers")
	}
	for _, c := range []struct{ what, got, want string }{
		{"model", m.s.Origin.Model, want.Model}, {"template", m.s.Origin.Template, want.Template}, {"decision point", m.s.Origin.Point, want.Point},
	} {
		if c.got != c.want {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "the model of doubt was learnt on the %s %.80q, and cannot judge %.80q", c.what, c.got, c.want).
				WithHint("learn one from audited answers of this one")
		}
	}
	return m, nil
}

func (p *side) whole(signals int) bool {
	if p == nil {
		return true
	}
	for _, w := range p.Weights {
		if math.IsNaN(float64(w)) || math.IsInf(float64(w), 0) {
			return false
		}
	}
	return len(p.Weights) == 2*signals && p.Cases > 0
}
