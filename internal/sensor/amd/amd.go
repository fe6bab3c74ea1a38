// Package amd reads the energy counters of AMD's GPUs through the System
// Management Interface's library, which it looks for when it is asked to.
//
// It knows the library's few calls that have stayed the same, and refuses
// versions whose layout it does not know. Power to check and bridge a counter
// with comes from the kernel's files of the same card. The second die of a
// card that has two tells nothing: the first tells of both.
package amd

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"irori/internal/hw/sysfs"
	"irori/internal/power"
	"irori/internal/power/pair"
	"irori/internal/unit"
)

// The errors of Discover.
var (
	// ErrNotFound says that there is no such library, or no GPU.
	ErrNotFound = errors.New("no AMD SMI library found")
	// ErrVersion says that the library's layout is not known here.
	ErrVersion = errors.New("this version of the AMD SMI library is not known here; the kernel's files are read instead")
)

// The versions whose calls are as they are declared below: the first number of
// the library's version.
const (
	oldest = 24
	newest = 26
)

// version is the beginning of amdsmi_version_t, whose first number is the year
// or the major version.
type version struct {
	first, second, third uint32
	_                    [84]byte // the rest, and room for what later versions add
}

// gpusOnly is the flag for AMD's GPUs.
const gpusOnly = 1 << 1

// library is what is used of it, as functions, so that tests stand in for it.
type library struct {
	initialize func(flags uint64) int32
	shutdown   func() int32
	version    func(v *version) int32
	sockets    func(n *uint32, list *uintptr) int32
	processors func(socket uintptr, n *uint32, list *uintptr) int32
	address    func(processor uintptr, bdf *uint64) int32
	energy     func(processor uintptr, accumulator *uint64, resolution *float32, stamp *uint64) int32
}

func check(call string, code int32) error {
	if code == 0 {
		return nil
	}
	return fmt.Errorf("%s fails with code %d", call, code)
}

// maxHandles bounds what a library may say that it has.
const maxHandles = 256

// Discover finds one meter a card. sysfs is where /sys is, empty is "/sys";
// close must be called when they are no longer read.
func Discover(root string) (meters []power.Meter, close func(), err error) {
	lib, err := load()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return discover(lib, sysfs.Root(root), time.Now)
}

func discover(lib *library, root string, now func() time.Time) ([]power.Meter, func(), error) {
	if err := check("amdsmi_init", lib.initialize(gpusOnly)); err != nil {
		return nil, nil, err
	}
	meters, err := metersOf(lib, root, now)
	if err == nil && len(meters) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		lib.shutdown()
		return nil, nil, err
	}
	return meters, func() { lib.shutdown() }, nil
}

func metersOf(lib *library, root string, now func() time.Time) ([]power.Meter, error) {
	var v version
	if err := check("amdsmi_get_lib_version", lib.version(&v)); err != nil {
		return nil, err
	}
	if v.first < oldest || v.first > newest {
		return nil, fmt.Errorf("%w (%d.%d.%d)", ErrVersion, v.first, v.second, v.third)
	}
	sockets, err := handles("amdsmi_get_socket_handles", lib.sockets)
	if err != nil {
		return nil, err
	}
	var meters []power.Meter
	for _, s := range sockets {
		list, err := handles("amdsmi_get_processor_handles", func(n *uint32, h *uintptr) int32 { return lib.processors(s, n, h) })
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			m, err := lib.meter(p, len(meters), root, now)
			if err != nil {
				return nil, err
			}
			if m != nil {
				meters = append(meters, m)
			}
		}
	}
	return meters, nil
}

// handles asks how many there are, then for them.
func handles(call string, ask func(*uint32, *uintptr) int32) ([]uintptr, error) {
	var n uint32
	if err := check(call, ask(&n, nil)); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, nil
	}
	if n > maxHandles {
		return nil, fmt.Errorf("%s tells of %d devices", call, n)
	}
	list := make([]uintptr, n)
	if err := check(call, ask(&n, &list[0])); err != nil {
		return nil, err
	}
	return list[:min(int(n), len(list))], nil
}

// meter makes one of a GPU, nil where another tells of it.
func (lib *library) meter(p uintptr, index int, root string, now func() time.Time) (power.Meter, error) {
	count := func() (unit.Joules, error) {
		var ticks, stamp uint64
		var resolution float32
		if err := check("amdsmi_get_energy_count", lib.energy(p, &ticks, &resolution, &stamp)); err != nil {
			return 0, err
		}
		if !(resolution > 0) {
			return 0, fmt.Errorf("a counter moves in steps of %g µJ", resolution)
		}
		return unit.Joules(float64(ticks) * float64(resolution) / 1e6), nil
	}
	first, err := count()
	if err != nil {
		return nil, err
	}
	if first == 0 {
		return nil, nil
	}
	o := pair.Options{Name: fmt.Sprintf("amd GPU %d", index), Scope: power.ScopeGPU, Now: now, Counter: count}
	var bdf uint64
	if lib.address(p, &bdf) == 0 {
		address := addressOf(bdf)
		o.Name += " at " + address
		o.Power = powerOf(root, address)
	}
	return pair.New(o), nil
}

// addressOf writes a PCI address as the kernel does.
func addressOf(bdf uint64) string {
	return fmt.Sprintf("%04x:%02x:%02x.%x", bdf>>16, bdf>>8&0xFF, bdf>>3&0x1F, bdf&7)
}

// powerOf finds what the kernel tells of the same card, nil where it does not.
func powerOf(root, address string) pair.Power {
	for _, name := range []string{"power1_average", "power1_input"} {
		found, err := filepath.Glob(filepath.Join(root, "bus", "pci", "devices", address, "hwmon", "*", name))
		if err != nil || len(found) == 0 {
			continue
		}
		return func() (unit.Watts, time.Time, error) {
			v, err := sysfs.Number(found[0])
			return unit.Watts(float64(v) / 1e6), time.Time{}, err
		}
	}
	return nil
}
