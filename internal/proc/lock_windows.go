//go:build windows

package proc

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// TryLock takes the lock on f without waiting; false means another process
// has it. It goes with the process that holds f.
func TryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
