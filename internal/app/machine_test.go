package app

import (
	"strings"
	"testing"

	"irori/internal/power"
)

// The processor alone never stands for a machine that computes on its GPU.
func TestWhatEnergyIsKnownBy(t *testing.T) {
	model := power.DefaultCoreModel()
	one := []power.Source{{}}
	for _, c := range []struct {
		name                  string
		m                     meters
		accelerated           bool
		sources, model, apart bool
		unknown               string
	}{
		{"nothing", meters{}, false, false, true, false, ""},
		{"processor", meters{sources: one, processor: true}, false, true, true, false, ""},
		{"a GPU, nothing read", meters{}, true, false, false, false, "cannot be read"},
		{"a GPU, the processor read", meters{sources: one, processor: true}, true, false, false, false, "lesser part"},
		{"a GPU, read alone", meters{sources: one, gpu: true}, true, true, false, true, ""},
		{"a GPU, both read", meters{sources: one, gpu: true, processor: true}, true, true, false, false, ""},
	} {
		o, unknown := c.m.basis(c.accelerated, &model)
		if (len(o.Sources) > 0) != c.sources || (o.Model != nil) != c.model || (o.Apart != nil) != c.apart {
			t.Errorf("%s: %+v", c.name, o)
		}
		if (unknown == "") != (c.unknown == "") || !strings.Contains(unknown, c.unknown) {
			t.Errorf("%s: unknown is %q", c.name, unknown)
		}
	}
}
