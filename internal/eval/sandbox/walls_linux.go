//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// walled says that the system can shut a process in.
const walled = true

// support asks the kernel once for what nothing can stand in for: a filter of
// system calls, and rules for files.
var support = sync.OnceValue(func() error {
	action := uint32(unix.SECCOMP_RET_KILL_PROCESS)
	if _, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action))); e != 0 {
		return errors.New("the kernel has no seccomp filters, so that no program of the host is run")
	}
	if landlock() < 1 {
		return errors.New("the kernel has no Landlock, so that no program of the host is run")
	}
	return nil
})

// landlock is the version of the kernel's rules for files, 0 where it has none.
func landlock() int {
	v, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e != 0 {
		return 0
	}
	return int(v)
}

// Namespaces come in three ways: with one of users, so that anybody may have
// the others; the others alone, which only root may; none.
const (
	wayUser = iota
	wayRoot
	wayNone
)

// narrowed is the way that this machine takes; it was found out by trying.
var narrowed atomic.Int32

const spaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// stranger is the number of a user that no machine gives to anybody; in a
// namespace of users it is 1.
const stranger = 1<<30 + 0x17071

// apart gives a command a session and namespaces of its own, and an end with
// the thread that starts it.
func apart(cmd *exec.Cmd) int {
	way := int(narrowed.Load())
	a := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	root := os.Geteuid() == 0
	switch way {
	case wayUser:
		a.Cloneflags = unix.CLONE_NEWUSER | spaces
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
		if root {
			other := syscall.SysProcIDMap{ContainerID: 1, HostID: stranger, Size: 1}
			a.UidMappings, a.GidMappings = append(a.UidMappings, other), append(a.GidMappings, other)
			a.GidMappingsEnableSetgroups = true
		}
	case wayRoot:
		a.Cloneflags = spaces
	}
	cmd.SysProcAttr = a
	return way
}

// again reports whether a start that failed may go better with fewer
// namespaces.
func again(way int, err error) bool {
	if way >= wayNone {
		return false
	}
	for _, e := range []error{unix.EPERM, unix.EACCES, unix.EINVAL, unix.ENOSYS, unix.ENOSPC, unix.EUSERS} {
		if errors.Is(err, e) {
			narrowed.CompareAndSwap(int32(way), int32(way)+1)
			return true
		}
	}
	return false
}

// kill ends a process and its session. In a namespace of processes, all go
// with the first.
func kill(p *os.Process) {
	_ = unix.Kill(-p.Pid, unix.SIGKILL) // it may have ended
	_ = p.Kill()
}

// tick is what the kernel shows processor time in.
const tick = time.Second / 100

// starved reports whether a process would go on if it were let, and has not
// had its processor time.
func starved(pid int, limit time.Duration) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// The name, in brackets, is the process's own choice.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 13 || fields[0] != "R" && fields[0] != "D" {
		return false
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return err == nil && err2 == nil && time.Duration(user+system)*tick < limit
}

// ended reads a status.
func ended(s *os.ProcessState) ending {
	w, ok := s.Sys().(syscall.WaitStatus)
	if !ok || !w.Signaled() {
		return ending{status: s.ExitCode()}
	}
	e := ending{signal: w.Signal().String(), means: Crashed}
	switch w.Signal() {
	case unix.SIGSYS:
		e.means = Forbidden
	case unix.SIGXCPU:
		e.means = TimedOut
	case unix.SIGXFSZ:
		e.means = Failed
	case unix.SIGKILL:
		// Nobody kills a program from outside but the kernel, for memory.
		e.means = OutOfMemory
	}
	return e
}
