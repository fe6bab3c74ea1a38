// Package worker is the protocol between the gateway process and an engine
// worker: length-prefixed frames over a pair of pipes, JSON for control and a
// compact binary form for the one frame that every decode step sends.
//
// It knows frames only: it loads no library, starts no process and keeps no
// state.
package worker
