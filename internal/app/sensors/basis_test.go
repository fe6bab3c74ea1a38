package sensors

import (
	"strings"
	"testing"

	"irori/internal/power"
	"irori/internal/power/pair"
)

// The processor alone never stands for a machine that computes on its GPU.
func TestWhatEnergyIsKnownBy(t *testing.T) {
	model := power.DefaultCoreModel()
	for _, c := range []struct {
		name                  string
		scopes                []power.Scope
		accelerated           bool
		sources, model, apart bool
		unknown               string
	}{
		{"nothing", nil, false, false, true, false, ""},
		{"processor", []power.Scope{power.ScopeCPU}, false, true, true, false, ""},
		{"a GPU, nothing read", nil, true, false, false, false, "cannot be read"},
		{"a GPU, the processor read", []power.Scope{power.ScopeCPU}, true, false, false, false, "lesser part"},
		{"a GPU, the platform read", []power.Scope{power.ScopePlatform}, true, false, false, false, "lesser part"},
		{"a GPU, read alone", []power.Scope{power.ScopeGPU}, true, true, false, true, ""},
		{"a GPU, both read", []power.Scope{power.ScopeCPU, power.ScopeGPU}, true, true, false, false, ""},
		{"a GPU, the wall", []power.Scope{power.ScopeWall}, true, true, false, false, ""},
		{"a chip that is all", []power.Scope{power.ScopeSoC}, true, true, false, false, ""},
	} {
		set := &Set{}
		for _, s := range c.scopes {
			set.Used = append(set.Used, pair.New(pair.Options{Name: string(s), Scope: s}))
		}
		o, unknown := set.Basis(c.accelerated, &model)
		if (len(o.Sources) > 0) != c.sources || (o.Model != nil) != c.model || (o.Apart != nil) != c.apart {
			t.Errorf("%s: %+v", c.name, o)
		}
		if (unknown == "") != (c.unknown == "") || !strings.Contains(unknown, c.unknown) {
			t.Errorf("%s: unknown is %q", c.name, unknown)
		}
	}
}
