package proc

import (
	"os"
	"os/exec"
)

// Detach starts a process that outlives this one, its output going to a file.
// The channel gets how it ended, should it end while this process lives.
func Detach(path string, args []string, out *os.File) (<-chan error, error) {
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return ended, nil
}
