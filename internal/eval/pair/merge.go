package pair

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"irori/internal/eval/sample"
	"irori/internal/llm"
)

// Part is a run that is joined with others, and the folder that it comes from.
type Part struct {
	Dir     string
	Run     sample.Run
	Samples []sample.Sample
}

// RankPrefix begins the settings of a joined run that say which of its targets
// may be ranked with each other: those whose rank is the same.
const RankPrefix = "rank."

// Rank is the rank of a target in a run; all targets of a run that was not
// joined have the same.
func Rank(run sample.Run, target string) string { return run.Settings[RankPrefix+target] }

// Merge joins runs into one. Targets and machines keep their names where these
// are free, and get the run's behind them where not. Tasks whose questions differ
// stay apart. What differs between the runs so that they cannot be ranked
// stands in the notes.
func Merge(parts []Part, command []string) (sample.Run, []sample.Sample, error) {
	if len(parts) < 2 {
		return sample.Run{}, nil, llm.Errorf(llm.CodeInvalidRequest, "two runs or more are joined, not %d", len(parts)).WithHint("irori measure merge A B --out DIR")
	}
	seen := map[string]string{}
	for i := range parts {
		p := &parts[i]
		if was, ok := seen[p.Run.ID]; ok {
			return sample.Run{}, nil, llm.Errorf(llm.CodeInvalidRequest, "%s and %s are the same run, %s: its answers would count twice", was, p.Dir, p.Run.ID).WithHint("irori measure merge A B --out DIR")
		}
		seen[p.Run.ID] = p.Dir
	}
	m := &joined{ranks: map[string]string{}}
	first := parts[0].Run
	m.run = sample.Run{Schema: sample.SchemaVersion, Command: command, Version: first.Version, Started: first.Started, Ended: first.Ended, Seed: first.Seed,
		Suite: first.Suite, Settings: map[string]string{}, Expected: map[string]int{}, Judge: first.Judge, Currency: first.Currency, PerKWh: first.PerKWh}
	var ids []string
	for i := range parts {
		ids = append(ids, parts[i].Run.ID)
		m.started(parts[i].Run)
		m.join(&parts[i])
	}
	m.run.ID = "merged-" + strings.Join(ids, "+")
	m.settings(parts)
	return m.run, m.samples, nil
}

// joined is a run in the making.
type joined struct {
	run     sample.Run
	samples []sample.Sample
	// ranks numbers the ways in which runs were made.
	ranks map[string]string
}

func (m *joined) started(r sample.Run) {
	if r.Started != "" && (m.run.Started == "" || r.Started < m.run.Started) {
		m.run.Started = r.Started
	}
	m.run.Ended = max(m.run.Ended, r.Ended)
	if r.Suite != m.run.Suite && !slices.Contains(strings.Split(m.run.Suite, ","), r.Suite) {
		m.run.Suite += "," + r.Suite
	}
}

// join takes one run in.
func (m *joined) join(p *Part) {
	machines := map[string]string{}
	for _, x := range p.Run.Machines {
		machines[x.ID] = m.machine(p.Run.ID, x)
	}
	tasks := map[string]string{}
	for _, t := range p.Run.Tasks {
		tasks[t.Name] = m.task(p.Run.ID, t)
	}
	rank := m.rank(p.Run)
	targets := map[string]string{}
	for _, t := range p.Run.Targets {
		was := t.ID
		t.ID = free(t.ID, p.Run.ID, func(id string) bool {
			return slices.ContainsFunc(m.run.Targets, func(o sample.Target) bool { return o.ID == id })
		})
		targets[was] = t.ID
		if id, ok := machines[t.Machine]; ok {
			t.Machine = id
		}
		m.run.Targets = append(m.run.Targets, t)
		m.run.Settings[RankPrefix+t.ID] = rank
	}
	for key, n := range p.Run.Expected {
		target, pass, _ := strings.Cut(key, "/")
		if at := strings.LastIndex(key, "/"); at >= 0 {
			target, pass = key[:at], key[at+1:]
		}
		if id, ok := targets[target]; ok {
			target = id
		}
		m.run.Expected[target+"/"+pass] += n
	}
	for _, s := range p.Samples {
		s.Target = targets[s.Target]
		if name, ok := tasks[s.Task]; ok {
			s.Task = name
		}
		m.samples = append(m.samples, s)
	}
	for _, n := range p.Run.Notes {
		m.run.Notes = append(m.run.Notes, p.Run.ID+": "+n)
	}
}

