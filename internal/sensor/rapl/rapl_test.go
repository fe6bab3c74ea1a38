package rapl

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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
		"dram-unreadable":         {"rapl package-0 without its memory 1 J"},
		"mmio-of-one-socket":      {"rapl package-0 1 J", "rapl package-0 dram 0.2 J", "rapl package-1 5 J"},
		"no-range":                {"rapl package-0 1 J"},
		"nested-only":             {"rapl package-0 1 J", "rapl package-0 dram 0.2 J"},
	} {
		t.Run(name, func(t *testing.T) {
			found := Discover(tree(t, name))
			if len(found.Missing) > 0 != (name == "dram-unreadable") {
				t.Error(found.Missing)
			}
			var got []string
			for _, m := range found.Meters {
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

// What cannot be read is absent and named, and no part stands for the whole.
func TestWhatIsNotThereIsNotZero(t *testing.T) {
	for name, c := range map[string]struct{ what, why, partial string }{
		"unreadable":     {"rapl package-0", "energy_uj is a folder, not a counter", ""},
		"half-readable":  {"rapl package-1", "energy_uj: no such file", "rapl package-0"},
		"garbage":        {"rapl package-0", `energy_uj tells "n/a", which is no energy`, ""},
		"negative":       {"rapl package-0", `energy_uj tells "-5", which is no energy`, ""},
		"second-empty":   {"rapl package-1", "energy_uj is empty; the other sockets are not added up", "rapl package-0"},
		"mmio-hides-one": {"rapl package-1", "energy_uj is empty; the other sockets are not added up", "rapl package-0 without its memory"},
		"only-psys":      {}, "empty": {},
	} {
		found := Discover(tree(t, name))
		var what, why, partial []string
		for _, m := range found.Missing {
			what, why = append(what, m.What), append(why, m.Why)
			if !strings.HasPrefix(m.Hint, "cat ") || strings.Contains(m.Why, "root") {
				t.Errorf("%s: %+v", name, m)
			}
		}
		for _, m := range found.Partial {
			partial = append(partial, m.Name())
		}
		if len(found.Meters) > 0 || !slices.Contains(append(what, ""), c.what) || !strings.Contains(strings.Join(why, "\n"), c.why) || strings.Join(partial, ", ") != c.partial {
			t.Errorf("%s: %+v, %s", name, found, partial)
		}
		if name == "mmio-hides-one" && strings.Join(what, ", ") != "rapl package-0 dram, rapl package-1, rapl package-1 dram" {
			t.Errorf("%s: %s", name, what)
		}
	}
	if found := Discover(t.TempDir()); len(found.Meters)+len(found.Missing) > 0 {
		t.Errorf("no powercap: %+v", found)
	}
}

// What is root's is told in one line with one command.
func TestWhatIsRoots(t *testing.T) {
	refused := &fs.PathError{Op: "open", Path: "/d/energy_uj", Err: fs.ErrPermission}
	d := discovery{lost: true, bad: []unread{
		{zone{dir: "/a", name: "package-0"}, "rapl package-0", refused}, {zone{dir: "/b", name: "psys"}, "rapl psys", told("/d/energy_uj", refused)},
	}}
	d.explain()
	if len(d.found.Missing) != 1 {
		t.Fatal(d.found.Missing)
	}
	m := d.found.Missing[0]
	paths := filepath.Join("/a", "energy_uj") + " " + filepath.Join("/b", "energy_uj")
	if m.What != "rapl package-0, rapl psys" || !strings.HasPrefix(m.Why, "the kernel shows it to root only") || m.Hint != "sudo chmod a+r "+paths {
		t.Errorf("%+v", m)
	}
}

func TestAMeterThatGoesAwayFails(t *testing.T) {
	root := tree(t, "mmio-only")
	meters := Discover(root).Meters
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
		meters := Discover(tree(t, name)).Platform
		if len(meters) != want {
			t.Errorf("%s: %d meters", name, len(meters))
		}
		for _, m := range meters {
			if power.ScopeOf(m) != power.ScopePlatform {
				t.Error(power.ScopeOf(m))
			}
		}
	}
	meters := Discover(tree(t, "two-sockets-dram")).Meters
	if power.ScopeOf(meters[0]) != power.ScopeCPU || power.ScopeOf(meters[1]) != power.ScopeDRAM {
		t.Error(meters)
	}
}
