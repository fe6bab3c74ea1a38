//go:build !linux

package proc

import "os/exec"

// bind does nothing: the system has no such tie.
func bind(*exec.Cmd) {}
