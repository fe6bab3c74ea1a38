// Package decide chooses who answers a request: by the route's rules first
// (privacy, what targets can take, hours and budgets, a person's own rules),
// then by what escalation is expected to bring, and says in words why.
//
// It is a pure function of a route, what is asked, and what is known. It reads
// no request, leases nothing and learns nothing.
package decide
