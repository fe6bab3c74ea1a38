// Package nvml reads the energy of NVIDIA GPUs through the driver's library,
// which it looks for when it is asked to: nothing is linked.
//
// It knows the library's calls and return codes. It does not know what runs on
// a GPU; power.Sampler polls and power.Attribution shares out. A GPU without a
// counter of energy has its power added up over time, and its meter says so.
package nvml

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"irori/internal/power"
	"irori/internal/power/pair"
)

// The errors of Discover.
var (
	// ErrNotFound says that there is no driver library or no GPU.
	ErrNotFound = errors.New("no NVIDIA driver library found")
	// ErrTellsNothing says that the driver answers and the device has no such
	// figure, as on boards whose graphics share the processor's supply.
	ErrTellsNothing = errors.New("the driver is there, and the GPU tells neither energy nor power")
	// ErrSliced says that the GPU is divided: it does not tell what a part of
	// it takes.
	ErrSliced = errors.New("the GPU is divided (MIG), and does not tell what a slice takes")
)

// Error is a call that the library refused.
type Error struct {
	Call string
	Code int32
}

// The return codes that have a meaning here.
const (
	success          = 0
	codeNotSupported = 3
	codeUnknown      = 999
)

var codes = map[int32]string{
	1: "uninitialized", 2: "invalid argument", 3: "not supported", 4: "no permission", 6: "not found",
	9: "driver not loaded", 12: "library not found", 15: "GPU is lost", 17: "blocked by the operating system",
	18: "library and driver versions differ", 999: "unknown error",
}

// Error says which call failed and why.
func (e *Error) Error() string {
	name, ok := codes[e.Code]
	if !ok {
		name = "error"
	}
	return fmt.Sprintf("%s: %s (%d)", e.Call, name, e.Code)
}

// notSupported tells that the device does not have the figure.
func notSupported(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == codeNotSupported
}

func check(call string, code int32) error {
	if code == success {
		return nil
	}
	return &Error{Call: call, Code: code}
}

// fieldValue is nvmlFieldValue_t: 40 bytes. Every field has a return code of
// its own.
type fieldValue struct {
	field uint32
	scope uint32
	_, _  int64 // time stamp and delay
	kind  uint32
	code  int32
	value [8]byte
}

// The fields that are read: energy in millijoules, and the power now in
// milliwatts; the older call gives an average over a second on newer GPUs.
const (
	fieldEnergy       = 83
	fieldPowerInstant = 186
)

// The scopes of a field.
const (
	scopeGPU    = 0
	scopeModule = 1
)

// The types of a field's value.
const (
	kindDouble = iota
	kindUint32
	kindUint64Long
	kindUint64
)

// library is what is used of the driver's library, as functions, so that tests
// stand in for it.
type library struct {
	initialize  func() int32
	shutdown    func() int32
	count       func(n *uint32) int32
	handle      func(index uint32, device *uintptr) int32
	name        func(device uintptr, text *byte, length uint32) int32
	totalEnergy func(device uintptr, millijoules *uint64) int32
	powerUsage  func(device uintptr, milliwatts *uint32) int32
	// What follows is nil where the library has no such call.
	fields      func(device uintptr, n int32, values *fieldValue) int32
	temperature func(device uintptr, sensor uint32, celsius *uint32) int32
	clock       func(device uintptr, kind uint32, megahertz *uint32) int32
	utilisation func(device uintptr, u *utilisation) int32
	memory      func(device uintptr, m *memory) int32
	limit       func(device uintptr, milliwatts *uint32) int32
	throttle    func(device uintptr, reasons *uint64) int32
	managed     func(device uintptr, milliwatts *uint32) int32
	bounds      func(device uintptr, least, most *uint32) int32
	setLimit    func(device uintptr, milliwatts uint32) int32
	mig         func(device uintptr, current, pending *uint32) int32
}

// Discover finds one meter per GPU. close must be called when the meters are
// no longer read. It fails with ErrNotFound where there is no library or no
// GPU, and otherwise with what the first GPU says that tells no energy.
func Discover() (meters []power.Meter, close func(), err error) {
	lib, err := load()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return discover(lib, time.Now)
}

func discover(lib *library, now func() time.Time) ([]power.Meter, func(), error) {
	if err := check("nvmlInit_v2", lib.initialize()); err != nil {
		return nil, nil, err
	}
	meters, err := metersOf(lib, now)
	if err != nil {
		lib.shutdown()
		return nil, nil, err
	}
	return meters, func() { lib.shutdown() }, nil
}

func metersOf(lib *library, now func() time.Time) ([]power.Meter, error) {
	var n uint32
	if err := check("nvmlDeviceGetCount_v2", lib.count(&n)); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, fmt.Errorf("%w: the driver lists no GPU", ErrNotFound)
	}
	var meters []power.Meter
	for i := range n {
		m, err := meterOf(lib, i, now)
		if err != nil {
			// The energy of some GPUs would be taken for that of all.
			return nil, fmt.Errorf("GPU %d: %w", i, err)
		}
		meters = append(meters, m)
	}
	return meters, nil
}

// meterOf chooses: the counter, with power to bridge its updates; power alone
// where the GPU has no counter; and for a GPU that is one module with its
// processor, the module's, which the name says.
func meterOf(lib *library, index uint32, now func() time.Time) (power.Meter, error) {
	d := &device{lib: lib, index: index}
	if err := check("nvmlDeviceGetHandleByIndex_v2", lib.handle(index, &d.handle)); err != nil {
		return nil, err
	}
	o := pair.Options{Name: fmt.Sprintf("nvml GPU %d", index), Scope: power.ScopeGPU, Now: now, State: d.state}
	var text [96]byte
	if lib.name(d.handle, &text[0], uint32(len(text))) == success {
		name, _, _ := bytes.Cut(text[:], []byte{0})
		o.Name += " " + string(name)
	}
	if d.sliced() {
		return nil, ErrSliced
	}
	_, err := d.counter()()
	_, _, powerErr := d.watts()()
	if err != nil && !notSupported(err) {
		return nil, err
	}
	if err != nil && powerErr != nil {
		d.scope = scopeModule
		if _, merr := d.counter()(); merr != nil {
			if notSupported(powerErr) {
				return nil, fmt.Errorf("%w: %w", ErrTellsNothing, powerErr)
			}
			return nil, powerErr
		}
		// Processor and memory of the module are in it.
		o.Name += " (its whole module)"
		o.Scope = power.ScopeSoC
		err, powerErr = nil, nil
		if _, code := d.field(fieldPowerInstant, scopeModule); code != success {
			powerErr = check("nvmlDeviceGetFieldValues", code)
		}
	}
	if err == nil {
		o.Counter = d.counter()
	}
	if powerErr == nil {
		o.Power = d.watts()
	}
	m := pair.New(o)
	if _, err := m.Read(); err != nil {
		return nil, err
	}
	return m, nil
}

// sliced reports whether the GPU is divided (MIG): the energy of all slices
// is told for each.
func (d *device) sliced() bool {
	var current, pending uint32
	return d.lib.mig != nil && d.lib.mig(d.handle, &current, &pending) == success && current == 1
}

type device struct {
	lib    *library
	index  uint32
	handle uintptr
	// scope is the GPU, or the module around it.
	scope uint32
}
