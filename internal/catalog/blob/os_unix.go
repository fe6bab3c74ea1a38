//go:build unix

package blob

import (
	"errors"
	"os"
	"syscall"
)

// errLocked says that another holder has the lock.
var errLocked = errors.New("locked")

// fileLock is an advisory lock that ends with its process.
type fileLock struct{ f *os.File }

func lockFile(path string, wait bool) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		if err == syscall.EWOULDBLOCK {
			return nil, errLocked
		}
		return nil, err
	}
	return &fileLock{f}, nil
}

func (l *fileLock) unlock() { _ = l.f.Close() }

// onDisk is what a file takes: a stopped download has its whole length and
// little in it.
func onDisk(st os.FileInfo) int64 {
	if x, ok := st.Sys().(*syscall.Stat_t); ok {
		return min(st.Size(), int64(x.Blocks)*512)
	}
	return st.Size()
}
