package rapl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"irori/internal/power"
)

// tree unpacks a fixture. They are archives, because not every system can have
// a colon in a file's name.
func tree(t *testing.T, name string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("zones have colons in their names")
	}
	a, err := txtar.ParseFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range a.Files {
		path := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestDiscover(t *testing.T) {
	for name, want := range map[string][]string{
		"laptop-nested-psys-mmio": {"rapl package-0 1.5 J"},
		"two-sockets-dram":        {"rapl package-0 1 J", "rapl package-0 dram 0.2 J", "rapl package-1 3 J", "rapl package-1 dram 0.4 J"},
		"names-repeat":            {"rapl package-0 (intel-rapl:0) 1 J", "rapl package-0 (intel-rapl:1) 2 J"},
		"mmio-only":               {"rapl package-0 7 J"},
		"msr-unreadable":          {"rapl package-0 7 J"},
		"dram-unreadable":         {"rapl package-0 1 J"},
		"no-range":                {"rapl package-0 1 J"},
		"nested-only":             {"rapl package-0 1 J", "rapl package-0 dram 0.2 J"},
	} {
		t.Run(name, func(t *testing.T) {
			meters, err := Discover(tree(t, name))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range meters {
				r, err := m.Read()
				if err != nil || m.Class() != power.ClassCounter {
					t.Error(m.Class(), err)
				}
				if (r.Wrap == 0) != (name == "no-range") {
					t.Errorf("wraps at %v", r.Wrap)
				}
				got = append(got, fmt.Sprintf("%s %g J", m.Name(), float64(r.Energy)))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWhatIsNotThereIsNotZero(t *testing.T) {
	for name, want := range map[string]error{
		"unreadable": ErrUnreadable, "half-readable": ErrUnreadable, "garbage": ErrUnreadable,
		"only-psys": ErrNotFound, "empty": ErrNotFound,
	} {
		if meters, err := Discover(tree(t, name)); !errors.Is(err, want) || len(meters) > 0 {
			t.Errorf("%s: %d meters, %v, want %v", name, len(meters), err, want)
		}
	}
	if _, err := Discover(t.TempDir()); !errors.Is(err, ErrNotFound) {
		t.Errorf("no powercap: %v", err)
	}
}

func TestAMeterThatGoesAwayFails(t *testing.T) {
	root := tree(t, "mmio-only")
	meters, err := Discover(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(root, "class")); err != nil {
		t.Fatal(err)
	}
	if r, err := meters[0].Read(); err == nil {
		t.Errorf("reads %v from nothing", r)
	}
}

// psys has the packages in it: it is found apart, and once.
func TestPlatform(t *testing.T) {
	for name, want := range map[string]int{"laptop-nested-psys-mmio": 1, "only-psys": 1, "two-sockets-dram": 0, "empty": 0} {
		meters := Platform(tree(t, name))
		if len(meters) != want {
			t.Errorf("%s: %d meters", name, len(meters))
		}
		for _, m := range meters {
			if power.ScopeOf(m) != power.ScopePlatform {
				t.Error(power.ScopeOf(m))
			}
		}
	}
	meters, err := Discover(tree(t, "two-sockets-dram"))
	if err != nil || power.ScopeOf(meters[0]) != power.ScopeCPU || power.ScopeOf(meters[1]) != power.ScopeDRAM {
		t.Error(err, meters)
	}
}
