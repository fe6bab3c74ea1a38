package jetson

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"irori/internal/golden"
	"irori/internal/power"
)

func TestDiscover(t *testing.T) {
	for name, want := range map[string]string{
		"vdd-in":           "NVIDIA Jetson Orin Nano Developer Kit VDD_IN soc 6 W",
		"agx-sums":         "Jetson VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0 + VDDQ soc 8.5 W",
		"iio-names":        "Jetson VDD_IN soc 9.5 W",
		"one-level-deeper": "Jetson VDD_IN soc 3 W",
		"shown-twice":      "Jetson VDD_IN soc 5 W",
		"no-current":       "missing",
		"no-board":         "",
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(1000, 0)
			meters, missing := Discover(Options{Sysfs: golden.Tree(t, filepath.Join("testdata", name+".txt")), Now: func() time.Time { return now }})
			got := ""
			if len(missing) > 0 {
				got = "missing"
			}
			for _, m := range meters {
				first, err := m.Read()
				now = now.Add(time.Second)
				second, err2 := m.Read()
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				got += fmt.Sprintf("%s %s %g W", m.Name(), power.ScopeOf(m), float64(second.Energy-first.Energy))
			}
			if got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestTheHottestZone(t *testing.T) {
	meters, _ := Discover(Options{Sysfs: golden.Tree(t, "testdata/vdd-in.txt")})
	if st := meters[0].(power.Watched).State(); st.TemperatureC == nil || *st.TemperatureC != 48.7 {
		t.Errorf("%+v", st)
	}
}
