//go:build unix

package proc

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLastWordsAndExit(t *testing.T) {
	c, err := Start(Spec{Path: "/bin/sh", Args: []string{"-c", "echo one >&2; echo two; exit 3"}})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	words := strings.Join(c.LastWords(), " ")
	if c.Err() == nil || !strings.Contains(words, "one") || !strings.Contains(words, "two") {
		t.Errorf("%v, %q", c.Err(), words)
	}
}

// TestTheStacksOfAGoProgramAreNotItsLastWords kills a real Go program, this
// test's own, after a library in it has said why.
func TestTheStacksOfAGoProgramAreNotItsLastWords(t *testing.T) {
	if os.Getenv("IRORI_TEST_DIE") != "" {
		fmt.Fprintln(os.Stderr, "ops.cpp:12: GGML_ASSERT(n > 0) failed")
		if err := syscall.Kill(os.Getpid(), syscall.SIGABRT); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	c, err := Start(Spec{Path: os.Args[0], Args: []string{"-test.run=" + t.Name()}, Env: []string{"IRORI_TEST_DIE=1", "GOTRACEBACK=all"}})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	want := []string{"ops.cpp:12: GGML_ASSERT(n > 0) failed", "SIGABRT: abort"}
	if got := c.LastWords(); !slices.Equal(got, want) {
		t.Errorf("the last words are %q, want %q", got, want)
	}
}

func TestAnEndlessLineDoesNotBlockTheChild(t *testing.T) {
	c, err := Start(Spec{Path: "/bin/sh", Args: []string{"-c", "head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 0"}})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Ended():
	case <-time.After(20 * time.Second):
		t.Error("the child hangs on its own words")
		if err := c.Kill(); err != nil {
			t.Error(err)
		}
	}
}

func TestStopKillsWhoStays(t *testing.T) {
	c, err := Start(Spec{Path: "/bin/sh", Args: []string{"-c", "trap '' TERM; while :; do sleep 0.1; done"}, Pipes: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(50 * time.Millisecond); err != nil {
		t.Error(err)
	}
	select {
	case <-c.Ended():
	default:
		t.Error("it still runs")
	}
}

func TestEnvironmentChanges(t *testing.T) {
	t.Setenv("IRORI_TEST_GONE", "x")
	c, err := Start(Spec{Path: "/bin/sh", Args: []string{"-c", `echo "[$IRORI_TEST_GONE][$IRORI_TEST_NEW]"`}, Env: []string{"IRORI_TEST_GONE=", "IRORI_TEST_NEW=y"}})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	if w := c.LastWords(); len(w) != 1 || w[0] != "[][y]" {
		t.Errorf("%q", w)
	}
}

func TestThreeCrashesQuarantine(t *testing.T) {
	now := time.Unix(0, 0)
	r := DefaultRestarts()
	r.Now = func() time.Time { return now }
	w1, q1 := r.Crashed()
	w2, q2 := r.Crashed()
	if q1 || q2 || w1 != 500*time.Millisecond || w2 != time.Second {
		t.Errorf("%v %v, %v %v", w1, q1, w2, q2)
	}
	now = now.Add(11 * time.Minute)
	if _, q := r.Crashed(); q {
		t.Error("crashes long ago count")
	}
	r.Crashed()
	if _, q := r.Crashed(); !q {
		t.Error("the third crash within the window does not quarantine")
	}
	r.Forgive()
	if _, q := r.Crashed(); q {
		t.Error("forgiven crashes count")
	}
}
