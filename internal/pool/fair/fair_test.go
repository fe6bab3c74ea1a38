package fair

import (
	"fmt"
	"slices"
	"testing"
)

// drain pops all and says whose they were.
func drain(q *Queue[string], cost float64) (out []string) {
	for it := q.Pop(cost); it != nil; it = q.Pop(cost) {
		out = append(out, it.Value)
		q.Done(it, cost)
	}
	return out
}

// TestShares checks that a key which asks for little is not kept waiting by
// one that asks for much, and that within a key the first comes first.
func TestShares(t *testing.T) {
	var q Queue[string]
	for i := range 6 {
		q.Push("heavy", 0, fmt.Sprint("h", i))
	}
	q.Push("light", 0, "l0")
	q.Push("light", 0, "l1")
	want := []string{"h0", "l0", "h1", "l1", "h2", "h3", "h4", "h5"}
	if got := drain(&q, 1); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if len(q.flows) != 0 || q.Len() != 0 {
		t.Errorf("%d keys are remembered", len(q.flows))
	}
}

// TestCost checks that shares are of what requests take, not of their number:
// a key with requests ten times as long has a tenth of the turns.
func TestCost(t *testing.T) {
	var q Queue[string]
	for range 200 {
		q.Push("long", 0, "long")
		q.Push("short", 0, "short")
	}
	took := map[string]float64{"long": 10, "short": 1}
	spent := map[string]float64{}
	for range 110 {
		it := q.Pop(1) // nobody knows beforehand
		q.Done(it, took[it.Value])
		spent[it.Value] += took[it.Value]
	}
	if d := spent["long"] - spent["short"]; d < -11 || d > 11 {
		t.Errorf("spent %v", spent)
	}
}

// TestNothingIsSavedUp checks that a key which was away for long has no right
// to all that it did not ask for.
func TestNothingIsSavedUp(t *testing.T) {
	var q Queue[string]
	for range 300 {
		q.Push("busy", 0, "b")
	}
	for range 100 {
		q.Done(q.Pop(1), 1)
	}
	for range 50 {
		q.Push("back", 0, "k")
	}
	turns := map[string]int{}
	for range 20 {
		it := q.Pop(1)
		q.Done(it, 1)
		turns[it.Value]++
	}
	if turns["b"] < 9 || turns["k"] < 9 {
		t.Errorf("turns %v", turns)
	}
}

// TestPriority checks that a higher priority goes first, within a key and among
// keys, and that nobody starves for it.
func TestPriority(t *testing.T) {
	var q Queue[string]
	q.Push("a", 0, "low")
	q.Push("a", 5, "high")
	q.Push("b", 1, "middle")
	if got, want := drain(&q, 1), []string{"high", "middle", "low"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for range 100 {
		q.Push("vip", 9, "vip")
	}
	q.Push("plain", 0, "plain")
	for i := 1; ; i++ {
		it := q.Pop(1)
		q.Done(it, 1)
		if it.Value == "plain" {
			break
		}
		if i > byShare {
			t.Fatal("a key without priority starves")
		}
	}
}

// TestSurplus checks who is sent away: of the lowest priority, the newest of
// the key with the most.
func TestSurplus(t *testing.T) {
	var q Queue[string]
	for i := range 3 {
		q.Push("heavy", 0, fmt.Sprint("h", i))
	}
	q.Push("light", 0, "l0")
	q.Push("lowest", -1, "x")
	for _, want := range []string{"x", "h2", "h1", "l0", "h0"} {
		if got := q.Surplus(); got.Value != want {
			t.Errorf("%s is sent away, want %s", got.Value, want)
		}
	}
	if q.Surplus() != nil || q.Len() != 0 || q.Waiting() != nil || q.Pop(1) != nil {
		t.Error("it is not empty")
	}
}

func TestRemove(t *testing.T) {
	var q Queue[string]
	a := q.Push("k", 0, "a")
	q.Push("k", 0, "b")
	q.Remove(a)
	q.Remove(a)
	if w := q.Waiting(); w["k"] != 1 || q.Len() != 1 {
		t.Errorf("%v wait", w)
	}
	for v := range q.All() {
		if v != "b" {
			t.Errorf("%s waits", v)
		}
	}
}
