package hw

import (
	"golang.org/x/sys/unix"

	"irori/internal/unit"
)

// system asks sysctl. A fixture tree is always a Linux.
func system(r root, m *Machine) {
	if !r.here() {
		linux(r, m)
		return
	}
	text := func(name string) string {
		v, err := unix.Sysctl(name)
		if err != nil {
			return ""
		}
		return v
	}
	count := func(name string) *int {
		v, err := unix.SysctlUint32(name)
		if err != nil || v == 0 {
			return nil
		}
		return ptr(int(v))
	}
	m.Kernel = text("kern.osrelease")
	if v := text("machdep.cpu.brand_string"); v != "" {
		m.CPU.Model = v
	}
	if n := count("hw.physicalcpu"); n != nil {
		m.CPU.Physical = n
	}
	if v, err := unix.SysctlUint64("hw.memsize"); err == nil {
		m.Memory.Total = ptr(unit.Bytes(v))
	}
	// Free and speculative pages: less than the system would give up, never
	// more.
	free, err1 := unix.SysctlUint32("vm.page_free_count")
	speculative, err2 := unix.SysctlUint32("vm.page_speculative_count")
	if err1 == nil && err2 == nil {
		m.Memory.Available = ptr(unit.Bytes(free+speculative) * unit.Bytes(unix.Getpagesize()))
	}
	if m.Arch == "arm64" {
		m.GPUs = []GPU{{Vendor: "apple", Name: m.CPU.Model, Unified: true}}
	}
	if v, err := unix.SysctlUint32("kern.hv_vmm_present"); err == nil && v == 1 {
		m.Virtual = "unknown"
	}
}
