package replay

import (
	"hash/fnv"

	"irori/internal/llm"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

// Chosen are the records of a log that a replay can be made of.
type Chosen struct {
	Records []outcome.Record
	// LeftOut counts those of which not both scores are known, or not by chance,
	// and those that neither a text nor features tell the question of. Thinned
	// counts those that were audited with a greater probability than others:
	// so many of them are left out that all that stay were drawn alike.
	LeftOut, Thinned int
}

// Both chooses the records of which both scores are known. Where a record says
// with what probability it was audited, only an audit counts, as it does for
// every estimate: what else is known of both sides is known of those who spoke
// up. Records that tell no such thing stay as they are. An audit stands for all
// requests like it; audits of different shares are thinned to the least.
func Both(records []outcome.Record) Chosen {
	var c Chosen
	least := 1.0
	for _, r := range records {
		if d, ok := r.Drawn(); ok {
			r = d
		}
		if r.Weak == nil || r.Strong == nil || len(predict.Examples([]outcome.Record{r})) == 0 || r.Question == "" && len(r.Features) == 0 {
			c.LeftOut++
			continue
		}
		if r.AuditChance != nil && *r.AuditChance > 0 {
			least = min(least, *r.AuditChance)
		}
		c.Records = append(c.Records, r)
	}
	kept := c.Records[:0]
	for _, r := range c.Records {
		if p := r.AuditChance; p != nil && *p > 0 && kin(r) >= least / *p {
			c.Thinned++
			continue
		}
		kept = append(kept, r)
	}
	c.Records = kept
	return c
}

// kin is a number from 0 to 1 that hangs on a request alone: the same log is
// thinned the same way.
func kin(r outcome.Record) float64 {
	h := fnv.New64a()
	// A hash takes everything.
	_, _ = h.Write([]byte("thinned\x00" + r.ID + "\x00" + same(r)))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// Enough refuses a log with too few records for a replay by what the others
// teach; of says what there were records of.
func (c Chosen) Enough(of string, need int) error {
	if n := len(c.Records); n < need {
		return llm.Errorf(llm.CodeInvalidRequest, "of %[2]d %[3]s %[1]d have scores of both sides as an audit drew them: %[4]d more are needed", n, n+c.LeftOut+c.Thinned, of, need-n).
			WithHint("shadow: {share: 0.05} in the policy audits requests; irori route status")
	}
	return nil
}

// Least is how many records a cross-validation needs.
const Least = 2 * defaultFolds
