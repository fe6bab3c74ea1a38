package predict

import "slices"

// Set is several models asked about one question, whose features are made
// once: a pair for each local target.
type Set []*Model

// Of estimates a question by each of the models, in their order. The first
// model that can tells the domain.
func (s Set) Of(q Question) []Estimate {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	if at := slices.IndexFunc(s, func(m *Model) bool { return m.domain != nil }); at >= 0 {
		q.Domain = domainOf(s[at].domain, &q)
	}
	v := r.read(&q)
	out := make([]Estimate, len(s))
	for i, m := range s {
		out[i] = m.of(v, &q)
	}
	return out
}
