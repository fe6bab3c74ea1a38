// Package backend holds what all backends over HTTP have in common: one
// upstream with its address and key, bounded reading, tries with pauses
// between them, and a breaker that keeps requests from a server that is down.
//
// It knows no dialect: a Call says what is sent and who reads the answer.
package backend
