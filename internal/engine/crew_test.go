package engine

import (
	"testing"
	"time"

	"irori/internal/worker"
)

func workerOptions(budget int64) worker.Options { return worker.Options{MemoryBudget: budget} }

// crewRun feeds a crew with steps of n sequences for a time; each thread gets
// its core but for what others take, in cores.
func crewRun(c *crew, now *time.Time, n int, step, lasts time.Duration, taken float64) (threads int) {
	for end := now.Add(lasts); now.Before(end); {
		*now = now.Add(step)
		cpu := time.Duration(float64(step) * max(float64(c.now)-taken, 0.1))
		threads = c.observe(crewStep{n, step, cpu}, *now)
	}
	return threads
}

func TestCrewShrinksOnADisturbedMachineAndComesBack(t *testing.T) {
	c, now := newCrew(2), time.Unix(0, 0)
	if n := crewRun(c, &now, 1, 4*time.Millisecond, 10*time.Second, 0.05); n != 2 {
		t.Fatalf("%d threads on a quiet machine", n)
	}
	began := now
	if n := crewRun(c, &now, 1, 20*time.Millisecond, 100*time.Millisecond, 0.6); n != 2 {
		t.Fatal("a moment's disturbance shrinks the crew")
	}
	crewRun(c, &now, 1, 4*time.Millisecond, 10*time.Second, 0.05)
	if n := crewRun(c, &now, 1, 20*time.Millisecond, 180*time.Millisecond, 0.6); n != 1 {
		t.Fatalf("%d threads on a disturbed machine", n)
	}
	if crewRun(c, &now, 1, 8*time.Millisecond, crewRest-100*time.Millisecond, 0); c.now != 1 {
		t.Errorf("the full size is tried again after %v", now.Sub(began))
	}
	if crewRun(c, &now, 1, 8*time.Millisecond, 200*time.Millisecond, 0.05); c.now != 2 {
		t.Errorf("the full size is not tried again after %v", now.Sub(began))
	}
	// Still disturbed: the next rest is longer.
	crewRun(c, &now, 1, 300*time.Millisecond, 300*time.Millisecond, 0.6)
	if crewRun(c, &now, 1, 8*time.Millisecond, 2*crewRest-100*time.Millisecond, 0); c.now != 1 {
		t.Error("the second rest is no longer than the first")
	}
}

func TestCrewSeesADisturbanceThatWasThereFromTheBeginning(t *testing.T) {
	for _, n := range []int{7, -1} {
		c, now := newCrew(2), time.Unix(0, 0)
		if got := crewRun(c, &now, n, 400*time.Millisecond, 800*time.Millisecond, 0.6); got != 1 {
			t.Errorf("%d sequences: %d threads", n, got)
		}
	}
}

func TestCrewTakesTheCoresThatAreLeft(t *testing.T) {
	c, now := newCrew(16), time.Unix(0, 0)
	if n := crewRun(c, &now, 1, 300*time.Millisecond, 300*time.Millisecond, 8); n != 8 {
		t.Errorf("%d threads beside a program that takes 8 of 16 cores", n)
	}
	if n := crewRun(c, &now, 1, 300*time.Millisecond, 300*time.Millisecond, 4); n != 4 {
		t.Errorf("%d threads when that takes 4 more", n)
	}
}

func TestThreadsThatRestAreNotDisturbed(t *testing.T) {
	c, now := newCrew(4), time.Unix(0, 0)
	crewRun(c, &now, 1, 5*time.Millisecond, time.Second, 0)
	if n := crewRun(c, &now, 1, 5*time.Millisecond, time.Second, 2); n != 4 {
		t.Errorf("%d threads although steps are as fast as ever", n)
	}
}

func TestASingleThreadStays(t *testing.T) {
	c, now := newCrew(1), time.Unix(0, 0)
	if n := crewRun(c, &now, 1, time.Second, 10*time.Second, 0.9); n != 1 {
		t.Fatal(n)
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
