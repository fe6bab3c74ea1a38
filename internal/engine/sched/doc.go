// Package sched decides which tokens of which sequences go into the next
// batch, which slot of a KV cache a sequence takes, what it can reuse there,
// and who gives way when the cache is full.
//
// A Lane is one inference context with a fixed number of slots; a slot keeps
// the tokens of its last sequence so that the next one with the same beginning
// starts where they part. The package moves no data itself: a Cache carries
// its decisions out, and tests put a model of the library behind it.
//
// It knows no model, no text, no sampling and no clock but what it is told.
package sched
