package sandbox

import "golang.org/x/sys/unix"

// arch is the processor that calls come from, and alien where the numbers of
// its other table begin.
const (
	arch  = unix.AUDIT_ARCH_X86_64
	alien = 0x40000000
)

// Calls that later processors never had.
var (
	older = []uint32{
		unix.SYS_OPEN, unix.SYS_STAT, unix.SYS_LSTAT, unix.SYS_NEWFSTATAT, unix.SYS_ACCESS, unix.SYS_READLINK, unix.SYS_PIPE,
		unix.SYS_DUP2, unix.SYS_SELECT, unix.SYS_POLL, unix.SYS_EPOLL_CREATE, unix.SYS_EPOLL_WAIT, unix.SYS_EVENTFD,
		unix.SYS_PAUSE, unix.SYS_ALARM, unix.SYS_TIME, unix.SYS_GETDENTS, unix.SYS_RENAME, unix.SYS_MKDIR, unix.SYS_RMDIR,
		unix.SYS_UNLINK, unix.SYS_CREAT, unix.SYS_GETPGRP, unix.SYS_ARCH_PRCTL,
	}
	olderDenied = []uint32{
		unix.SYS_CHMOD, unix.SYS_CHOWN, unix.SYS_LCHOWN, unix.SYS_SYMLINK, unix.SYS_LINK, unix.SYS_MKNOD, unix.SYS_UTIME,
		unix.SYS_UTIMES, unix.SYS_FUTIMESAT,
	}
	olderFatal = []uint32{
		unix.SYS_FORK, unix.SYS_VFORK, unix.SYS_IOPL, unix.SYS_IOPERM, unix.SYS_MODIFY_LDT, unix.SYS_USELIB, unix.SYS_KEXEC_FILE_LOAD,
	}
)
