// Package figure makes the figures of a run out of its samples: what was
// right, how long it took, what energy and money went into it, each with an
// interval, the number of samples behind it and where it comes from.
//
// The same run and samples give the same figures, digit by digit: what is drawn
// is drawn from the run's seed, and the order of the samples does not matter.
// It reads no file and knows no report.
package figure
