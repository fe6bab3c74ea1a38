// Package vote asks a model for its own opinion in two ways: whether further
// samples say what its answer says, and whether it finds the answer supported.
//
// Both are noisy. A Matrix learns from audited answers what a yes is worth.
// It sends nothing: who calls has the samples drawn and the prompt answered.
package vote
