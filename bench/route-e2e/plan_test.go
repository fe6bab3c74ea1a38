package main

import (
	"slices"
	"testing"

	"irori/internal/eval/task"
	"irori/internal/route/outcome"
)

func made(group string, weak, strong, weakCost, strongCost float64) *item {
	return &item{Record: outcome.Record{Group: group, Weak: &weak, Strong: &strong, WeakCost: &weakCost, StrongCost: &strongCost}}
}

func TestCheapest(t *testing.T) {
	list := []*item{made("a", 1, 1, 1, 10), made("a", 0, 1, 1, 10), made("a", 1, 1, 1, 10), made("a", 0, 1, 1, 10)}
	scores := []float64{.1, .6, .3, .9}
	// From .3 on the third stays here too and the cloud's quality is kept; from
	// .6 on it is not.
	if got := cheapest(list, func(i int) float64 { return scores[i] }, false); got != .3 {
		t.Errorf("the cheapest bound that keeps the cloud's quality is %g, want 0.3", got)
	}
	// A local answer that is paid for in any case makes the cloud no cheaper.
	*list[0].WeakCost = 100
	if got := cheapest(list, func(i int) float64 { return scores[i] }, true); got != .3 {
		t.Errorf("with answers judged first it is %g, want 0.3", got)
	}
	// Nothing may stay where every local answer is worse.
	for _, x := range list {
		*x.Weak, *x.Strong = 0, 1
	}
	if got := cheapest(list, func(i int) float64 { return scores[i] }, false); got >= .1 {
		t.Errorf("a bound of %g gives the cloud's quality away", got)
	}
}

func TestChoose(t *testing.T) {
	both, here, there, none := made("both", 1, 1, 1, 1), made("here", 1, 0, 1, 1), made("there", 0, 1, 1, 1), made("none", 0, 0, 1, 1)
	for _, c := range []struct {
		of   []*item
		want []string
	}{
		{[]*item{there, both, none}, []string{"both", "there"}},
		// Over these three the models are alike: what is better here goes.
		{[]*item{there, here, both}, []string{"both", "there"}},
	} {
		var got []string
		for _, k := range choose(c.of) {
			got = append(got, k.name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("chosen are %v, want %v", got, c.want)
		}
	}
}

func TestHalvesShareNoQuestion(t *testing.T) {
	var list []*item
	for range 5 {
		x := made("a", 1, 1, 1, 1)
		x.item = &task.Item{}
		list = append(list, x)
	}
	train, test := halves(list)
	if len(train) != 3 || len(test) != 2 {
		t.Fatalf("%d and %d of 5", len(train), len(test))
	}
	for _, x := range train {
		for _, y := range test {
			if x == y {
				t.Error("a question is in both halves")
			}
		}
	}
}

func TestDoubted(t *testing.T) {
	whole := doubted(" Paris", []string{" Par", "is", "\n", "Q"}, []float64{-1, -1, -9, -9})
	if whole == nil || *whole < .632 || *whole > .6322 {
		t.Errorf("the doubt of what was shown is %v, want 1 − 1/e", whole)
	}
	if d := doubted("", []string{"\n"}, []float64{0}); d != nil {
		t.Errorf("nothing was said, and its doubt is %g", *d)
	}
}
