// Package adapter names sets of LoRA adapters with their scales by keys, so
// that what computes need only compare strings. It applies nothing.
package adapter

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"irori/internal/engine/ffi"
	"irori/internal/gguf"
	"irori/internal/llm"
)

// Set are the adapters of a model, by name.
type Set map[string]Adapter

// Adapter is one that is loaded, or why it is not: one that cannot be used
// is no reason for its model not to answer.
type Adapter struct {
	LoRA  *ffi.LoRA
	Fault error
}

// Load loads an adapter for a model.
func Load(m *ffi.Model, path string) Adapter {
	if err := check(m, path); err != nil {
		return Adapter{Fault: err}
	}
	l, err := m.LoadLoRA(path)
	return Adapter{LoRA: l, Fault: err}
}

// check finds the reasons that the library only writes into its log.
func check(m *ffi.Model, path string) error {
	f, err := gguf.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if kind, _ := f.String("general.type"); kind != "adapter" {
		return fmt.Errorf("%s is no adapter: its general.type is %q", path, kind)
	}
	own, known := m.Meta("general.architecture")
	if arch := f.Architecture(); known && arch != own {
		return fmt.Errorf("%s is for models of the architecture %q, and this one's is %q", path, arch, own)
	}
	return nil
}

// loaded are the names of the adapters that can be used.
func (s Set) loaded() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if s[name].Fault == nil {
			out = append(out, name)
		}
	}
	return out
}

// Key names a choice of adapters and scales; sequences with different keys
// neither share cache nor a batch. model is for the error.
func (s Set) Key(list []llm.Adapter, model string) (string, error) {
	var parts []string
	for _, a := range list {
		if a.Scale == 0 {
			continue
		}
		if x := s[a.Name]; x.Fault != nil {
			return "", llm.Wrap(llm.CodeInvalidRequest, x.Fault, "adapter %q could not be loaded for %s", a.Name, model).
				WithParam("adapters").WithHint("check models.%s.adapters in the config", model)
		}
		if _, ok := s[a.Name]; !ok {
			hint := "name it under models." + model + ".adapters in the config"
			if loaded := s.loaded(); len(loaded) > 0 {
				hint = "loaded are " + strings.Join(loaded, ", ") + "; " + hint
			}
			return "", llm.Errorf(llm.CodeInvalidRequest, "adapter %q is not loaded for %s", a.Name, model).
				WithParam("adapters").WithHint("%s", hint)
		}
		parts = append(parts, fmt.Sprintf("%s:%g", a.Name, a.Scale))
	}
	slices.Sort(parts)
	return strings.Join(parts, ","), nil
}

// Parse is the inverse of Key.
func (s Set) Parse(key string) (list []*ffi.LoRA, scales []float32, err error) {
	if key == "" {
		return nil, nil, nil
	}
	for part := range strings.SplitSeq(key, ",") {
		i := strings.LastIndexByte(part, ':')
		scale, err := strconv.ParseFloat(part[i+1:], 32)
		if err != nil {
			return nil, nil, fmt.Errorf("adapter key %q: %w", key, err)
		}
		list, scales = append(list, s[part[:i]].LoRA), append(scales, float32(scale))
	}
	return list, scales, nil
}
