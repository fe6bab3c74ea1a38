package pair

import (
	"slices"
	"strings"

	"irori/internal/eval/sample"
	"irori/internal/llm"
)

// Sides finds the two sides that words name: DIR#TARGET, or DIR where the
// target is plain. One folder with two targets is both.
func Sides(words []string, read func(dir string) (sample.Run, []sample.Sample, error)) ([]Side, error) {
	var sides []Side
	var wanted []string
	for _, w := range words {
		dir, target, _ := strings.Cut(w, "#")
		run, samples, err := read(dir)
		if err != nil {
			return nil, err
		}
		sides, wanted = append(sides, Side{Run: run, Samples: samples}), append(wanted, target)
	}
	if len(sides) == 1 {
		run := &sides[0].Run
		if len(run.Targets) != 2 || wanted[0] != "" {
			return nil, unclear("which two targets are meant", run)
		}
		sides, wanted = append(sides, sides[0]), []string{run.Targets[0].ID, run.Targets[1].ID}
	}
	for i := range sides {
		if err := sides[i].choose(&sides[1-i], wanted[i]); err != nil {
			return nil, err
		}
	}
	return sides, nil
}

// choose finds the target of a side: the one that is named, the only one, or
// the only one that the other has too.
func (s *Side) choose(other *Side, name string) error {
	var fit []sample.Target
	for _, t := range s.Run.Targets {
		both := slices.ContainsFunc(other.Run.Targets, func(o sample.Target) bool { return o.ID == t.ID })
		if name == t.ID || name == "" && (len(s.Run.Targets) == 1 || both) {
			fit = append(fit, t)
		}
	}
	switch {
	case len(fit) == 1:
		s.Target = fit[0]
		return nil
	case name != "":
		return unclear("there is no target "+name, &s.Run)
	}
	return unclear("which target is meant", &s.Run)
}

func unclear(what string, run *sample.Run) error {
	var ids []string
	for _, t := range run.Targets {
		ids = append(ids, t.ID)
	}
	return llm.Errorf(llm.CodeNotFound, "%s: %s has %s", what, run.ID, strings.Join(ids, ", ")).WithHint("irori measure compare DIR#TARGET DIR#TARGET")
}
