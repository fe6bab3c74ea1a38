// Package learnt keeps in a home what was learnt of its routed requests: trains
// it, says where it lies, and explains requests by it.
//
// It chooses nobody, and learns only from what may be learnt from.
package learnt
