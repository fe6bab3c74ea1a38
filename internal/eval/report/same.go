package report

import (
	"fmt"
	"slices"
	"strings"
)

// sameQuestions says which tasks of the run ask the same: their figures stand
// for each alone.
func (w *writer) sameQuestions() {
	there := map[string]bool{}
	for _, t := range w.run.Tasks {
		there[t.Name] = true
	}
	var names []string
	for _, t := range w.run.Tasks {
		for _, o := range t.SameAs {
			if there[o] && o != t.Name {
				names = append(names, t.Name, o)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	w.Warn(fmt.Sprintf(w.l.t("These tasks ask the same questions: %s. They are no independent ones, so there is no accuracy of them together, nor a figure made of it; each task has its own below.",
		"次の課題は同じ質問を尋ねています：%s。独立な質問ではないため、合わせた正答率と、それから作る数値は出しません。課題ごとの数値は下にあります。"), strings.Join(slices.Compact(names), ", ")))
}
