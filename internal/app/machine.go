package app

import (
	"errors"
	"log/slog"
	"path/filepath"
	"sync"

	"irori/internal/hw"
	"irori/internal/power"
	"irori/internal/sensor/nvml"
	"irori/internal/sensor/rapl"
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

// discoverMeters finds the sensors whose energies may be added: processors,
// and GPUs where the engine can compute on them. What cannot be read is left
// out, and doctor says why.
func (e *Env) discoverMeters(log *slog.Logger) (sources []power.Source, closeAll func()) {
	closeAll = func() {}
	meters, err := rapl.Discover("")
	if err != nil && !errors.Is(err, rapl.ErrNotFound) {
		log.Debug("processor energy cannot be read", "err", err)
	}
	if e.hasAccelerator() {
		gpus, done, err := nvml.Discover()
		if err != nil {
			log.Debug("GPU energy cannot be read", "err", err)
		}
		if done != nil {
			closeAll = done
		}
		meters = append(meters, gpus...)
	}
	for _, m := range meters {
		if _, err := m.Read(); err != nil {
			log.Debug("a sensor does not answer", "sensor", m.Name(), "err", err)
			continue
		}
		sources = append(sources, power.Source{Sampler: power.NewSampler(m, power.SamplerOptions{})})
	}
	return sources, closeAll
}
