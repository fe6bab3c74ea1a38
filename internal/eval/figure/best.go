package figure

import (
	"cmp"
	"maps"
	"slices"

	"irori/internal/eval/sample"
)

// Best is what the local models of one machine could do together, if somebody
// chose rightly for every question: the oracle. A question is solved where any
// of them is right.
//
// The oracle takes, for each question, the right answer of the fewest joules;
// where none is right, the answer of the fewest joules, which it pays for all the
// same. Questions count that every one of the models was asked.
type Best struct {
	Machine string   `json:"machine"`
	Targets []string `json:"targets"`
	// Counts of questions, each repeat for itself.
	Questions int `json:"questions"`
	Solved    int `json:"solved"`
	// Shares are the parts of the questions that the oracle gives each target;
	// absent without energy.
	Shares  map[string]float64 `json:"shares,omitempty"`
	Figures []Figure           `json:"figures"`
	// Domains are the shares solved in each occupational group.
	Domains []Solved `json:"domains,omitempty"`
	// Clouds compare with models elsewhere.
	Clouds []Cloud `json:"clouds,omitempty"`
}

// Solved is the share that is solved of some questions.
type Solved struct {
	Domain string `json:"domain"`
	Figure
}

// Cloud compares the best of local with one model elsewhere, over the
// questions that all of them were asked.
type Cloud struct {
	Target    string `json:"target"`
	Both      int    `json:"both_right"`
	OnlyLocal int    `json:"only_local_right"`
	OnlyCloud int    `json:"only_cloud_right"`
	Neither   int    `json:"neither_right"`
	// Covered is the share of the questions that a local model answers at
	// least as well.
	Covered Figure `json:"covered"`
}

// question is one that was asked of several targets.
type question struct {
	task, item string
	repeat     int
}

// bestOfLocal compares targets over the pass for quality, machine by machine.
func bestOfLocal(run sample.Run, list []*sample.Sample) []Best {
	answers := map[string]map[question]*sample.Sample{}
	for _, s := range list {
		if s.Pass != "quality" || !scores(s) {
			continue
		}
		if answers[s.Target] == nil {
			answers[s.Target] = map[question]*sample.Sample{}
		}
		answers[s.Target][question{s.Task, s.Item, s.Repeat}] = s
	}
	local := map[string][]string{}
	var clouds []string
	for _, t := range run.Targets {
		switch {
		case len(answers[t.ID]) == 0:
		case t.Where == "cloud":
			clouds = append(clouds, t.ID)
		default:
			local[t.Machine] = append(local[t.Machine], t.ID)
		}
	}
	var out []Best
	for _, machine := range slices.Sorted(maps.Keys(local)) {
		if len(local[machine])+len(clouds) > 1 {
			out = append(out, best(run, machine, local[machine], clouds, answers))
		}
	}
	return out
}

func best(run sample.Run, machine string, local, clouds []string, answers map[string]map[question]*sample.Sample) Best {
	b := Best{Machine: machine, Targets: local}
	m := &maker{seed: run.Seed, where: "best\x00" + machine}
	var rows [][]*sample.Sample
	for _, q := range common(answers, local...) {
		row := make([]*sample.Sample, len(local))
		for i, t := range local {
			row[i] = answers[t][q]
		}
		rows = append(rows, row)
	}
	solved := oracle(rows, false)
	b.Questions = len(rows)
	for _, s := range solved {
		b.Solved += int(right(s))
	}
	m.same = same(run, solved)
	m.solved("accuracy", solved)
	m.oracleEnergy(&b, rows)
	b.Figures = m.out
	b.domains(run, machine, solved)
	for _, c := range clouds {
		b.Clouds = append(b.Clouds, against(run, machine, c, local, answers))
	}
	return b
}

// common are the questions that all of the targets answered, in order.
func common(answers map[string]map[question]*sample.Sample, targets ...string) []question {
	var out []question
	for q := range answers[targets[0]] {
		if !slices.ContainsFunc(targets, func(t string) bool { return answers[t][q] == nil }) {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b question) int {
		return cmp.Or(cmp.Compare(a.task, b.task), cmp.Compare(a.item, b.item), cmp.Compare(a.repeat, b.repeat))
	})
	return out
}

// oracle chooses an answer of each row: a right one where there is any, and
// with energy the one that took the least.
func oracle(rows [][]*sample.Sample, energy bool) []*sample.Sample {
	out := make([]*sample.Sample, 0, len(rows))
	for _, row := range rows {
		out = append(out, slices.MinFunc(row, func(a, b *sample.Sample) int {
			order := cmp.Compare(right(b), right(a))
			if energy {
				order = cmp.Or(order, cmp.Compare(a.Energy.Full, b.Energy.Full))
			}
			return order
		}))
	}
	return out
}

