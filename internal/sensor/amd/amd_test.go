package amd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"irori/internal/power"
)

// fake is a library with two cards, the first of which has two dies.
type fake struct {
	major   uint32
	ticks   map[uintptr]uint64
	code    int32
	open    int
	scale   float32
	sockets uint32
}

func newFake() *fake {
	return &fake{major: 25, ticks: map[uintptr]uint64{10: 5198685762204, 11: 0, 20: 1000}, scale: 15.3, sockets: 2}
}

func (f *fake) library() *library {
	list := func(all []uintptr) func(*uint32, *uintptr) int32 {
		return func(n *uint32, to *uintptr) int32 {
			if to == nil {
				*n = uint32(len(all))
				return 0
			}
			copy(unsafe.Slice(to, *n), all)
			return 0
		}
	}
	return &library{
		initialize: func(flags uint64) int32 { f.open++; return int32(flags) - gpusOnly },
		shutdown:   func() int32 { f.open--; return 0 },
		version:    func(v *version) int32 { v.first, v.second = f.major, 3; return 0 },
		sockets: func(n *uint32, to *uintptr) int32 {
			if f.sockets != 2 {
				*n = f.sockets
				return 0
			}
			return list([]uintptr{1, 2})(n, to)
		},
		processors: func(s uintptr, n *uint32, to *uintptr) int32 {
			if s == 1 {
				return list([]uintptr{10, 11})(n, to)
			}
			return list([]uintptr{20})(n, to)
		},
		address: func(p uintptr, bdf *uint64) int32 { *bdf = uint64(p)<<8 | 1<<3; return 0 },
		energy: func(p uintptr, a *uint64, r *float32, _ *uint64) int32 {
			*a, *r = f.ticks[p], f.scale
			return f.code
		},
	}
}

// All cards count, not the first alone; the die that tells nothing is told of
// by the other.
func TestAllCards(t *testing.T) {
	f := newFake()
	meters, stop, err := discover(f.library(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range meters {
		names = append(names, m.Name())
	}
	if got := fmt.Sprint(names); got != "[amd GPU 0 at 0000:0a:01.0 amd GPU 1 at 0000:14:01.0]" {
		t.Error(got)
	}
	first, _ := meters[1].Read()
	f.ticks[20] += 1_000_000
	r, err := meters[1].Read()
	if d := float64(r.Energy - first.Energy); err != nil || d < 15.299 || d > 15.301 {
		t.Errorf("%g J, %v", d, err)
	}
	f.code = 2
	if _, err := meters[1].Read(); err == nil {
		t.Error("a call that fails reads")
	}
	stop()
	if f.open != 0 {
		t.Error("the library is left open")
	}
}

// A counter that is frozen inside the process is dropped for the kernel's
// power.
func TestAFrozenCounter(t *testing.T) {
	f, root := newFake(), t.TempDir()
	dir := filepath.Join(root, "bus/pci/devices/0000:0a:01.0/hwmon/hwmon2")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "power1_average"), []byte("120000000\n"), 0o644)); err != nil {
		t.Skip("names have colons in them:", err)
	}
	at := time.Unix(1000, 0)
	meters, stop, err := discover(f.library(), root, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for range 150 {
		at = at.Add(50 * time.Millisecond)
		if _, err := meters[0].Read(); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := meters[0].Read()
	at = at.Add(time.Second)
	after, err := meters[0].Read()
	if d := float64(after.Energy - before.Energy); err != nil || meters[0].Class() != power.ClassIntegrated || d < 119 || d > 121 {
		t.Errorf("%g J by %s, %v", d, meters[0].Class(), err)
	}
}

func TestUnknownLayoutsAreRefused(t *testing.T) {
	for _, major := range []uint32{0, 1, 23, 27, 1 << 30} {
		f := newFake()
		f.major = major
		if _, _, err := discover(f.library(), t.TempDir(), time.Now); !errors.Is(err, ErrVersion) || f.open != 0 {
			t.Errorf("%d: %v", major, err)
		}
	}
	f := newFake()
	f.sockets = 1 << 30
	if _, _, err := discover(f.library(), t.TempDir(), time.Now); err == nil {
		t.Error("a thousand million sockets are believed")
	}
	f = newFake()
	f.sockets = 0
	if _, _, err := discover(f.library(), t.TempDir(), time.Now); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	f = newFake()
	f.scale = 0
	if _, _, err := discover(f.library(), t.TempDir(), time.Now); err == nil {
		t.Error("a counter without steps is believed")
	}
	// What the library writes of its version must have room.
	if s := unsafe.Sizeof(version{}); s < 32 {
		t.Errorf("%d bytes", s)
	}
}
