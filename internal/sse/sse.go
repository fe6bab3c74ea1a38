// Package sse frames Server-Sent Events and newline-delimited JSON.
//
// It knows no dialect: what stands in an event is the caller's.
package sse

// Append appends one event with a data line to dst.
func Append(dst, data []byte) []byte {
	dst = append(dst, "data: "...)
	dst = append(dst, data...)
	return append(dst, "\n\n"...)
}

// AppendNamed appends one event with a name and a data line to dst.
func AppendNamed(dst []byte, name string, data []byte) []byte {
	dst = append(dst, "event: "...)
	dst = append(dst, name...)
	dst = append(dst, '\n')
	return Append(dst, data)
}

// Comment is a line that clients ignore; it keeps a silent stream open.
var Comment = []byte(": ping\n\n")
