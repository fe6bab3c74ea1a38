package span

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestResolve checks that every code point that a span covered is covered once,
// by the longest span that covered it, then the most severe, then the first.
func TestResolve(t *testing.T) {
	classes := []Class{Key, Card, Name, Email, Address}
	rapid.Check(t, func(t *rapid.T) {
		var in []Span
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			start := rapid.IntRange(0, 40).Draw(t, "start")
			in = append(in, Span{rapid.SampledFrom(classes).Draw(t, "class"), start, start + rapid.IntRange(0, 9).Draw(t, "length")})
		}
		want := map[int]Class{}
		best := slices.Clone(in)
		slices.SortStableFunc(best, func(a, b Span) int {
			if d := (b.End - b.Start) - (a.End - a.Start); d != 0 {
				return d
			}
			if d := severity(a.Class) - severity(b.Class); d != 0 {
				return d
			}
			return a.Start - b.Start
		})
		for _, s := range best {
			for i := s.Start; i < s.End; i++ {
				if _, taken := want[i]; !taken {
					want[i] = s.Class
				}
			}
		}
		out := Resolve(slices.Clone(in))
		n, before := 0, 0
		for _, s := range out {
			if s.Start < before || s.Start >= s.End {
				t.Fatalf("%v of %v", out, in)
			}
			before = s.End
			for i := s.Start; i < s.End; i++ {
				if n++; want[i] != s.Class {
					t.Fatalf("%d is %s and not %s: %v of %v", i, s.Class, want[i], out, in)
				}
			}
		}
		if n != len(want) {
			t.Fatalf("%d of %d: %v of %v", n, len(want), out, in)
		}
	})
}

// TestResolveMany checks that a long text full of names takes time by its length:
// 150,000 spans took half a minute when each was put in its place among all.
func TestResolveMany(t *testing.T) {
	var in []Span
	for i := range 150_000 {
		in = append(in, Span{Name, 20 * i, 20*i + 5 + i*7919%11}, Span{Address, 20*i + 3, 20*i + 8})
	}
	begin := time.Now()
	if out := Resolve(in); len(out) < 150_000 {
		t.Error(len(out))
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Error(took)
	}
}
