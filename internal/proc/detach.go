package proc

import (
	"os"
	"os/exec"
)

// Detached is a process that outlives this one.
type Detached struct {
	cmd *exec.Cmd
	// Ended gets how the process ended, should it end while this one lives.
	Ended <-chan error
}

// Detach starts a process that outlives this one, its output going to a file.
func Detach(path string, args []string, out *os.File) (*Detached, error) {
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return &Detached{cmd: cmd, Ended: ended}, nil
}

// Stop asks the process to end: whoever started it does not want it any more.
func (d *Detached) Stop() error { return interrupt(d.cmd.Process) }
