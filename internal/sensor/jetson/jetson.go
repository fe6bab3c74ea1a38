// Package jetson reads the power rails of NVIDIA's Jetson boards from their
// INA3221 chips, in the layouts of several kernels.
//
// It knows which rail is the whole board (VDD_IN), and that the rails of the
// AGX line, which has none, are added up. It never adds VDD_IN to the rails in
// it. Windows and other makers' chips are not its business.
package jetson

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"irori/internal/hw/sysfs"
	"irori/internal/power"
	"irori/internal/power/pair"
	"irori/internal/unit"
)

// Options say where to look.
type Options struct {
	// Sysfs is where the system's /sys is; empty is "/sys".
	Sysfs string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// rail is one channel: millivolts times milliamperes.
type rail struct{ label, volts, amperes string }

func (r rail) watts() (float64, error) {
	mv, err := sysfs.Number(r.volts)
	if err != nil {
		return 0, err
	}
	ma, err := sysfs.Number(r.amperes)
	if err != nil {
		return 0, fmt.Errorf("rail %s has no current: %w", r.label, err)
	}
	return float64(mv) * float64(ma) / 1e6, nil
}

// whole is the rail that has all others behind it.
const whole = "VDD_IN"

// Discover finds the board's meter: one, or none.
func Discover(o Options) ([]power.Meter, []power.Missing) {
	root := cmp.Or(o.Sysfs, "/sys")
	rails := find(root)
	if len(rails) == 0 {
		return nil, nil
	}
	if i := slices.IndexFunc(rails, func(r rail) bool { return r.label == whole }); i >= 0 {
		rails = rails[i : i+1]
	}
	var labels []string
	for _, r := range rails {
		labels = append(labels, r.label)
	}
	name := cmp.Or(sysfs.Text(filepath.Join(root, "firmware", "devicetree", "base", "model")), "Jetson")
	m := pair.New(pair.Options{
		Name: fmt.Sprintf("%s %s", name, strings.Join(labels, " + ")), Scope: power.ScopeSoC, Now: o.Now,
		Power: func() (unit.Watts, time.Time, error) {
			var sum float64
			for _, r := range rails {
				w, err := r.watts()
				if err != nil {
					return 0, time.Time{}, err
				}
				sum += w
			}
			return unit.Watts(sum), time.Time{}, nil
		},
		State: func() power.State { return state(root) },
	})
	if _, err := m.Read(); err != nil {
		return nil, []power.Missing{{What: m.Name(), Why: err.Error(), Hint: "ls -l /sys/class/hwmon/*/curr*_input"}}
	}
	return []power.Meter{m}, nil
}

// find lists the rails of all chips, each once: kernels show a chip under
// several paths.
func find(root string) []rail {
	var dirs []string
	for _, pattern := range []string{
		"class/hwmon/*", "class/hwmon/*/device",
		"bus/i2c/drivers/ina3221*/*", "bus/i2c/drivers/ina3221*/*/hwmon/*", "bus/i2c/drivers/ina3221*/*/iio:device*", "bus/i2c/drivers/ina3221*/*/hwmon/*/device",
	} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			continue
		}
		for _, d := range found {
			if strings.Contains(pattern, "ina3221") || strings.HasPrefix(sysfs.Text(filepath.Join(d, "name")), "ina3221") {
				dirs = append(dirs, d)
			}
		}
	}
	var out []rail
	seen := map[string]bool{}
	for _, d := range dirs {
		for _, r := range channels(d) {
			if !seen[r.label] {
				seen[r.label] = true
				out = append(out, r)
			}
		}
	}
	return out
}

// The two forms of names.
var forms = []struct {
	voltage *regexp.Regexp
	current string
	labels  []string
}{
	{regexp.MustCompile(`^in(\d+)_input$`), "curr%s_input", []string{"in%s_label"}},
	{regexp.MustCompile(`^in_voltage(\d+)_input$`), "in_current%s_input", []string{"rail_name_%s", "in_voltage%s_label"}},
}

func channels(dir string) []rail {
	var out []rail
	for _, f := range sysfs.Names(dir) {
		for _, form := range forms {
			m := form.voltage.FindStringSubmatch(f)
			if m == nil {
				continue
			}
			label := ""
			for _, l := range form.labels {
				label = cmp.Or(label, sysfs.Text(filepath.Join(dir, fmt.Sprintf(l, m[1]))))
			}
			// NC is not connected; a channel without a name, or the sum of
			// shunt voltages, is no rail.
			if label == "" || label == "NC" || strings.HasPrefix(label, "sum of") {
				continue
			}
			out = append(out, rail{label, filepath.Join(dir, f), filepath.Join(dir, fmt.Sprintf(form.current, m[1]))})
		}
	}
	return out
}

// state reads the hottest of the zones.
func state(root string) power.State {
	zones, err := filepath.Glob(filepath.Join(root, "class", "thermal", "thermal_zone*", "temp"))
	if err != nil {
		return power.State{}
	}
	var st power.State
	for _, z := range zones {
		v, err := sysfs.Number(z)
		if c := float64(v) / 1e3; err == nil && c > 0 && (st.TemperatureC == nil || c > *st.TemperatureC) {
			st.TemperatureC = &c
		}
	}
	return st
}