// solved puts in the share of right answers.
func (m *maker) solved(name string, list []*sample.Sample) {
	g := &Group{Counts: map[sample.State]int{}, Scored: len(list)}
	for _, s := range list {
		g.Counts[s.State]++
	}
	m.accuracy(g, list)
	if n := len(m.out); n > 0 {
		m.out[n-1].Name = name
	}
}

// oracleEnergy puts in what the oracle's choice takes. All answers to a
// question must have energy of one source, else it could not choose.
func (m *maker) oracleEnergy(b *Best, rows [][]*sample.Sample) {
	var all []*sample.Sample
	for _, row := range rows {
		all = append(all, row...)
	}
	from, ok := chosen(all)
	f := Figure{Name: "energy_j", Unit: "J", Of: len(rows), Method: from.method, Basis: from.basis}
	var whole [][]*sample.Sample
	for _, row := range rows {
		if ok && !slices.ContainsFunc(row, func(s *sample.Sample) bool { return !from.of(s) || !fuelled(s) }) {
			whole = append(whole, row)
		}
	}
	f.N = len(whole)
	if len(whole) == 0 || short(len(whole), len(rows)) {
		f.Absent = AbsentCoverage
		if !ok {
			f.Absent = AbsentNone
		}
		m.add(f, none, false)
		return
	}
	list := oracle(whole, true)
	b.Shares = map[string]float64{}
	for _, s := range list {
		b.Shares[s.Target]++
	}
	for t, n := range b.Shares {
		b.Shares[t] = *digits(n / float64(len(list)))
	}
	m.spent(recipe{name: "energy_j", unit: "J", other: []value{one}, make: upon}, list, from)
	if m.same {
		m.add(Figure{Name: "ipj", Unit: "1/J", Of: len(list), Absent: AbsentSame}, none, false)
		m.add(Figure{Name: "ipw", Unit: "1/W", Of: len(list), Absent: AbsentSame}, none, false)
		return
	}
	m.spent(recipe{name: "ipj", unit: "1/J", share: true, other: []value{right}, make: over}, list, from)
	m.spent(recipe{name: "ipw", unit: "1/W", power: true, share: true, other: []value{right}, make: over}, list, from)
	if anyRight(list) {
		m.spent(recipe{name: "j_per_correct", unit: "J", other: []value{right}, make: upon}, list, from)
	}
}

// domains puts in the share solved in each occupational group.
func (b *Best) domains(run sample.Run, machine string, solved []*sample.Sample) {
	for _, j := range parts("", "", "domain", solved, func(s *sample.Sample) string { return s.Domain }) {
		m := &maker{seed: run.Seed, where: "best\x00" + machine + "\x00" + j.of}
		m.same = same(run, j.list)
		if len(j.list) < LeastOfDomain {
			m.add(Figure{Name: "accuracy", Absent: AbsentFew, N: len(j.list), Of: LeastOfDomain}, none, false)
		} else {
			m.solved("accuracy", j.list)
		}
		b.Domains = append(b.Domains, Solved{j.of, m.out[0]})
	}
}

// against compares the local models with one elsewhere.
func against(run sample.Run, machine, cloud string, local []string, answers map[string]map[question]*sample.Sample) Cloud {
	c := Cloud{Target: cloud}
	// covered are the cloud's answers, right where a local one does as well.
	var covered []*sample.Sample
	for _, q := range common(answers, append([]string{cloud}, local...)...) {
		row := make([]*sample.Sample, len(local))
		for i, t := range local {
			row[i] = answers[t][q]
		}
		here, there := right(oracle([][]*sample.Sample{row}, false)[0]) > 0, right(answers[cloud][q]) > 0
		state := sample.Right
		switch {
		case here && there:
			c.Both++
		case here:
			c.OnlyLocal++
		case there:
			c.OnlyCloud++
			state = sample.Wrong
		default:
			c.Neither++
		}
		covered = append(covered, &sample.Sample{Task: q.task, Item: q.item, State: state})
	}
	m := &maker{seed: run.Seed, where: "cloud\x00" + machine + "\x00" + cloud}
	if len(covered) == 0 {
		c.Covered = Figure{Name: "covered", Absent: AbsentNone}
		return c
	}
	m.same = same(run, covered)
	m.solved("covered", covered)
	c.Covered = m.out[0]
	return c
}
