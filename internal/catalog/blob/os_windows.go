package blob

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// errLocked says that another holder has the lock.
var errLocked = errors.New("locked")

// fileLock is a lock that ends with its process.
type fileLock struct{ f *os.File }

func lockFile(path string, wait bool) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK)
	if !wait {
		flags |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	if err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{}); err != nil {
		_ = f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			return nil, errLocked
		}
		return nil, err
	}
	return &fileLock{f}, nil
}

func (l *fileLock) unlock() { _ = l.f.Close() }

// onDisk is a file's length: how much of it is allocated is not asked.
func onDisk(st os.FileInfo) int64 { return st.Size() }
