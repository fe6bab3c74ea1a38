package replay

import (
	"testing"

	"irori/internal/route/predict"
)

// A stream's questions come from where those came that it knows: its router
// holds none of them to be unlike the training, as one of so many outcomes else
// does.
func TestAStreamsQuestionsAreAlike(t *testing.T) {
	known := town(2200, 3)
	if e := predict.Train(known, predict.Options{Seed: 1}).Explain(known[0].Question, 0); e.Unlike == nil {
		t.Fatal("of so many outcomes it is told how unlike a question is")
	}
	l := newLearner(known, StreamOptions{Seed: 1})
	if e := l.model.Explain(known[0].Question, 0); e.Unlike != nil {
		t.Errorf("at first a question is unlike the training by %g", *e.Unlike)
	}
	for _, r := range town(600, 4) {
		l.see(r)
	}
	if e := l.model.Explain(known[0].Question, 0); e.Unlike != nil || l.trained == 0 {
		t.Errorf("trained anew %d times, a question is unlike by %v", l.trained, e.Unlike)
	}
}
