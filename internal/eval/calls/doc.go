// Package calls compares the calls of tools that an answer made with those that
// were wanted.
//
// It calls nothing, and knows no tool: names and arguments are compared as JSON.
package calls
