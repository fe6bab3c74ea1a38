//go:build amd64 || arm64

package sandbox

// Narrow makes programs start in one way: 0 with a namespace of users, 1 with
// root's namespaces, 2 with none. The result undoes it.
func Narrow(way int32) func() {
	before := narrowed.Swap(way)
	return func() { narrowed.Store(before) }
}

// Narrowed is the way that this machine takes.
func Narrowed() int32 { return narrowed.Load() }

// Starved is whether a process waits for a processor.
var Starved = starved
