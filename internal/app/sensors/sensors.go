// Package sensors finds what this machine tells of its energy, and decides
// which of it may be added up.
//
// It names all the sensors there are. Parts of the machine (processor, memory,
// graphics, a chip that is all of these) are added; what counts the whole is
// used where no part is told, and otherwise compared with their sum. It does
// not know what runs: package power shares out.
package sensors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"irori/internal/hw/sysfs"
	"irori/internal/power"
	"irori/internal/sensor/amd"
	"irori/internal/sensor/apple"
	"irori/internal/sensor/battery"
	"irori/internal/sensor/hwmon"
	"irori/internal/sensor/jetson"
	"irori/internal/sensor/meter"
	"irori/internal/sensor/nvml"
	"irori/internal/sensor/rapl"
	"irori/internal/sensor/replay"
)

// Options say where to look, and for what.
type Options struct {
	// Root is a tree that has sys/ in it, or is one; empty is this machine.
	// Libraries and meters of the network are not asked where it is set.
	Root string
	// Only names the sensors that may be used; empty is all of them.
	Only []string
	// Wall is the address of a meter at the wall, Replay a file.
	Wall, Replay string
	// NoGPU leaves out graphics.
	NoGPU bool
	// WallFor bounds how long the wall meter's first figure is waited for; 0
	// is three seconds.
	WallFor time.Duration
}

// Set is what was found.
type Set struct {
	// Used may be added up; Beside counts some of it again.
	Used, Beside []power.Meter
	// Missing are sensors that are there and cannot be used.
	Missing []power.Missing
	release []func()
	// here says that they are this machine's.
	here bool
}

// Close lets go of libraries and connections.
func (s *Set) Close() {
	for _, f := range s.release {
		f()
	}
	s.release = nil
}

// counts reports whether what is used has a scope.
func (s *Set) counts(scopes ...power.Scope) bool {
	return slices.ContainsFunc(s.Used, func(m power.Meter) bool { return slices.Contains(scopes, power.ScopeOf(m)) })
}

// finder gathers meters by what they count.
type finder struct {
	o   Options
	set *Set
	of  map[power.Scope][]power.Meter
	// partial are parts whose sum lacks others.
	partial []power.Meter
}

// Find looks at all that the options allow.
func Find(ctx context.Context, o Options) *Set {
	f := &finder{o: o, set: &Set{here: o.Root == ""}, of: map[power.Scope][]power.Meter{}}
	root := sysfs.Root(o.Root)
	if o.Replay != "" && f.may("replay") {
		m, err := replay.Open(o.Replay, nil)
		if err == nil {
			// Nothing here is measured: what is recorded stands alone.
			f.set.Used, f.set.here = []power.Meter{m}, false
			return f.set
		}
		f.missing("replay", err, "")
	}
	if f.may("rapl") {
		f.rapl(root)
	}
	if f.may("jetson") {
		f.take(jetson.Discover(jetson.Options{Sysfs: root}))
	}
	if f.may("hwmon") {
		f.take(hwmon.Discover(hwmon.Options{Sysfs: root}))
	}
	if f.may("battery") {
		f.take(battery.Discover(battery.Options{Sysfs: root}))
	}
	if o.Root == "" {
		f.here(ctx)
	} else if o.Wall != "" && f.may("wall") {
		// It measures this machine, and the tree may be another's.
		f.missing("wall", errors.New("the meter at energy.wall is not asked where a tree of files is read"), "")
	}
	f.choose()
	return f.set
}

func (f *finder) may(kind string) bool { return len(f.o.Only) == 0 || slices.Contains(f.o.Only, kind) }

func (f *finder) missing(what string, err error, hint string) {
	f.set.Missing = append(f.set.Missing, power.Missing{What: what, Why: err.Error(), Hint: hint})
}

func (f *finder) take(meters []power.Meter, missing []power.Missing) {
	for _, m := range meters {
		if f.o.NoGPU && power.ScopeOf(m) == power.ScopeGPU {
			continue
		}
		f.of[power.ScopeOf(m)] = append(f.of[power.ScopeOf(m)], m)
	}
	f.set.Missing = append(f.set.Missing, missing...)
}

func (f *finder) rapl(root string) {
	found := rapl.Discover(root)
	f.take(found.Meters, found.Missing)
	f.take(found.Platform, nil)
	f.partial = found.Partial
}

