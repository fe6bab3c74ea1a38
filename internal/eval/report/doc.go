// Package report writes down what a run came to, and computes it again: the
// figures, a page for people, the same as text, and the rows as a table for
// programs.
//
// All of it is made of run.json and samples.jsonl alone; it measures nothing.
package report
