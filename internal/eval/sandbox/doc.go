// Package sandbox runs a program that nobody trusts in a child process: one
// thread of one process, without network, with the files of its interpreter
// and a small folder of its own, and with an end to its time, memory and words.
//
// The child is this program again (the hidden verb `irori sandbox`). It takes
// from itself what the other shall not have and then becomes it, so that no
// line of a stranger runs before. Where the system cannot take it away, programs
// of the host are refused: nothing runs without the walls.
//
// It does not know what is run, or what its words mean.
package sandbox
