//go:build amd64 || arm64

package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Enter makes this process the program that it is told of: a file of orders is
// its fourth, one for what goes wrong its fifth. It returns only where that
// fails.
func Enter() int {
	// What is taken away is taken from one thread; the others end when this
	// one becomes the program.
	runtime.LockOSThread()
	debug.SetGCPercent(-1) // no more memory is had soon
	orders, words := os.NewFile(3, "orders"), os.NewFile(4, "words")
	if orders == nil || words == nil {
		return 2
	}
	why := enter(orders).Error()
	// Without these words, the parent takes this process for the program.
	if _, err := io.WriteString(words, why); err != nil {
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	}
	return 1
}

// enter returns only what went wrong.
func enter(orders io.Reader) error {
	var o order
	if err := json.NewDecoder(orders).Decode(&o); err != nil {
		return fmt.Errorf("no order was understood: %w", err)
	}
	unix.CloseOnExec(3)
	unix.CloseOnExec(4)
	path, args := "/proc/self/exe", append([]string{"irori", Verb}, o.Args...)
	if o.Host != nil {
		path, args = o.Host.Path, append([]string{o.Host.Path}, o.Args...)
	}
	exe, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	run, err := newLaunch(exe, args, environment(o.Folder, o.Host == nil))
	if err != nil {
		return err
	}
	writable := o.Apart && private(o.Folder, o.Limits.Disk)
	if err := unix.Chdir(o.Folder); err != nil {
		return fmt.Errorf("%s: %w", o.Folder, err)
	}
	rules, err := fileRules(exe, o, writable)
	if err != nil {
		return err
	}
	if err := resign(exe, o.Host); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if err := rules.enforce(); err != nil {
		return err
	}
	// A change of user took this away.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("pdeathsig: %w", err)
	}
	if err := unix.CloseRange(3, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		for fd := 3; fd < 1024; fd++ { // before Linux 5.11
			unix.CloseOnExec(fd)
		}
	}
	filter := filter(os.Getpid(), o.Host == nil)
	if err := limit(o); err != nil {
		return err
	}
	if err := filter.enforce(); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", path, run.start())
}

// launch is an execveat with all memory that it needs.
type launch struct {
	exe       int
	none      *byte
	args, env []*byte
}

func newLaunch(exe int, args, env []string) (*launch, error) {
	l := &launch{exe: exe, none: new(byte)}
	var err error
	if l.args, err = syscall.SlicePtrFromStrings(args); err != nil {
		return nil, err
	}
	l.env, err = syscall.SlicePtrFromStrings(env)
	return l, err
}

func (l *launch) start() error {
	_, _, e := unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(l.exe), uintptr(unsafe.Pointer(l.none)),
		uintptr(unsafe.Pointer(&l.args[0])), uintptr(unsafe.Pointer(&l.env[0])), unix.AT_EMPTY_PATH, 0)
	return e
}

// private puts a file system of a size over the folder, which only this
// process and what it becomes see. Where that is not allowed, nothing can be
// written at all: a folder of the disk has no limit.
func private(folder string, size int64) bool {
	if unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") != nil {
		return false
	}
	options := fmt.Sprintf("size=%d,nr_inodes=256,mode=1777", size)
	return unix.Mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, options) == nil
}

// resign gives up what the user has: capabilities, and where the user is root
// and the interpreter can be read without, the user.
func resign(exe int, h *Host) error {
	if os.Geteuid() == 0 {
		_, _, _ = unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0) // only root of the machine may
		if id, ok := other(); ok && open(exe, h) {
			if _, _, e := unix.RawSyscall(unix.SYS_SETRESGID, id, id, id); e != 0 {
				return fmt.Errorf("setresgid: %w", e)
			}
			// Capabilities are dropped before, as far as the user does not
			// take them along.
			if err := unbound(); err != nil {
				return err
			}
			if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, id, id, id); e != 0 {
				return fmt.Errorf("setresuid: %w", e)
			}
			return incapable()
		}
		if err := unbound(); err != nil {
			return err
		}
	}
	return incapable()
}

// other is the number of a user that owns nothing, where there is one.
func other() (uintptr, bool) {
	b, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return 0, false
	}
	var inside, outside, n uint64
	first, rest := string(b), ""
	if _, err := fmt.Sscan(first, &inside, &outside, &n); err != nil {
		return 0, false
	}
	if n > stranger {
		return stranger, true // the machine's own users
	}
	for i, c := range first {
		if c == '\n' {
			rest = first[i:]
			break
		}
	}
	_, err = fmt.Sscan(rest, &inside, &outside, &n)
	return uintptr(inside), err == nil && inside == 1
}

// unbound takes all capabilities out of what a program could get.
func unbound() error {
	for c := uintptr(0); c < 64; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err == unix.EINVAL {
			return nil
		} else if err != nil && err != unix.EPERM {
			return fmt.Errorf("capabilities: %w", err)
		}
	}
	return nil
}

// incapable gives all capabilities up.
func incapable() error {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&h, &none[0]); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	return nil
}

// limit sets what the kernel counts. Memory comes last: this process has more
// than the program may.
func limit(o order) error {
	seconds := uint64((o.Limits.Time + time.Second - 1) / time.Second)
	type one struct {
		of        int
		soft, max uint64
	}
	all := []one{
		{unix.RLIMIT_CPU, seconds + 1, seconds + 2},
		{unix.RLIMIT_CORE, 0, 0},
		{unix.RLIMIT_FSIZE, uint64(o.Limits.Disk), uint64(o.Limits.Disk)},
		{unix.RLIMIT_NOFILE, 64, 64},
		{unix.RLIMIT_MEMLOCK, 0, 0},
		{unix.RLIMIT_MSGQUEUE, 0, 0},
		{unix.RLIMIT_STACK, 8 << 20, 8 << 20},
	}
	memory := uint64(o.Limits.Memory)
	if o.Host != nil {
		all = append(all, one{unix.RLIMIT_NPROC, 1, 1}, one{unix.RLIMIT_DATA, memory, memory}, one{unix.RLIMIT_AS, memory, memory})
	} else {
		// Go reserves much and counts its own use, so that this is behind it:
		// stacks of threads and garbage come on top.
		all = append(all, one{unix.RLIMIT_DATA, memory + 256<<20, memory + 256<<20})
	}
	for _, l := range all {
		r := unix.Rlimit{Cur: l.soft, Max: l.max}
		if _, _, e := unix.RawSyscall6(unix.SYS_PRLIMIT64, 0, uintptr(l.of), uintptr(unsafe.Pointer(&r)), 0, 0, 0); e != 0 {
			return fmt.Errorf("limit %d: %w", l.of, e)
		}
	}
	return nil
}
