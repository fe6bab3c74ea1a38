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
	"irori/internal/llm"
)

// Set are the adapters that are loaded for a model, by name.
type Set map[string]*ffi.LoRA

// Key names a choice of adapters and scales; sequences with different keys
// neither share cache nor a batch. model is for the error.
func (s Set) Key(list []llm.Adapter, model string) (string, error) {
	var parts []string
	for _, a := range list {
		if a.Scale == 0 {
			continue
		}
		if _, ok := s[a.Name]; !ok {
			hint := "name it under models." + model + ".adapters in the config"
			if len(s) > 0 {
				hint = "loaded are " + strings.Join(slices.Sorted(maps.Keys(s)), ", ") + "; " + hint
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
		list, scales = append(list, s[part[:i]]), append(scales, float32(scale))
	}
	return list, scales, nil
}
