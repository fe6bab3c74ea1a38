package main

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"irori/internal/term/verb"
)

func TestCount(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 32: "32", 134_515_008: "135M", 7_615_616_512: "7.6B", 2_000_000_000: "2B", 1_040_000_000_000: "1T"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLanguages(t *testing.T) {
	for _, c := range []struct {
		in   []string
		want string
	}{
		{nil, ""}, {[]string{"en", "ja"}, "ja en"}, {[]string{"en", "fr", "ja"}, "ja en fr"}, {[]string{"a", "b", "c", "d", "en"}, "en +4"},
	} {
		if got := languages(c.in); got != c.want {
			t.Errorf("languages(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

// fullDisk is an output that takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: syscall.ENOSPC}
}

// TestHelpToAFullDisk checks that help that nobody can read is no success.
func TestHelpToAFullDisk(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"--help"}, {"help", "log"}, {"log", "--help"}, {"help", "help"}} {
		var told strings.Builder
		if got := dispatch(t.Context(), args, verb.Streams{In: strings.NewReader(""), Out: fullDisk{}, Err: &told}); got != 4 || !strings.Contains(told.String(), "irori: hint: send the output to a disk with room") {
			t.Errorf("%q: exit status %d\n%s", args, got, &told)
		}
	}
}
