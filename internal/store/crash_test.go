package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/store"
	"irori/internal/store/sqlite"
)

const (
	crashDir   = "IRORI_TEST_CRASH_DIR"
	crashRound = "IRORI_TEST_CRASH_ROUND"
)

func open(t *testing.T, dir string) (*store.Ledger, *sqlite.Store) {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(dir, "ledger.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := store.OpenLedger(store.LedgerOptions{Dir: filepath.Join(dir, "ledger"), Store: db})
	if err != nil {
		t.Fatal(err)
	}
	return l, db
}

// TestCrashHelper is the process that TestCrashLosesNothingAcknowledged kills.
// It says on stdout what has been acknowledged.
func TestCrashHelper(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs only as a child")
	}
	l, _ := open(t, dir)
	for i := 0; ; i++ {
		rec := store.Record{ID: fmt.Sprintf("r%s%05d", os.Getenv(crashRound), i), Time: time.Now(), API: "a"}
		if err := l.Open(&rec); err != nil {
			t.Fatal(err)
		}
		fmt.Println("open", rec.ID)
		if i%3 == 0 {
			continue
		}
		rec.Status = store.StatusOK
		if err := l.Close(&rec); err != nil {
			t.Fatal(err)
		}
		fmt.Println("close", rec.ID)
		time.Sleep(200 * time.Microsecond)
	}
}

func TestCrashLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	want := map[string]string{}
	// Twice, so that the second start replays and goes on writing.
	for round := range 2 {
		for id, status := range crash(t, dir, round) {
			want[id] = status
		}
	}
	l, db := open(t, dir)
	if err := l.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	interrupted := 0
	for id, status := range want {
		rec, err := db.Get(t.Context(), id)
		if err != nil {
			t.Fatalf("%s, acknowledged as %s: %v", id, status, err)
		}
		if status == "close" && rec.Status != store.StatusOK {
			t.Errorf("%s had ended and is %+v", id, rec)
		}
		if rec.ErrorCode == "interrupted" && rec.Status == store.StatusError {
			interrupted++
		}
	}
	t.Logf("%d acknowledged, %d interrupted", len(want), interrupted)
	if len(want) < 50 || interrupted < 10 {
		t.Errorf("%d acknowledged, %d interrupted: too few to tell", len(want), interrupted)
	}
}

// crash runs the helper, kills it, and returns what it had acknowledged.
func crash(t *testing.T, dir string, round int) map[string]string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashHelper$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir, fmt.Sprint(crashRound, "=", round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	lines := bufio.NewScanner(out)
	var timer *time.Timer
	for lines.Scan() {
		if timer == nil {
			timer = time.AfterFunc(500*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
		what, id, ok := strings.Cut(lines.Text(), " ")
		if ok && strings.HasPrefix(id, "r") && len(id) == 7 {
			got[id] = what
		}
	}
	_ = cmd.Wait()
	return got
}
