package hw

import (
	"golang.org/x/sys/windows"

	"irori/internal/unit"
)

// FreeDisk is what this user can still write where dir is, or where the
// nearest folder above it is that exists; nil where unknown.
func FreeDisk(dir string) *unit.Bytes {
	name, err := windows.UTF16PtrFromString(existing(dir))
	var free uint64
	if err != nil || windows.GetDiskFreeSpaceEx(name, &free, nil, nil) != nil {
		return nil
	}
	return ptr(unit.Bytes(free))
}

// Writable cannot tell beforehand on this system; the attempt will.
func Writable(string) bool { return true }
