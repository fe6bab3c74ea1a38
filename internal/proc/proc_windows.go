//go:build windows

package proc

import (
	"os"
	"os/exec"
	"syscall"
)

// isolate puts the child into a process group of its own: a Ctrl-C in the
// terminal is for the parent, which ends its children in order.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func interrupt(p *os.Process) error { return p.Kill() }
