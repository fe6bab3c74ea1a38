// Package outcome is what a router learns from and is judged by: for one
// question, how good the answer of the weak (local) model was and how good
// that of the strong one.
//
// It reads and checks records; it knows no model and decides nothing.
package outcome
