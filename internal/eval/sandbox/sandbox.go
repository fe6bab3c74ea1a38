package sandbox

import (
	"context"
	"time"
)

// Verb is the argument by which the program, started again, knows that it is
// to call Enter.
const Verb = "sandbox"

// Program is what runs.
type Program struct {
	// Host is an interpreter of the host; without it the program is this one
	// again, with Args.
	Host *Host
	Args []string
	// Input is all that the program can read from its standard input.
	Input string
}

// Host is an interpreter that lies on this machine.
type Host struct {
	// Path is the file, and Files what it reads beside the system's libraries:
	// files, and folders with all that is in them.
	Path  string   `json:"path"`
	Files []string `json:"files"`
}

// Limits are what a program may take; zero is the default.
type Limits struct {
	// Time is measured by the clock on the wall, from when the program begins
	// to when it is killed; its processor time has the same limit. What it
	// waits for a processor that others have does not count, up to Patience
	// times the limit.
	Time time.Duration
	// Memory are bytes of address space, for this program again bytes of data.
	Memory int64
	// Disk are the bytes of the folder that it may write into, Output those
	// that it may write to its standard output and error, each.
	Disk, Output int64
}

// The limits where none are given.
const (
	Time   = 3 * time.Second
	Memory = 512 << 20
	Disk   = 16 << 20
	Output = 1 << 20
)

func (l Limits) filled() Limits {
	if l.Time <= 0 {
		l.Time = Time
	}
	if l.Memory <= 0 {
		l.Memory = Memory
	}
	if l.Disk <= 0 {
		l.Disk = Disk
	}
	if l.Output <= 0 {
		l.Output = Output
	}
	return l
}

// State is how a program ended.
type State string

// The states. Of all but the last two the program was the cause: passed is an
// exit status of 0, failed another, forbidden the attempt of what no program here
// may do, crashed a signal. Skipped programs were never run.
const (
	Passed      State = "passed"
	Failed      State = "failed"
	TimedOut    State = "timed out"
	OutOfMemory State = "out of memory"
	Forbidden   State = "forbidden"
	Crashed     State = "crashed"
	Skipped     State = "skipped"
)

// Result is what became of a program.
type Result struct {
	State State
	// Why says it in words, of all states but passed.
	Why string
	// Stdout and Stderr are the last of what was written, up to Tail bytes.
	Stdout, Stderr string
	CPU, Wall      time.Duration
}

// Tail is how much is kept of an output.
const Tail = 16 << 10

// ExitMemory is the exit status of a program, started as this one again, that
// saw itself that it takes too much.
const ExitMemory = 77

// Support says why programs of the host cannot be run here, nil where they
// can.
func Support() error { return support() }

// Run runs a program to its end. An error is one of this machine or of the
// context; whatever the program does is a result.
func Run(ctx context.Context, p Program, l Limits) (Result, error) {
	if p.Host != nil {
		if err := Support(); err != nil {
			return Result{State: Skipped, Why: err.Error()}, nil
		}
	}
	return run(ctx, p, l.filled())
}
