package suite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"irori/internal/eval/task"
	"irori/internal/llm"
)

// Version changes when a question, its wording or its scorer does.
const Version = "2"

// Names are the suites: standard has everything, quick three questions of each
// task, and a family's name has that family.
func Names() []string { return append([]string{"standard", "quick"}, families...) }

// Families are the names of the families, in the order of reports.
func Families() []string { return slices.Clone(families) }

// Known reports whether a name is that of a suite, with a seed or without.
func Known(name string) bool {
	name, seed, seeded := strings.Cut(name, "@")
	if seeded {
		if _, err := strconv.ParseUint(seed, 10, 32); err != nil {
			return false
		}
	}
	return slices.Contains(Names(), name)
}

// Load returns the tasks of a suite: one for each family and language, and one
// for its multiple choices. It is the same every time. NAME@SEED has those of
// Fresh.
func Load(name string) ([]*task.Task, error) {
	if plain, seed, ok := strings.Cut(name, "@"); ok && Known(name) {
		n, err := strconv.ParseUint(seed, 10, 32)
		if err != nil {
			return nil, err
		}
		return Fresh(plain, n)
	}
	return load(name, 0, func(b *book, f string) ([]entry, error) { return b.entries(f, 0, false) })
}

// Fresh returns the tasks of a suite with questions that a seed draws from its
// patterns: the same for the same seed, others for another. Seed 0 gives the
// drawn questions of Load.
func Fresh(name string, seed uint64) ([]*task.Task, error) {
	return load(name, seed, func(b *book, f string) ([]entry, error) { return b.entries(f, seed, true) })
}

func load(name string, seed uint64, of func(*book, string) ([]entry, error)) ([]*task.Task, error) {
	which := []string{name}
	switch {
	case name == "standard" || name == "quick":
		which = families
	case !slices.Contains(families, name):
		return nil, llm.Errorf(llm.CodeNotFound, "no suite %q is known; there are %s", name, strings.Join(Names(), ", ")).
			WithHint("irori measure run MODEL --on standard")
	}
	b, err := open()
	if err != nil {
		return nil, fmt.Errorf("our own items: %w", err)
	}
	version := Version
	if seed != 0 {
		version += "-seed" + strconv.FormatUint(seed, 10)
	}
	var out []*task.Task
	for _, f := range which {
		list, err := of(b, f)
		if err != nil {
			return nil, fmt.Errorf("our own items: %w", err)
		}
		for _, lang := range []string{"ja", "en"} {
			var items []task.Item
			for _, e := range list {
				if e.language == lang {
					items = append(items, e.Item)
				}
			}
			if name == "quick" {
				items = few(items, 3)
			}
			out = append(out, parted(f, lang, version, items)...)
		}
	}
	return out, nil
}

// parted makes the task of a family and language, and another of its multiple
// choices, which may be answered by log-likelihood.
func parted(family, lang, version string, items []task.Item) []*task.Task {
	of := func(part string, output task.Output) *task.Task {
		return &task.Task{
			Name: "irori-" + family + part + "-" + lang, Version: version, Family: family, Language: lang,
			Output: output, Licence: "Apache-2.0", Source: "Irori",
		}
	}
	free, choice := of("", task.GenerateUntil), of("-choice", task.MultipleChoice)
	for _, it := range items {
		t := free
		if it.Scorer == task.ByChoice {
			t = choice
		}
		t.Items = append(t.Items, it)
	}
	return slices.DeleteFunc([]*task.Task{free, choice}, func(t *task.Task) bool { return len(t.Items) == 0 })
}

// few takes some of a list, evenly from its beginning on.
func few(list []task.Item, n int) []task.Item {
	if len(list) <= n {
		return list
	}
	var out []task.Item
	for i := range n {
		out = append(out, list[i*len(list)/n])
	}
	return out
}
