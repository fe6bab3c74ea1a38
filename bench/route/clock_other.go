//go:build !linux

package main

import "time"

var start = time.Now()

// now is the time of day: no other clock is known here.
func now() time.Duration { return time.Since(start) }
