package nvml

import (
	"encoding/binary"
	"math"

	"irori/internal/power"
	"irori/internal/unit"
)

// The layouts of the library's structures.
type (
	utilisation struct{ gpu, memory uint32 }
	memory      struct{ total, free, used uint64 }
)

// The kinds that the library's calls ask for.
const (
	temperatureGPU = 0
	clockSM        = 1
)

// reasons are the bits that hold clocks down. Idle, settings of applications
// and the display's are none: they are no loss of speed under work.
var reasons = []struct {
	bit  uint64
	name string
}{
	{0x04, "power cap"},
	{0x08, "hardware slowdown"},
	{0x10, "sync boost"},
	{0x20, "software thermal"},
	{0x40, "hardware thermal"},
	{0x80, "power brake"},
}

// state reads how a GPU is. A call that the driver lacks, or the GPU refuses,
// leaves its figure out.
func (d *device) state() power.State {
	var st power.State
	figure := func(v float64) *float64 { return &v }
	var n uint32
	if d.lib.temperature != nil && d.lib.temperature(d.handle, temperatureGPU, &n) == success {
		st.TemperatureC = figure(float64(n))
	}
	if d.lib.clock != nil && d.lib.clock(d.handle, clockSM, &n) == success {
		st.ClockMHz = figure(float64(n))
	}
	var u utilisation
	if d.lib.utilisation != nil && d.lib.utilisation(d.handle, &u) == success {
		st.Utilisation, st.MemoryUtilisation = figure(float64(u.gpu)/100), figure(float64(u.memory)/100)
	}
	var m memory
	if d.lib.memory != nil && d.lib.memory(d.handle, &m) == success {
		used, total := unit.Bytes(m.used), unit.Bytes(m.total)
		st.MemoryUsed, st.MemoryTotal = &used, &total
	}
	if d.lib.limit != nil && d.lib.limit(d.handle, &n) == success && n > 0 {
		w := unit.Watts(float64(n) / 1e3)
		st.Limit = &w
	}
	var bits uint64
	if d.lib.throttle != nil && d.lib.throttle(d.handle, &bits) == success {
		for _, r := range reasons {
			if bits&r.bit != 0 {
				st.Throttled = append(st.Throttled, r.name)
			}
		}
	}
	return st
}

// field reads one figure of those that have numbers, in one scope. The call
// succeeds also where the field does not: each has its own code.
func (d *device) field(id, scope uint32) (float64, int32) {
	if d.lib.fields == nil {
		return 0, codeNotSupported
	}
	v := fieldValue{field: id, scope: scope}
	if code := d.lib.fields(d.handle, 1, &v); code != success {
		return 0, code
	}
	if v.code != success {
		return 0, v.code
	}
	switch v.kind {
	case kindUint32:
		return float64(binary.NativeEndian.Uint32(v.value[:])), success
	case kindUint64Long, kindUint64:
		return float64(binary.NativeEndian.Uint64(v.value[:])), success
	case kindDouble:
		if f := math.Float64frombits(binary.NativeEndian.Uint64(v.value[:])); f >= 0 {
			return f, success
		}
	}
	return 0, codeUnknown
}
