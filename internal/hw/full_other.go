//go:build !windows

package hw

import (
	"errors"
	"syscall"
)

// DiskFull tells whether a write failed because there is no room left, on the
// disk or for this user.
func DiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
