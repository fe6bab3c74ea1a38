package run

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"irori/internal/eval/sample"
	"irori/internal/eval/task"
)

func some(name, family string, n int) *task.Task {
	t := &task.Task{Name: name, Family: family, Output: task.GenerateUntil}
	for i := range n {
		t.Items = append(t.Items, task.Item{ID: fmt.Sprint(i), Turns: []task.Turn{{Role: "user", Content: fmt.Sprint(name, i)}}, MaxTokens: 10})
	}
	return t
}

func sizes(tasks []*task.Task) map[string]int {
	out := map[string]int{}
	for _, t := range tasks {
		out[t.Name] = len(t.Items)
	}
	return out
}

// TestRefs keep what figures and comparisons hang on.
func TestRefs(t *testing.T) {
	a := some("a", "f", 2)
	a.Version, a.Language, a.Source, a.Licence, a.SameAs, a.Temperature = "3", "ja", "from", "MIT", []string{"b", "c"}, new(.5)
	want := []sample.TaskRef{{
		Name: "a", Version: "3", Family: "f", Language: "ja", Items: 2, SHA256: task.Digest(a), AnswersSHA256: task.AnswerDigest(a), Source: "from", Licence: "MIT",
		SameAs: []string{"b", "c"}, Temperature: new(.5),
	}}
	if d := cmp.Diff(want, Refs([]*task.Task{a})); d != "" {
		t.Error(d)
	}
}

func TestLimitSharesByFamily(t *testing.T) {
	all := []*task.Task{some("a", "f", 60), some("b", "f", 20), some("c", "g", 100), some("d", "h", 1)}
	for n, want := range map[int]map[string]int{
		0: {"a": 60, "b": 20, "c": 100, "d": 1}, 18: {"a": 6, "b": 2, "c": 9, "d": 1}, 3: {"a": 1, "c": 1, "d": 1}, 1: {"c": 1},
	} {
		if diff := cmp.Diff(want, sizes(Limit(all, n, 7))); diff != "" {
			t.Errorf("%d: %s", n, diff)
		}
	}
	if cmp.Equal(Limit(all, 18, 7)[2].Items, Limit(all, 18, 8)[2].Items) {
		t.Error("another seed draws the same items")
	}
	if !cmp.Equal(Limit(all, 18, 7)[2].Items, Limit(all, 18, 7)[2].Items) {
		t.Error("the same seed draws others")
	}
}

func TestLimitIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*task.Task
		total := 0
		for i, n := range rapid.SliceOfN(rapid.IntRange(1, 40), 1, 6).Draw(t, "sizes") {
			all = append(all, some(fmt.Sprint(i), fmt.Sprint(i%3), n))
			total += n
		}
		n := rapid.IntRange(1, total).Draw(t, "n")
		left := 0
		for _, x := range Limit(all, n, 1) {
			left += len(x.Items)
		}
		if left != n {
			t.Fatalf("%d of %d are left", left, n)
		}
	})
}

// Every question is asked once, and those of a task stand together.
func TestOrder(t *testing.T) {
	all := []*task.Task{some("a", "f", 60), some("b", "f", 20), some("c", "g", 100)}
	target := &sample.Target{ID: "m@8"}
	jobs := Order(target, Quality, 0, all, 1)
	seen, changes := map[Key]bool{}, 0
	for i := range jobs {
		if seen[jobs[i].Key()] || jobs[i].Order != i {
			t.Fatalf("job %d: %+v", i, jobs[i].Key())
		}
		seen[jobs[i].Key()] = true
		if i > 0 && jobs[i].Task != jobs[i-1].Task {
			changes++
		}
	}
	if len(seen) != 180 || changes < 2 || changes > 8 {
		t.Errorf("%d jobs, the task changes %d times", len(seen), changes)
	}
	again, other := Order(target, Quality, 0, all, 1), Order(target, Quality, 1, all, 1)
	same := true
	for i := range jobs {
		if jobs[i].Key() != again[i].Key() {
			t.Fatal("the same seed gives another order")
		}
		same = same && jobs[i].Item == other[i].Item
	}
	if same {
		t.Error("each repeat has the same order")
	}
}

func TestRefsPinQuestions(t *testing.T) {
	sum := func(t *task.Task) string {
		return Refs([]*task.Task{t})[0].SHA256
	}
	a, b := some("a", "f", 3), some("a", "f", 3)
	b.Items[0], b.Items[2] = b.Items[2], b.Items[0]
	if sum(a) != sum(b) {
		t.Error("the order of items counts")
	}
	b.Items[1].MaxTokens++
	if sum(a) == sum(b) {
		t.Error("a changed question is not seen")
	}
}

func TestSteady(t *testing.T) {
	for name, c := range map[string]struct {
		cv     float64
		values []float64
		at     int // 0 is never
	}{
		"settles":     {.05, []float64{50, 60, 100, 101, 100}, 5},
		"constant":    {.05, []float64{9, 9, 9, 9, 9, 9}, 5},
		"alternating": {.01, []float64{10, 1000, 10, 1000, 10, 1000, 10, 1000}, 0},
		"late":        {.05, []float64{50, 60, 70, 80, 90, 91, 90}, 7},
		"nothing":     {.05, []float64{0, 0, 0, 0, 0, 0}, 0},
	} {
		s, at := &Steady{Warmup: 2, Window: 3, CV: c.cv}, 0
		for i, v := range c.values {
			if s.Add(v) && at == 0 {
				at = i + 1
			}
		}
		if at != c.at {
			t.Errorf("%s: steady at %d, want %d", name, at, c.at)
		}
	}
}
