// Package routing puts the parts of routing together for the server: it turns a
// request into what a decision has to know, leases who was chosen with those
// who stand in, and learns how fast and how dear targets are from what came of
// it.
//
// It decides nothing itself: that is route/decide. It knows no backend; leases
// come as a function.
package routing