// free is a name, with the run's behind it and then a number where it is taken.
func free(name, run string, taken func(string) bool) string {
	if !taken(name) {
		return name
	}
	base := name + "@" + run
	for i := 2; ; i++ {
		if name = base; i > 2 {
			name = base + "-" + strconv.Itoa(i-1)
		}
		if !taken(name) {
			return name
		}
	}
}

// machine takes a machine in. The same one in several runs stays one.
func (m *joined) machine(run string, x sample.Machine) string {
	for _, o := range m.run.Machines {
		if o.ID == x.ID && o.Name == x.Name && o.Processor == x.Processor && o.Cores == x.Cores && slices.Equal(o.GPUs, x.GPUs) {
			return o.ID
		}
	}
	x.ID = free(x.ID, run, func(id string) bool {
		return slices.ContainsFunc(m.run.Machines, func(o sample.Machine) bool { return o.ID == id })
	})
	m.run.Machines = append(m.run.Machines, x)
	return x.ID
}

// task takes a task in; one of the same name that asks otherwise gets another.
func (m *joined) task(run string, t sample.TaskRef) string {
	for _, o := range m.run.Tasks {
		if o.SHA256 == t.SHA256 && (o.Name == t.Name || strings.HasPrefix(o.Name, t.Name+"@")) {
			return o.Name
		}
	}
	was := t.Name
	t.Name = free(t.Name, run, func(name string) bool {
		return slices.ContainsFunc(m.run.Tasks, func(o sample.TaskRef) bool { return o.Name == name })
	})
	if t.Name != was {
		m.run.Notes = append(m.run.Notes, fmt.Sprintf("%s asks other questions in %s than before: it stands apart as %s", was, run, t.Name))
	}
	m.run.Tasks = append(m.run.Tasks, t)
	return t.Name
}

// rank tells runs apart that were made in different ways: with other
// questions, settings or another judge.
func (m *joined) rank(r sample.Run) string {
	var how []string
	for _, t := range r.Tasks {
		how = append(how, t.Name+"="+t.SHA256)
	}
	slices.Sort(how)
	for _, s := range SettingsThatMatter {
		how = append(how, s+"="+r.Settings[s])
	}
	how = append(how, "judge="+r.Judge)
	key := strings.Join(how, "\n")
	if m.ranks[key] == "" {
		m.ranks[key] = strconv.Itoa(len(m.ranks) + 1)
	}
	return m.ranks[key]
}

// settings keeps what all runs agree in, and notes the rest.
func (m *joined) settings(parts []Part) {
	names := map[string]bool{}
	for i := range parts {
		for name := range parts[i].Run.Settings {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		var said []string
		alike := true
		for i := range parts {
			v := parts[i].Run.Settings[name]
			alike = alike && v == parts[0].Run.Settings[name]
			said = append(said, parts[i].Run.ID+" "+given(v))
		}
		switch {
		case strings.HasPrefix(name, RankPrefix):
		case alike:
			m.run.Settings[name] = parts[0].Run.Settings[name]
		default:
			m.run.Notes = append(m.run.Notes, name+" differs: "+strings.Join(said, ", "))
		}
	}
	for i := range parts {
		if j := parts[i].Run.Judge; j != parts[0].Run.Judge {
			m.run.Notes = append(m.run.Notes, "the judge differs: "+parts[i].Run.ID+" "+given(j))
		}
	}
	if len(m.ranks) > 1 {
		m.run.Notes = append(m.run.Notes, "the runs were not made alike: they stand side by side, and are not ranked with each other")
	}
}
