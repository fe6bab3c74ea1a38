package nvml

import (
	"errors"
	"testing"

	"irori/internal/unit"
)

// capLibrary is two GPUs that may be limited unless it is forbidden.
func capLibrary(limits []uint32, forbidden *bool) *library {
	return &library{
		initialize: func() int32 { return 0 }, shutdown: func() int32 { return 0 },
		count:   func(n *uint32) int32 { *n = uint32(len(limits)); return 0 },
		handle:  func(i uint32, h *uintptr) int32 { *h = uintptr(i); return 0 },
		managed: func(h uintptr, mw *uint32) int32 { *mw = limits[h]; return 0 },
		bounds: func(h uintptr, least, most *uint32) int32 {
			*least, *most = 100_000+uint32(h)*50_000, 400_000-uint32(h)*50_000
			return 0
		},
		setLimit: func(h uintptr, mw uint32) int32 {
			if *forbidden {
				return 4
			}
			limits[h] = mw
			return 0
		},
	}
}

func TestCapIsTakenBack(t *testing.T) {
	limits, forbidden := []uint32{350_000, 300_000}, false
	c, err := openCap(capLibrary(limits, &forbidden))
	if err != nil {
		t.Fatal(err)
	}
	if least, most := c.Bounds(); least != 150 || most != 350 {
		t.Errorf("from %v to %v", least, most)
	}
	if err := c.Set(unit.Watts(200)); err != nil || limits[0] != 200_000 || limits[1] != 200_000 {
		t.Errorf("%v %v", err, limits)
	}
	if err := c.Close(); err != nil || limits[0] != 350_000 || limits[1] != 300_000 {
		t.Errorf("%v %v", err, limits)
	}
}

func TestCapIsRefused(t *testing.T) {
	limits, forbidden := []uint32{350_000}, true
	c, err := openCap(capLibrary(limits, &forbidden))
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if err := c.Set(200); !errors.As(err, &e) || e.Code != 4 {
		t.Errorf("got %v", err)
	}
	// Nothing was changed, so that nothing needs to be taken back.
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	old := capLibrary(limits, &forbidden)
	old.setLimit = nil
	if _, err := openCap(old); !errors.Is(err, ErrTellsNothing) {
		t.Errorf("got %v", err)
	}
}
