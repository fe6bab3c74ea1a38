package hw

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"

	"irori/internal/unit"
)

var (
	kernel32     = windows.NewLazySystemDLL("kernel32.dll")
	memoryStatus = kernel32.NewProc("GlobalMemoryStatusEx")
	powerStatus  = kernel32.NewProc("GetSystemPowerStatus")
)

// memoryStatusEx is MEMORYSTATUSEX.
type memoryStatusEx struct {
	length, load                                         uint32
	totalPhys, availPhys, totalPage, availPage           uint64
	totalVirtual, availVirtual, availExtendedVirtualZero uint64
}

// systemPowerStatus is SYSTEM_POWER_STATUS.
type systemPowerStatus struct {
	line, battery, percent, flag byte
	life, full                   uint32
}

// system asks Windows. GPUs are not looked for: that takes the vendors'
// libraries. A fixture tree is always a Linux.
func system(r root, m *Machine) {
	if !r.here() {
		linux(r, m)
		return
	}
	v := windows.RtlGetVersion()
	m.Kernel = fmt.Sprintf("%d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
	mem := memoryStatusEx{}
	mem.length = uint32(unsafe.Sizeof(mem))
	if ok, _, _ := memoryStatus.Call(uintptr(unsafe.Pointer(&mem))); ok != 0 {
		m.Memory.Total = ptr(unit.Bytes(mem.totalPhys))
		m.Memory.Available = ptr(unit.Bytes(mem.availPhys))
	}
	var p systemPowerStatus
	// 128 says that there is no battery, 255 that it is not known.
	if ok, _, _ := powerStatus.Call(uintptr(unsafe.Pointer(&p))); ok != 0 && p.battery != 255 {
		m.Battery = ptr(p.battery&128 == 0)
		if p.line <= 1 {
			m.OnBattery = ptr(p.line == 0 && *m.Battery)
		}
	}
}
