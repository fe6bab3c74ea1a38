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

// detachedProcess is DETACHED_PROCESS of the Windows API.
const detachedProcess = 0x8

// detach takes the child off this console, so that closing it does not end
// the child.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess}
}

// killGroup does nothing: there are no process groups.
func killGroup(int) {}
