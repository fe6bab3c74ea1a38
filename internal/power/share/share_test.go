package share

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

func trace(t *testing.T, make func([]Point) (*Trace, error), p ...Point) *Trace {
	t.Helper()
	tr, err := make(p)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func joules(t *testing.T, r *Result, i int) float64 {
	t.Helper()
	if r.Parts[i].Joules == nil {
		t.Fatalf("request %d has no figure", i)
	}
	return *r.Parts[i].Joules
}

func TestDivide(t *testing.T) {
	flat := trace(t, FromPower, Point{0, 100}, Point{10, 100})
	for name, c := range map[string]struct {
		trace              *Trace
		requests           []Request
		idle               float64
		want               []float64
		measured, left, un float64
	}{
		"alone": {flat, []Request{{"a", 2, 6, 40}}, 30, []float64{400}, 1000, 180, 420},
		"two of unlike speed": {flat, []Request{{"a", 0, 10, 300}, {"b", 0, 10, 100}}, 0,
			[]float64{750, 250}, 1000, 0, 0},
		"one joins": {flat, []Request{{"a", 0, 10, 100}, {"b", 5, 10, 50}}, 20,
			[]float64{750, 250}, 1000, 0, 0},
		"nobody makes tokens":     {flat, []Request{{"a", 0, 10, 0}, {"b", 0, 5, 0}}, 0, []float64{750, 250}, 1000, 0, 0},
		"more idle than there is": {flat, []Request{{"a", 0, 5, 1}}, 500, []float64{500}, 1000, 500, 0},
		"a ramp":                  {trace(t, FromPower, Point{0, 0}, Point{10, 100}), []Request{{"a", 0, 5, 1}}, 0, []float64{125}, 500, 0, 375},
		"steps":                   {trace(t, FromPower, Point{10, 100}, Point{11, 200}, Point{12, 200}), []Request{{"a", 10, 12, 1}}, 0, []float64{350}, 350, 0, 0},
		"counter":                 {trace(t, FromCounter, Point{1, 100}, Point{1.3, 120}, Point{1.6, 150}, Point{2, 180}), []Request{{"prefill", 1, 1.5, 10}, {"decode", 1.5, 2, 5}}, 0, []float64{40, 40}, 80, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Divide(c.trace, c.requests, c.idle)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.want {
				if got := joules(t, r, i); !near(got, want) {
					t.Errorf("%s took %g J, want %g", c.requests[i].ID, got, want)
				}
			}
			if !near(r.Measured, c.measured) || !near(r.Idle, c.left) || !near(r.Unattributed, c.un) {
				t.Errorf("%g measured, %g idle, %g unattributed; want %g, %g, %g", r.Measured, r.Idle, r.Unattributed, c.measured, c.left, c.un)
			}
		})
	}
}

// TestUnknown checks that what the trace does not know makes a figure absent,
// and not small.
func TestUnknown(t *testing.T) {
	reset := trace(t, FromCounter, Point{0, 100}, Point{5, 200}, Point{6, 10}, Point{10, 50})
	r, err := Divide(reset, []Request{{"early", 0, 5, 1}, {"over it", 4, 7, 1}, {"late", 8, 12, 1}, {"before", -5, -1, 1}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if r.Parts[1].Joules != nil || r.Parts[2].Joules != nil || r.Parts[3].Joules != nil || r.Parts[0].Joules == nil {
		t.Errorf("%+v", r.Parts)
	}
	if !near(r.Measured, 140) || !near(r.Measured, *r.Parts[0].Joules+r.Idle+r.Unattributed) {
		t.Errorf("%+v", r)
	}
}

// TestConservation holds that no joule is lost and none is given twice,
// whatever overlaps.
func TestConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []Point
		at := rapid.Float64Range(-100, 100).Draw(t, "begin")
		for range rapid.IntRange(2, 40).Draw(t, "points") {
			points = append(points, Point{at, rapid.Float64Range(0, 1000).Draw(t, "value")})
			at += rapid.Float64Range(1e-3, 5).Draw(t, "step")
		}
		make := FromPower
		if rapid.Bool().Draw(t, "counter") {
			make = FromCounter
		}
		tr, err := make(points)
		if err != nil {
			t.Fatal(err)
		}
		var requests []Request
		for i := range rapid.IntRange(0, 30).Draw(t, "requests") {
			start := rapid.Float64Range(points[0].Second-10, at+10).Draw(t, "start")
			requests = append(requests, Request{fmt.Sprint(i), start, start + rapid.Float64Range(0, 40).Draw(t, "length"), float64(rapid.IntRange(0, 500).Draw(t, "tokens"))})
		}
		idle := rapid.Float64Range(0, 500).Draw(t, "idle")
		r, err := Divide(tr, requests, idle)
		if err != nil {
			t.Fatal(err)
		}
		sum := r.Idle + r.Unattributed
		for _, p := range r.Parts {
			if p.Joules == nil {
				continue
			}
			if *p.Active > *p.Joules+1e-9 || *p.Active < -1e-9 {
				t.Fatalf("%s: %g active of %g", p.ID, *p.Active, *p.Joules)
			}
			sum += *p.Joules
		}
		if !near(sum, r.Measured) {
			t.Fatalf("%.12g shared out of %.12g", sum, r.Measured)
		}
		// A point between two that says nothing new changes nothing.
		i := rapid.IntRange(0, len(points)-2).Draw(t, "between")
		mid := Point{(points[i].Second + points[i+1].Second) / 2, (points[i].Value + points[i+1].Value) / 2}
		finer, err := make(append(append([]Point{}, points...), mid))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Divide(finer, requests, 0)
		if err != nil {
			t.Fatal(err)
		}
		coarse, err := Divide(tr, requests, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !near(again.Measured, coarse.Measured) {
			t.Fatalf("%g measured with a point more, %g without", again.Measured, coarse.Measured)
		}
	})
}

func TestBadTraces(t *testing.T) {
	for _, p := range [][]Point{nil, {{0, 1}}, {{0, 1}, {0, 2}}, {{0, math.NaN()}, {1, 1}}, {{0, -1}, {1, 1}}} {
		if _, err := FromPower(p); err == nil {
			t.Errorf("%v is taken", p)
		}
	}
	tr := trace(t, FromPower, Point{0, 1}, Point{1, 1})
	for _, r := range []Request{{"a", 1, 0, 1}, {"a", 0, 1, -1}, {"a", math.NaN(), 1, 1}, {"a", 0, math.Inf(1), 1}} {
		if _, err := Divide(tr, []Request{r}, 0); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
	if _, err := Divide(tr, nil, -1); err == nil {
		t.Error("negative idle power is taken")
	}
}

// What was taken in a hole of the trace is nobody's, and not a small figure.
func TestAHoleIsNotSeen(t *testing.T) {
	var points []Point
	for i := range 601 {
		if s := float64(i) / 10; s <= 20 || s >= 30 {
			points = append(points, Point{s, 100})
		}
	}
	trace, err := FromPower(points)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Divide(trace, []Request{{"inside", 21, 29, 5}, {"before", 5, 15, 5}, {"across", 19, 31, 5}}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Parts[0]; p.Joules != nil || p.Coverage != 0 {
		t.Errorf("%+v", p)
	}
	if p := r.Parts[1]; p.Joules == nil || math.Abs(*p.Joules-1000) > 1e-9 || p.Coverage != 1 {
		t.Errorf("%+v", p)
	}
	if p := r.Parts[2]; p.Joules != nil || p.Coverage > .2 {
		t.Errorf("%+v", p)
	}
	if d := r.Measured - r.Idle - r.Unattributed - *r.Parts[1].Joules; math.Abs(d) > 1e-6 {
		t.Errorf("%g J are lost", d)
	}
	if few, err := FromPower([]Point{{0, 1}, {1, 1}, {100, 1}}); err != nil || !few.seen(1) {
		t.Error("three points have a habit")
	}
}

// What no machine takes is not known, and not anybody's.
func TestTheAbsurdIsNotSeen(t *testing.T) {
	for name, c := range map[string]struct {
		trace    *Trace
		measured float64
		known    bool
	}{
		"a counter":             {trace(t, FromCounter, Point{0, 0}, Point{5, 500}, Point{10, 1000}), 1000, true},
		"a counter that jumps":  {trace(t, FromCounter, Point{0, 0}, Point{4, 400}, Point{4.1, 1e9}, Point{6, 1e9 + 600}, Point{10, 1e9 + 1000}), 1400, true},
		"and for long":          {trace(t, FromCounter, Point{0, 0}, Point{4, 1e9}, Point{10, 1e9 + 600}), 600, false},
		"one that moves rarely": {trace(t, FromCounter, Point{0, 0}, Point{5, 0}, Point{9.9, 0}, Point{9.91, 20000}, Point{10, 20000}), 20000, true},
		"power":                 {trace(t, FromPower, Point{0, 100}, Point{4, 100}, Point{5, 1e10}, Point{6, 100}, Point{10, 100}), 800, false},
	} {
		r, err := Divide(c.trace, []Request{{"a", 0, 10, 1}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Parts[0]; !near(r.Measured, c.measured) || (p.Joules != nil) != c.known {
			t.Errorf("%s: %g measured, %+v", name, r.Measured, p)
		}
	}
}

// A counter that stands still tells nothing of whoever ran then; one that moves
// in long steps is only slow.
func TestACounterThatStandsStill(t *testing.T) {
	for name, c := range map[string]struct {
		at     func(t float64) float64
		absent string
	}{
		"moves":             {func(t float64) float64 { return 100 * t }, ""},
		"moves every 2 s":   {func(t float64) float64 { return 100 * math.Floor(t/2) }, ""},
		"stops in the run":  {func(t float64) float64 { return 100 * (t - min(1.5, max(0, t-8))) }, "long short"},
		"stops for good":    {func(t float64) float64 { return 100 * min(t, 8) }, "long short late"},
		"moves at last":     {func(t float64) float64 { return 100 * max(0, t-10) }, "long short early"},
		"stands as a blink": {func(t float64) float64 { return 100 * (t - min(0.2, max(0, t-8))) }, ""},
		"never moves":       {func(float64) float64 { return 100 }, "long short early late"},
	} {
		var points []Point
		for i := range 401 {
			points = append(points, Point{float64(i) / 20, c.at(float64(i) / 20)})
		}
		trace, err := FromCounter(points)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Divide(trace, []Request{{"long", 6, 11, 10}, {"short", 8.2, 9.3, 10}, {"early", 1, 3, 10}, {"late", 15, 18, 10}}, 20)
		if err != nil {
			t.Fatal(err)
		}
		var absent []string
		sum := r.Idle + r.Unattributed
		for _, p := range r.Parts {
			if p.Joules == nil {
				absent = append(absent, p.ID)
			} else {
				sum += *p.Joules
			}
			if (p.Coverage >= MinCoverage) != (p.Joules != nil) {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if got := strings.Join(absent, " "); got != c.absent || math.Abs(sum-r.Measured) > 1e-9*max(1, sum) {
			t.Errorf("%s: without a figure are %q, want %q; %+v", name, got, c.absent, r)
		}
	}
}
