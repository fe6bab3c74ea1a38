// Package code says whether the program that a model wrote does what was
// asked: it finds the program in the answer, puts it together with the item's
// tests, and has it run behind the walls of package sandbox.
//
// JavaScript runs in an interpreter of our own (code/js); Python by the host's
// python3, and where there is none, or no wall holds it, the item is skipped.
package code
