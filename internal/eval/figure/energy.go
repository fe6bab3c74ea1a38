package figure

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"irori/internal/eval/sample"
	"irori/internal/eval/stat"
)

// source is where energy comes from: figures of different sources do not meet
// in one mean.
type source struct{ method, basis string }

// modelled is the method whose figures have an interval of their own.
const modelled = "modelled"

// metered reports whether a sample says where its energy comes from, and the
// meters saw enough of it.
func metered(s *sample.Sample) bool {
	e := s.Energy
	return e != nil && e.Method != "" && (e.Coverage == nil || *e.Coverage >= leastCovered)
}

// fuelled reports whether a sample's joules may count. None at all are those of
// a meter that stood still, but for a question that failed before anything ran;
// modelled ones must say how sure they are.
func fuelled(s *sample.Sample) bool {
	e := s.Energy
	return metered(s) && (e.Full > 0 || s.State == sample.Failed) && (e.Method != modelled || e.Low != nil && e.High != nil)
}

// powered is the same of the device's power.
func powered(s *sample.Sample) bool {
	e := s.Energy
	return metered(s) && e.Power != nil && *e.Power > 0 && (e.Method != modelled || e.PowerLow != nil && e.PowerHi != nil)
}

// sources lists where the energy of samples comes from, the most common first.
func sources(list []*sample.Sample) []source {
	count := map[source]int{}
	for _, s := range list {
		if metered(s) {
			count[source{s.Energy.Method, s.Energy.Basis}]++
		}
	}
	return slices.SortedFunc(maps.Keys(count), func(a, b source) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.method, b.method), cmp.Compare(a.basis, b.basis))
	})
}

// chosen is the source that a group's figures are of. Where several share a
// group none of them may pass the gate, and then there is no figure.
func chosen(list []*sample.Sample) (source, bool) {
	all := sources(list)
	if len(all) == 0 {
		return source{}, false
	}
	return all[0], true
}

// of reports whether a sample's energy is of the source.
func (from source) of(s *sample.Sample) bool {
	return metered(s) && s.Energy.Method == from.method && s.Energy.Basis == from.basis
}

// ends are three readings of a modelled figure: as it is, and at both ends of
// the model's interval. A model errs for all samples alike, so the ends are
// taken for all of them together.
func ends(is value, low, high func(*sample.Energy) *float64) [3]value {
	end := func(of func(*sample.Energy) *float64) value {
		return func(s *sample.Sample) float64 { return *of(s.Energy) }
	}
	return [3]value{is, end(low), end(high)}
}

func joules(s *sample.Sample) float64 { return s.Energy.Full }
func watts(s *sample.Sample) float64  { return *s.Energy.Power }

var (
	joulesEnds = ends(joules, func(e *sample.Energy) *float64 { return e.Low }, func(e *sample.Energy) *float64 { return e.High })
	wattsEnds  = ends(watts, func(e *sample.Energy) *float64 { return e.PowerLow }, func(e *sample.Energy) *float64 { return e.PowerHi })
)

// recipe is a figure that has energy or power in it: sums of samples, the last
// of them that of the energy, and what is made of them.
type recipe struct {
	name, unit string
	power      bool
	// share says that it is right answers over the energy.
	share bool
	other []value
	make  combine
}

// spent puts in a figure of energy, with the gate and the model's interval.
func (m *maker) spent(r recipe, list []*sample.Sample, from source) {
	f := Figure{Name: r.name, Unit: r.unit, Of: len(list), Method: from.method, Basis: from.basis, Interval: Bootstrap}
	known, readings := fuelled, joulesEnds
	if r.power {
		known, readings = powered, wattsEnds
	}
	within := pick(list, func(s *sample.Sample) bool { return from.of(s) && known(s) })
	f.N = len(within)
	switch {
	case len(within) == 0:
		f.Absent = AbsentNone
	case short(len(within), len(list)):
		f.Absent = AbsentCoverage
	}
	if f.Absent != "" {
		m.add(f, none, false)
		return
	}
	if r.share && !anyRight(within) {
		m.nothingRight(f, within, readings)
		return
	}
	if from.method != modelled {
		i, ok := draws(sums(within, append(slices.Clone(r.other), readings[0])...), m.seedOf(r.name), r.make)
		m.add(f, i, ok)
		return
	}
	f.Interval = WithModel
	var whole stat.Interval
	all := true
	for i, reading := range readings {
		// The same draws for each: only the reading differs.
		x, ok := draws(sums(within, append(slices.Clone(r.other), reading)...), m.seedOf(r.name), r.make)
		all = all && ok
		if i == 0 {
			whole = x
		}
		whole.Low, whole.High = math.Min(whole.Low, x.Low), math.Max(whole.High, x.High)
	}
	m.add(f, whole, all)
}

