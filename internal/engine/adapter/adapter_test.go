package adapter

import (
	"errors"
	"strings"
	"testing"

	"irori/internal/engine/ffi"
	"irori/internal/llm"
)

func TestKeys(t *testing.T) {
	a, b := &ffi.LoRA{}, &ffi.LoRA{}
	s := Set{"a": {LoRA: a}, "b:c": {LoRA: b}, "bad": {Fault: errors.New("it is cut")}}
	x, err := s.Key([]llm.Adapter{{Name: "b:c", Scale: 0.5}, {Name: "a", Scale: 1}}, "m")
	if err != nil {
		t.Fatal(err)
	}
	y, err := s.Key([]llm.Adapter{{Name: "a", Scale: 1}, {Name: "b:c", Scale: 0.5}}, "m")
	if err != nil || x != y {
		t.Errorf("%q and %q: the order decides (%v)", x, y, err)
	}
	list, scales, err := s.Parse(x)
	if err != nil || len(list) != 2 || list[0] != a || list[1] != b || scales[0] != 1 || scales[1] != 0.5 {
		t.Errorf("%q is read as %v with %v: %v", x, list, scales, err)
	}
	if k, err := s.Key([]llm.Adapter{{Name: "a"}}, "m"); err != nil || k != "" {
		t.Errorf("an adapter without weight has the key %q (%v)", k, err)
	}
	if _, err := s.Key([]llm.Adapter{{Name: "bad", Scale: 1}}, "m"); llm.CodeOf(err) != llm.CodeInvalidRequest || !strings.Contains(err.Error(), "it is cut") {
		t.Errorf("one that could not be loaded: %v", err)
	}
	if _, err := s.Key([]llm.Adapter{{Name: "z", Scale: 1}}, "m"); err == nil || !strings.Contains(err.Error(), `"z"`) || err.(*llm.Error).Hint != "loaded are a, b:c; name it under models.m.adapters in the config" {
		t.Errorf("%v", err)
	}
}
