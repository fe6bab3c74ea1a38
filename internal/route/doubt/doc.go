// Package doubt judges an answer of a local model before its client sees it.
//
// A Meter turns the log-probabilities of the visible tokens into Signals, also
// of the first tokens only. A Model, learnt from audited answers, turns signals
// into two probabilities: that the local answer is right, and that the strong
// model's would be; without one there is an ordering that promises nothing.
// The checks that cost nothing are package check's, samples and the model's
// own verdict package vote's.
//
// What is not known is absent from Signals, and never reads as confidence.
// It asks nobody anything and knows no HTTP; thresholds are package
// calibrate's.
package doubt
