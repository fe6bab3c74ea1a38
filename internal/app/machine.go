package app

import (
	"net/url"
	"path/filepath"
	"sync"

	"irori/internal/app/remote"
	"irori/internal/app/sensors"
	"irori/internal/hw"
)

// thisMachine is what this machine has; it is read once.
var thisMachine = sync.OnceValue(func() hw.Machine { return hw.Read(hw.Options{}) })

// availableMemory is the memory that may be used now, in bytes; 0 where it is
// not known.
func availableMemory() int64 {
	if a := hw.Read(hw.Options{}).Memory.Available; a != nil {
		return int64(*a)
	}
	return 0
}

// hasAccelerator reports whether the engine could compute on a GPU: there is
// one, and a library for one lies beside the engine.
func (e *Env) hasAccelerator() bool {
	if len(thisMachine().GPUs) == 0 {
		return false
	}
	dir, err := e.EngineDir()
	if err != nil {
		return false
	}
	for _, n := range []string{"cuda", "vulkan", "metal", "hip"} {
		if m, err := filepath.Glob(filepath.Join(dir, "*ggml-"+n+"*")); err == nil && len(m) > 0 {
			return true
		}
	}
	return false
}

// SensorOptions say which sensors the settings allow.
func (e *Env) SensorOptions() sensors.Options {
	c := e.Config.Energy
	return sensors.Options{Only: c.Named(), Wall: c.Wall, Replay: c.Replay}
}

// computesOnGPU reports whether what is asked for here may be computed on a GPU:
// by the engine, or by another program of this machine, of which that is not
// known.
func (e *Env) computesOnGPU() bool {
	if e.hasAccelerator() {
		return true
	}
	if len(thisMachine().GPUs) == 0 {
		return false
	}
	for _, b := range e.Config.Backends {
		if u, err := url.Parse(b.URL); err == nil && remote.Loopback(u.Hostname()) {
			return true
		}
	}
	return false
}
