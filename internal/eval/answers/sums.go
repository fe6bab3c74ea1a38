package answers

import (
	"slices"

	"irori/internal/eval/score"
)

// Sum counts the answers, or the instructions, that something is true of.
type Sum struct {
	Name      string
	Count, Of int
}

// Sums adds a task's results up: states of answers; of instructions those that
// were kept, and the answers that kept all of theirs.
func Sums(task string, list []Scored) []Sum {
	if !Instructs(task) {
		var out []Sum
		for _, s := range []score.State{score.Right, score.Wrong, score.Unparsed, score.Failed, score.Skipped} {
			n := 0
			for _, r := range list {
				if r.State == s {
					n++
				}
			}
			if n > 0 || s != score.Failed && s != score.Skipped {
				out = append(out, Sum{string(s), n, len(list)})
			}
		}
		return out
	}
	out := []Sum{{Name: "instructions, strict"}, {Name: "instructions, loose"}, {Name: "answers, strict"}, {Name: "answers, loose"}}
	for _, r := range list {
		for i, kept := range [][]bool{r.Strict, r.Loose} {
			for _, k := range kept {
				out[i].Of++
				if k {
					out[i].Count++
				}
			}
			out[2+i].Of++
			if !slices.Contains(kept, false) {
				out[2+i].Count++
			}
		}
	}
	return out
}
