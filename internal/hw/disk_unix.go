//go:build linux || darwin

package hw

import (
	"golang.org/x/sys/unix"

	"irori/internal/unit"
)

// FreeDisk is what an ordinary user can still write where dir is, or where the
// nearest folder above it is that exists; nil where unknown.
func FreeDisk(dir string) *unit.Bytes {
	dir = existing(dir)
	var s unix.Statfs_t
	if dir == "" || unix.Statfs(dir, &s) != nil {
		return nil
	}
	return ptr(unit.Bytes(s.Bavail) * unit.Bytes(s.Bsize))
}

// Writable tells whether dir can be written or, where it is not there, made.
func Writable(dir string) bool {
	dir = existing(dir)
	return dir != "" && unix.Access(dir, unix.W_OK) == nil
}
