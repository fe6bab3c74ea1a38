// Package flags is what verbs' flags have in common: where they may stand among
// words, values that package flag does not know, what is said of a wrong one
// and in the help.
//
// It knows no verb: a set of flags has its name.
package flags
