//go:build !windows

package proc

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// TryLock takes the lock on f without waiting; false means another process
// has it. It goes with the process that holds f.
func TryLock(f *os.File) (bool, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
