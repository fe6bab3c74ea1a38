// Package hwmon reads power and energy that Linux shows under hwmon: AMD's and
// Intel's GPUs, what the firmware knows of the whole machine, and other rails.
//
// It knows the chips' files and what each of them counts. It does not add
// anything: a rail may be inside of another. NVIDIA's boards of the Jetson
// line have their own package.
package hwmon

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
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

// longest is how long a counter may be left alone: the registers of Intel's
// GPUs have 32 bits, and the kernel adds one turn between two readings, not
// two. At 400 W a turn takes eleven minutes.
const longest = 5 * time.Minute

// chip is one folder of hwmon.
type chip struct {
	dir, name, folder string
	now               func() time.Time
}

var (
	energyFile = regexp.MustCompile(`^energy(\d+)_input$`)
	powerFile  = regexp.MustCompile(`^power(\d+)_(average|input)$`)
)

// Discover finds the meters of all chips, and those that may not be read.
func Discover(o Options) ([]power.Meter, []power.Missing) {
	root := o.Sysfs
	if root == "" {
		root = "/sys"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	var meters []power.Meter
	var missing []power.Missing
	class := filepath.Join(root, "class", "hwmon")
	count := map[string]int{}
	for _, folder := range sysfs.Names(class) {
		c := chip{dir: filepath.Join(class, folder), folder: folder, now: o.Now}
		// Some kernels have the files one level deeper.
		if c.name = sysfs.Text(filepath.Join(c.dir, "name")); c.name == "" {
			c.dir = filepath.Join(c.dir, "device")
			c.name = sysfs.Text(filepath.Join(c.dir, "name"))
		}
		if c.name == "" || strings.HasPrefix(c.name, "ina3221") {
			continue
		}
		m, no := c.meters(count)
		meters, missing = append(meters, m...), append(missing, no...)
	}
	return meters, missing
}

// meters are those of one chip: of a counter and power for the same thing the
// counter.
func (c chip) meters(count map[string]int) (meters []power.Meter, missing []power.Missing) {
	energy, watts := c.files()
	for _, n := range order(energy, watts) {
		m := c.meter(n, energy[n], watts[n], count)
		if _, err := m.Read(); err != nil {
			missing = append(missing, c.missing(m.Name(), err))
			continue
		}
		meters = append(meters, m)
		// The first of a GPU is the card; what follows is a part of it.
		if c.gpu() {
			break
		}
	}
	return meters, missing
}

// files are the chip's counters and its powers by their numbers. Of power the
// average is preferred: it lacks nothing between two readings.
func (c chip) files() (energy, watts map[string]string) {
	energy, watts = map[string]string{}, map[string]string{}
	for _, f := range sysfs.Names(c.dir) {
		if m := energyFile.FindStringSubmatch(f); m != nil {
			energy[m[1]] = filepath.Join(c.dir, f)
		} else if m := powerFile.FindStringSubmatch(f); m != nil && (m[2] == "average" || watts[m[1]] == "") {
			watts[m[1]] = filepath.Join(c.dir, f)
		}
	}
	return energy, watts
}

// order are the numbers of both, from the lowest.
func order(a, b map[string]string) []string {
	var out []string
	for n := 1; n <= 64; n++ {
		k := fmt.Sprint(n)
		if a[k] != "" || b[k] != "" {
			out = append(out, k)
		}
	}
	return out
}

func (c chip) gpu() bool { return c.name == "amdgpu" || c.name == "i915" || c.name == "xe" }

// meter makes one of a chip's channel.
func (c chip) meter(n, energy, watts string, count map[string]int) power.Meter {
	label := sysfs.Text(filepath.Join(c.dir, "power"+n+"_label"))
	if label == "" {
		label = sysfs.Text(filepath.Join(c.dir, "energy"+n+"_label"))
	}
	o := pair.Options{Scope: c.scope(label), Now: c.now, State: c.state(n)}
	o.Name = strings.TrimSpace("hwmon " + c.name + " " + label)
	if count[o.Name]++; count[o.Name] > 1 {
		o.Name += " (" + c.folder + ")"
	}
	if watts != "" && energy == "" {
		from := sysfs.NewGauge(watts)
		o.Power = func() (unit.Watts, time.Time, error) {
			v, err := from.Number()
			return unit.Watts(float64(v) / 1e6), time.Time{}, err
		}
	}
	if energy == "" {
		return pair.New(o)
	}
	from := sysfs.NewGauge(energy)
	o.Counter = func() (unit.Joules, error) {
		v, err := from.Number()
		return unit.Joules(float64(v) / 1e6), err
	}
	return &watchful{Meter: pair.New(o), scope: o.Scope, state: o.State, now: c.now}
}

// scope tells what a channel counts.
func (c chip) scope(label string) power.Scope {
	switch c.name {
	case "amdgpu":
		// A card has a limit that can be set. A processor with graphics has
		// none, and tells of all that is in its socket.
		if sysfs.Has(filepath.Join(c.dir, "power1_cap")) {
			return power.ScopeGPU
		}
		return power.ScopeSoC
	case "i915", "xe":
		return power.ScopeGPU
	case "power_meter":
		return power.ScopeSystem
	case "amd_energy":
		if strings.HasPrefix(label, "Esocket") {
			return power.ScopeCPU
		}
	}
	return power.ScopeRail
}

// state reads temperature, clock and limit.
func (c chip) state(n string) func() power.State {
	figure := func(file string, scale float64) *float64 {
		v, err := sysfs.Number(filepath.Join(c.dir, file))
		if err != nil {
			return nil
		}
		f := float64(v) / scale
		return &f
	}
	return func() power.State {
		st := power.State{TemperatureC: figure("temp1_input", 1e3), ClockMHz: figure("freq1_input", 1e6)}
		for _, f := range []string{"power" + n + "_cap", "power" + n + "_max"} {
			if w := figure(f, 1e6); w != nil && *w > 0 {
				limit := unit.Watts(*w)
				st.Limit = &limit
				break
			}
		}
		return st
	}
}

func (c chip) missing(name string, err error) power.Missing {
	m := power.Missing{What: name, Why: err.Error()}
	if errors.Is(err, fs.ErrPermission) {
		m.Why = "the kernel shows it to root only"
		m.Hint = "sudo chmod a+r /sys/class/hwmon/" + c.folder + "/energy*_input /sys/class/hwmon/" + c.folder + "/power*"
	}
	return m
}

// watchful is a counter that must be read often.
type watchful struct {
	power.Meter
	scope power.Scope
	state func() power.State
	now   func() time.Time
	last  time.Time
}

// Scope implements power.Scoped.
func (w *watchful) Scope() power.Scope { return w.scope }

// State implements power.Watched.
func (w *watchful) State() power.State { return w.state() }

// Read implements power.Meter.
func (w *watchful) Read() (power.Reading, error) {
	r, err := w.Meter.Read()
	if err != nil {
		return r, err
	}
	now := w.now()
	r.Broken = !w.last.IsZero() && now.Sub(w.last) > longest
	w.last = now
	return r, nil
}
