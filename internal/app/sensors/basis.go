package sensors

import "irori/internal/power"

// Basis decides what energy is known by. Where what is asked for may be
// computed on a GPU, the processor is the lesser part of it: told alone, it
// would be taken for the whole, whether it was measured or modelled. unknown
// says why energy is.
func (s *Set) Basis(accelerated bool, model *power.CoreModel) (o power.AttributionOptions, unknown string) {
	whole := s.counts(power.ScopeSoC, power.ScopeSystem, power.ScopeWall)
	processor := whole || s.counts(power.ScopeCPU, power.ScopePlatform)
	gpu := whole || s.counts(power.ScopeGPU)
	var sources []power.Source
	for _, m := range s.Used {
		sources = append(sources, power.Source{Sampler: power.NewSampler(m, power.SamplerOptions{})})
	}
	switch {
	case !accelerated:
		return power.AttributionOptions{Sources: sources, Model: model}, ""
	case !gpu && processor:
		return o, "a GPU can be used whose energy cannot be read; the processor's counter alone would tell the lesser part"
	case !gpu:
		return o, "a GPU can be used whose energy cannot be read"
	case !processor:
		return power.AttributionOptions{Sources: sources, Apart: model}, ""
	}
	return power.AttributionOptions{Sources: sources}, ""
}
