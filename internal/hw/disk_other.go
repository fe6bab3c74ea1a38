//go:build !linux && !darwin && !windows

package hw

import "irori/internal/unit"

// FreeDisk is unknown on this system.
func FreeDisk(string) *unit.Bytes { return nil }

// Writable cannot tell on this system; the attempt will.
func Writable(string) bool { return true }
