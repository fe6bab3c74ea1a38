package proc

import (
	"os/exec"
	"syscall"
)

// bind ends the child with the thread that starts it.
func bind(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM }
