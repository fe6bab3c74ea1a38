package sample

import (
	"fmt"
	"math"

	"irori/internal/llm"
)

// Params are complete sampler parameters: every value is set.
type Params struct {
	Temperature, TopP, MinP, TypicalP float64
	TopK                              int

	// TopNSigma keeps what lies within so many standard deviations of the
	// best logit; 0 and below are off.
	TopNSigma float64
	// XTCProbability is how often XTC acts, XTCThreshold what counts as
	// likely there; above 0.5 it is off.
	XTCProbability, XTCThreshold float64
	// DynatempRange is how far the temperature moves with the entropy.
	DynatempRange, DynatempExponent float64
	// Mirostat is 0 or 2.
	Mirostat                 int
	MirostatTau, MirostatEta float64

	RepeatPenalty, Presence, Frequency float64
	RepeatLastN                        int

	DRYMultiplier, DRYBase           float64
	DRYAllowedLength, DRYPenaltyLast int
	DRYBreakers                      []string

	Bias map[int32]float32
	Seed uint32
	// Seeded is false where the seed was not chosen by the client.
	Seeded bool
}

// Defaults are llama.cpp's.
func Defaults() Params {
	return Params{
		Temperature: 0.8, TopP: 0.95, MinP: 0.05, TypicalP: 1, TopK: 40,
		XTCThreshold: 0.1, DynatempExponent: 1, MirostatTau: 5, MirostatEta: 0.1,
		RepeatPenalty: 1, RepeatLastN: 64,
		DRYBase: 1.75, DRYAllowedLength: 2, DRYPenaltyLast: -1,
		DRYBreakers: []string{"\n", ":", "\"", "*"},
	}
}

// With returns p with what the request says, or an error that names the field.
func (p Params) With(s llm.Sampling) (Params, error) {
	for _, f := range []struct {
		name     string
		from     *float32
		to       *float64
		min, max float64
	}{
		{"temperature", s.Temperature, &p.Temperature, 0, 1e3},
		{"top_p", s.TopP, &p.TopP, 0, 1},
		{"min_p", s.MinP, &p.MinP, 0, 1},
		{"typical_p", s.TypicalP, &p.TypicalP, 0, 1},
		{"top_n_sigma", s.TopNSigma, &p.TopNSigma, -1e3, 1e3},
		{"xtc_probability", s.XTCProbability, &p.XTCProbability, 0, 1},
		{"xtc_threshold", s.XTCThreshold, &p.XTCThreshold, 0, 1},
		{"dynatemp_range", s.DynatempRange, &p.DynatempRange, 0, 1e3},
		{"dynatemp_exponent", s.DynatempExponent, &p.DynatempExponent, 0, 1e3},
		{"mirostat_tau", s.MirostatTau, &p.MirostatTau, 0, 1e3},
		{"mirostat_eta", s.MirostatEta, &p.MirostatEta, 0, 1e3},
		{"repeat_penalty", s.RepeatPenalty, &p.RepeatPenalty, 1e-3, 1e3},
		{"presence_penalty", s.PresencePenalty, &p.Presence, -1e2, 1e2},
		{"frequency_penalty", s.FrequencyPenalty, &p.Frequency, -1e2, 1e2},
		{"dry_multiplier", s.DRYMultiplier, &p.DRYMultiplier, 0, 1e3},
		{"dry_base", s.DRYBase, &p.DRYBase, 1, 1e3},
	} {
		if f.from == nil {
			continue
		}
		v := float64(*f.from)
		if math.IsNaN(v) || v < f.min || v > f.max {
			return p, llm.Errorf(llm.CodeInvalidRequest, "%s is %v; it must be from %v to %v", f.name, v, f.min, f.max).WithParam(f.name)
		}
		*f.to = v
	}
	for _, f := range []struct {
		name     string
		from     *int
		to       *int
		min, max int
	}{
		{"top_k", s.TopK, &p.TopK, -1, math.MaxInt32},
		{"repeat_last_n", s.RepeatLastN, &p.RepeatLastN, -1, math.MaxInt32},
		{"dry_allowed_length", s.DRYAllowedLength, &p.DRYAllowedLength, 0, 1 << 20},
		{"dry_penalty_last_n", s.DRYPenaltyLastN, &p.DRYPenaltyLast, -1, math.MaxInt32},
	} {
		if f.from == nil {
			continue
		}
		if *f.from < f.min || *f.from > f.max {
			return p, llm.Errorf(llm.CodeInvalidRequest, "%s is %d; it must be from %d to %d", f.name, *f.from, f.min, f.max).WithParam(f.name)
		}
		*f.to = *f.from
	}
	if m := s.Mirostat; m != nil {
		if *m != 0 && *m != 2 {
			return p, llm.Errorf(llm.CodeUnsupported, "mirostat is %d; only 2 is supported, and 0 for off", *m).WithParam("mirostat")
		}
		p.Mirostat = *m
	}
	if s.DRYBreakers != nil {
		p.DRYBreakers = s.DRYBreakers
	}
	if s.LogitBias != nil {
		p.Bias = s.LogitBias
	}
	if s.Seed != nil {
		p.Seed, p.Seeded = *s.Seed, true
	}
	return p, nil
}

// String prints the parameters that decide the draw.
func (p Params) String() string {
	return fmt.Sprintf("temperature %g, top-k %d, top-p %g, min-p %g", p.Temperature, p.TopK, p.TopP, p.MinP)
}