// here asks what only this machine can answer.
func (f *finder) here(ctx context.Context) {
	if f.may("nvml") && !f.o.NoGPU {
		meters, done, err := nvml.Discover()
		if done != nil {
			f.set.release = append(f.set.release, done)
		}
		if err != nil && !errors.Is(err, nvml.ErrNotFound) {
			hint := ""
			if errors.Is(err, nvml.ErrSliced) {
				hint = "nvidia-smi -mig 0"
			}
			f.missing("nvml", err, hint)
		}
		f.take(meters, nil)
	}
	if f.may("apple") {
		meters, err := apple.Discover()
		if err != nil && !errors.Is(err, apple.ErrNotFound) {
			f.missing("apple", err, "")
		}
		f.take(meters, nil)
	}
	if f.may("amd") && !f.o.NoGPU {
		f.amd()
	}
	if f.o.Wall != "" && f.may("wall") {
		wait, cancel := context.WithTimeout(ctx, cmp.Or(f.o.WallFor, 3*time.Second))
		defer cancel()
		m, done, err := meter.Open(wait, f.o.Wall)
		if err != nil {
			f.missing("wall", err, "look at energy.wall in the settings")
			return
		}
		f.set.release = append(f.set.release, done)
		f.take([]power.Meter{m}, nil)
	}
}

// amd asks the library for counters: with one of each card, the kernel's files
// tell the same again.
func (f *finder) amd() {
	meters, done, err := amd.Discover("")
	if done != nil {
		f.set.release = append(f.set.release, done)
	}
	if err != nil && !errors.Is(err, amd.ErrNotFound) {
		f.missing("amd", err, "")
	}
	if len(meters) == 0 {
		return
	}
	f.of[power.ScopeGPU] = slices.DeleteFunc(f.of[power.ScopeGPU], func(m power.Meter) bool { return strings.HasPrefix(m.Name(), "hwmon amdgpu") })
	f.take(meters, nil)
}

// choose says what may be added up.
func (f *finder) choose() {
	parts := slices.Concat(f.of[power.ScopeCPU], f.of[power.ScopeDRAM], f.of[power.ScopeGPU])
	socs := f.of[power.ScopeSoC]
	whole := slices.Concat(f.of[power.ScopeWall], f.of[power.ScopeSystem], f.of[power.ScopePlatform])
	switch {
	case len(f.of[power.ScopeCPU]) > 0 || len(socs) == 0 && len(parts) > 0:
		// A chip that is all of these counts the processor again.
		f.set.Used, f.set.Beside = parts, slices.Concat(socs, whole)
	case len(socs) > 0:
		f.set.Used, f.set.Beside = slices.Concat(socs, f.of[power.ScopeGPU]), whole
	case len(whole) > 0:
		f.set.Used, f.set.Beside = whole[:1], whole[1:]
	}
	// Two drivers for the sockets' counters are not two processors.
	f.once(power.ScopeCPU, "rapl ")
	f.set.Beside = slices.Concat(f.set.Beside, f.of[power.ScopeRail], f.partial)
}

// once keeps, of the meters of a scope, those whose name begins so, if any
// does.
func (f *finder) once(scope power.Scope, prefix string) {
	preferred := func(m power.Meter) bool { return strings.HasPrefix(m.Name(), prefix) }
	if !slices.ContainsFunc(f.of[scope], preferred) {
		return
	}
	f.set.Used = slices.DeleteFunc(f.set.Used, func(m power.Meter) bool { return power.ScopeOf(m) == scope && !preferred(m) })
}

// Why says why nothing can be read here, and what to do, for people.
func (s *Set) Why() (why, hint string) {
	var all []string
	for _, m := range s.Missing {
		all = append(all, m.What+": "+m.Why)
		hint = cmp.Or(hint, m.Hint)
	}
	if len(all) == 0 {
		all = append(all, nothing())
	}
	return strings.Join(all, "; "), hint
}

// nothing says why there may be none.
func nothing() string {
	text := "no sensor of energy is shown here (RAPL, NVML, hwmon, a board's rails, a battery)"
	if _, err := os.Stat("/.dockerenv"); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return text + "; containers do not see the machine's"
	}
	return fmt.Sprintf("%s; most virtual machines, containers and WSL do not see the machine's", text)
}
