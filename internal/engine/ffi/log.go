package ffi

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// The library's logger is one per process, so its Go side is too.
var (
	logMu sync.Mutex
	logFn func(level int, text string)
)

// setLogger makes log the library's logger. Callbacks are never freed, so it
// must be called once.
func setLogger(l *Lib, log func(level int, text string)) {
	logMu.Lock()
	logFn = log
	logMu.Unlock()
	cb := purego.NewCallback(func(level int32, text *byte, _ uintptr) {
		logMu.Lock()
		fn := logFn
		logMu.Unlock()
		if fn != nil && text != nil {
			fn(int(level), goString(text))
		}
	})
	purego.SyscallN(l.sym.logSet, cb, 0)
}

// goString copies a NUL-terminated C string.
func goString(p *byte) string {
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
