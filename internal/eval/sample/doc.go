// Package sample is the record of a run: one line for each question that was
// asked of each target, and one description of the run itself. Every figure
// that is shown of a run can be computed from these two alone.
//
// It knows no model, no machine and no figure: who asks fills it in, who
// reports reads it.
package sample
