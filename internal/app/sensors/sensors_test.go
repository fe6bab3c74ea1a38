package sensors

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/golden"
	"irori/internal/power"
)

// Each tree is a machine: what is added up, what stands beside it.
func TestFind(t *testing.T) {
	for name, want := range map[string]struct{ used, beside []string }{
		"workstation": {[]string{"rapl package-0", "rapl package-0 dram", "hwmon amdgpu PPT"}, []string{"hwmon power_meter", "rapl psys", "hwmon corsairpsu power total"}},
		"laptop-apu":  {[]string{"rapl package-0"}, []string{"hwmon amdgpu PPT", "battery"}},
		"jetson":      {[]string{"Jetson VDD_IN"}, nil},
		"only-psys":   {[]string{"rapl psys"}, nil},
		"two-drivers": {[]string{"rapl package-0"}, nil},
		"nothing":     {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			set := Find(t.Context(), Options{Root: golden.Tree(t, filepath.Join("testdata", name+".txt"))})
			defer set.Close()
			if d := cmp.Diff(want.used, names(set.Used)); d != "" {
				t.Error("used", d)
			}
			if d := cmp.Diff(want.beside, names(set.Beside)); d != "" {
				t.Error("beside", d)
			}
			why, _ := set.Why()
			if name == "nothing" && !strings.Contains(why, "no sensor of energy") {
				t.Error(why)
			}
		})
	}
}

func names(list []power.Meter) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.Name())
	}
	return out
}

func TestOnlyWhatIsNamed(t *testing.T) {
	root := golden.Tree(t, "testdata/workstation.txt")
	set := Find(t.Context(), Options{Root: root, Only: []string{"hwmon"}})
	if d := cmp.Diff([]string{"hwmon amdgpu PPT"}, names(set.Used)); d != "" {
		t.Error(d)
	}
	set = Find(t.Context(), Options{Root: root, Wall: "shelly://127.0.0.1:1"})
	if len(set.Missing) != 1 || set.Missing[0].What != "wall" || !strings.Contains(set.Missing[0].Why, "energy.wall is not asked") {
		t.Error(set.Missing)
	}
	set = Find(t.Context(), Options{Root: root, NoGPU: true})
	if d := cmp.Diff([]string{"rapl package-0", "rapl package-0 dram"}, names(set.Used)); d != "" {
		t.Error(d)
	}
	trace := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(trace, []byte("t_s,watts\n0,1\n9,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	set = Find(t.Context(), Options{Root: root, Replay: trace})
	if d := cmp.Diff([]string{"replay of t.csv"}, names(set.Used)); d != "" || len(set.Beside) > 0 {
		t.Error(d)
	}
	set = Find(t.Context(), Options{Root: root, Replay: trace + "x"})
	if len(set.Missing) != 1 || len(set.Used) != 3 {
		t.Error(set.Missing, names(set.Used))
	}
}

// A counter that stands still is flagged; powers that are told are added up.
func TestWatch(t *testing.T) {
	set := Find(t.Context(), Options{Root: golden.Tree(t, "testdata/workstation.txt")})
	r := set.Watch(t.Context(), 50, 700*time.Millisecond)
	if len(r.Devices) != 6 || r.Samples < 6 || r.WallSeconds < 0.5 {
		t.Fatalf("%+v", r)
	}
	for _, d := range r.Devices {
		frozen := strings.Contains(strings.Join(d.Flags, ";"), "frozen")
		if frozen != (d.Class == power.ClassCounter) {
			t.Errorf("%s: %v", d.Name, d.Flags)
		}
		if frozen != (d.Joules == nil) {
			t.Errorf("%s: %v", d.Name, d.Joules)
		}
		if d.Name == "hwmon amdgpu PPT" && (d.Watts == nil || *d.Watts < 230.9 || *d.Watts > 231.1 || d.State == nil || *d.State.Limit != 303) {
			t.Errorf("%+v", d)
		}
		if d.IdleWatts != nil {
			t.Error("a tree rests")
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if r := set.Watch(gone, 20, time.Hour); r.WallSeconds > 10 {
		t.Error(r.WallSeconds)
	}
}

func TestCompare(t *testing.T) {
	w := func(v float64) *float64 { return &v }
	dev := func(name string, s power.Scope, used bool, watts *float64) Device {
		return Device{Name: name, Scope: s, Used: used, Watts: watts}
	}
	for name, c := range map[string]struct {
		list  []Device
		ratio float64
		flag  string
	}{
		"agree":            {[]Device{dev("cpu", power.ScopeCPU, true, w(60)), dev("gpu", power.ScopeGPU, true, w(20)), dev("plug", power.ScopeWall, false, w(100))}, 0.8, ""},
		"dies told twice":  {[]Device{dev("a", power.ScopeCPU, true, w(68)), dev("b", power.ScopeCPU, true, w(68)), dev("plug", power.ScopeWall, false, w(125))}, 136.0 / 125, "one of them is wrong"},
		"psys over all":    {[]Device{dev("cpu", power.ScopeCPU, true, w(3.85)), dev("psys", power.ScopePlatform, false, w(6.66))}, 3.85 / 6.66, ""},
		"most is not seen": {[]Device{dev("cpu", power.ScopeCPU, true, w(10)), dev("plug", power.ScopeWall, false, w(100))}, 0.1, "most of the machine"},
		"rails are apart":  {[]Device{dev("cpu", power.ScopeCPU, true, w(50)), dev("12v", power.ScopeRail, false, w(500)), dev("plug", power.ScopeWall, false, w(100))}, 0.5, ""},
	} {
		got := compare(c.list)
		if len(got) != 1 || got[0].Ratio != c.ratio || !strings.Contains(got[0].Flag, c.flag) || (c.flag == "") != (got[0].Flag == "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := compare([]Device{dev("cpu", power.ScopeCPU, true, nil), dev("plug", power.ScopeWall, false, w(100))}); got != nil {
		t.Errorf("a part that is not known is compared: %+v", got)
	}
}

func TestTicks(t *testing.T) {
	busy, all, ok := ticksOf("cpu  100 10 40 800 50 0 0 0 70 5\ncpu0 1 2 3 4\n")
	if !ok || busy != 150 || all != 1000 {
		t.Error(busy, all, ok)
	}
	for _, bad := range []string{"", "cpu", "cpux 1 2 3 4", "cpu a 1 2 3"} {
		if _, _, ok := ticksOf(bad); ok {
			t.Errorf("%q", bad)
		}
	}
}
