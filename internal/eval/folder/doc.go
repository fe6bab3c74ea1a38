// Package folder keeps a run on disk: run.json says what was run, samples.jsonl
// has a line a sample, figures.json what was made of them.
//
// It checks that what it reads is whole and computes nothing.
package folder
