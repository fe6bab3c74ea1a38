package replay

import (
	"fmt"
	"hash/fnv"
	"strings"

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
	// Empty counts those of the left out that nothing tells the question of,
	// Undrawn those with both scores that say with what probability they were
	// audited, and not that they were.
	Empty, Undrawn int
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
		known := r.Weak != nil && r.Strong != nil
		if d, ok := r.Drawn(); ok {
			r = d
		}
		switch {
		case r.Question == "" && len(r.Features) == 0:
			c.Empty++
		case known && (r.Weak == nil || r.Strong == nil):
			c.Undrawn++
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

// Said says in words what was left out, "" where nothing was.
func (c Chosen) Said() string {
	var out string
	var why []string
	for _, w := range []struct {
		n    int
		said string
	}{
		{c.Empty, "nothing tells the question of %d"},
		{c.Undrawn, "p_audit or p_choice says of %d how likely chance was to have them audited, and audited does not say that it did"},
		{c.LeftOut - c.Empty - c.Undrawn, "both sides' scores are not known of %d"},
	} {
		if w.n > 0 {
			why = append(why, fmt.Sprintf(w.said, w.n))
		}
	}
	if c.LeftOut > 0 {
		out = fmt.Sprintf(" %d are left out: %s.", c.LeftOut, strings.Join(why, "; "))
	}
	if c.Thinned > 0 {
		out += fmt.Sprintf(" %d more are, since they were audited more often than others.", c.Thinned)
	}
	return out
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
	n := len(c.Records)
	if n < need && c.Empty > 0 && c.Empty == c.LeftOut {
		return llm.Errorf(llm.CodeInvalidRequest, "of %[2]d %[3]s %[4]d have an empty question, and %[1]d are left: %[5]d more are needed", n, n+c.LeftOut+c.Thinned, of, c.Empty, need-n)
	}
	if n < need {
		return llm.Errorf(llm.CodeInvalidRequest, "of %[2]d %[3]s %[1]d have scores of both sides as an audit drew them: %[4]d more are needed", n, n+c.LeftOut+c.Thinned, of, need-n).
			WithHint("shadow: {share: 0.05} in the policy audits requests; irori route status")
	}
	return nil
}

// Least is how many records a cross-validation needs.
const Least = 2 * defaultFolds
