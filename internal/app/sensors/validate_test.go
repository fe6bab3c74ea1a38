package sensors

import (
	"testing"
	"time"

	"irori/internal/power"
	"irori/internal/power/pair"
	"irori/internal/unit"
)

// A synthetic card with a known name and load: what would be modelled is
// compared with what it tells.
func TestTheModelIsCompared(t *testing.T) {
	at, watts, busy := time.Unix(1000, 0), 70.0, 0.0
	now := func() time.Time { return at }
	m := pair.New(pair.Options{
		Name: "nvml GPU 0 NVIDIA H100 80GB HBM3", Scope: power.ScopeGPU, Now: now,
		Power: func() (unit.Watts, time.Time, error) { return unit.Watts(watts), time.Time{}, nil },
		State: func() power.State { return power.State{Utilisation: &busy} },
	})
	s := power.NewSampler(m, power.SamplerOptions{Now: now})
	var model trial
	for i := range 40 {
		if i == 20 {
			watts, busy = 650, 1
		}
		if i == 38 {
			watts = 900 // beyond what the board may take
		}
		for range 10 {
			at = at.Add(100 * time.Millisecond)
			s.Take()
		}
		model.note(at, []*power.Sampler{s})
	}
	got := model.results([]*power.Sampler{s}, nil)
	if len(got) != 1 || got[0].Windows < 38 || got[0].Covered < 0.9 || got[0].Covered >= 1 || !got[0].Enough {
		t.Errorf("%+v", got)
	}
}
