package hwmon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/golden"
	"irori/internal/power"
)

// Each tree is a trap.
func TestDiscover(t *testing.T) {
	for name, want := range map[string][]string{
		"amdgpu-card":        {"hwmon amdgpu PPT gpu integrated 231 W"},
		"amdgpu-apu":         {"hwmon amdgpu PPT soc integrated 15.2 W"},
		"amdgpu-two":         {"hwmon amdgpu gpu integrated 100 W", "hwmon amdgpu (hwmon10) gpu integrated 50 W"},
		"i915-wide":          {"hwmon i915 gpu counter 4.294967296e+06 J"},
		"xe-two-channels":    {"hwmon xe card gpu counter 2 J"},
		"one-level-deeper":   {"hwmon amdgpu gpu integrated 7 W"},
		"acpi-power-meter":   {"hwmon power_meter system integrated 212 W"},
		"power-supply-rails": {"hwmon corsairpsu power total rail integrated 180 W", "hwmon corsairpsu power +12v rail integrated 150 W"},
		"amd-energy":         {"hwmon amd_energy Ecore000 rail counter 11 J", "hwmon amd_energy Esocket0 cpu counter 90 J"},
		"ina3221-is-jetsons": nil,
		"not-a-figure":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(1000, 0)
			meters, missing := Discover(Options{Sysfs: golden.Tree(t, filepath.Join("testdata", name+".txt")), Now: func() time.Time { return now }})
			var got []string
			for _, m := range meters {
				first, err := m.Read()
				now = now.Add(time.Second)
				second, err2 := m.Read()
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				figure := fmt.Sprintf("%g J", float64(second.Energy))
				if m.Class() == power.ClassIntegrated {
					figure = fmt.Sprintf("%g W", float64(second.Energy-first.Energy))
				}
				got = append(got, fmt.Sprintf("%s %s %s %s", m.Name(), power.ScopeOf(m), m.Class(), figure))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if (name == "not-a-figure") != (len(missing) > 0) {
				t.Error(missing)
			}
		})
	}
}

func TestState(t *testing.T) {
	meters, _ := Discover(Options{Sysfs: golden.Tree(t, "testdata/amdgpu-card.txt")})
	st := meters[0].(power.Watched).State()
	if *st.TemperatureC != 61 || *st.ClockMHz != 2450 || *st.Limit != 303 {
		t.Errorf("%+v", st)
	}
	meters, _ = Discover(Options{Sysfs: golden.Tree(t, "testdata/i915-wide.txt")})
	if st := meters[0].(power.Watched).State(); *st.Limit != 150 || st.TemperatureC != nil {
		t.Errorf("%+v", st)
	}
}

// The kernel adds one turn of a register of 32 bits between two readings: a
// counter that was left alone for longer is not believed.
func TestALongSilenceIsNotBelieved(t *testing.T) {
	now := time.Unix(1000, 0)
	root := golden.Tree(t, "testdata/i915-wide.txt")
	meters, _ := Discover(Options{Sysfs: root, Now: func() time.Time { return now }})
	for _, c := range []struct {
		after  time.Duration
		broken bool
	}{{time.Minute, false}, {20 * time.Minute, true}, {time.Second, false}} {
		now = now.Add(c.after)
		if r, err := meters[0].Read(); err != nil || r.Broken != c.broken {
			t.Errorf("after %s: %+v %v", c.after, r, err)
		}
	}
	if err := os.Remove(filepath.Join(root, "class/hwmon/hwmon4/energy1_input")); err != nil {
		t.Fatal(err)
	}
	if r, err := meters[0].Read(); err == nil {
		t.Errorf("reads %v from nothing", r)
	}
}

func TestWhatMayNotBeReadSaysHow(t *testing.T) {
	c := chip{folder: "hwmon4"}
	m := c.missing("hwmon i915", &fs.PathError{Op: "open", Err: fs.ErrPermission})
	if !strings.Contains(m.Why, "root") || !strings.Contains(m.Hint, "/sys/class/hwmon/hwmon4/energy") {
		t.Errorf("%+v", m)
	}
	if m := c.missing("x", errors.New("N/A")); m.Hint != "" || m.Why != "N/A" {
		t.Errorf("%+v", m)
	}
}
