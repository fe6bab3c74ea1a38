//go:build !darwin

package apple

import "irori/internal/power"

// Discover finds nothing on other systems.
func Discover() ([]power.Meter, error) { return nil, ErrNotFound }
