package crew

import (
	"testing"
	"time"
)

// run feeds a crew with steps of n sequences for a time; each thread gets
// its core but for what others take, in cores.
func run(c *Crew, now *time.Time, n int, step, lasts time.Duration, taken float64) (threads int) {
	for end := now.Add(lasts); now.Before(end); {
		*now = now.Add(step)
		cpu := time.Duration(float64(step) * max(float64(c.now)-taken, 0.1))
		threads = c.Observe(Step{n, step, cpu}, *now)
	}
	return threads
}

func TestCrewShrinksOnADisturbedMachineAndComesBack(t *testing.T) {
	c, now := New(2), time.Unix(0, 0)
	if n := run(c, &now, 1, 4*time.Millisecond, 10*time.Second, 0.05); n != 2 {
		t.Fatalf("%d threads on a quiet machine", n)
	}
	began := now
	if n := run(c, &now, 1, 20*time.Millisecond, 100*time.Millisecond, 0.6); n != 2 {
		t.Fatal("a moment's disturbance shrinks the crew")
	}
	run(c, &now, 1, 4*time.Millisecond, 10*time.Second, 0.05)
	if n := run(c, &now, 1, 20*time.Millisecond, 180*time.Millisecond, 0.6); n != 1 {
		t.Fatalf("%d threads on a disturbed machine", n)
	}
	if run(c, &now, 1, 8*time.Millisecond, firstRest-100*time.Millisecond, 0); c.now != 1 {
		t.Errorf("the full size is tried again after %v", now.Sub(began))
	}
	if run(c, &now, 1, 8*time.Millisecond, 200*time.Millisecond, 0.05); c.now != 2 {
		t.Errorf("the full size is not tried again after %v", now.Sub(began))
	}
	// Still disturbed: the next rest is longer.
	run(c, &now, 1, 300*time.Millisecond, 300*time.Millisecond, 0.6)
	if run(c, &now, 1, 8*time.Millisecond, 2*firstRest-100*time.Millisecond, 0); c.now != 1 {
		t.Error("the second rest is no longer than the first")
	}
}

func TestCrewSeesADisturbanceThatWasThereFromTheBeginning(t *testing.T) {
	for _, n := range []int{7, -1} {
		c, now := New(2), time.Unix(0, 0)
		if got := run(c, &now, n, 400*time.Millisecond, 800*time.Millisecond, 0.6); got != 1 {
			t.Errorf("%d sequences: %d threads", n, got)
		}
	}
}

func TestCrewTakesTheCoresThatAreLeft(t *testing.T) {
	c, now := New(16), time.Unix(0, 0)
	if n := run(c, &now, 1, 300*time.Millisecond, 300*time.Millisecond, 8); n != 8 {
		t.Errorf("%d threads beside a program that takes 8 of 16 cores", n)
	}
	if n := run(c, &now, 1, 300*time.Millisecond, 300*time.Millisecond, 4); n != 4 {
		t.Errorf("%d threads when that takes 4 more", n)
	}
}

func TestThreadsThatRestAreNotDisturbed(t *testing.T) {
	c, now := New(4), time.Unix(0, 0)
	run(c, &now, 1, 5*time.Millisecond, time.Second, 0)
	if n := run(c, &now, 1, 5*time.Millisecond, time.Second, 2); n != 4 {
		t.Errorf("%d threads although steps are as fast as ever", n)
	}
}

func TestASingleThreadStays(t *testing.T) {
	c, now := New(1), time.Unix(0, 0)
	if n := run(c, &now, 1, time.Second, 10*time.Second, 0.9); n != 1 {
		t.Fatal(n)
	}
}
