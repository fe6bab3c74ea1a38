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

// The errors of Discover.
var (
	// ErrNotFound says that the system shows no such counters, as in most
	// virtual machines and containers.
	ErrNotFound = errors.New("no RAPL energy counters found")
	// ErrUnreadable says that they are there and may not be read; since 2020
	// they are root's.
	ErrUnreadable = errors.New("the RAPL energy counters cannot be read; as root: chmod a+r /sys/class/powercap/*/energy_uj")
)

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

// Discover finds the meters of a system: one per package and one per memory
// zone that stands beside it. Their energies may be added. root is where the
// system's /sys is; empty is "/sys".
func Discover(root string) ([]power.Meter, error) {
	if root == "" {
		root = "/sys"
	}
	zones, err := list(filepath.Join(root, "class", "powercap"))
	if err != nil {
		return nil, err
	}
	var trouble error
	for _, control := range controls {
		meters, err := metersOf(zones, control)
		if len(meters) > 0 {
			return meters, nil
		}
		if trouble == nil {
			trouble = err
		}
	}
	if trouble == nil {
		trouble = ErrNotFound
	}
	return nil, trouble
}

// Platform finds the meters of the whole machine (psys), where processors have
// one. Packages are in it, so that it is added to nothing; and on some machines
// it tells more than their battery delivers, so that it is compared only.
func Platform(root string) []power.Meter {
	if root == "" {
		root = "/sys"
	}
	zones, err := list(filepath.Join(root, "class", "powercap"))
	if err != nil {
		return nil
	}
	for _, control := range controls {
		for _, z := range zones {
			if z.control != control || z.parent != "" || z.name != "psys" {
				continue
			}
			if m, err := newMeter(z, "rapl psys", power.ScopePlatform); err == nil {
				return []power.Meter{m}
			}
		}
	}
	return nil
}

func list(class string) ([]zone, error) {
	entries, err := os.ReadDir(class)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
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

// metersOf returns the meters of one interface, none where one of its
// packages cannot be read: a part would be taken for the whole.
func metersOf(zones []zone, control string) ([]power.Meter, error) {
	packages := slices.DeleteFunc(slices.Clone(zones), func(z zone) bool {
		return z.control != control || z.parent != "" || !strings.HasPrefix(z.name, "package")
	})
	names := map[string]int{}
	for _, z := range packages {
		names[z.name]++
	}
	var meters []power.Meter
	for _, p := range packages {
		label := "rapl " + p.name
		if names[p.name] > 1 {
			label += " (" + p.folder + ")"
		}
		m, err := newMeter(p, label, power.ScopeCPU)
		if err != nil {
			return nil, err
		}
		meters = append(meters, m)
		for _, z := range zones {
			if z.parent != p.folder || z.name != "dram" {
				continue
			}
			// Memory that cannot be read is left out; the names say so.
			if m, err := newMeter(z, label+" dram", power.ScopeDRAM); err == nil {
				meters = append(meters, m)
			}
		}
	}
	return meters, nil
}

// meter is one zone's counter.
type meter struct {
	energy *sysfs.Gauge
	path   string
	name   string
	wrap   unit.Joules
	scope  power.Scope
}

func newMeter(z zone, label string, scope power.Scope) (power.Meter, error) {
	path := filepath.Join(z.dir, "energy_uj")
	m := &meter{energy: sysfs.NewGauge(path), path: path, name: label, scope: scope}
	// Without a range a counter that went down is a reset.
	wrap := filepath.Join(z.dir, "max_energy_range_uj")
	if r, err := microjoules(wrap, sysfs.NewGauge(wrap)); err == nil {
		m.wrap = r
	}
	if _, err := m.Read(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return m, nil
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
