package main

import (
	"os"

	"irori/internal/engine"
)

// workerMain is the hidden verb of the engine process: frames on stdin and
// stdout, last words on stderr.
func workerMain() int {
	if err := engine.Serve(os.Stdin, os.Stdout); err != nil {
		return 1
	}
	return 0
}
