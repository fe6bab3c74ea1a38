package figure

import (
	"slices"

	"irori/internal/eval/sample"
)

// same reports whether samples are of tasks that ask the same questions: a
// question that stands there in two languages is right or wrong in both far more
// often than two questions are, and a share of them all would pass for one of
// more questions than there are.
func same(run sample.Run, list []*sample.Sample) bool {
	there := map[string]bool{}
	for _, s := range list {
		if s.State != sample.Skipped {
			there[s.Task] = true
		}
	}
	return slices.ContainsFunc(run.Tasks, func(t sample.TaskRef) bool {
		return there[t.Name] && slices.ContainsFunc(t.SameAs, func(o string) bool { return o != t.Name && there[o] })
	})
}
