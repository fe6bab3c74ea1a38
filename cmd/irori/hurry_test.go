//go:build !windows

package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"irori/internal/term/verb"
)

// A server that stops says what a second Ctrl-C does, and does it.
func TestASecondInterruptEndsTheWait(t *testing.T) {
	var told bytes.Buffer
	ended := make(chan struct{})
	hurry(program("irori").Call(upVerb(), verb.Streams{Err: &told}), time.Minute, func() { close(ended) })
	if !strings.Contains(told.String(), "1m00s to end; Ctrl-C again ends them now") {
		t.Errorf("%q", &told)
	}
	select {
	case <-ended:
		t.Fatal("nobody asked")
	default:
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-ended
}
