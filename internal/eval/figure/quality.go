package figure

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"irori/internal/eval/sample"
	"irori/internal/eval/stat"
)

// none is the interval of what has none.
var none stat.Interval

// accuracy is the share that is right, of all that were asked and could be
// judged: what cannot be read, was refused, cut off or failed is not right.
func (m *maker) accuracy(g *Group, scored []*sample.Sample) {
	f := Figure{Name: "accuracy", N: len(scored), Of: len(scored) + g.Counts[sample.JudgeUnparsed], Interval: Wilson}
	if len(scored) == 0 {
		if f.Of > 0 {
			f.Absent = AbsentJudge
			m.add(f, none, false)
		}
		return
	}
	if m.same {
		f.Absent = AbsentSame
		m.add(f, none, false)
		return
	}
	if judgeFails(g) {
		f.Absent = AbsentJudge
		m.add(f, none, false)
		return
	}
	m.share(f, scored, right)
}

// agreement is how often a judge said the same in both orders. One that looks at
// the place alone contradicts itself always; since contradicting orders are a
// tie, and a tie counts as right, accuracy does not show that.
func (m *maker) agreement(list []*sample.Sample) {
	judged := pick(list, func(s *sample.Sample) bool { return s.Judge != nil })
	if len(judged) == 0 {
		return
	}
	both := pick(judged, func(s *sample.Sample) bool {
		v := s.Judge.Verdicts
		return len(v) == 2 && !slices.Contains(v, "unparsed")
	})
	m.share(Figure{Name: "judge_agreement", N: len(both), Of: len(judged)}, both, func(s *sample.Sample) float64 {
		if s.Judge.Agreed {
			return 1
		}
		return 0
	})
}

// share puts in how many samples are so, of all of the list: with Wilson's
// interval, or with draws of questions where some were asked repeatedly. Draws of
// nothing but noes, or nothing but yeses, are all alike, and would claim what so
// few questions cannot show: Wilson's interval of the questions stands there.
func (m *maker) share(f Figure, list []*sample.Sample, so value) {
	f.Interval = Wilson
	if len(list) == 0 {
		m.add(f, none, false)
		return
	}
	columns := sums(list, so, one)
	questions := len(columns[0])
	yes := 0.0
	for _, n := range columns[0] {
		yes += n
	}
	switch all := float64(len(list)); {
	case questions == len(list):
		i, ok := stat.Wilson(int(yes), questions, Level)
		m.add(f, i, ok)
	case yes == 0:
		i, ok := stat.Wilson(0, questions, Level)
		m.add(f, i, ok)
	case yes == all:
		i, ok := stat.Wilson(questions, questions, Level)
		m.add(f, i, ok)
	default:
		f.Interval = Bootstrap
		i, ok := draws(columns, m.seedOf(f.Name), over)
		m.add(f, i, ok)
	}
}

// judgeFails reports whether so many verdicts are missing that what is left
// says nothing.
func judgeFails(g *Group) bool {
	lost := g.Counts[sample.JudgeUnparsed]
	return lost > 0 && float64(lost) > JudgeGate*float64(g.Scored+lost)
}

// instructions are the shares of checkable instructions that were kept, of all
// instructions: an answer has several.
func (m *maker) instructions(list []*sample.Sample) {
	list = pick(list, func(s *sample.Sample) bool { return len(s.Strict) > 0 })
	if len(list) == 0 {
		return
	}
	for _, v := range []struct {
		name string
		of   func(*sample.Sample) []bool
	}{{"instructions_strict", func(s *sample.Sample) []bool { return s.Strict }}, {"instructions_loose", func(s *sample.Sample) []bool { return s.Loose }}} {
		kept := func(s *sample.Sample) float64 {
			n := 0.0
			for _, ok := range v.of(s) {
				if ok {
					n++
				}
			}
			return n
		}
		m.partsOfAll(Figure{Name: v.name, N: len(list), Of: len(list)}, list, kept, func(s *sample.Sample) float64 { return float64(len(v.of(s))) })
	}
}

