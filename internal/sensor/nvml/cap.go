package nvml

import (
	"errors"
	"fmt"

	"irori/internal/unit"
)

// Cap holds the GPUs of a machine to less power than they are held to by
// themselves. Only the system's administrator may.
type Cap struct {
	lib     *library
	devices []capped
}

type capped struct {
	index       uint32
	handle      uintptr
	was         uint32
	least, most uint32
}

// OpenCap finds the GPUs and what they may be held to. It changes nothing.
func OpenCap() (*Cap, error) {
	lib, err := load()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return openCap(lib)
}

func openCap(lib *library) (*Cap, error) {
	if err := check("nvmlInit_v2", lib.initialize()); err != nil {
		return nil, err
	}
	c := &Cap{lib: lib}
	if err := c.find(); err != nil {
		lib.shutdown()
		return nil, err
	}
	return c, nil
}

func (c *Cap) find() error {
	if c.lib.managed == nil || c.lib.bounds == nil || c.lib.setLimit == nil {
		return fmt.Errorf("the driver cannot limit power: %w", ErrTellsNothing)
	}
	var n uint32
	if err := check("nvmlDeviceGetCount_v2", c.lib.count(&n)); err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: the driver lists no GPU", ErrNotFound)
	}
	for i := range n {
		d := capped{index: i}
		for _, err := range []error{
			check("nvmlDeviceGetHandleByIndex_v2", c.lib.handle(i, &d.handle)),
			check("nvmlDeviceGetPowerManagementLimit", c.lib.managed(d.handle, &d.was)),
			check("nvmlDeviceGetPowerManagementLimitConstraints", c.lib.bounds(d.handle, &d.least, &d.most)),
		} {
			if err != nil {
				return fmt.Errorf("GPU %d: %w", i, err)
			}
		}
		c.devices = append(c.devices, d)
	}
	return nil
}

// Bounds are what all GPUs may be held to.
func (c *Cap) Bounds() (least, most unit.Watts) {
	for i, d := range c.devices {
		l, m := unit.Watts(d.least)/1000, unit.Watts(d.most)/1000
		if i == 0 || l > least {
			least = l
		}
		if i == 0 || m < most {
			most = m
		}
	}
	return least, most
}

// Set holds all GPUs to so much power each.
func (c *Cap) Set(w unit.Watts) error {
	for _, d := range c.devices {
		if err := check("nvmlDeviceSetPowerManagementLimit", c.lib.setLimit(d.handle, uint32(w*1000))); err != nil {
			return fmt.Errorf("GPU %d: %w", d.index, err)
		}
	}
	return nil
}

// Close holds the GPUs to what they were held to before.
func (c *Cap) Close() error {
	var errs []error
	for _, d := range c.devices {
		var now uint32
		if c.lib.managed(d.handle, &now) == success && now == d.was {
			continue
		}
		if err := check("nvmlDeviceSetPowerManagementLimit", c.lib.setLimit(d.handle, d.was)); err != nil {
			errs = append(errs, fmt.Errorf("GPU %d stays limited: %w", d.index, err))
		}
	}
	c.lib.shutdown()
	return errors.Join(errs...)
}
