package log

import (
	"encoding/json"
	"iter"
	"slices"

	"irori/internal/route/outcome"
	"irori/internal/store/routed"
)

// Checked is a test or an audit of a side's answer, the one that is trusted more;
// nil where there was none.
func Checked(r *routed.Row, side string) *routed.Label {
	var best *routed.Label
	for i := range r.Labels {
		l := &r.Labels[i]
		if l.Side == side && l.By == "" && (l.Source == Test || l.Source == ShadowJudge) && (best == nil || l.Weight > best.Weight) {
			best = l
		}
	}
	return best
}

// Best is the label of a side that is trusted most; of equals the last one. What
// a key says counts only where the answer was neither tested nor audited. It is
// nil where nothing was said.
func Best(r *routed.Row, side string) *routed.Label {
	var best *routed.Label
	checked := Checked(r, side) != nil
	for i := range r.Labels {
		l := &r.Labels[i]
		if l.Side == side && !(checked && l.By != "") && (best == nil || l.Weight > best.Weight || l.Weight == best.Weight && l.Time.After(best.Time)) {
			best = l
		}
	}
	return best
}

// Wrong says how wrong the weak answer of an audited request was, from 0 to 1,
// for a promise: what was observed by chance counts, and of what the keys say
// only what makes it stricter. An answer that nobody could judge counts as
// wrong. ok is false where it was not audited.
func Wrong(r *routed.Row) (e float64, ok bool) {
	if r.Seq == 0 || r.Audit != routed.Audited && r.Audit != routed.Undecided {
		return 0, false
	}
	best := -1.0
	var owner, keys *float64
	for i := range r.Labels {
		l := &r.Labels[i]
		if l.Side != routed.Weak {
			continue
		}
		switch {
		case l.Source == Test || l.Source == Feedback && l.By == "":
			owner = &l.Score
		case l.Source == Feedback:
			keys = &l.Score
		case l.Source == ShadowJudge || l.Source == Schema && l.Score < .5:
			if best < 0 || l.Score < best {
				best = l.Score
			}
		}
	}
	switch {
	case owner != nil:
		return 1 - *owner, true
	case best < 0:
		return 1, true
	case keys != nil && *keys < best:
		best = *keys
	}
	return 1 - best, true
}

// Record is a row as an outcome.
func Record(r *routed.Row) outcome.Record {
	at := r.Time
	out := outcome.Record{
		Question: r.Question, Group: r.Group, ID: r.ID, Time: &at, Language: r.Language, Route: r.Route, Predictor: r.Predictor,
		Point: r.Point, Template: r.Weak.Template, WeakModel: name(r.Weak), Quantization: r.Weak.Quantization, Scorer: r.Scorer, StrongModel: name(r.Strong),
		Audited:    r.Audit == routed.Audited,
		WeakChance: r.PWeak, StrongChance: r.PStrong, Doubt: r.Doubt, Signals: r.Signals, Flaw: r.Flaw,
		WeakTokens: float(r.UsedWeak.OutputTokens), StrongTokens: float(r.UsedStrong.OutputTokens),
		WeakPromptTokens: float(r.UsedWeak.PromptTokens), StrongPromptTokens: float(r.UsedStrong.PromptTokens),
		WeakCost: r.UsedWeak.Cost, StrongCost: r.UsedStrong.Cost, WeakJoules: r.UsedWeak.EnergyJ, StrongJoules: r.UsedStrong.EnergyJ,
	}
	switch r.Audit {
	case routed.Undecided, routed.Failed, routed.Planned:
		out.Unjudged = r.Audit
	}
	if r.Version != "" {
		out.Route += "@" + r.Version
	}
	if r.Answered != "" {
		out.Answered = r.Answered[:1]
	}
	if l := Best(r, routed.Weak); l != nil {
		out.Weak, out.WeakSource, out.WeakWeight = &l.Score, l.Source, &l.Weight
	}
	if l := Best(r, routed.Strong); l != nil {
		out.Strong, out.StrongSource, out.StrongWeight = &l.Score, l.Source, &l.Weight
	}
	if len(r.Features) > 0 {
		// A string is always JSON.
		out.Features, _ = json.Marshal(string(r.Features))
	}
	if p := r.Propensity; p != nil {
		strong, weak := *p, 1-*p
		if r.WeakPropensity != nil {
			weak = *r.WeakPropensity
		}
		if r.Share != nil {
			// Chance asks the other side too.
			strong, weak = strong+(1-strong)**r.Share, weak+(1-weak)**r.Share
		}
		out.Propensity, out.WeakPropensity = &strong, &weak
	}
	out.ChoiceChance, out.AuditChance = r.Propensity, r.Share
	return out
}

// Revealed is a row as an outcome with those scores only that its decision or an
// audit revealed: of a side that answered nobody nothing is believed.
func Revealed(r *routed.Row) outcome.Record {
	out := Record(r)
	if r.Answered != routed.Weak && !r.WeakAsked && r.Audit != routed.Audited {
		out.Weak, out.WeakSource, out.WeakWeight = nil, "", nil
	}
	if r.Answered != routed.Strong && r.Audit != routed.Audited {
		out.Strong, out.StrongSource, out.StrongWeight = nil, "", nil
	}
	return out
}

func name(t routed.Target) string {
	if t.Model != "" {
		return t.Model
	}
	return t.Name
}

func float(v *int) *float64 {
	if v == nil {
		return nil
	}
	f := float64(*v)
	return &f
}

// Learnable yields the labelled rows that may be learnt from: of each virtual
// key only the last ones, so that none outweighs the others, and none that were
// asked without a key where keys are demanded now. What is private teaches
// nothing, and rows that promises are calibrated on (held) are left out.
func Learnable(rows iter.Seq2[*routed.Row, error], perKey int, keysDemanded bool, held func(id string) bool) ([]*routed.Row, error) {
	var all []*routed.Row
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		if len(r.Labels) == 0 || r.Privacy != routed.Any || keysDemanded && r.Keyless || held != nil && r.Seq > 0 && held(r.ID) {
			continue
		}
		all = append(all, r)
	}
	n := map[string]int{}
	var out []*routed.Row
	for _, r := range slices.Backward(all) {
		if r.Key != "" && perKey > 0 {
			if n[r.Key]++; n[r.Key] > perKey {
				continue
			}
		}
		out = append(out, r)
	}
	slices.Reverse(out)
	return out, nil
}
