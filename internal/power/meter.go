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
	// Broken says that what was taken since the reading before is not known,
	// as after a hole in power that is added up.
	Broken bool
	// Still says that the device told the very figure that it told before. Of a
	// counter that shows in Energy; power that stands still adds up all the
	// same.
	Still bool
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

// Scope is the part of a machine that a meter counts.
type Scope string

// The scopes. What one of the first four counts is counted again by the last
// three, which are never added to the others.
const (
	ScopeCPU  Scope = "cpu"
	ScopeDRAM Scope = "dram"
	ScopeGPU  Scope = "gpu"
	ScopeSoC  Scope = "soc"
	// ScopeRail is a rail whose place in the machine is not known.
	ScopeRail Scope = "rail"
	// ScopePlatform is what a processor calls its platform: not a card beside
	// it.
	ScopePlatform Scope = "platform"
	ScopeSystem   Scope = "system"
	ScopeWall     Scope = "wall"
)

// Scoped is a Meter that says what it counts.
type Scoped interface{ Scope() Scope }

// ScopeOf is what a meter counts, empty where it does not say.
func ScopeOf(m Meter) Scope {
	if s, ok := m.(Scoped); ok {
		return s.Scope()
	}
	return ""
}

// Watched is a Meter that can also tell how its device is. A Sampler asks
// once a second, on the goroutine that reads.
type Watched interface{ State() State }

// State is how a device is. What is not known is nil.
type State struct {
	TemperatureC *float64 `json:"temperature_c,omitempty"`
	ClockMHz     *float64 `json:"clock_mhz,omitempty"`
	// Utilisation and MemoryUtilisation are from 0 to 1.
	Utilisation       *float64    `json:"utilisation,omitempty"`
	MemoryUtilisation *float64    `json:"memory_utilisation,omitempty"`
	MemoryUsed        *unit.Bytes `json:"memory_used_bytes,omitempty"`
	MemoryTotal       *unit.Bytes `json:"memory_total_bytes,omitempty"`
	// Limit is the power that the device keeps to.
	Limit *unit.Watts `json:"limit_w,omitempty"`
	// Throttled says why its clocks are held down, empty where they are not.
	Throttled []string `json:"throttled,omitempty"`
}

// Missing is a sensor that is there and cannot be used.
type Missing struct {
	// What is the sensor, Why in words, Hint a command that helps.
	What string `json:"what"`
	Why  string `json:"why"`
	Hint string `json:"hint,omitempty"`
}