// nothingRight puts in right answers over energy where none is right. Draws of
// them are all 0, which claims a certainty that nobody has: the upper end is
// that of Wilson's interval of the questions over the lower end of the mean
// energy.
func (m *maker) nothingRight(f Figure, within []*sample.Sample, readings [3]value) {
	least := readings[0]
	if f.Method == modelled {
		least = readings[1]
	}
	f.Interval = WithWilson
	columns := sums(within, one, least)
	energy, ok1 := draws(columns, m.seedOf(f.Name), upon)
	share, ok2 := stat.Wilson(0, len(columns[0]), Level)
	m.add(f, stat.Interval{High: share.High / energy.Low, N: share.N}, ok1 && ok2 && energy.Low > 0)
}

// energy puts in what answers took. Accuracy and energy are of the same
// samples: those that count as right or not and have energy.
func (m *maker) energy(g *Group, asked, scored []*sample.Sample) {
	list := scored
	if len(list) == 0 {
		list = pick(asked, func(s *sample.Sample) bool { return s.State != sample.JudgeUnparsed })
	}
	if len(list) == 0 && len(asked) > 0 {
		m.add(Figure{Name: "power_w", Unit: "W", Of: len(asked), Absent: AbsentJudge}, none, false)
		m.add(Figure{Name: "energy_j", Unit: "J", Of: len(asked), Absent: AbsentJudge}, none, false)
		return
	}
	from, ok := chosen(list)
	if !ok {
		if len(list) > 0 {
			m.add(Figure{Name: "energy_j", Unit: "J", Of: len(list), Absent: AbsentNone}, none, false)
		}
		return
	}
	m.spent(recipe{name: "power_w", unit: "W", power: true, other: []value{one}, make: upon}, list, from)
	m.spent(recipe{name: "energy_j", unit: "J", other: []value{one}, make: upon}, list, from)
	m.perToken("j_per_output_token", list, from, func(s *sample.Sample) *int { return s.Tokens.Output })
	m.perToken("j_per_token", list, from, func(s *sample.Sample) *int {
		if s.Tokens.Output == nil || s.Tokens.Prompt == nil {
			return nil
		}
		n := *s.Tokens.Output + *s.Tokens.Prompt
		return &n
	})
	if len(scored) == 0 {
		return
	}
	recipes := []recipe{
		{name: "ipw", unit: "1/W", power: true, share: true, other: []value{right}, make: over},
		{name: "ipj", unit: "1/J", share: true, other: []value{right}, make: over},
		{name: "j_per_correct", unit: "J", other: []value{right}, make: upon},
	}
	for _, r := range recipes {
		switch {
		case m.same:
			m.add(Figure{Name: r.name, Unit: r.unit, Of: len(list), Absent: AbsentSame}, none, false)
		case judgeFails(g):
			m.add(Figure{Name: r.name, Unit: r.unit, Of: len(list), Absent: AbsentJudge}, none, false)
		case r.name == "j_per_correct" && !anyRight(list):
			m.add(Figure{Name: r.name, Unit: r.unit, N: len(list), Of: len(list), Absent: AbsentNoRight}, none, false)
		default:
			m.spent(r, list, from)
		}
	}
}

// upon is the last sum over the first.
func upon(sum []float64) (float64, bool) {
	return sum[len(sum)-1] / sum[0], sum[0] > 0
}

// perToken puts in joules for each token.
func (m *maker) perToken(name string, list []*sample.Sample, from source, tokens func(*sample.Sample) *int) {
	counted := pick(list, func(s *sample.Sample) bool { return tokens(s) != nil })
	f := Figure{Name: name, Unit: "J", N: len(counted), Of: len(list), Method: from.method, Basis: from.basis}
	if len(counted) == 0 || short(len(pick(counted, func(s *sample.Sample) bool { return from.of(s) && fuelled(s) })), len(list)) {
		f.Absent = AbsentCoverage
		m.add(f, none, false)
		return
	}
	m.spent(recipe{name: name, unit: "J", other: []value{func(s *sample.Sample) float64 { return float64(*tokens(s)) }}, make: upon}, counted, from)
}

// lossEnergy puts perplexity per watt and per joule in, by both readings of
// perplexity.
func (m *maker) lossEnergy(list []*sample.Sample) {
	from, ok := chosen(list)
	if !ok {
		return
	}
	texts := func(sum []float64) (float64, bool) {
		// n texts: 1 / (mean perplexity × mean watts or joules).
		return sum[0] * sum[0] / (sum[1] * sum[2]), sum[1] > 0 && sum[2] > 0
	}
	pooled := func(sum []float64) (float64, bool) {
		return sum[0] / (math.Exp(sum[1]/sum[2]) * sum[3]), sum[2] > 0 && sum[3] > 0
	}
	m.spent(recipe{name: "ppw", unit: "1/W", power: true, other: []value{one, perplexity}, make: texts}, list, from)
	m.spent(recipe{name: "ppj", unit: "1/J", other: []value{one, perplexity}, make: texts}, list, from)
	m.spent(recipe{name: "ppw_pooled", unit: "1/W", power: true, other: []value{one, nll, nllTokens}, make: pooled}, list, from)
	m.spent(recipe{name: "ppj_pooled", unit: "1/J", other: []value{one, nll, nllTokens}, make: pooled}, list, from)
}
