package predict

import (
	"math"
	"slices"
	"time"

	"irori/internal/route/feature"
	"irori/internal/route/learn"
	"irori/internal/route/outcome"
)

// Question is what is known of a request before anything is generated. Only
// Text, or Features in its place, is needed: what is not known stays out of
// the estimate, and nothing is put in its stead.
type Question struct {
	Text string
	// Features stand for a text that was not kept.
	Features *feature.Vector
	// Domain is what the question is about, as Options.Domain names it.
	Domain string
	// Embedding is the question's by the model EmbeddedBy; nil without.
	Embedding  []float32
	EmbeddedBy string
	// Tools, Images and Turns count those of the request, PromptTokens its
	// tokens; Schema says whether the answer has to keep one.
	Tools, Images, Turns, PromptTokens *int
	Schema                             *bool
	// At is when it was asked: the older what it is compared with, the less
	// that weighs. The zero time is that of the newest outcome.
	At time.Time
}

// Example is a question with what came of it. A score that is not known is nil.
type Example struct {
	Question
	Weak, Strong *float64
	// WeakCounts and StrongCounts say how often a score counts: how far it is
	// trusted, over the probability that it was revealed. 0 is once.
	WeakCounts, StrongCounts float64
}

// mostCounts bounds what one outcome counts, however unlikely it was to be
// seen: a rare one must not outvote all others.
const mostCounts = 20

func (e *Example) score(side int) *float64 {
	if side == 0 {
		return e.Weak
	}
	return e.Strong
}

func (e *Example) counts(side int) float64 {
	c := e.WeakCounts
	if side == 1 {
		c = e.StrongCounts
	}
	switch {
	case !(c >= 0), c == 0: // no number either
		return 1
	}
	return min(c, mostCounts)
}

// Examples makes examples of outcomes. Those whose question was not kept are
// left out where they have no features either.
func Examples(records []outcome.Record) []Example {
	out := make([]Example, 0, len(records))
	for i := range records {
		r := &records[i]
		e := Example{Question: Question{Text: r.Question}, Weak: r.Weak, Strong: r.Strong}
		if r.Question == "" && len(r.Features) > 0 {
			var ok bool
			if e.Features, ok = kept(r.Features); !ok {
				continue
			}
		}
		if r.Time != nil {
			e.At = *r.Time
		}
		trust := func(w *float64) float64 {
			if w == nil {
				return 1
			}
			return *w
		}
		e.WeakCounts, e.StrongCounts = trust(r.WeakWeight), trust(r.StrongWeight)
		if weak, strong, ok := r.Asked(); ok {
			e.WeakCounts, e.StrongCounts = over(e.WeakCounts, weak), over(e.StrongCounts, strong)
		}
		// A score that is not trusted at all is none.
		if trust(r.WeakWeight) == 0 {
			e.Weak = nil
		}
		if trust(r.StrongWeight) == 0 {
			e.Strong = nil
		}
		out = append(out, e)
	}
	return out
}

func over(trust, propensity float64) float64 {
	if propensity <= 0 {
		return trust
	}
	return trust / propensity
}

// kept reads the features of a record: a text within JSON.
func kept(raw []byte) (*feature.Vector, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return nil, false
	}
	v, err := feature.ReadKept(string(raw[1 : len(raw)-1]))
	return v, err == nil
}

// measures of the request beside its text.
const measureCount = 5

var measureNames = [measureCount]string{"tools", "images", "turns", "prompt tokens", "schema"}

// MeasureNames are what the measures of a request are called in reasons; each
// may also be "known" or not.
func MeasureNames() []string { return measureNames[:] }

// measure is one of them; ok is false where it is not known.
func (q *Question) measure(j int) (v float32, ok bool) {
	if j == 4 {
		if q.Schema == nil {
			return 0, false
		}
		if *q.Schema {
			return 1, true
		}
		return 0, true
	}
	n := [...]*int{q.Tools, q.Images, q.Turns, q.PromptTokens}[j]
	if n == nil {
		return 0, false
	}
	return float32(math.Log1p(float64(max(0, *n)))), true
}

const (
	// leastOfDomain is how many questions a domain needs to be learnt apart,
	// mostDomains how many are; domainWeight is what it weighs beside the
	// words, whose rows have length 1. The penalty draws domains of few
	// questions towards none.
	leastOfDomain = 20
	mostDomains   = 64
	domainWeight  = .3
)

// domains are those that enough questions have, sorted.
func domains(examples []Example) []string {
	count := map[string]int{}
	for i := range examples {
		if d := examples[i].Domain; d != "" && len(d) <= maxName {
			count[d]++
		}
	}
	var out []string
	for d, n := range count {
		if n >= leastOfDomain {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), mostDomains)]
}

// leastEmbedded is how many questions with an embedding a head on them needs.
const leastEmbedded = 100

// embedding makes a row of length 1 of an embedding; ok is false where there
// is none that the model knows.
func (m *Model) embedding(q *Question, r learn.Row) (learn.Row, bool) {
	if m.embedded == 0 || len(q.Embedding) != m.embedded || q.EmbeddedBy != m.embeddedBy {
		return r, false
	}
	norm := 0.0
	for _, v := range q.Embedding {
		norm += float64(v) * float64(v)
	}
	if !(norm > 0) || math.IsInf(norm, 0) {
		return r, false
	}
	inv := float32(1 / math.Sqrt(norm))
	r.Columns, r.Values = r.Columns[:0], r.Values[:0]
	for j, v := range q.Embedding {
		r.Columns, r.Values = append(r.Columns, uint32(j)), append(r.Values, v*inv)
	}
	return r, true
}

// embedder finds the embedding that most examples have.
func embedder(examples []Example) (by string, size int) {
	type kind struct {
		by   string
		size int
	}
	count := map[kind]int{}
	var best kind
	for i := range examples {
		k := kind{examples[i].EmbeddedBy, len(examples[i].Embedding)}
		if k.size == 0 || k.size > maxEmbedding || len(k.by) > maxName {
			continue
		}
		if count[k]++; count[k] > count[best] {
			best = k
		}
	}
	if count[best] < leastEmbedded {
		return "", 0
	}
	return best.by, best.size
}
