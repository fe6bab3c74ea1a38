package predict

import (
	"cmp"
	"math"
	"slices"

	"irori/internal/route/feature"
	"irori/internal/route/learn"
)

// Reason is something of a question that moved its estimate.
type Reason struct {
	// What is a word, a pair of words, a run of characters, a measure of form
	// or of the request, or a domain; Like tells which: "word", "form",
	// "request" or "domain".
	What string `json:"what"`
	Like string `json:"like"`
	// Benefit is by how much it moved the log-odds of the strong model above
	// those of the weak one.
	Benefit float64 `json:"benefit"`
}

// Explanation is an estimate with what it comes from.
type Explanation struct {
	Estimate
	// Version is the model's, Model what that was trained on.
	Version string
	Model   Summary
	// Words is the benefit that words, form, request and domain have alone by
	// the regressions, Shapes what the trees see in topic and form, Embedded
	// what the embedding tells; nil without one. Their mean, in which words
	// count more where outcomes are few, is what was learnt, and similar
	// questions move it by Past.
	Words, Shapes float64
	Embedded      *float64
	Past          float64
	// Unlike is how much the question counts as unlike all that was learnt
	// from, 0 to 1, and Beyond by how much that moved the benefit; nil and 0
	// where too few outcomes tell what holds for such questions.
	Unlike *float64
	Beyond float64
	// Reasons are those that moved most, in order.
	Reasons []Reason
	// Unknown is how much of the question's words training never saw, from 0
	// to 1; nil without words.
	Unknown *float64
	// Alike counts earlier questions that are alike, AlikeWeak and AlikeStrong
	// say how they were answered; nil where nobody knows.
	Alike                  int
	AlikeWeak, AlikeStrong *float64
}

// Explain estimates a question of which only the text is known and says why,
// with at most n reasons.
func (m *Model) Explain(text string, n int) Explanation {
	return m.ExplainOf(Question{Text: text}, n)
}

// ExplainOf estimates a question and says why, with at most n reasons. Where
// only its features are known, its words cannot be named.
func (m *Model) ExplainOf(q Question, n int) Explanation {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	s := m.scratch()
	defer m.pool.Put(s)
	q.Domain = domainOf(m.domain, &q)
	v := r.read(&q)
	var names map[uint32]string
	if q.Features == nil {
		names = r.extractor.Named(q.Text)
	}
	version := m.Version()
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.fill(v, &q, s)
	out := Explanation{Version: version, Model: m.summary, Reasons: m.reasons(s, names)}
	out.Reasons = out.Reasons[:min(max(0, n), len(out.Reasons))]
	margin := func(side int) float64 { return learn.Sigmoid(m.margin(s, side)) }
	out.Words = margin(1) - margin(0)
	out.Shapes = m.heads[1].trees.Predict(s.dense) - m.heads[0].trees.Predict(s.dense)
	if s.has && m.heads[0].embedded != nil && m.heads[1].embedded != nil {
		d := learn.Sigmoid(m.heads[1].embedded.Margin(s.embedded)) - learn.Sigmoid(m.heads[0].embedded.Margin(s.embedded))
		out.Embedded = &d
	}
	learnt := Estimate{Weak: m.learnt(s, 0), Strong: m.learnt(s, 1)}
	like := m.past.alike(s.dense[:m.picture.Size], s.at)
	var before Estimate
	out.Estimate, before = m.estimate(s, like)
	out.Past = before.Benefit() - learnt.Benefit()
	if m.beyond != nil {
		out.Unlike, out.Beyond = new(m.beyond.Share(like.nearest)), out.Benefit()-before.Benefit()
	}
	out.Alike, out.AlikeWeak, out.AlikeStrong = like.count, like.sides[0].mean(), like.sides[1].mean()
	if len(v.Terms) > 0 {
		unknown := 1 - float64(s.words)/float64(len(v.Terms))
		out.Unknown = &unknown
	}
	return out
}

// reasons are what moved the regressions' margins, the most first. The caller
// holds mu.
func (m *Model) reasons(s *scratch, names map[uint32]string) []Reason {
	var out []Reason
	form := feature.FormNames()
	for i, c := range s.row.Columns {
		moved := float64(s.row.Values[i]) * float64(m.heads[1].words.Weights[c]-m.heads[0].words.Weights[c])
		r := Reason{Like: "word", Benefit: moved}
		at := int(c) - len(m.buckets)
		switch {
		case at < 0:
			r.What = names[m.buckets[c]]
		case at < feature.FormSize:
			r.What, r.Like = form[at], "form"
		case at < feature.FormSize+2*measureCount:
			at -= feature.FormSize
			r.What, r.Like = measureNames[at/2], "request"
			if at%2 == 1 {
				r.What += " known"
			}
		default:
			r.What, r.Like = m.domains[at-feature.FormSize-2*measureCount], "domain"
		}
		if r.What != "" && moved != 0 {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Benefit), math.Abs(a.Benefit)) })
	return out
}
