package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"

	"irori/internal/app/sensors"
	"irori/internal/hw"
	"irori/internal/power"
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

// meters are the sensors whose energies may be added.
type meters struct {
	sources []power.Source
	// processor and gpu say what they count.
	processor, gpu bool
	release        func()
}

// discoverMeters finds what counts the machine, GPUs only where the engine can
// compute on them: a card that others use would be charged here. What cannot
// be read is left out, and doctor says why.
func (e *Env) discoverMeters(log *slog.Logger) meters {
	o := e.SensorOptions()
	accelerated := e.hasAccelerator()
	o.NoGPU = !accelerated
	set := sensors.Find(context.Background(), o)
	for _, m := range set.Missing {
		log.Debug("a sensor cannot be read", "sensor", m.What, "why", m.Why)
	}
	out := meters{release: set.Close}
	whole := set.Counts(power.ScopeSoC, power.ScopeSystem, power.ScopeWall)
	out.processor = whole || set.Counts(power.ScopeCPU, power.ScopePlatform)
	out.gpu = whole || set.Counts(power.ScopeGPU)
	for _, x := range set.Used {
		out.sources = append(out.sources, power.Source{Sampler: power.NewSampler(x, power.SamplerOptions{})})
	}
	return out
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
