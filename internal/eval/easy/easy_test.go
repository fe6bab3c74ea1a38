package easy_test

import (
	"testing"

	"irori/internal/eval/easy"
	"irori/internal/eval/task"
)

func TestTasks(t *testing.T) {
	tasks := easy.Tasks(1, 20)
	if len(tasks) != 13 {
		t.Errorf("%d kinds, want 13", len(tasks))
	}
	again := easy.Tasks(1, 20)
	for i, k := range tasks {
		if len(k.Items) != 20 {
			t.Errorf("%s has %d items, want 20", k.Name, len(k.Items))
		}
		seen := map[string]bool{}
		for n, it := range k.Items {
			ask := it.Turns[len(it.Turns)-1].Content
			if len(it.Turns) != 7 || seen[ask] {
				t.Errorf("%s %s: %d turns, or asked before: %q", k.Name, it.ID, len(it.Turns), ask)
			}
			seen[ask] = true
			for _, x := range it.Turns[:6] {
				if x.Content == ask {
					t.Errorf("%s %s is its own example", k.Name, it.ID)
				}
			}
			if string(again[i].Items[n].Gold) != string(it.Gold) {
				t.Errorf("%s %s: the same seed made another", k.Name, it.ID)
			}
		}
	}
}

func TestPlain(t *testing.T) {
	got := easy.Plain([]task.Turn{{Role: "user", Content: "1 + 1?"}, {Role: "assistant", Content: "2"}, {Role: "user", Content: "1 + 2?"}})
	if want := "Q: 1 + 1?\nA: 2\n\nQ: 1 + 2?\nA:"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
