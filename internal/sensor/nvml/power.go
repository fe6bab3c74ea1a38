package nvml

import (
	"encoding/binary"
	"math"
	"time"

	"irori/internal/power"
	"irori/internal/unit"
)

// maxHole is how far apart two readings of power may be for the energy between
// them to be known.
const maxHole = 2 * time.Second

// integrated adds up power that is polled: a straight line between readings.
type integrated struct {
	device
	now    func() time.Time
	last   time.Time
	watts  float64
	joules float64
}

// Class implements power.Meter.
func (p *integrated) Class() power.Class { return power.ClassIntegrated }

// Read implements power.Meter. After a hole the counter starts again at 0,
// which its reader sees as a reset: the energy in the hole is not known.
func (p *integrated) Read() (power.Reading, error) {
	watts, err := p.read()
	if err != nil {
		return power.Reading{}, err
	}
	at := p.now()
	switch dt := at.Sub(p.last); {
	case p.last.IsZero():
		// Above 0, so that a restart is seen as a counter that went down.
		p.joules = 1
	case dt > maxHole:
		p.joules = math.Nextafter(0, 1)
	default:
		p.joules += (p.watts + watts) / 2 * dt.Seconds()
	}
	p.last, p.watts = at, watts
	return power.Reading{At: at, Energy: unit.Joules(p.joules)}, nil
}

// read returns the power now, or the driver's average where it has no such
// field.
func (p *integrated) read() (float64, error) {
	if w, ok := p.instant(); ok {
		return w, nil
	}
	var mw uint32
	if err := check("nvmlDeviceGetPowerUsage", p.lib.powerUsage(p.handle, &mw)); err != nil {
		return 0, err
	}
	return float64(mw) / 1e3, nil
}

func (p *integrated) instant() (float64, bool) {
	if p.lib.fields == nil {
		return 0, false
	}
	v := fieldValue{field: fieldPowerInstant}
	// The call succeeds also where the field does not.
	if p.lib.fields(p.handle, 1, &v) != success || v.code != success {
		return 0, false
	}
	switch v.kind {
	case kindUint32:
		return float64(binary.NativeEndian.Uint32(v.value[:])) / 1e3, true
	case kindUint64Long, kindUint64:
		return float64(binary.NativeEndian.Uint64(v.value[:])) / 1e3, true
	case kindDouble:
		w := math.Float64frombits(binary.NativeEndian.Uint64(v.value[:])) / 1e3
		return w, w >= 0
	}
	return 0, false
}
