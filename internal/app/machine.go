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

// meters are the sensors whose energies may be added.
type meters struct {
	sources []power.Source
	// processor and gpu say what they count.
	processor, gpu bool
	release        func()
}

// discoverMeters finds the counters of processors, and of GPUs where the engine
// can compute on them. What cannot be read is left out, and doctor says why.
func (e *Env) discoverMeters(log *slog.Logger) meters {
	out := meters{release: func() {}}
	found, err := rapl.Discover("")
	if err != nil && !errors.Is(err, rapl.ErrNotFound) {
		log.Debug("processor energy cannot be read", "err", err)
	}
	out.processor = out.add(found, log)
	if e.hasAccelerator() {
		gpus, done, err := nvml.Discover()
		if err != nil {
			log.Debug("GPU energy cannot be read", "err", err)
		}
		if done != nil {
			out.release = done
		}
		out.gpu = out.add(gpus, log)
	}
	return out
}

// add takes the meters that answer, and reports whether any does.
func (m *meters) add(found []power.Meter, log *slog.Logger) bool {
	before := len(m.sources)
	for _, x := range found {
		if _, err := x.Read(); err != nil {
			log.Debug("a sensor does not answer", "sensor", x.Name(), "err", err)
			continue
		}
		m.sources = append(m.sources, power.Source{Sampler: power.NewSampler(x, power.SamplerOptions{})})
	}
	return len(m.sources) > before
}

// basis decides what energy is known by. Where the engine can compute on a GPU
// the processor is the lesser part of it: told alone, it would be taken for
// the whole, whether it was measured or modelled. unknown says why energy is.
func (m meters) basis(accelerated bool, model *power.CoreModel) (o power.AttributionOptions, unknown string) {
	switch {
	case !accelerated:
		return power.AttributionOptions{Sources: m.sources, Model: model}, ""
	case !m.gpu && m.processor:
		return o, "the engine can use a GPU whose energy cannot be read; the processor's counter alone would tell the lesser part"
	case !m.gpu:
		return o, "the engine can use a GPU whose energy cannot be read"
	case !m.processor:
		return power.AttributionOptions{Sources: m.sources, Apart: model}, ""
	}
	return power.AttributionOptions{Sources: m.sources}, ""
}
