package nvml

import (
	"time"

	"irori/internal/unit"
)

// watts returns what reads a GPU's power: now, or the driver's average where
// it has no such field. The average is over a second on newer GPUs.
func (d *device) watts() func() (unit.Watts, time.Time, error) {
	return func() (unit.Watts, time.Time, error) {
		if mw, code := d.field(fieldPowerInstant, d.scope); code == success {
			return unit.Watts(mw / 1e3), time.Time{}, nil
		}
		if d.scope != scopeGPU {
			return 0, time.Time{}, &Error{Call: "nvmlDeviceGetFieldValues", Code: codeNotSupported}
		}
		var mw uint32
		if err := check("nvmlDeviceGetPowerUsage", d.lib.powerUsage(d.handle, &mw)); err != nil {
			return 0, time.Time{}, err
		}
		return unit.Watts(float64(mw) / 1e3), time.Time{}, nil
	}
}

// counter returns what reads a GPU's own counter, which starts with the
// driver.
func (d *device) counter() func() (unit.Joules, error) {
	return func() (unit.Joules, error) {
		if d.scope != scopeGPU {
			mj, code := d.field(fieldEnergy, d.scope)
			return unit.Joules(mj / 1e3), check("nvmlDeviceGetFieldValues", code)
		}
		var mj uint64
		err := check("nvmlDeviceGetTotalEnergyConsumption", d.lib.totalEnergy(d.handle, &mj))
		return unit.Joules(float64(mj) / 1e3), err
	}
}
