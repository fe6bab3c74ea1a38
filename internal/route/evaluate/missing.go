package evaluate

import "irori/internal/route/outcome"

// Missing says of the audits that chance chose how many told no score, because
// nobody could judge them, they failed, or they still wait.
type Missing struct {
	Audits   int `json:"audits"`
	Unjudged int `json:"unjudged"`
	// Quality holds the policy's quality whatever the unjudged were worth: from
	// all of their answers wrong to all right. The estimates themselves take it
	// that whether an audit was judged hangs not on who was right.
	Quality Estimate `json:"quality_bounds"`
}

// judged is the share of the audits that chance chose which told a score.
func (m *Missing) judged() float64 { return float64(m.Audits-m.Unjudged) / float64(m.Audits) }

// missing takes audits that nobody judged as missing: a score was then revealed
// with the probability of an audit times the share that is judged. It is nil
// where none is missing.
func missing(records []outcome.Record) ([]outcome.Record, *Missing) {
	m := &Missing{}
	for _, r := range records {
		if chosen(r) && (r.Audited || r.Unjudged != "") {
			m.Audits++
			if r.Unjudged != "" {
				m.Unjudged++
			}
		}
	}
	if m.Unjudged == 0 || m.Unjudged == m.Audits {
		return records, nil
	}
	out := make([]outcome.Record, len(records))
	for i, r := range records {
		if chosen(r) && r.Propensity != nil {
			p := *r.Propensity * m.judged()
			r.Propensity = &p
			if r.WeakPropensity != nil {
				r.WeakPropensity = new(*r.WeakPropensity * m.judged())
			}
		}
		out[i] = r
	}
	return out, m
}

// chosen reports whether an audit might have drawn a record.
func chosen(r outcome.Record) bool { return r.AuditChance != nil && *r.AuditChance > 0 }

// bound says what the quality can be at least and at most: v was found on the
// share that is judged, and what is missing has scores from 0 to 1.
func (m *Missing) bound(v float64) {
	p := m.judged()
	m.Quality = share(Estimate{Value: v, Low: p * v, High: p*v + 1 - p})
}
