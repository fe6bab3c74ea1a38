package ollama

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"

	"irori/internal/llm"
)

// Options are what the object "options" of a request, or the parameters of a
// created model, ask for. What belongs to the loading of a model (num_ctx,
// num_gpu, …) is not among them: the server's own settings decide there.
type Options struct {
	Sampling  llm.Sampling
	MaxTokens *int
	Stop      []string
}

// maxStops bounds the stop strings.
const maxStops = 64

// DecodeOptions reads options. field is what the body calls them. Names that
// are not known are passed over, as Ollama does.
func DecodeOptions(raw json.RawMessage, field string) (*Options, error) {
	o := &Options{}
	if absent(raw) {
		return o, nil
	}
	var all map[string]json.RawMessage
	if err := read(raw, &all, field); err != nil {
		return nil, err
	}
	for _, f := range o.floats() {
		if v, err := number(all, field, f.name); err != nil {
			return nil, err
		} else if v != nil {
			if math.Abs(*v) > math.MaxFloat32 {
				return nil, invalid(field, "%s.%s is too large a number", field, f.name)
			}
			x := float32(*v)
			*f.to = &x
		}
	}
	for _, f := range o.ints() {
		v, err := whole(all, field, f.name)
		if err != nil {
			return nil, err
		}
		*f.to = v
	}
	if o.Sampling.TopK != nil {
		*o.Sampling.TopK = max(0, *o.Sampling.TopK)
	}
	if o.MaxTokens != nil && *o.MaxTokens <= 0 {
		o.MaxTokens = nil // as much as there is room for
	}
	seed, err := whole(all, field, "seed")
	if err != nil {
		return nil, err
	}
	if seed != nil && *seed >= 0 {
		s := uint32(*seed)
		o.Sampling.Seed = &s
	}
	o.Stop, err = stops(all["stop"], field+".stop")
	return o, err
}

// floatOption and intOption are options by their names.
type (
	floatOption struct {
		name string
		to   **float32
	}
	intOption struct {
		name string
		to   **int
	}
)

func (o *Options) floats() []floatOption {
	s := &o.Sampling
	return []floatOption{
		{"temperature", &s.Temperature}, {"top_p", &s.TopP}, {"min_p", &s.MinP}, {"typical_p", &s.TypicalP},
		{"repeat_penalty", &s.RepeatPenalty}, {"presence_penalty", &s.PresencePenalty},
		{"frequency_penalty", &s.FrequencyPenalty}, {"mirostat_tau", &s.MirostatTau}, {"mirostat_eta", &s.MirostatEta},
	}
}

func (o *Options) ints() []intOption {
	s := &o.Sampling
	return []intOption{
		{"top_k", &s.TopK}, {"repeat_last_n", &s.RepeatLastN}, {"mirostat", &s.Mirostat}, {"num_predict", &o.MaxTokens},
	}
}

func number(all map[string]json.RawMessage, field, name string) (*float64, error) {
	raw := all[name]
	if absent(raw) {
		return nil, nil
	}
	at := field + "." + name
	if kindOf(raw) != "number" {
		return nil, wrong(at, "a number", kindOf(raw))
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if errors.Is(err, strconv.ErrRange) {
		return nil, invalid(at, "%s is too large a number", at)
	} else if err != nil {
		return nil, wrong(at, "a number", "value "+short(string(raw)))
	}
	return &v, nil
}

// whole reads a whole number, also one that a client wrote as 40.0.
func whole(all map[string]json.RawMessage, field, name string) (*int, error) {
	v, err := number(all, field, name)
	if v == nil || err != nil {
		return nil, err
	}
	at := field + "." + name
	switch {
	case *v != math.Trunc(*v):
		return nil, wrong(at, "a whole number", "number "+short(string(all[name])))
	case math.Abs(*v) >= 1<<53:
		return nil, invalid(at, "%s is too large a number", at)
	}
	n := int(*v)
	return &n, nil
}

// stops reads a list of strings, or one.
func stops(raw json.RawMessage, at string) ([]string, error) {
	if absent(raw) {
		return nil, nil
	}
	if raw[0] == '"' {
		var one string
		if err := read(raw, &one, at); err != nil {
			return nil, err
		}
		return []string{one}, nil
	}
	var list []string
	if err := read(raw, &list, at); err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	if len(list) > maxStops {
		return nil, invalid(at, "%s has %d entries; at most %d are possible", at, len(list), maxStops)
	}
	return list, nil
}

// Fill gives a request what it leaves open: the defaults of a created model.
func (o *Options) Fill(r *llm.Request) {
	own := Options{Sampling: r.Sampling}
	mine, theirs := o.floats(), own.floats()
	for i := range theirs {
		if *theirs[i].to == nil {
			*theirs[i].to = *mine[i].to
		}
	}
	from, to := o.ints(), own.ints()
	for i := range to {
		if *to[i].to == nil && from[i].name != "num_predict" {
			*to[i].to = *from[i].to
		}
	}
	if own.Sampling.Seed == nil {
		own.Sampling.Seed = o.Sampling.Seed
	}
	r.Sampling = own.Sampling
	if r.MaxTokens == nil {
		r.MaxTokens = o.MaxTokens
	}
	if r.Stop == nil {
		r.Stop = o.Stop
	}
}

// encode writes the options of a request for an upstream.
func (o *Options) encode() (json.RawMessage, error) {
	all := map[string]any{}
	for _, f := range o.floats() {
		if *f.to != nil {
			all[f.name] = **f.to
		}
	}
	for _, f := range o.ints() {
		if *f.to != nil {
			all[f.name] = **f.to
		}
	}
	if o.Sampling.Seed != nil {
		all["seed"] = *o.Sampling.Seed
	}
	if len(o.Stop) > 0 {
		all["stop"] = o.Stop
	}
	if len(all) == 0 {
		return nil, nil
	}
	return marshal(all)
}
