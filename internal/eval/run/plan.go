package run

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"

	"irori/internal/eval/sample"
	"irori/internal/eval/task"
)

// The passes of a run.
const (
	Quality = "quality"
	Latency = "latency"
)

// Job is a question to be asked of a target in a pass.
type Job struct {
	Target *sample.Target
	Pass   string
	Repeat int
	// Order is its place in the shuffled order of the pass and repeat.
	Order int
	Task  *task.Task
	Item  *task.Item
}

// Key tells a job from all others of a run.
type Key struct {
	Target, Pass string
	Repeat       int
	Task, Item   string
}

// Key is the job's.
func (j *Job) Key() Key { return Key{j.Target.ID, j.Pass, j.Repeat, j.Task.Name, j.Item.ID} }

// KeyOf is the key of a sample's job.
func KeyOf(s *sample.Sample) Key { return Key{s.Target, s.Pass, s.Repeat, s.Task, s.Item} }

// Part names the target and the pass, as in sample.Run.Expected.
func (j *Job) Part() string { return j.Target.ID + "/" + j.Pass }

// Limit leaves so many items of the tasks: of each family its share, of each
// task of a family its share of that, drawn by the seed. 0 leaves all. The
// tasks are copied; which items are left depends on nothing but their ids.
func Limit(tasks []*task.Task, n int, seed uint64) []*task.Task {
	total := 0
	for _, t := range tasks {
		total += len(t.Items)
	}
	if n <= 0 || n >= total {
		return tasks
	}
	families := map[string][]*task.Task{}
	var names []string
	for _, t := range tasks {
		if families[t.Family] == nil {
			names = append(names, t.Family)
		}
		families[t.Family] = append(families[t.Family], t)
	}
	sizes := make([]int, len(names))
	for i, f := range names {
		for _, t := range families[f] {
			sizes[i] += len(t.Items)
		}
	}
	left := map[*task.Task]int{}
	for i, k := range shares(n, sizes) {
		of := families[names[i]]
		within := make([]int, len(of))
		for k, t := range of {
			within[k] = len(t.Items)
		}
		for k, m := range shares(k, within) {
			left[of[k]] = m
		}
	}
	var out []*task.Task
	for _, t := range tasks {
		if left[t] == 0 {
			continue
		}
		c := *t
		c.Items = slices.Clone(t.Items)
		shuffle(c.Items, seed, "limit", t.Name)
		c.Items = c.Items[:left[t]]
		out = append(out, &c)
	}
	return out
}

// shares divides n by sizes: the largest remainders get what is left over, and
// nobody is left out while somebody has two.
func shares(n int, sizes []int) []int {
	total := 0
	for _, s := range sizes {
		total += s
	}
	out := make([]int, len(sizes))
	if total == 0 {
		return out
	}
	rest := n
	byRemainder := make([]int, len(sizes))
	for i, s := range sizes {
		out[i] = n * s / total
		rest -= out[i]
		byRemainder[i] = i
	}
	slices.SortStableFunc(byRemainder, func(a, b int) int { return cmp.Compare(n*sizes[b]%total, n*sizes[a]%total) })
	for _, i := range byRemainder[:rest] {
		out[i]++
	}
	for i := range out {
		if out[i] > 0 || sizes[i] == 0 {
			continue
		}
		if most := slices.Index(out, slices.Max(out)); out[most] > 1 {
			out[most]--
			out[i]++
		}
	}
	return out
}

// block is how many questions of a task are asked in a row: their prompts
// begin alike, and a server keeps beginnings. Blocks of all tasks are mixed,
// so that no task has the cold machine to itself.
const block = 24

// Order lists the jobs of a target in a pass and a repeat, shuffled.
func Order(t *sample.Target, pass string, repeat int, tasks []*task.Task, seed uint64) []Job {
	var blocks [][]Job
	for _, k := range tasks {
		items := make([]*task.Item, len(k.Items))
		for i := range k.Items {
			items[i] = &k.Items[i]
		}
		shuffle(items, seed, pass, strconv.Itoa(repeat), k.Name)
		for part := range slices.Chunk(items, block) {
			var b []Job
			for _, it := range part {
				b = append(b, Job{Target: t, Pass: pass, Repeat: repeat, Task: k, Item: it})
			}
			blocks = append(blocks, b)
		}
	}
	shuffle(blocks, seed, pass, strconv.Itoa(repeat))
	out := slices.Concat(blocks...)
	for i := range out {
		out[i].Order = i
	}
	return out
}

// shuffle mixes a list by the seed and what is mixed, so that no two lists of
// a run are mixed alike.
func shuffle[T any](list []T, seed uint64, what ...string) {
	h := fnv.New64a()
	for _, w := range what {
		_, _ = h.Write([]byte(w + "\x00")) // a hash takes everything
	}
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// Refs pins the questions of tasks: whoever asks them again can tell whether
// they are the same.
func Refs(tasks []*task.Task) []sample.TaskRef {
	var out []sample.TaskRef
	for _, t := range tasks {
		out = append(out, sample.TaskRef{
			Name: t.Name, Version: t.Version, Family: t.Family, Language: t.Language, Items: len(t.Items),
			SHA256: task.Digest(t), AnswersSHA256: task.AnswerDigest(t), Source: t.Source, Licence: t.Licence, SameAs: t.SameAs, Temperature: t.Temperature,
		})
	}
	return out
}
