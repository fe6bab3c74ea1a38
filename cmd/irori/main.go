// Command irori serves language models on this machine, meters every request
// and explains where it went.
//
// There is one file per verb; a verb turns flags into options and calls
// package app. No logic lives here.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"irori/internal/eval/code"
	"irori/internal/eval/sandbox"
	"irori/internal/term"
	"irori/internal/term/verb"
)

func main() { os.Exit(run()) }

// run is main with a result, so that deferred calls run before the exit.
func run() int {
	// The worker answers to its pipe alone: its parent decides when it ends.
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		return workerMain()
	}
	if len(os.Args) > 1 && os.Args[1] == sandbox.Verb {
		return code.Child(os.Args[2:]) // a program that nobody trusts, or what becomes it
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return program(term.CallName("irori")).Run(ctx, os.Args[1:], verb.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
