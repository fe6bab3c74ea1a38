// Package archtest holds the tests that keep the tree in shape: who may
// import whom, how large things may grow, what must be documented, and what
// must not stand in a committed file.
//
// It has no code of its own. Exceptions stand in tables beside the rules, each
// with its reason.
package archtest
