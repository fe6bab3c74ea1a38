package sysfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// A gauge reads what a file has now, in whichever way, also where another file
// takes its place.
func TestGauge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "energy_uj")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	for _, took := range []time.Duration{0, time.Millisecond, time.Second} {
		at := time.Unix(0, 0)
		g := NewGauge(path)
		calls := 0
		g.now = func() time.Time {
			// Every second call ends a reading.
			if calls++; calls%2 == 0 {
				at = at.Add(took)
			}
			return at
		}
		for i := range int64(10) {
			put(" " + string(rune('0'+i)) + "2143328850\n")
			if v, err := g.Number(); v != i*1e10+2143328850 || err != nil {
				t.Error(took, v, err)
			}
			if want := took == 0 && i >= trustedAfter-1; (g.trust >= trustedAfter) != want {
				t.Errorf("%s a reading, after %d: trust %d", took, i, g.trust)
			}
		}
		put("-5\n")
		if v, err := g.Number(); v != -5 || err != nil {
			t.Error(v, err)
		}
		for _, bad := range []string{"", "N/A\n", "1.5\n", "99999999999999999999\n"} {
			put(bad)
			if v, err := g.Number(); err == nil {
				t.Errorf("%q reads as %d", bad, v)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Number(); !errors.Is(err, fs.ErrNotExist) || g.trust != 0 {
			t.Error(err, g.trust)
		}
	}
	if _, err := NewGauge(path + "\x00b").Number(); err == nil {
		t.Error("a path with a zero byte is read")
	}
}

// What is read quickly is the same, and takes no memory.
func TestQuickly(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other kernels do not show sensors so")
	}
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("42\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var buf [8]byte
	if n, ok := readQuickly([]byte(path+"\x00"), buf[:]); !ok || string(buf[:n]) != "42\n" {
		t.Error(n, ok, buf)
	}
	if _, ok := readQuickly([]byte(path+"b\x00"), buf[:]); ok {
		t.Error("what is not there is read")
	}
	if _, ok := readQuickly([]byte(filepath.Dir(path)+"\x00"), buf[:]); ok {
		t.Error("a folder is read")
	}
	g := NewGauge(path)
	g.now = func() time.Time { return time.Time{} }
	for range trustedAfter {
		if _, err := g.Number(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = g.Number() }); n != 0 {
		t.Errorf("%g allocations a reading", n)
	}
}

func BenchmarkGauge(b *testing.B) {
	p := filepath.Join(b.TempDir(), "energy_uj")
	if err := os.WriteFile(p, []byte("123456789\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	g := NewGauge(p)
	for b.Loop() {
		if _, err := g.Number(); err != nil {
			b.Fatal(err)
		}
	}
}
