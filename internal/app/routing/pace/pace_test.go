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
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rec := func(first float64, output int) *store.Record {
		return &store.Record{TTFTSeconds: &first, OutputTokens: &output}
	}
	for i := range enough {
		if p.First("a", now) != nil || p.Output("a") != nil {
			t.Errorf("known after %d answers", i)
		}
		p.Saw("a", rec(2, 100), now)
	}
	after := rec(60, 100)
	after.Attempts = []store.Attempt{{}}
	p.Saw("a", after, now)
	if d, n := p.First("a", now), p.Output("a"); d == nil || *d != 2*time.Second || n == nil || *n != 100 {
		t.Errorf("%v, %v", d, n)
	}
	for range 5 * memory {
		p.Saw("a", rec(1, 10), now)
	}
	if d, n := p.First("a", now), p.Output("a"); d.Round(50*time.Millisecond) != time.Second || *n != 11 && *n != 10 {
		t.Errorf("%v, %v", d, *n)
	}
	if p.First("b", now) != nil {
		t.Error("another is known")
	}
}

// What was measured is not believed for ever: after a while one may try again,
// and what comes of that counts in its place.
func TestPaceAges(t *testing.T) {
	var p Pace
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	saw := func(first float64) { p.Saw("a", &store.Record{TTFTSeconds: &first}, now) }
	is := func(what string, want time.Duration) {
		t.Helper()
		if d := p.First("a", now); want == 0 && d != nil || want != 0 && (d == nil || *d != want) {
			t.Errorf("%s: %v, want %v", what, d, want)
		}
	}
	for range 2 * memory {
		saw(5)
	}
	now = now.Add(old - 1)
	is("not yet", 5*time.Second)
	now = now.Add(1)
	is("one may try", 0)
	p.Try("a", now)
	is("another may not meanwhile", 5*time.Second)
	now = now.Add(old)
	is("nothing came of it", 0)
	p.Try("a", now)
	saw(4)
	is("still slow", 4*time.Second)
	now = now.Add(old)
	saw(.01)
	is("it is fast", 10*time.Millisecond)
	p.Try("a", now)
	now = now.Add(old - 1)
	saw(.03)
	if d := p.First("a", now); d == nil || *d >= 20*time.Millisecond {
		t.Errorf("%v", d)
	}
}
