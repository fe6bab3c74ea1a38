// Package engine is the inside of a worker process: it opens the llama.cpp
// libraries, loads one model, renders its chat template, tokenizes, batches
// the sequences of all requests continuously, samples, parses what comes out,
// and speaks the worker protocol with its parent.
//
// It knows nothing of HTTP, dialects, keys, money or the ledger. Scheduling
// decisions are internal/engine/sched, drawing tokens is
// internal/engine/sample, the binding is internal/engine/ffi.
package engine
