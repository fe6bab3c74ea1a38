package hw

import (
	"errors"

	"golang.org/x/sys/windows"
)

// DiskFull tells whether a write failed because there is no room left.
func DiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
