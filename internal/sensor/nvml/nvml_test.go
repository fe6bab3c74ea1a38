package nvml

import (
	"encoding/binary"
	"errors"
	"math"
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
	// module are the codes of what is asked in the module's scope.
	module int32
	mig    uint32
	bits   uint64
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
			switch {
			case n != 1:
				return 2
			case v.scope == scopeModule:
				v.code, v.kind = f.module, kindUint64
				figure := f.millijoules
				if v.field == fieldPowerInstant {
					figure = uint64(f.instant)
				}
				binary.NativeEndian.PutUint64(v.value[:], figure)
			case v.field == fieldPowerInstant:
				v.code, v.kind = f.fields, kindUint32
				binary.NativeEndian.PutUint32(v.value[:], f.instant)
			default:
				v.code = 3
			}
			return 0
		},
		temperature: func(_ uintptr, kind uint32, c *uint32) int32 { *c = 71; return int32(kind) },
		clock:       func(_ uintptr, kind uint32, mhz *uint32) int32 { *mhz = 1980; return int32(kind) - clockSM },
		utilisation: func(_ uintptr, u *utilisation) int32 { *u = utilisation{93, 40}; return 0 },
		memory: func(_ uintptr, m *memory) int32 {
			*m = memory{total: 80 << 30, free: 79 << 30, used: 1 << 30}
			return 0
		},
		limit:    func(_ uintptr, mw *uint32) int32 { *mw = 700_000; return 0 },
		throttle: func(_ uintptr, b *uint64) int32 { *b = f.bits; return 0 },
		mig:      func(_ uintptr, now, later *uint32) int32 { *now, *later = f.mig, f.mig; return 0 },
	}
}

func TestTheFieldValueHasTheLibrarysLayout(t *testing.T) {
	var v fieldValue
	if s, o := unsafe.Sizeof(v), unsafe.Offsetof(v.value); s != 40 || o != 32 {
		t.Errorf("size %d, value at %d", s, o)
	}
	if o, k, c := unsafe.Offsetof(v.kind), unsafe.Offsetof(v.code), unsafe.Offsetof(v.scope); o != 24 || k != 28 || c != 4 {
		t.Errorf("type at %d, code at %d, scope at %d", o, k, c)
	}
	if m, u := unsafe.Sizeof(memory{}), unsafe.Sizeof(utilisation{}); m != 24 || u != 8 {
		t.Errorf("memory %d, utilisation %d", m, u)
	}
}

func TestTheCounterIsPreferred(t *testing.T) {
	f := &fake{gpus: 2, millijoules: 2500}
	meters, stop, err := discover(f.library(), time.Now)
	if err != nil || len(meters) != 2 {
		t.Fatal(meters, err)
	}
	first, _ := meters[1].Read()
	f.millijoules = 5000
	r, err := meters[1].Read()
	if d := float64(r.Energy - first.Energy); err != nil || math.Abs(d-2.5) > 1e-3 || power.ScopeOf(meters[1]) != power.ScopeGPU || meters[1].Class() != power.ClassCounter || meters[1].Name() != "nvml GPU 1 Fake" {
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
		if r, _ := meters[0].Read(); r.Energy != second.Energy || !r.Broken {
			t.Errorf("%s: a hole is filled: %+v", c.name, r)
		}
	}
}

func TestWhatIsNotThereIsNotZero(t *testing.T) {
	for name, f := range map[string]*fake{
		"no driver":   {initCode: 9},
		"no GPU":      {},
		"Tegra":       {gpus: 1, energyCode: 3, powerCode: 3, fields: 3, module: 3},
		"not allowed": {gpus: 1, energyCode: 4},
		"sliced":      {gpus: 1, mig: 1},
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

// Boards whose graphics share the processor's supply, and slices, say why they
// have no figure.
func TestWhyThereIsNoFigure(t *testing.T) {
	for want, f := range map[error]*fake{
		ErrTellsNothing: {gpus: 1, energyCode: 3, powerCode: 3, fields: 3, module: 3},
		ErrSliced:       {gpus: 1, mig: 1},
	} {
		if _, _, err := discover(f.library(), time.Now); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// Grace Hopper refuses the GPU's scope: the module's counts, and says so.
func TestTheModule(t *testing.T) {
	f := &fake{gpus: 1, energyCode: 3, powerCode: 3, fields: 3, millijoules: 9_000, instant: 500_000}
	at := time.Unix(1000, 0)
	meters, stop, err := discover(f.library(), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	first, _ := meters[0].Read()
	f.millijoules, at = 14_000, at.Add(10*time.Millisecond)
	r, err := meters[0].Read()
	if d := float64(r.Energy - first.Energy); err != nil || d != 5 || meters[0].Name() != "nvml GPU 0 Fake (its whole module)" || power.ScopeOf(meters[0]) != power.ScopeSoC {
		t.Errorf("%g J, %v, %s", d, err, meters[0].Name())
	}
}

// A counter that tells a hundredth of what power adds up to is dropped.
func TestTheCounterIsCompared(t *testing.T) {
	f := &fake{gpus: 1, instant: 65_000, average: 65_000}
	at := time.Unix(1000, 0)
	meters, stop, err := discover(f.library(), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for range 120 {
		at = at.Add(50 * time.Millisecond)
		f.millijoules += 32
		if _, err := meters[0].Read(); err != nil {
			t.Fatal(err)
		}
	}
	if meters[0].Class() != power.ClassIntegrated {
		t.Error(meters[0].Class())
	}
}

func TestState(t *testing.T) {
	f := &fake{gpus: 1, bits: 0x01 | 0x04 | 0x40 | 0x100}
	meters, stop, err := discover(f.library(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	st := meters[0].(power.Watched).State()
	if *st.TemperatureC != 71 || *st.ClockMHz != 1980 || *st.Utilisation != 0.93 || *st.MemoryUtilisation != 0.4 ||
		*st.MemoryUsed != 1<<30 || *st.MemoryTotal != 80<<30 || *st.Limit != 700 || strings.Join(st.Throttled, ",") != "power cap,hardware thermal" {
		t.Errorf("%+v", st)
	}
	// An old driver has none of these calls.
	lib := f.library()
	lib.temperature, lib.clock, lib.utilisation, lib.memory, lib.limit, lib.throttle, lib.mig, lib.fields = nil, nil, nil, nil, nil, nil, nil, nil
	old, stop, err := discover(lib, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if st := old[0].(power.Watched).State(); st.TemperatureC != nil || st.Limit != nil || st.Throttled != nil {
		t.Errorf("%+v", st)
	}
}
