package suite

import (
	"encoding/json"
	"testing"

	"irori/internal/eval/follow"
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/score"
	"irori/internal/eval/task"
)

// all are the entries of a family as Load has them.
func all(t *testing.T, family string, seed uint64) []entry {
	t.Helper()
	b, err := open()
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.entries(family, seed, false)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// right says whether an item's own scorer takes an answer.
func right(t *testing.T, e task.Item, answer string) bool {
	t.Helper()
	switch e.Scorer {
	case task.ByMark:
		r, err := score.Mark(e.Mark, score.Item{Output: &answer, Gold: e.Gold, Choices: e.Choices})
		if err != nil {
			t.Errorf("%s: %v", e.ID, err)
		}
		return r.State == score.Right
	case task.ByFollow:
		var asked struct {
			IDs    []string    `json:"instruction_id_list"`
			Kwargs []rule.Args `json:"kwargs"`
		}
		if err := json.Unmarshal(e.Checks, &asked); err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		sheet, err := follow.New(asked.IDs, asked.Kwargs)
		if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		for _, ok := range sheet.Mark(answer).Strict {
			if !ok {
				return false
			}
		}
		return true
	}
	t.Fatalf("%s: no scorer %q", e.ID, e.Scorer)
	return false
}

// TestGolds gives every item its own right answer, and one that is wrong.
func TestGolds(t *testing.T) {
	for _, seed := range []uint64{0, 7} {
		for _, f := range families {
			for _, e := range all(t, f, seed) {
				if e.ref == "" || !right(t, e.Item, e.ref) {
					t.Errorf("%s: the right answer is not taken: %s", e.ID, e.ref)
				}
				if e.wrong == "" || right(t, e.Item, e.wrong) {
					t.Errorf("%s: a wrong answer is taken: %s", e.ID, e.wrong)
				}
			}
		}
	}
}
