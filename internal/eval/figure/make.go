package figure

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"irori/internal/eval/sample"
)

// Of makes all figures of a run.
func Of(run sample.Run, samples []sample.Sample) Result {
	r := Result{Schema: SchemaVersion, Run: run.ID, Seed: run.Seed, Level: Level, Samples: len(samples)}
	for _, n := range run.Expected {
		r.Expected += n
	}
	jobs := divide(run, ordered(samples))
	r.Groups = make([]Group, len(jobs))
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wait.Go(func() {
			for i := range next {
				r.Groups[i] = jobs[i].group(run)
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wait.Wait()
	r.Best = bestOfLocal(run, ordered(samples))
	return r
}

// ordered puts samples into an order that hangs on what they are, not on when
// they came.
func ordered(samples []sample.Sample) []*sample.Sample {
	list := make([]*sample.Sample, len(samples))
	for i := range samples {
		list[i] = &samples[i]
	}
	slices.SortStableFunc(list, func(a, b *sample.Sample) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Pass, b.Pass), cmp.Compare(a.Task, b.Task),
			cmp.Compare(a.Item, b.Item), cmp.Compare(a.Repeat, b.Repeat), cmp.Compare(a.Start, b.Start))
	})
	return list
}

// job is a group before its figures are made.
type job struct {
	target, pass, by, of string
	list                 []*sample.Sample
}

// divide sorts samples into groups: targets in the order of the run, passes by
// name, then the whole and its parts. Only the pass for quality is divided by
// more than language: the others ask few questions.
func divide(run sample.Run, list []*sample.Sample) []job {
	var out []job
	for _, t := range run.Targets {
		passes := map[string][]*sample.Sample{}
		for _, s := range list {
			if s.Target == t.ID {
				passes[s.Pass] = append(passes[s.Pass], s)
			}
		}
		for _, pass := range slices.Sorted(maps.Keys(passes)) {
			out = append(out, job{t.ID, pass, "all", "", passes[pass]})
			if strings.HasPrefix(pass, LoadPrefix) {
				continue
			}
			out = append(out, parts(t.ID, pass, "language", passes[pass], func(s *sample.Sample) string { return s.Language })...)
			if pass != "quality" {
				continue
			}
			out = append(out, parts(t.ID, pass, "family", passes[pass], func(s *sample.Sample) string { return s.Family })...)
			out = append(out, parts(t.ID, pass, "task", passes[pass], func(s *sample.Sample) string { return s.Task })...)
			out = append(out, parts(t.ID, pass, "domain", passes[pass], func(s *sample.Sample) string { return s.Domain })...)
		}
	}
	return out
}

// parts divides samples by something that each has or has not.
func parts(target, pass, by string, list []*sample.Sample, of func(*sample.Sample) string) []job {
	groups := map[string][]*sample.Sample{}
	for _, s := range list {
		if name := of(s); name != "" {
			groups[name] = append(groups[name], s)
		}
	}
	var out []job
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, job{target, pass, by, name, groups[name]})
	}
	return out
}

// scores reports whether a sample counts as right or not right.
func scores(s *sample.Sample) bool {
	switch s.State {
	case sample.Right, sample.Wrong, sample.Unparsed, sample.Refused, sample.Truncated, sample.Failed:
		return true
	}
	return false
}

func right(s *sample.Sample) float64 {
	if s.State == sample.Right {
		return 1
	}
	return 0
}

// pick are the samples that are so.
func pick(list []*sample.Sample, so func(*sample.Sample) bool) []*sample.Sample {
	var out []*sample.Sample
	for _, s := range list {
		if so(s) {
			out = append(out, s)
		}
	}
	return out
}

// group makes the figures of a group.
func (j *job) group(run sample.Run) Group {
	g := Group{Target: j.target, Pass: j.pass, By: j.by, Of: j.of, Counts: map[sample.State]int{}}
	for _, s := range j.list {
		g.Counts[s.State]++
	}
	g.Attempted = len(j.list) - g.Counts[sample.Skipped]
	scored := pick(j.list, scores)
	g.Scored = len(scored)
	m := &maker{seed: run.Seed, whole: j.by == "all", where: strings.Join([]string{j.target, j.pass, j.by, j.of}, "\x00")}
	if j.by == "domain" && g.Attempted < LeastOfDomain {
		for _, name := range []string{"accuracy", "energy_j", "ipw", "ipj"} {
			m.add(Figure{Name: name, Absent: AbsentFew, N: g.Attempted, Of: LeastOfDomain}, none, false)
		}
		g.Figures = m.out
		return g
	}
	m.same = same(run, j.list)
	m.accuracy(&g, scored)
	m.agreement(j.list)
	m.instructions(j.list)
	asked := pick(j.list, func(s *sample.Sample) bool { return s.State != sample.Skipped })
	m.latency(asked)
	m.speed(asked)
	m.energy(&g, asked, scored)
	m.loss(asked)
	m.money(run, scored)
	if strings.HasPrefix(j.pass, LoadPrefix) {
		m.load(run, j.pass, asked)
	}
	g.Figures = m.out
	return g
}
