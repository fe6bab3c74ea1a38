//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the kernel does with a call. What nobody has thought of does not exist,
// so that libraries take another way; what is no accident ends the program.
const (
	allow   = unix.SECCOMP_RET_ALLOW
	deny    = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	lacking = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	enough  = unix.SECCOMP_RET_ERRNO | uint32(unix.EAGAIN)
	end     = unix.SECCOMP_RET_KILL_PROCESS
)

// Requests to any descriptor: FIONBIO, FIOCLEX, FIONCLEX.
const (
	nonblocking = 0x5421
	closing     = 0x5451
	keeping     = 0x5450
)

// program is a filter of system calls.
type program []unix.SockFilter

func (p *program) add(code uint16, k uint32, yes, no uint8) {
	*p = append(*p, unix.SockFilter{Code: code, Jt: yes, Jf: no, K: k})
}

func (p *program) load(at uint32) { p.add(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, at, 0, 0) }

func (p *program) ret(action uint32) { p.add(unix.BPF_RET|unix.BPF_K, action, 0, 0) }

// unless skips some steps if the loaded word is another.
func (p *program) unless(k uint32, skip uint8) {
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, k, 0, skip)
}

// Where the call and its arguments stand; both processors have the low word
// first.
const (
	atCall = 0
	atArch = 4
	atArgs = 16
)

// calls answers calls without a look at their arguments.
func (p *program) calls(action uint32, numbers ...uint32) {
	for _, nr := range numbers {
		p.unless(nr, 1)
		p.ret(action)
	}
}

// only allows a call where an argument has one of some values.
func (p *program) only(nr, arg uint32, otherwise uint32, values ...uint32) {
	p.unless(nr, uint8(4+2*len(values)))
	p.load(atArgs + 8*arg + 4)
	p.unless(0, uint8(1+2*len(values)))
	p.load(atArgs + 8*arg)
	for _, v := range values {
		p.unless(v, 1)
		p.ret(allow)
	}
	p.ret(otherwise)
}

// threads says what becomes of clone: a process never, a thread only where
// they are allowed.
func (p *program) threads(allowed bool) {
	thread := uint32(enough)
	if allowed {
		thread = allow
	}
	p.unless(unix.SYS_CLONE, 4)
	p.load(atArgs)
	p.add(unix.BPF_JMP|unix.BPF_JSET|unix.BPF_K, unix.CLONE_THREAD, 0, 1)
	p.ret(thread)
	p.ret(end)
}

// filter is the one for a process: its number is the only one that it may
// send signals to.
func filter(pid int, threads bool) program {
	var p program
	p.load(atArch)
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, arch, 1, 0)
	p.ret(end)
	p.load(atCall)
	if alien != 0 {
		// Another table of calls, by the same processor.
		p.add(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, alien, 0, 1)
		p.ret(end)
	}
	p.calls(allow, plain...)
	p.calls(allow, older...)
	p.calls(deny, denied...)
	p.calls(deny, olderDenied...)
	p.threads(threads)
	p.only(unix.SYS_KILL, 0, end, uint32(pid))
	p.only(unix.SYS_TGKILL, 0, end, uint32(pid))
	p.only(unix.SYS_PRLIMIT64, 2, deny, 0)
	p.only(unix.SYS_FCNTL, 1, deny, unix.F_DUPFD, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL,
		unix.F_GETLK, unix.F_SETLK, unix.F_SETLKW, unix.F_DUPFD_CLOEXEC, unix.F_GETPIPE_SZ)
	p.only(unix.SYS_IOCTL, 1, deny, unix.TCGETS, unix.TIOCGWINSZ, unix.TIOCINQ, nonblocking, closing, keeping)
	p.only(unix.SYS_PRCTL, 0, deny, unix.PR_SET_NAME, unix.PR_GET_NAME, unix.PR_SET_VMA, unix.PR_GET_DUMPABLE)
	p.calls(end, fatal...)
	p.calls(end, olderFatal...)
	p.ret(lacking)
	return p
}

// enforce puts the filter on this thread and what it becomes.
func (p program) enforce() error {
	f := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	if _, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&f))); e != 0 {
		return fmt.Errorf("a filter of system calls: %w", e)
	}
	return nil
}
