//go:build !linux || (!amd64 && !arm64)

package sandbox

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// walled says that the system can shut a process in.
const walled = false

// wayNone is a start without namespaces.
const wayNone = 0

func support() error {
	return errors.New("on " + runtime.GOOS + "/" + runtime.GOARCH + " no program of the host can be shut in, so that none is run")
}

// Enter makes this process the program that it is told of. Here it cannot.
func Enter() int { return 1 }

func apart(*exec.Cmd) int { return 0 }

func again(int, error) bool { return false }

func kill(p *os.Process) {
	_ = p.Kill() // it may have ended
}

func starved(int, time.Duration) bool { return false }

func ended(s *os.ProcessState) ending { return ending{status: s.ExitCode()} }
