// Package rapl reads the energy counters of processors that Linux shows under
// powercap (Intel, and AMD from kernel 5.8).
//
// It knows which zones may be added: packages, and the memory that is a part
// of none. It never adds nested zones or psys, which contain one another, and
// takes a package that is listed by two interfaces once. It does not know
// what runs on the processor; power.Sampler polls and power.Attribution
// shares out. The figures lack discrete GPUs and the power supply's losses.
package rapl

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"irori/internal/hw/sysfs"
	"irori/internal/power"
	"irori/internal/unit"
)

// Found is what a system shows.
type Found struct {
	// Meters are one per package and one per memory zone that stands beside it:
	// their energies may be added.
	Meters []power.Meter
	// Partial are those that can be read where a package cannot: their sum would
	// be taken for the whole.
	Partial []power.Meter
	// Platform is the whole machine (psys), where processors have one. Packages
	// are in it, so that it is added to nothing; and on some machines it tells
	// more than their battery delivers, so that it is compared only.
	Platform []power.Meter
	// Missing are the zones that are there and cannot be read.
	Missing []power.Missing
}

// controls are the interfaces to the same counters, in the order of choice:
// the first one also lists memory.
var controls = []string{"intel-rapl", "intel-rapl-mmio"}

var zoneName = regexp.MustCompile(`^(intel-rapl|intel-rapl-mmio):(\d+)(?::(\d+))?$`)

// zone is a folder of powercap. Names repeat over sockets, the folder's name
// does not.
type zone struct {
	dir, folder   string
	control, name string
	// parent is the folder of the zone around it, empty at the top.
	parent string
}

// Discover finds the meters of a system; nothing where it shows none, as in
// most virtual machines and containers. root is where the system's /sys is;
// empty is "/sys".
func Discover(root string) Found {
	if root == "" {
		root = "/sys"
	}
	class := filepath.Join(root, "class", "powercap")
	zones, err := list(class)
	if err != nil {
		return Found{Missing: []power.Missing{{What: "rapl", Why: err.Error(), Hint: "ls -l " + class}}}
	}
	d := &discovery{zones: zones, class: class}
	d.packages()
	d.platform()
	d.explain()
	return d.found
}

// discovery goes through the zones of a system.
type discovery struct {
	zones []zone
	class string
	found Found
	// bad are the zones that cannot be read and nothing else tells, lost is set
	// where a package is among them.
	bad  []unread
	lost bool
}

// unread is a zone with what came of reading it.
type unread struct {
	zone
	label string
	err   error
}

// packages finds the meters of all packages and of their memory.
func (d *discovery) packages() {
	// The interfaces tell of the same packages, the second perhaps of fewer.
	var keys []string
	twins := map[string][]zone{}
	for _, control := range controls {
		seen := map[string]int{}
		for _, z := range d.zones {
			if z.control != control || z.parent != "" || !strings.HasPrefix(z.name, "package") {
				continue
			}
			key := fmt.Sprintf("%s#%d", z.name, seen[z.name])
			seen[z.name]++
			if twins[key] == nil {
				keys = append(keys, key)
			}
			twins[key] = append(twins[key], z)
		}
	}
	var meters []power.Meter
	for _, key := range keys {
		z := twins[key][0]
		label := "rapl " + z.name
		if twins[z.name+"#1"] != nil {
			label += " (" + z.folder + ")"
		}
		m, ok := d.first(twins[key], label, power.ScopeCPU)
		var memory []zone
		for i, t := range twins[key] {
			for _, x := range d.zones {
				// Where the first interface has none, the second's is another's.
				if x.parent == t.folder && x.name == "dram" && (i == 0 || ok && t.folder == m.folder || len(memory) > 0) {
					memory = append(memory, x)
				}
			}
		}
		if ok {
			meters = append(meters, m)
		} else {
			d.lost = true
		}
		if len(memory) == 0 {
			continue
		}
		if dram, readable := d.first(memory, label+" dram", power.ScopeDRAM); readable {
			meters = append(meters, dram)
		} else if ok {
			m.name += " without its memory"
		}
	}
	if d.lost {
		d.found.Partial = meters
	} else {
		d.found.Meters = meters
	}
}

// first is the meter of the first zone that can be read.
func (d *discovery) first(zones []zone, label string, scope power.Scope) (*meter, bool) {
	var bad []unread
	for _, z := range zones {
		m, err := newMeter(z, label, scope)
		if err == nil {
			return m, true
		}
		bad = append(bad, unread{z, label, err})
	}
	if len(bad) > 0 {
		d.bad = append(d.bad, bad[0])
	}
	return nil, false
}

// platform finds the meter of the whole machine.
func (d *discovery) platform() {
	var whole []zone
	for _, control := range controls {
		for _, z := range d.zones {
			if z.control == control && z.parent == "" && z.name == "psys" {
				whole = append(whole, z)
			}
		}
	}
	if m, ok := d.first(whole, "rapl psys", power.ScopePlatform); ok {
		d.found.Platform = []power.Meter{m}
	}
}

