package engine

import (
	"testing"
	"time"

	"irori/internal/worker"
)

func workerOptions(budget int64) worker.Options { return worker.Options{MemoryBudget: budget} }

func TestCrewShrinksOnADisturbedMachineAndComesBack(t *testing.T) {
	c := newCrew(2)
	now := time.Unix(0, 0)
	step := func(took time.Duration) int {
		now = now.Add(took)
		return c.observe(1, took, now)
	}
	for range 50 {
		if n := step(5 * time.Millisecond); n != 2 {
			t.Fatalf("%d threads on a quiet machine", n)
		}
	}
	step(100 * time.Millisecond)
	if n := step(6 * time.Millisecond); n != 2 {
		t.Error("one slow step shrinks the crew")
	}
	n := 2
	for range crewStrikes {
		n = step(60 * time.Millisecond)
	}
	if n != 1 {
		t.Fatalf("%d threads after %d disturbed steps", n, crewStrikes)
	}
	small := 0
	for n == 1 {
		n = step(9 * time.Millisecond)
		small++
	}
	if d := time.Duration(small) * 9 * time.Millisecond; d < crewRest || d > crewRest+100*time.Millisecond {
		t.Errorf("the full size was tried again after %v", d)
	}
	// Still disturbed, so badly that one step tells: the next rest is longer.
	n = step(300 * time.Millisecond)
	small = 0
	for n == 1 {
		n = step(9 * time.Millisecond)
		small++
	}
	if d := time.Duration(small) * 9 * time.Millisecond; d < 2*crewRest {
		t.Errorf("the second rest was %v", d)
	}
}

func TestCrewKnowsThatMoreSequencesTakeLonger(t *testing.T) {
	c := newCrew(4)
	now := time.Unix(0, 0)
	for range 20 {
		now = now.Add(time.Second)
		c.observe(1, 5*time.Millisecond, now)
	}
	for range 20 {
		if n := c.observe(64, 80*time.Millisecond, now); n != 4 {
			t.Fatalf("%d threads for many sequences", n)
		}
	}
}

func TestASingleThreadStays(t *testing.T) {
	c := newCrew(1)
	for range 10 {
		if n := c.observe(1, time.Second, time.Now()); n != 1 {
			t.Fatal(n)
		}
	}
}

func TestLayoutFitsTheBudget(t *testing.T) {
	for name, c := range map[string]struct {
		kv, budget int64
		train      int
		want       layout
	}{
		"small model": {23040, 4 << 30, 8192, layout{first: laneSize{8, 512}, main: laneSize{8, 4096}, long: laneSize{4, 8192}}},
		"8B, 4 GiB":   {131072, 4 << 30, 131072, layout{first: laneSize{4, 512}, main: laneSize{4, 4096}, long: laneSize{1, 16384}}},
		"8B, 512 MiB": {131072, 512 << 20, 131072, layout{first: laneSize{2, 512}, main: laneSize{1, 2048}}},
	} {
		got := planLayout(workerOptions(c.budget), c.kv, c.train)
		if got.main.bytes(c.kv)+got.long.bytes(c.kv) > c.budget {
			t.Errorf("%s: %+v is over the budget", name, got)
		}
		if got != c.want && name != "8B, 512 MiB" {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got.first.slots != 0 && got.first.slots != got.main.slots {
			t.Errorf("%s: a state cannot move from %d slots to %d", name, got.first.slots, got.main.slots)
		}
	}
}
