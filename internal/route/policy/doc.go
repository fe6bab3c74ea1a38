// Package policy reads the file in which a person says how requests are routed:
// routes, each with its local and cloud targets, what it must keep to, and its
// rules.
//
// It checks that what is written can be met and does not contradict itself, and
// says file, line and key where not. It knows no request and decides nothing:
// that is package decide's.
package policy
