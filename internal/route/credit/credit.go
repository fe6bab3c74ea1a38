package credit

import (
	"slices"

	"irori/internal/route/log"
	"irori/internal/store/routed"
)

const (
	// tenth is what all words of a key may weigh over all other evidence on a
	// pair, twentieth over that among the nearest questions: there it decides
	// who answers, and a tenth can be all of a policy's margin.
	tenth, twentieth = .1, .05
	// nearest is how many outcomes are the nearest ones.
	nearest = 20
	// mostCounts bounds what one outcome counts, as learners do.
	mostCounts = 20
	// leastCases of a key's words that an audit answered tell whether it is
	// believed, by the last mostCases of them.
	leastCases, mostCases = 5, 20
)

// Said reports whether any key said something of an answer.
func Said(rows []*routed.Row) bool {
	return slices.ContainsFunc(rows, func(r *routed.Row) bool { return slices.ContainsFunc(r.Labels, word) })
}

// word reports whether a label is what a key says.
func word(l routed.Label) bool { return l.By != "" }

// Weigh returns rows with those labels that count, for as much as they count.
// shared says that others ask too than the one whose words are there; else a
// key's words count in full, where audits say nothing of the answer and do not
// contradict it. The rows that come in stay as they are; features or texts of
// them are needed where keys said something.
func Weigh(rows []*routed.Row, shared bool) []*routed.Row {
	if !Said(rows) {
		return rows
	}
	out := make([]*routed.Row, len(rows))
	for i, r := range rows {
		own := *r
		own.Labels = slices.Clone(r.Labels)
		out[i] = &own
	}
	untrue := contradicted(out)
	for _, r := range out {
		r.Labels = slices.DeleteFunc(r.Labels, func(l routed.Label) bool {
			return word(l) && (log.Checked(r, l.Side) != nil || untrue[saying{l.By, said(l)}])
		})
	}
	if shared {
		type pair struct{ route, weak, strong string }
		of := map[pair][]*routed.Row{}
		for _, r := range out {
			p := pair{r.Route, r.Weak.Name, r.Strong.Name}
			of[p] = append(of[p], r)
		}
		for _, rows := range of {
			if Said(rows) {
				bound(rows)
			}
		}
	}
	return slices.DeleteFunc(out, func(r *routed.Row) bool { return len(r.Labels) == 0 })
}

// saying is a key's words, or what is read out of its requests: who asks again
// where an answer was right may say true words all the same.
type saying struct {
	key  string
	word bool
}

func said(l routed.Label) bool { return l.Source == log.Feedback }

// contradicted are the keys whose words audits of the same answers contradicted
// in most of the last cases, until they agree again.
func contradicted(rows []*routed.Row) map[saying]bool {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *routed.Row) int { return a.Time.Compare(b.Time) })
	cases := map[saying][]bool{}
	for _, r := range rows {
		for _, l := range r.Labels {
			if checked := log.Checked(r, l.Side); word(l) && checked != nil {
				s := saying{l.By, said(l)}
				cases[s] = append(cases[s], (l.Score >= .5) != (checked.Score >= .5))
			}
		}
	}
	out := map[saying]bool{}
	for s, all := range cases {
		all = all[max(0, len(all)-mostCases):]
		wrong := 0
		for _, w := range all {
			if w {
				wrong++
			}
		}
		out[s] = len(all) >= leastCases && 2*wrong > len(all)
	}
	return out
}

// outcome is a score of one side that is learnt from.
type outcome struct {
	row  *routed.Row
	by   string
	mark mark
	// counts is how much it counts, left what is left of that.
	counts, left float64
}

// bound bounds the words of each key on one pair.
func bound(rows []*routed.Row) {
	marks := marksOf(rows)
	for _, side := range []string{routed.Weak, routed.Strong} {
		var all []outcome
		of, sum := map[string]float64{}, 0.0
		for i, r := range rows {
			best := log.Best(r, side)
			counts := countsOf(r, side)
			if best == nil || !(counts > 0) {
				continue
			}
			all = append(all, outcome{row: r, by: best.By, mark: marks[i], counts: counts, left: 1})
			of[best.By] += counts
			sum += counts
		}
		left := map[string]float64{}
		for i := range all {
			if x := &all[i]; x.by != "" {
				x.left = near(all, x)
				left[x.by] += x.left * x.counts
			}
		}
		for i := range all {
			x := &all[i]
			if x.by == "" {
				continue
			}
			if most := tenth * (sum - of[x.by]); left[x.by] > most {
				x.left *= most / left[x.by]
			}
			leave(x.row, side, x.left)
		}
	}
}

// countsOf is how much the best label of a side counts, 0 where its score was
// not revealed.
func countsOf(r *routed.Row, side string) float64 {
	rec := log.Revealed(r)
	trust, chance := rec.WeakWeight, rec.WeakPropensity
	if side == routed.Strong {
		trust, chance = rec.StrongWeight, rec.Propensity
	}
	if trust == nil {
		return 0
	}
	counts := *trust
	if chance != nil && *chance > 0 {
		counts /= *chance
	}
	return min(counts, mostCounts)
}

// near is what is left of a word, so that its key's weigh no more than their
// share of the nearest outcomes.
func near(all []outcome, x *outcome) float64 {
	var n [size + 1]int
	var own, others [size + 1]float64
	for i := range all {
		d := x.mark.from(&all[i].mark)
		if n[d]++; all[i].by == x.by {
			own[d] += all[i].counts
		} else {
			others[d] += all[i].counts
		}
	}
	seen, mine, rest := 0, 0.0, 0.0
	for d := range n {
		if seen += n[d]; n[d] > 0 {
			mine += own[d]
			rest += others[d]
		}
		if seen >= nearest {
			break
		}
	}
	return min(1, twentieth*rest/mine)
}

// leave leaves so much of a side's best label, which is a key's, and nothing of
// what else keys say of that side.
func leave(r *routed.Row, side string, left float64) {
	best := *log.Best(r, side)
	r.Labels = slices.DeleteFunc(r.Labels, func(l routed.Label) bool { return l.Side == side && word(l) })
	if best.Weight *= left; best.Weight > 0 {
		r.Labels = append(r.Labels, best)
	}
}

// Left is how much is left of what is said of a row, from 0 to 1: of the side of
// which less is.
func Left(r *routed.Row) float64 {
	out := 1.0
	for _, side := range []string{routed.Weak, routed.Strong} {
		if l := log.Best(r, side); l != nil && word(*l) {
			out = min(out, l.Weight/log.Weight(l.Source, l.Score))
		}
	}
	return out
}