// explain says of what cannot be read why, and what to type.
func (d *discovery) explain() {
	part := ""
	if d.lost {
		part = "; the other sockets are not added up, since their sum would be taken for the whole"
	}
	var secret, paths []string
	for _, u := range d.bad {
		path := filepath.Join(u.dir, "energy_uj")
		if errors.Is(u.err, fs.ErrPermission) {
			secret, paths = append(secret, u.label), append(paths, path)
			continue
		}
		m := power.Missing{What: u.label, Why: u.err.Error(), Hint: "cat " + path}
		if u.name != "dram" && u.name != "psys" {
			m.Why += part
		}
		d.found.Missing = append(d.found.Missing, m)
	}
	if len(secret) > 0 {
		d.found.Missing = append(d.found.Missing, power.Missing{
			What: strings.Join(secret, ", "), Why: "the kernel shows it to root only" + part, Hint: "sudo chmod a+r " + strings.Join(paths, " "),
		})
	}
}

func list(class string) ([]zone, error) {
	entries, err := os.ReadDir(class)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var zones []zone
	seen := map[string]bool{}
	for _, e := range entries {
		zones = gather(zones, seen, filepath.Join(class, e.Name()), e.Name())
	}
	// The kernel lists all zones side by side, and within each other too: a copy
	// of its files may have the second only.
	for _, e := range entries {
		zones = within(zones, seen, filepath.Join(class, e.Name()), 3)
	}
	return zones, nil
}

// gather adds a folder that is a zone and was not seen before.
func gather(zones []zone, seen map[string]bool, dir, folder string) []zone {
	m := zoneName.FindStringSubmatch(folder)
	if m == nil || seen[folder] {
		return zones
	}
	z := zone{dir: dir, folder: folder, control: m[1]}
	if m[3] != "" {
		z.parent = m[1] + ":" + m[2]
	}
	text, err := os.ReadFile(filepath.Join(dir, "name"))
	if err != nil {
		return zones
	}
	seen[folder] = true
	z.name = strings.TrimSpace(string(text))
	return append(zones, z)
}

// within adds the zones in a folder of an interface or a zone.
func within(zones []zone, seen map[string]bool, dir string, deep int) []zone {
	folder := filepath.Base(dir)
	if deep == 0 || !slices.Contains(controls, folder) && !zoneName.MatchString(folder) {
		return zones
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return zones // what cannot be listed has nothing to add
	}
	for _, e := range entries {
		below := filepath.Join(dir, e.Name())
		if zoneName.MatchString(e.Name()) {
			zones = gather(zones, seen, below, e.Name())
			zones = within(zones, seen, below, deep-1)
		}
	}
	return zones
}

// meter is one zone's counter.
type meter struct {
	energy *sysfs.Gauge
	folder string
	path   string
	name   string
	wrap   unit.Joules
	scope  power.Scope
}

func newMeter(z zone, label string, scope power.Scope) (*meter, error) {
	path := filepath.Join(z.dir, "energy_uj")
	m := &meter{folder: z.folder, energy: sysfs.NewGauge(path), path: path, name: label, scope: scope}
	// Without a range a counter that went down is a reset.
	wrap := filepath.Join(z.dir, "max_energy_range_uj")
	if r, err := microjoules(wrap, sysfs.NewGauge(wrap)); err == nil {
		m.wrap = r
	}
	if _, err := m.Read(); err != nil {
		return nil, told(path, err)
	}
	return m, nil
}

// told says in words why what a file has is no energy.
func told(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	if at, failed := os.Stat(path); failed == nil && at.IsDir() {
		return fmt.Errorf("%s is a folder, not a counter", path)
	}
	text, failed := os.ReadFile(path)
	if failed != nil {
		return err
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return fmt.Errorf("%s is empty", path)
	}
	return fmt.Errorf("%s tells %.40q, which is no energy", path, text)
}

// Name implements power.Meter.
func (m *meter) Name() string { return m.name }

// Scope implements power.Scoped.
func (m *meter) Scope() power.Scope { return m.scope }

// Class implements power.Meter.
func (m *meter) Class() power.Class { return power.ClassCounter }

// Read implements power.Meter.
func (m *meter) Read() (power.Reading, error) {
	e, err := microjoules(m.path, m.energy)
	return power.Reading{Energy: e, Wrap: m.wrap}, err
}

func microjoules(path string, from *sysfs.Gauge) (unit.Joules, error) {
	v, err := from.Number()
	if err != nil {
		return 0, err
	}
	if v < 0 {
		return 0, fmt.Errorf("%s tells %d", path, v)
	}
	return unit.Joules(float64(v) / 1e6), nil
}