// partsOfAll puts in what is kept of what was asked for; where that is nothing or
// everything, all draws are alike, and Wilson's interval of the questions stands
// for them.
func (m *maker) partsOfAll(f Figure, list []*sample.Sample, part, whole value) {
	kept, of := 0.0, 0.0
	for _, s := range list {
		kept, of = kept+part(s), of+whole(s)
	}
	if kept > 0 && kept < of {
		m.ratio(f, list, part, whole)
		return
	}
	questions := len(sums(list, one)[0])
	right := 0
	if kept > 0 {
		right = questions
	}
	f.Interval = Wilson
	i, ok := stat.Wilson(right, questions, Level)
	m.add(f, i, ok && of > 0)
}

// loss are the figures of texts whose likelihood was asked for. How perplexity
// is averaged is not settled by those who use it, so both readings stand
// side by side: the mean of each text's perplexity, and that of all tokens
// together.
func (m *maker) loss(asked []*sample.Sample) {
	list := pick(asked, rated)
	if len(list) == 0 {
		return
	}
	m.ratio(Figure{Name: "perplexity", Of: len(list)}, list, perplexity, one)
	f := Figure{Name: "perplexity_pooled", N: len(list), Of: len(list), Interval: Bootstrap}
	i, ok := draws(sums(list, nll, nllTokens), m.seedOf(f.Name), func(sum []float64) (float64, bool) {
		return math.Exp(sum[0] / sum[1]), sum[1] > 0
	})
	m.add(f, i, ok)
	bytes := pick(list, func(s *sample.Sample) bool { return s.NLLBytes != nil && *s.NLLBytes > 0 })
	if len(bytes) > 0 {
		m.ratio(Figure{Name: "bits_per_byte", Unit: "bit", Of: len(list)}, bytes, func(s *sample.Sample) float64 { return *s.NLL / math.Ln2 },
			func(s *sample.Sample) float64 { return float64(*s.NLLBytes) })
	}
	m.lossEnergy(list)
}

// rated reports whether a sample is a text whose likelihood counts; the
// likelihood of an option is no perplexity.
func rated(s *sample.Sample) bool {
	return s.State == sample.Unscored && s.NLL != nil && s.NLLTokens != nil && *s.NLLTokens > 0
}

func nll(s *sample.Sample) float64        { return *s.NLL }
func nllTokens(s *sample.Sample) float64  { return float64(*s.NLLTokens) }
func perplexity(s *sample.Sample) float64 { return math.Exp(*s.NLL / float64(*s.NLLTokens)) }

// money is what answers cost, and what a right one does: in each currency that
// they were paid in, over all that have a price. Where some were paid in another,
// the figures of all currencies together are the price.
func (m *maker) money(run sample.Run, scored []*sample.Sample) {
	if len(scored) == 0 {
		return
	}
	priced := pick(scored, func(s *sample.Sample) bool { return s.Cost != nil })
	currencies := map[string]bool{}
	for _, s := range priced {
		currencies[cmp.Or(s.Currency, run.Currency)] = true
	}
	if len(priced) == 0 {
		currencies[run.Currency] = true
	}
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		f := Figure{Name: "cost", Unit: currency, Of: len(scored)}
		c := Figure{Name: "cost_per_correct", Unit: currency, Of: len(scored)}
		if len(priced) > 0 && short(len(priced), len(scored)) {
			f.Absent, c.Absent = AbsentCoverage, AbsentCoverage
		}
		cost := func(s *sample.Sample) float64 {
			if cmp.Or(s.Currency, run.Currency) != currency {
				return 0
			}
			return *s.Cost
		}
		m.ratio(f, priced, cost, one)
		m.perRight(c, priced, cost)
	}
}

// perRight is a sum over the number of right answers.
func (m *maker) perRight(f Figure, list []*sample.Sample, of value) {
	switch {
	case f.Absent != "":
	case m.same:
		f.Absent = AbsentSame
	case len(list) > 0 && !anyRight(list):
		f.Absent = AbsentNoRight
	}
	m.ratio(f, list, of, right)
}

func anyRight(list []*sample.Sample) bool {
	for _, s := range list {
		if s.State == sample.Right {
			return true
		}
	}
	return false
}

// short reports whether too few have a figure for it to stand for all.
func short(n, of int) bool { return float64(n) < Gate*float64(of) }
