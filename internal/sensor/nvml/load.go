package nvml

import (
	"errors"
	"fmt"

	"github.com/ebitengine/purego"
)

// load opens the first library that is there and finds its calls.
func load() (*library, error) {
	var errs error
	for _, name := range libraryNames() {
		h, err := openLibrary(name)
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		return bind(h)
	}
	return nil, errs
}

func bind(h uintptr) (*library, error) {
	lib := &library{}
	for _, c := range []struct {
		name string
		fn   any
		// optional calls are missing in old drivers.
		optional bool
	}{
		{"nvmlInit_v2", &lib.initialize, false},
		{"nvmlShutdown", &lib.shutdown, false},
		{"nvmlDeviceGetCount_v2", &lib.count, false},
		{"nvmlDeviceGetHandleByIndex_v2", &lib.handle, false},
		{"nvmlDeviceGetName", &lib.name, false},
		{"nvmlDeviceGetTotalEnergyConsumption", &lib.totalEnergy, false},
		{"nvmlDeviceGetPowerUsage", &lib.powerUsage, false},
		{"nvmlDeviceGetFieldValues", &lib.fields, true},
		{"nvmlDeviceGetTemperature", &lib.temperature, true},
		{"nvmlDeviceGetClockInfo", &lib.clock, true},
		{"nvmlDeviceGetUtilizationRates", &lib.utilisation, true},
		{"nvmlDeviceGetMemoryInfo", &lib.memory, true},
		{"nvmlDeviceGetEnforcedPowerLimit", &lib.limit, true},
		{"nvmlDeviceGetCurrentClocksThrottleReasons", &lib.throttle, true},
		{"nvmlDeviceGetPowerManagementLimit", &lib.managed, true},
		{"nvmlDeviceGetPowerManagementLimitConstraints", &lib.bounds, true},
		{"nvmlDeviceSetPowerManagementLimit", &lib.setLimit, true},
		{"nvmlDeviceGetMigMode", &lib.mig, true},
	} {
		addr, err := symbol(h, c.name)
		if err != nil && c.optional {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the driver library is too old: %w", err)
		}
		purego.RegisterFunc(c.fn, addr)
	}
	return lib, nil
}
