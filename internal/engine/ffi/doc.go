// Package ffi binds the pinned llama.cpp shared libraries through purego,
// without a C compiler.
//
// It knows the struct layouts and symbols of exactly one release (see Want)
// and refuses every other one at Open, by version and by comparing the
// library's own defaults field by field. It guards the calls that would abort
// the process (see the individual methods), but a failed assertion inside the
// library still ends it: only a worker process may import this package.
//
// It knows nothing of scheduling, sampling policy, templates or protocols.
package ffi
