package pace

import (
	"testing"
	"time"

	"irori/internal/store"
)

// A pace is believed from the third answer on, and follows what comes later. What
// another had tried first says nothing of how soon a target begins.
func TestPace(t *testing.T) {
	var p Pace
	rec := func(first float64, output int) *store.Record {
		return &store.Record{TTFTSeconds: &first, OutputTokens: &output}
	}
	for i := range enough {
		if p.First("a") != nil || p.Output("a") != nil {
			t.Errorf("known after %d answers", i)
		}
		p.Saw("a", rec(2, 100))
	}
	after := rec(60, 100)
	after.Attempts = []store.Attempt{{}}
	p.Saw("a", after)
	if d, n := p.First("a"), p.Output("a"); d == nil || *d != 2*time.Second || n == nil || *n != 100 {
		t.Errorf("%v, %v", d, n)
	}
	for range 5 * memory {
		p.Saw("a", rec(1, 10))
	}
	if d, n := p.First("a"), p.Output("a"); d.Round(50*time.Millisecond) != time.Second || *n != 11 && *n != 10 {
		t.Errorf("%v, %v", d, *n)
	}
	if p.First("b") != nil {
		t.Error("another is known")
	}
}
