//go:build !windows

package engine

import (
	"time"

	"golang.org/x/sys/unix"
)

// processCPU is the processor time of all threads of this process.
func processCPU() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
