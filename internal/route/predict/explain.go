package predict

import (
	"cmp"
	"math"
	"slices"

	"irori/internal/route/feature"
)

// Reason is something of a question that moved its estimate.
type Reason struct {
	// What is a word, a pair of words, a run of characters or a measure of
	// form; Like tells which: "word" or "form".
	What string
	Like string
	// Benefit is by how much it moved the log-odds of the strong model above
	// those of the weak one.
	Benefit float64
}

// Explanation is an estimate with what it comes from.
type Explanation struct {
	Estimate
	// Reasons are those that moved most, in order.
	Reasons []Reason
	// Alike counts earlier questions that are alike, AlikeWeak and AlikeStrong
	// say how they were answered; nil where nobody knows.
	Alike                  int
	AlikeWeak, AlikeStrong *float64
}

// Explain estimates a question and says why, with at most n reasons.
func (m *Model) Explain(question string, n int) Explanation {
	s := m.pool.Get().(*scratch)
	defer m.pool.Put(s)
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.read(question, s)
	estimate, like := m.estimate(s)
	out := Explanation{Estimate: estimate, Alike: like.count}
	names := map[uint32]string{}
	for bucket, name := range s.extractor.Named(question) {
		if c := m.column[bucket]; c >= 0 {
			names[uint32(c)] = name
		}
	}
	form := feature.FormNames()
	for i, c := range s.row.Columns {
		moved := float64(s.row.Values[i]) * float64(m.heads[1].words.Weights[c]-m.heads[0].words.Weights[c])
		r := Reason{What: names[c], Like: "word", Benefit: moved}
		if at := int(c) - len(m.rarity); at >= 0 {
			r.What, r.Like = form[at], "form"
		}
		if r.What != "" && moved != 0 {
			out.Reasons = append(out.Reasons, r)
		}
	}
	slices.SortStableFunc(out.Reasons, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Benefit), math.Abs(a.Benefit)) })
	out.Reasons = out.Reasons[:min(n, len(out.Reasons))]
	for _, t := range []struct {
		from tally
		to   **float64
	}{{like.weak, &out.AlikeWeak}, {like.strong, &out.AlikeStrong}} {
		if t.from.weight > 0 {
			mean := t.from.sum / t.from.weight
			*t.to = &mean
		}
	}
	return out
}
