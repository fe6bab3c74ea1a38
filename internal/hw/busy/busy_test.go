package busy

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func line(name string, parent, user, system string) string {
	return "7 (" + name + ") S " + parent + " 1 1 0 -1 4194560 1 0 0 0 " + user + " " + system + " 0 0 20 0 1 0 5 1 1"
}

func TestSince(t *testing.T) {
	before := Read(tree(t, map[string]string{
		"proc/10/stat": line("up", "1", "0", "0"), "proc/11/stat": line("worker", "10", "0", "0"),
		"proc/20/stat": line("a) (b", "1", "100", "50"), "proc/30/stat": line("idle", "1", "5", "5"),
		"sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "3",
	}))
	after := Read(tree(t, map[string]string{
		"proc/loadavg": "1.25 0.5 0.1 1/99 1234",
		"proc/10/stat": line("up", "1", "200", "0"), "proc/11/stat": line("worker", "10", "300", "0"),
		"proc/20/stat": line("a) (b", "1", "250", "100"), "proc/30/stat": line("idle", "1", "5", "5"), "proc/40/stat": line("new", "1", "9", "9"),
		"proc/50/stat": "nonsense", "proc/meminfo": "MemTotal: 1 kB",
		"sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "5",
		"sys/class/drm/card0/device/gpu_busy_percent":                      "42",
		"sys/class/power_supply/BAT0/type":                                 "Battery",
		"sys/class/power_supply/BAT0/status":                               "Discharging",
	}))
	after.at = before.at.Add(2 * time.Second)
	r := after.Since(before, 10)
	if diff := cmp.Diff([]Process{{"a) (b", 20, 1}}, r.Others); diff != "" || r.Share != 1 {
		t.Errorf("%v %s", r.Share, diff)
	}
	if r.Throttled != 2 || *r.Load != 1.25 || !cmp.Equal(r.GPUs, []int{42}) || r.OnBattery == nil || !*r.OnBattery {
		t.Errorf("%+v", r)
	}
	if all := after.Since(before); len(all.Others) != 3 || all.Others[0].Name != "worker" {
		t.Errorf("with nobody ours: %+v", all.Others)
	}
}

// Where nothing can be read, nothing is known.
func TestElsewhere(t *testing.T) {
	r := Read(t.TempDir())
	if out := r.Since(r); out.Load != nil || len(out.Others) > 0 || out.Share != 0 || len(out.GPUs) > 0 {
		t.Errorf("%+v", out)
	}
	// Parents that go in a circle end all the same.
	c := Read(tree(t, map[string]string{"proc/5/stat": line("x", "6", "0", "0"), "proc/6/stat": line("y", "5", "0", "0")}))
	if c.descends(5, []int{99}) {
		t.Error("a circle descends from somebody")
	}
}
