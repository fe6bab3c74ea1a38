//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What may be done with files, in the kernel's words.
const (
	readFile   = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readFolder = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
	execute    = unix.LANDLOCK_ACCESS_FS_EXECUTE
	change     = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	within     = unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR
	onFiles = readFile | execute | change
)

// libraries are what programs of a system are linked with; nothing of anybody
// lies there.
var libraries = []string{
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/nix/store", "/gnu/store",
	"/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime",
}

var devices = []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"}

// ruleset is a set of rules that was made.
type ruleset struct {
	fd      int
	handled uint64
}

// fileRules says which files the program sees.
func fileRules(exe int, o order, writable bool) (*ruleset, error) {
	version := landlock()
	if version < 1 {
		if o.Host != nil {
			return nil, fmt.Errorf("the kernel has no Landlock")
		}
		return nil, nil // our own interpreter opens no file
	}
	r := &ruleset{handled: 1<<13 - 1}
	attr := unix.LandlockRulesetAttr{}
	size := unsafe.Offsetof(attr.Handled_access_net)
	for _, more := range []struct {
		since int
		right uint64
	}{{2, unix.LANDLOCK_ACCESS_FS_REFER}, {3, unix.LANDLOCK_ACCESS_FS_TRUNCATE}, {5, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV}} {
		if version >= more.since {
			r.handled |= more.right
		}
	}
	if version >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size = unsafe.Offsetof(attr.Scoped)
	}
	if version >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
		size = unsafe.Offsetof(attr.Quiet_access_fs)
	}
	attr.Handled_access_fs = r.handled
	fd, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if e != 0 {
		return nil, fmt.Errorf("rules for files: %w", e)
	}
	r.fd = int(fd)
	return r, r.fill(exe, o, writable)
}

func (r *ruleset) fill(exe int, o order, writable bool) error {
	if err := r.allow(exe, readFile|execute); err != nil {
		return err
	}
	for _, path := range libraries {
		if err := r.path(path, readFolder|execute, false); err != nil {
			return err
		}
	}
	for _, path := range devices {
		rights := uint64(readFile)
		if path == "/dev/null" {
			rights |= unix.LANDLOCK_ACCESS_FS_WRITE_FILE
		}
		if err := r.path(path, rights, false); err != nil {
			return err
		}
	}
	if o.Host != nil {
		for _, path := range o.Host.Files {
			if err := r.path(path, readFolder|execute, true); err != nil {
				return err
			}
		}
	}
	rights := uint64(readFolder)
	if writable {
		rights |= change | within
	}
	return r.path(o.Folder, rights, true)
}

// path allows what can be done with a file, or all below a folder.
func (r *ruleset) path(path string, rights uint64, must bool) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		if must {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	defer unix.Close(fd)
	return r.allow(fd, rights)
}

func (r *ruleset) allow(fd int, rights uint64) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= onFiles
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: rights & r.handled, Parent_fd: int32(fd)}
	_, _, e := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(r.fd), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	if e != 0 {
		return fmt.Errorf("rules for files: %w", e)
	}
	return nil
}

func (r *ruleset) enforce() error {
	if r == nil {
		return nil
	}
	if _, _, e := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(r.fd), 0, 0); e != 0 {
		return fmt.Errorf("rules for files: %w", e)
	}
	return nil
}

// open reports whether a user who owns nothing can execute a file and read
// what it needs.
func open(exe int, h *Host) bool {
	var st unix.Stat_t
	if unix.Fstat(exe, &st) != nil || st.Mode&1 == 0 {
		return false
	}
	if h == nil {
		return true
	}
	for _, path := range append([]string{h.Path}, h.Files...) {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return false
		}
		for need := os.FileMode(4); ; need = 1 {
			info, err := os.Stat(real)
			if err != nil || info.Mode()&need == 0 {
				return false
			}
			if real == "/" {
				break
			}
			real = filepath.Dir(real)
		}
	}
	return true
}
