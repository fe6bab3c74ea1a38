package ffi

import (
	"unsafe"

	"github.com/ebitengine/purego"
)

// poolParams mirrors ggml_threadpool_params.
type poolParams struct {
	CPUMask   [512]bool
	NThreads  int32
	Prio      int32
	Poll      uint32
	StrictCPU bool
	Paused    bool
	pad       [2]bool
}

// findThreadpool looks up the CPU backend's thread pool constructor, which it
// offers by name only. Without it every decode makes and joins its threads.
func (l *Lib) findThreadpool() {
	name := append([]byte("CPU"), 0)
	reg, _, _ := purego.SyscallN(l.sym.regByName, uintptr(unsafe.Pointer(&name[0])))
	if reg == 0 {
		return
	}
	fn := append([]byte("ggml_threadpool_new"), 0)
	l.sym.poolNew, _, _ = purego.SyscallN(l.sym.regProc, reg, uintptr(unsafe.Pointer(&fn[0])))
}

// AttachThreadpool gives c a thread pool of n threads that lives as long as
// the process. It reports whether the backend offers one.
func (c *Context) AttachThreadpool(n int) bool {
	if c.lib.sym.poolNew == 0 {
		return false
	}
	// Poll 50 is ggml's own default: spin for a moment between two graphs,
	// then sleep.
	p := &poolParams{NThreads: int32(n), Poll: 50}
	pool, _, _ := purego.SyscallN(c.lib.sym.poolNew, uintptr(unsafe.Pointer(p)))
	if pool == 0 {
		return false
	}
	purego.SyscallN(c.lib.sym.attachPool, c.ptr, pool, pool)
	return true
}
