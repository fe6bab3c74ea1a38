package sandbox

import "golang.org/x/sys/unix"

// arch is the processor that calls come from; it has one table of them.
const (
	arch  = unix.AUDIT_ARCH_AARCH64
	alien = 0
)

// Calls with names of their own.
var (
	older       = []uint32{unix.SYS_FSTATAT}
	olderDenied []uint32
	olderFatal  = []uint32{unix.SYS_KEXEC_FILE_LOAD}
)
