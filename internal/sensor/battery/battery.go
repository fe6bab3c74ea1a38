// Package battery reads what a battery delivers, which is what the machine
// takes while nothing else feeds it.
//
// It knows Linux's power_supply files. While the battery charges, or the
// machine is on mains, there is no figure: what flows then is not what the
// machine takes.
package battery

import (
	"cmp"
	"errors"
	"path/filepath"
	"time"

	"irori/internal/hw/sysfs"
	"irori/internal/power"
	"irori/internal/power/pair"
	"irori/internal/unit"
)

// ErrNotDischarging says that the machine does not run on its battery.
var ErrNotDischarging = errors.New("the battery is not discharging: what it takes or gives is not what the machine takes")

// Options say where to look.
type Options struct {
	// Sysfs is where the system's /sys is; empty is "/sys".
	Sysfs string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// hole is long: firmware tells a new figure every few seconds, or minutes.
const hole = time.Minute

// Discover finds the machine's batteries: one meter for all of them, since
// they share the load.
func Discover(o Options) ([]power.Meter, []power.Missing) {
	class := filepath.Join(cmp.Or(o.Sysfs, "/sys"), "class", "power_supply")
	var dirs []string
	for _, n := range sysfs.Names(class) {
		d := filepath.Join(class, n)
		// Batteries of mice and headsets have the scope of a device.
		if sysfs.Text(filepath.Join(d, "type")) == "Battery" && sysfs.Text(filepath.Join(d, "scope")) != "Device" {
			dirs = append(dirs, d)
		}
	}
	if len(dirs) == 0 {
		return nil, nil
	}
	m := pair.New(pair.Options{
		Name: "battery", Scope: power.ScopeSystem, Now: o.Now, Hole: hole,
		Power: func() (unit.Watts, time.Time, error) {
			w, err := draw(dirs)
			return unit.Watts(w), time.Time{}, err
		},
	})
	if _, err := m.Read(); err != nil {
		hint := ""
		if errors.Is(err, ErrNotDischarging) {
			hint = "unplug the machine, then: irori doctor"
		}
		return nil, []power.Missing{{What: "battery", Why: err.Error(), Hint: hint}}
	}
	return []power.Meter{m}, nil
}

// draw adds up the batteries that discharge.
func draw(dirs []string) (float64, error) {
	var sum float64
	discharging := false
	for _, d := range dirs {
		switch sysfs.Text(filepath.Join(d, "status")) {
		case "Discharging":
		case "Charging":
			return 0, ErrNotDischarging
		default:
			continue
		}
		w, err := of(d)
		if err != nil {
			return 0, err
		}
		discharging = true
		sum += w
	}
	if !discharging {
		return 0, ErrNotDischarging
	}
	return sum, nil
}

// of is one battery's power: as it is told, or voltage times current. Some
// drivers tell what leaves it as a negative figure.
func of(dir string) (float64, error) {
	if uw, err := sysfs.Number(filepath.Join(dir, "power_now")); err == nil {
		return abs(float64(uw)) / 1e6, nil
	}
	ua, err := sysfs.Number(filepath.Join(dir, "current_now"))
	if err != nil {
		return 0, err
	}
	uv, err := sysfs.Number(filepath.Join(dir, "voltage_now"))
	if err != nil {
		return 0, err
	}
	return abs(float64(ua)) * float64(uv) / 1e12, nil
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}
