package log

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"slices"

	"irori/internal/route/feature"
	"irori/internal/route/outcome"
	"irori/internal/store/routed"
)

// Best is the label of a side that is trusted most; of equals the last one. It
// is nil where nothing was said.
func Best(r *routed.Row, side string) *routed.Label {
	var best *routed.Label
	for i := range r.Labels {
		l := &r.Labels[i]
		if l.Side == side && (best == nil || l.Weight > best.Weight || l.Weight == best.Weight && l.Time.After(best.Time)) {
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
		WeakChance: r.PWeak, StrongChance: r.PStrong, Doubt: r.Doubt, Signals: r.Signals,
		WeakTokens: float(r.UsedWeak.OutputTokens), StrongTokens: float(r.UsedStrong.OutputTokens),
		WeakPromptTokens: float(r.UsedWeak.PromptTokens), StrongPromptTokens: float(r.UsedStrong.PromptTokens),
		WeakCost: r.UsedWeak.Cost, StrongCost: r.UsedStrong.Cost, WeakJoules: r.UsedWeak.EnergyJ, StrongJoules: r.UsedStrong.EnergyJ,
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
		out.Features, _ = json.Marshal(base64.StdEncoding.EncodeToString(r.Features))
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
// asked without a key where keys are demanded now. Rows that promises are
// calibrated on (held) are left out.
func Learnable(rows iter.Seq2[*routed.Row, error], perKey int, keysDemanded bool, held func(id string) bool) ([]*routed.Row, error) {
	var all []*routed.Row
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		if len(r.Labels) == 0 || keysDemanded && r.Keyless || held != nil && r.Seq > 0 && held(r.ID) {
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

// packed is the version of the packing below.
const packed = 1

// Pack makes bytes of a question in numbers.
func Pack(v *feature.Vector) []byte {
	terms := slices.Clone(v.Terms)
	slices.SortFunc(terms, func(a, b feature.Term) int { return int(int64(a.Bucket) - int64(b.Bucket)) })
	out := append(make([]byte, 0, 3*len(terms)+4*len(v.Form)+8), packed)
	out = binary.AppendUvarint(out, uint64(len(terms)))
	last := uint32(0)
	for _, t := range terms {
		out = binary.AppendUvarint(out, uint64(t.Bucket-last))
		out = binary.AppendUvarint(out, uint64(max(0, t.Count)))
		last = t.Bucket
	}
	out = binary.AppendUvarint(out, uint64(len(v.Form)))
	for _, f := range v.Form {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(f))
	}
	return out
}

// Unpack reads what Pack made.
func Unpack(b []byte) (*feature.Vector, error) {
	fail := errors.New("the features of a question cannot be read: another version of irori wrote them")
	if len(b) == 0 || b[0] != packed {
		return nil, fail
	}
	b = b[1:]
	next := func(most uint64) (uint64, bool) {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > most {
			return 0, false
		}
		b = b[n:]
		return v, true
	}
	n, ok := next(uint64(len(b)))
	if !ok {
		return nil, fail
	}
	v := &feature.Vector{Terms: make([]feature.Term, 0, n)}
	at := uint64(0)
	for range n {
		d, ok := next(1 << feature.Bits)
		c, ok2 := next(1 << 24)
		if at += d; !ok || !ok2 || at >= 1<<feature.Bits {
			return nil, fail
		}
		v.Terms = append(v.Terms, feature.Term{Bucket: uint32(at), Count: float32(c)})
	}
	if n, ok := next(feature.FormSize); !ok || n != uint64(len(v.Form)) || len(b) != 4*len(v.Form) {
		return nil, fail
	}
	for i := range v.Form {
		v.Form[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}
