package battery

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/golden"
	"irori/internal/power"
)

func TestDiscover(t *testing.T) {
	for name, why := range map[string]string{
		"charging": "not discharging", "on-mains": "not discharging", "no-figure": "no such file", "none": "",
	} {
		meters, missing := Discover(Options{Sysfs: golden.Tree(t, filepath.Join("testdata", name+".txt"))})
		if len(meters) > 0 || (why == "") != (len(missing) == 0) || why != "" && !strings.Contains(missing[0].Why, why) {
			t.Errorf("%s: %d meters, %v", name, len(meters), missing)
		}
	}
}

func TestWhatItDelivers(t *testing.T) {
	now := time.Unix(1000, 0)
	root := golden.Tree(t, "testdata/discharging.txt")
	meters, missing := Discover(Options{Sysfs: root, Now: func() time.Time { return now }})
	if len(meters) != 1 || len(missing) > 0 || power.ScopeOf(meters[0]) != power.ScopeSystem {
		t.Fatal(meters, missing)
	}
	first, _ := meters[0].Read()
	now = now.Add(10 * time.Second)
	second, err := meters[0].Read()
	if d := float64(second.Energy - first.Energy); err != nil || d < 148.09 || d > 148.11 {
		t.Errorf("10 s at 9.31 and 5.5 W: %g J, %v", d, err)
	}
	// It is plugged in.
	if err := os.WriteFile(filepath.Join(root, "class/power_supply/BAT0/status"), []byte("Charging\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := meters[0].Read(); !errors.Is(err, ErrNotDischarging) {
		t.Error(err)
	}
}
