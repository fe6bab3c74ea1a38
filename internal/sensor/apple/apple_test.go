package apple

import (
	"math"
	"strings"
	"testing"
	"time"

	"irori/internal/power"
)

// Only exact names count: cores and clusters are in the whole.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"CPU Energy": "CPU", "DIE_1_CPU Energy": "CPU", "GPU Energy": "GPU", "ANE": "ANE", "ANE0": "ANE", "ANE0_1": "ANE", "DRAM": "DRAM", "DRAM0_1": "DRAM",
		"ECPU0": "", "PCPU CPU Energy": "", "GPU SRAM": "", "GPU Energy Counter": "", "ANE SRAM": "", "DRAM BW": "", "": "", "CPU Energy ": "CPU",
	} {
		if got := partOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

type chip struct {
	at                  time.Time
	cpu, gpu, ane, dram int64
	unit                string
}

func (c *chip) read() ([]channel, error) {
	return []channel{
		{"CPU Energy", c.unit, c.cpu}, {"ECPU0", c.unit, 99999}, {"GPU Energy", "nJ", c.gpu}, {"ANE0", "uJ", c.ane}, {"DRAM0", "mJ ", c.dram},
	}, nil
}

func open(t *testing.T) (*chip, power.Meter) {
	t.Helper()
	c := &chip{at: time.Unix(1000, 0), cpu: 5_000, unit: "mJ"}
	m, err := newMeter(c.read, func() time.Time { return c.at })
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

func TestAllRailsInTheirUnits(t *testing.T) {
	c, m := open(t)
	first, _ := m.Read()
	c.at = c.at.Add(time.Second)
	c.cpu, c.gpu, c.ane, c.dram = c.cpu+2_000, 14_000_000, 980_000, 500
	r, err := m.Read()
	if d := float64(r.Energy - first.Energy); err != nil || math.Abs(d-(2+0.014+0.98+0.5)) > 1e-9 {
		t.Errorf("%g J, %v", d, err)
	}
	if m.Name() != "apple CPU + GPU + ANE + DRAM" || power.ScopeOf(m) != power.ScopeSoC || m.Class() != power.ClassCounter {
		t.Error(m.Name())
	}
	c.unit = "Wh"
	if _, err := m.Read(); err == nil || !strings.Contains(err.Error(), `"Wh"`) {
		t.Error(err)
	}
}

// Between batches nothing is new: what was told holds, with its time, so that
// power does not alternate between nothing and too much.
func TestBatchesAreHeld(t *testing.T) {
	c, m := open(t)
	s := power.NewSampler(m, power.SamplerOptions{Now: func() time.Time { return c.at }})
	s.Take()
	begin := c.at
	for i := range 60 {
		c.at = c.at.Add(50 * time.Millisecond)
		if i%10 == 9 {
			c.cpu += 5_000 // 5 J each half second
		}
		s.Take()
	}
	for i := range 5 {
		w := s.Window(begin.Add(time.Duration(i)*500*time.Millisecond+100*time.Millisecond), begin.Add(time.Duration(i)*500*time.Millisecond+200*time.Millisecond))
		if math.Abs(float64(w.Joules)-1) > 1e-6 {
			t.Errorf("a tenth of a second at 10 W has %g J", float64(w.Joules))
		}
	}
}

func TestStalls(t *testing.T) {
	c, m := open(t)
	c.at = c.at.Add(4 * time.Second)
	if _, err := m.Read(); err == nil || !strings.Contains(err.Error(), "nothing has been new") {
		t.Error(err)
	}
	c, m = open(t)
	for range 8 {
		c.at = c.at.Add(500 * time.Millisecond)
		c.gpu += 1_000_000
		if _, err := m.Read(); err != nil {
			if !strings.Contains(err.Error(), "processor has not moved") {
				t.Error(err)
			}
			return
		}
	}
	t.Error("a stalled processor is not seen")
}

func TestResetsAndOtherChips(t *testing.T) {
	c, m := open(t)
	c.at, c.cpu = c.at.Add(time.Second), 0
	if r, err := m.Read(); err != nil || !r.Broken {
		t.Errorf("%+v %v", r, err)
	}
	none := func() ([]channel, error) { return []channel{{"PCPU0", "mJ", 5}}, nil }
	if _, err := newMeter(none, time.Now); err == nil {
		t.Error("a meter of nothing")
	}
}
