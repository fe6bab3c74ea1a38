package nvml

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"irori/internal/power"
)

// fake is a driver library whose answers a test sets.
type fake struct {
	gpus                          uint32
	energyCode, powerCode, fields int32
	millijoules                   uint64
	average, instant              uint32
	initCode                      int32
	open                          int
}

func (f *fake) library() *library {
	return &library{
		initialize: func() int32 { f.open++; return f.initCode },
		shutdown:   func() int32 { f.open--; return 0 },
		count:      func(n *uint32) int32 { *n = f.gpus; return 0 },
		handle:     func(i uint32, d *uintptr) int32 { *d = uintptr(i + 100); return 0 },
		name: func(_ uintptr, text *byte, n uint32) int32 {
			copy(unsafe.Slice(text, n), "Fake\x00")
			return 0
		},
		totalEnergy: func(_ uintptr, mj *uint64) int32 { *mj = f.millijoules; return f.energyCode },
		powerUsage:  func(_ uintptr, mw *uint32) int32 { *mw = f.average; return f.powerCode },
		fields: func(_ uintptr, n int32, v *fieldValue) int32 {
			if n != 1 || v.field != fieldPowerInstant {
				return 2
			}
			v.code, v.kind = f.fields, kindUint32
			binary.NativeEndian.PutUint32(v.value[:], f.instant)
			return 0
		},
	}
}

func TestTheFieldValueHasTheLibrarysLayout(t *testing.T) {
	var v fieldValue
	if s, o := unsafe.Sizeof(v), unsafe.Offsetof(v.value); s != 40 || o != 32 {
		t.Errorf("size %d, value at %d", s, o)
	}
}

func TestTheCounterIsPreferred(t *testing.T) {
	f := &fake{gpus: 2, millijoules: 2500}
	meters, stop, err := discover(f.library(), time.Now)
	if err != nil || len(meters) != 2 {
		t.Fatal(meters, err)
	}
	r, err := meters[1].Read()
	if err != nil || float64(r.Energy) != 2.5 || meters[1].Class() != power.ClassCounter || meters[1].Name() != "nvml GPU 1 Fake" {
		t.Errorf("%+v %v %s %s", r, err, meters[1].Class(), meters[1].Name())
	}
	f.energyCode = 15
	if _, err := meters[0].Read(); err == nil || !strings.Contains(err.Error(), "GPU is lost") {
		t.Errorf("a lost GPU reads: %v", err)
	}
	stop()
	if f.open != 0 {
		t.Error("the library is left open")
	}
}

func TestPowerIsAddedUpWhereThereIsNoCounter(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields int32
		want   float64
	}{{"instant", 0, 100}, {"average, per field code", 3, 60}} {
		f := &fake{gpus: 1, energyCode: 3, fields: c.fields, instant: 100_000, average: 60_000}
		at := time.Unix(1000, 0)
		meters, stop, err := discover(f.library(), func() time.Time { return at })
		if err != nil {
			t.Fatal(c.name, err)
		}
		defer stop()
		first, _ := meters[0].Read()
		at = at.Add(time.Second)
		second, err := meters[0].Read()
		if got := float64(second.Energy - first.Energy); err != nil || got != c.want || meters[0].Class() != power.ClassIntegrated {
			t.Errorf("%s: %g J, %v, %s", c.name, got, err, meters[0].Class())
		}
		at = at.Add(time.Minute)
		if r, _ := meters[0].Read(); r.Energy >= second.Energy || r.Wrap != 0 {
			t.Errorf("%s: a hole is filled: %+v", c.name, r)
		}
	}
}

func TestWhatIsNotThereIsNotZero(t *testing.T) {
	for name, f := range map[string]*fake{
		"no driver":   {initCode: 9},
		"no GPU":      {},
		"Tegra":       {gpus: 1, energyCode: 3, powerCode: 3, fields: 3},
		"not allowed": {gpus: 1, energyCode: 4},
	} {
		if meters, _, err := discover(f.library(), time.Now); err == nil || len(meters) > 0 {
			t.Errorf("%s: %d meters, %v", name, len(meters), err)
		}
		if name != "no driver" && f.open != 0 {
			t.Errorf("%s: the library is left open", name)
		}
	}
}

func TestDiscoverHere(t *testing.T) {
	meters, stop, err := Discover()
	if err == nil {
		defer stop()
		for _, m := range meters {
			r, err := m.Read()
			t.Log(m.Name(), m.Class(), r.Energy, err)
		}
		return
	}
	if _, there := os.Stat("/proc/driver/nvidia"); there != nil && !errors.Is(err, ErrNotFound) {
		t.Errorf("without a driver: %v", err)
	}
}
