package power

import (
	"time"

	"irori/internal/unit"
)

// Class says how a meter's figure comes about.
type Class string

// The classes: the hardware's own counter, or power that was polled and added
// up over time.
const (
	ClassCounter    Class = "counter"
	ClassIntegrated Class = "integrated"
)

// Reading is a state of a cumulative counter of energy. Only differences mean
// anything.
type Reading struct {
	// At is when it was read, with the monotonic clock; zero is now.
	At     time.Time
	Energy unit.Joules
	// Wrap is where the counter starts over at 0; 0 is never. A counter that
	// goes down without wrapping was reset, and what it took meanwhile is
	// unknown.
	Wrap unit.Joules
}

// Meter reads one cumulative counter. Read is called from one goroutine at a
// time. It fails where there is nothing to read: unreadable is never 0.
type Meter interface {
	// Name tells the device and what is in the figure: "rapl package-0".
	Name() string
	Class() Class
	Read() (Reading, error)
}
