package outcome

// Drawn is a record as a policy is judged by it. Where it says with what
// probability it was audited, audits alone reveal scores, and judge the answers
// of both sides: so that is the probability of either score, and what is known
// from elsewhere of an answer that was not audited counts for nothing. ok is
// false where chance had no part: the request was private, its client or a rule
// said who answers, or nothing was audited then. Records that tell choice and
// audit not apart stay as they are.
func (r Record) Drawn() (out Record, ok bool) {
	weak, _, told := r.Asked()
	if !told && r.ChoiceChance != nil {
		weak = 1 - *r.ChoiceChance
		if r.After() {
			weak = 1
		}
		told = true
	}
	r.WeakSure = told && weak == 1
	switch {
	case r.ChoiceChance == nil && r.AuditChance == nil:
		return r, true
	case r.AuditChance == nil || *r.AuditChance == 0:
		return r, false
	}
	r.Propensity, r.WeakPropensity = r.AuditChance, r.AuditChance
	if !r.Audited {
		r.Weak, r.WeakSource, r.WeakWeight = nil, "", nil
		r.Strong, r.StrongSource, r.StrongWeight = nil, "", nil
	}
	return r, true
}
