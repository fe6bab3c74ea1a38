//go:build !windows

package proc

import (
	"os"
	"os/exec"
	"syscall"
)

// isolate puts the child into a process group of its own: a Ctrl-C in the
// terminal is for the parent, which ends its children in order.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interrupt(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// killGroup ends a process group. Most are gone by then.
func killGroup(id int) { _ = syscall.Kill(-id, syscall.SIGKILL) }

// detach gives the child a session of its own, so that closing the terminal
// does not end it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
