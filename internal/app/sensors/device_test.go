package sensors

import (
	"strings"
	"testing"
	"time"

	"irori/internal/power"
	"irori/internal/power/pair"
	"irori/internal/unit"
)

// What a sensor tells that stops, jumps or was hardly seen is no figure, and
// says why.
func TestDevicesThatStop(t *testing.T) {
	for name, c := range map[string]struct {
		counter bool
		scope   power.Scope
		// watts is the power in a second; below 0 there is none to be read.
		watts func(tick int) float64
		// frozen is the tick from which a counter, or power, stands still.
		frozen int
		jump   int
		flag   string
		figure bool
	}{
		"a counter":                  {true, power.ScopeCPU, steady, 1e6, 1e6, "", true},
		"a counter that stops":       {true, power.ScopeCPU, steady, 300, 1e6, "stood still for 15.1 of 30.0 s, though it moved at least every", false},
		"a counter that stops late":  {true, power.ScopeCPU, steady, 560, 1e6, "stood still for 2.0 of 30.0 s, though it moved at least every", true},
		"a counter that jumps":       {true, power.ScopeCPU, steady, 1e6, 300, "rose 1 times by more than the 1.50 kW that a device of its kind can take", false},
		"power":                      {false, power.ScopeWall, wavy, 1e6, 1e6, "", true},
		"power that cannot be":       {false, power.ScopeWall, func(i int) float64 { return 1e5 * wavy(i) }, 1e6, 1e6, "times by more than the 20.0 kW that a device of its kind can take", false},
		"power that stops":           {false, power.ScopeWall, wavy, 300, 1e6, "stood still for 15", false},
		"a card that falls asleep":   {false, power.ScopeGPU, func(i int) float64 { return wavy(i) * float64(max(0, min(1, 300-i))) }, 1e6, 1e6, "", true},
		"power that is never new":    {false, power.ScopeGPU, steady, 1e6, 1e6, "", true},
		"power that is told so late": {false, power.ScopeWall, func(i int) float64 { return wavy(i) * float64(max(-1, min(1, i-100))) }, 1e6, 1e6, "was known for only 83 % of the time", false},
	} {
		t.Run(name, func(t *testing.T) {
			at, joules, watts := time.Unix(1_700_000_000, 0), 0.0, 0.0
			now := func() time.Time { return at }
			o := pair.Options{Name: "it", Scope: c.scope, Now: now}
			if c.counter {
				o.Counter = func() (unit.Joules, error) { return unit.Joules(joules), nil }
			} else {
				o.Power = func() (unit.Watts, time.Time, error) {
					if watts < 0 {
						return 0, time.Time{}, errSilent
					}
					return unit.Watts(watts), time.Time{}, nil
				}
			}
			x := power.NewSampler(pair.New(o), power.SamplerOptions{Now: now})
			begin := at
			for i := range 601 {
				if i < c.frozen {
					watts = c.watts(i)
					joules += watts * 0.05
				}
				if i == c.jump {
					joules += 1e4
				}
				x.Take()
				at = at.Add(50 * time.Millisecond)
			}
			d := device(x, begin, begin.Add(30*time.Second), false)
			if flags := strings.Join(d.Flags, "; "); !strings.Contains(flags, c.flag) || (flags == "") != (c.flag == "") {
				t.Errorf("%q: %+v", flags, d)
			}
			if (d.Joules != nil) != c.figure || (d.Watts != nil) != c.figure || (d.MedianWatts != nil) && !c.figure {
				t.Errorf("%+v", d)
			}
		})
	}
}

func steady(int) float64 { return 60 }

func wavy(tick int) float64 { return 60 + float64(tick%7) }

type silent struct{}

func (silent) Error() string { return "it has fallen silent" }

var errSilent = silent{}
