// Package hw tells what a machine has: processor, memory, disk, GPUs, C
// library, kernel, and whether it is a virtual machine or runs on a battery.
//
// It reads files and asks the system; it links no vendor's library and
// measures nothing. What it cannot tell is nil or empty, never 0. It does not
// know what a model needs of a machine, and nothing that changes by the second
// except available memory.
package hw

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"irori/internal/unit"
)

// Machine is what is known of a machine.
type Machine struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel,omitempty"`
	CPU    CPU    `json:"cpu"`
	Memory Memory `json:"memory"`
	GPUs   []GPU  `json:"gpus,omitempty"`
	Libc   *Libc  `json:"libc,omitempty"`
	// Virtual names the virtual machine or container that this is; empty is
	// none known of.
	Virtual string `json:"virtual,omitempty"`
	// Battery is whether the machine has one, hence is a laptop.
	Battery *bool `json:"battery,omitempty"`
	// OnBattery is whether it runs on it now.
	OnBattery *bool `json:"on_battery,omitempty"`
}

// CPU is the processor.
type CPU struct {
	Model string `json:"model,omitempty"`
	// Physical counts cores, Logical hardware threads.
	Physical *int `json:"physical_cores,omitempty"`
	Logical  *int `json:"logical_cores,omitempty"`
	// Limit is how many cores' worth of time the control group allows.
	Limit *float64 `json:"core_limit,omitempty"`
	// Features are instruction sets that matter for inference, such as AVX2.
	Features []string `json:"features,omitempty"`
}

// Memory is the machine's, or the control group's where that allows less.
type Memory struct {
	Total     *unit.Bytes `json:"total_bytes,omitempty"`
	Available *unit.Bytes `json:"available_bytes,omitempty"`
	// Limited is set where a control group gives less than there is.
	Limited bool `json:"limited,omitempty"`
}

// GPU is a graphics processor.
type GPU struct {
	// Vendor is "nvidia", "amd", "intel", "apple" or the PCI number.
	Vendor string `json:"vendor"`
	Name   string `json:"name,omitempty"`
	// PCI is the address, where it has one.
	PCI    string `json:"pci,omitempty"`
	Driver string `json:"driver,omitempty"`
	// Memory is its own; nil where unknown or where it uses the machine's.
	Memory *unit.Bytes `json:"memory_bytes,omitempty"`
	// Unified is set where it shares the machine's memory.
	Unified bool `json:"unified,omitempty"`
}

// Libc is the C library that libraries must be built for.
type Libc struct {
	// Name is "glibc" or "musl".
	Name string `json:"name"`
	// Version is empty where unknown.
	Version string `json:"version,omitempty"`
}

// Options says where to look.
type Options struct {
	// Root is put before /proc, /sys, /lib and so on, for fixture trees; the
	// system is then only read from files. Empty is the machine itself.
	Root string
}

// Read looks at the machine. It never fails: what cannot be read is absent.
func Read(o Options) Machine {
	r := root(o.Root)
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH}
	if r.here() {
		n := runtime.NumCPU()
		m.CPU.Logical = &n
		m.CPU.Model, m.CPU.Physical, m.CPU.Features = readCPUID()
	}
	system(r, &m)
	return m
}

// root is the beginning of all paths.
type root string

// here tells that it is the running machine, not a fixture.
func (r root) here() bool { return r == "" }

func (r root) path(name string) string {
	if r == "" {
		return name
	}
	return filepath.Join(string(r), name)
}

// text returns a small file without the space around it, empty where it
// cannot be read.
func (r root) text(name string) string {
	b, err := os.ReadFile(r.path(name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// number reads a file that holds one number.
func (r root) number(name string) (int64, bool) {
	v, err := strconv.ParseInt(r.text(name), 10, 64)
	return v, err == nil
}

func (r root) exists(name string) bool {
	_, err := os.Stat(r.path(name))
	return err == nil
}

// names lists a folder, empty where it cannot be read.
func (r root) names(dir string) []string {
	entries, err := os.ReadDir(r.path(dir))
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func ptr[T any](v T) *T { return &v }
