package sensors

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/power"
	"irori/internal/power/load"
)

// Device is what one meter told in a while.
type Device struct {
	Name  string      `json:"name"`
	Scope power.Scope `json:"scope,omitempty"`
	Class power.Class `json:"class"`
	// Used says that it is a part of what energy is made of here; the others
	// count some of it again.
	Used    bool     `json:"used"`
	Samples int64    `json:"samples"`
	Joules  *float64 `json:"joules,omitempty"`
	// Watts is the mean; the median of seconds has an interval where there
	// were ten.
	Watts           *float64 `json:"watts,omitempty"`
	MedianWatts     *float64 `json:"median_w,omitempty"`
	MedianLowWatts  *float64 `json:"median_low_w,omitempty"`
	MedianHighWatts *float64 `json:"median_high_w,omitempty"`
	// IdleWatts is the median where the machine had nothing to do.
	IdleWatts   *float64     `json:"idle_w,omitempty"`
	Coverage    float64      `json:"coverage"`
	LargestGapS float64      `json:"largest_gap_s"`
	Gaps        int          `json:"gaps"`
	Flags       []string     `json:"flags"`
	State       *power.State `json:"state,omitempty"`
}

// Report is what sampling cost and told.
type Report struct {
	// CPUSeconds is processor time of this program, Samples the readings of
	// all devices.
	CPUSeconds  float64      `json:"cpu_s"`
	WallSeconds float64      `json:"wall_s"`
	Samples     int64        `json:"samples"`
	Hz          float64      `json:"hz"`
	Devices     []Device     `json:"devices"`
	Compared    []Comparison `json:"compared,omitempty"`
	// Model says how often the interval that would stand in for a sensor held
	// what it measured.
	Model   []load.Validation `json:"model,omitempty"`
	Missing []power.Missing   `json:"missing,omitempty"`
}

// Watch samples all meters for a while.
func (s *Set) Watch(ctx context.Context, hz float64, lasts time.Duration) Report {
	interval := time.Duration(float64(time.Second) / hz)
	var samplers []*power.Sampler
	for _, m := range slices.Concat(s.Used, s.Beside) {
		samplers = append(samplers, power.NewSampler(m, power.SamplerOptions{Interval: interval, Keep: lasts + time.Minute}))
	}
	run, stop := context.WithTimeout(ctx, lasts)
	defer stop()
	var busy loads
	var model trial
	before, begin := cpuTime(), time.Now()
	var running sync.WaitGroup
	for _, x := range samplers {
		running.Go(func() { x.Run(run) })
	}
	if s.here {
		running.Go(func() { busy.watch(run) })
		running.Go(func() { model.watch(run, samplers[:len(s.Used)]) })
	}
	running.Wait()
	for _, x := range samplers {
		x.Take() // the time up to now has its edge
	}
	end := time.Now()
	r := Report{CPUSeconds: (cpuTime() - before).Seconds(), WallSeconds: end.Sub(begin).Seconds(), Hz: hz, Devices: []Device{}, Missing: s.Missing}
	rested := busy.rested()
	for i, x := range samplers {
		d := device(x, begin, end, rested)
		d.Used = i < len(s.Used)
		r.Samples += d.Samples
		r.Devices = append(r.Devices, d)
	}
	r.Compared = compare(r.Devices)
	r.Model = model.results(samplers[:len(s.Used)], busy.seconds)
	for i, d := range r.Devices {
		for _, c := range r.Compared {
			if c.Flag != "" && c.Whole == d.Name {
				r.Devices[i].Flags = append(r.Devices[i].Flags, c.Flag)
			}
		}
	}
	return r
}

// device sums up one sampler.
func device(x *power.Sampler, begin, end time.Time, rested bool) Device {
	m := x.Meter()
	w := x.Window(begin, end)
	d := Device{
		Name: m.Name(), Scope: power.ScopeOf(m), Class: m.Class(), Samples: x.Reads(), Flags: []string{},
		LargestGapS: w.LargestGap.Seconds(), Gaps: w.Gaps, State: x.State(),
	}
	if w.Covered > 0 {
		d.Joules = figure(float64(w.Joules))
		d.Watts = figure(float64(w.Joules) / w.Covered.Seconds())
		d.Coverage = min(1, w.Coverage())
	}
	if idle := x.Median(end.Add(-end.Sub(begin).Truncate(time.Second)), end); idle != nil {
		d.MedianWatts, d.MedianLowWatts, d.MedianHighWatts = figure(float64(idle.Watts)), figure(float64(idle.Low)), figure(float64(idle.High))
		if rested {
			d.IdleWatts = d.MedianWatts
		}
	}
	// A card that sleeps takes nothing; a counter never stands still.
	asleep := d.Class == power.ClassIntegrated && w.Jumps == 0 && w.Resets == 0 && (w.Joules == 0 || w.FrozenJoules == 0 && w.Frozen > 0)
	why := ""
	if !asleep {
		why = x.Judge(w, nil, true)
	}
	switch {
	case why != "":
		d.flagAbsent(why)
	case w.Coverage() < leastSeen && d.Joules != nil:
		d.flagAbsent(fmt.Sprintf("%s was known for only %.0f %% of the time, which makes no figure: sample for longer", d.Name, 100*d.Coverage))
	case w.Frozen > 0 && !asleep:
		d.Flags = append(d.Flags, x.Stood(w))
	}
	if err := x.Err(); err != nil && len(d.Flags) == 0 {
		d.Flags = append(d.Flags, fmt.Sprintf("%s cannot be read: %v", d.Name, err))
	}
	return d
}

// leastSeen is how much of the time a device must have told for its figures.
const leastSeen = 0.9

// flagAbsent says why there is no figure: what cannot be is none, and the part
// that is known would be taken for the whole.
func (d *Device) flagAbsent(why string) {
	d.Flags = append(d.Flags, why)
	d.Joules, d.Watts, d.MedianWatts, d.MedianLowWatts, d.MedianHighWatts, d.IdleWatts = nil, nil, nil, nil, nil, nil
}

func figure(v float64) *float64 { return &v }

// Comparison sets the sum of the parts beside something that counts them all.
type Comparison struct {
	Whole string   `json:"whole"`
	Parts []string `json:"parts"`
	// Ratio is the parts' sum by the whole's figure.
	Ratio float64 `json:"ratio"`
	Flag  string  `json:"flag,omitempty"`
}

const (
	// mostOfWhole is how much the parts may tell, since meters have errors.
	mostOfWhole = 1.05
	// leastOfWhole is how little: below it most of the machine is not in the
	// figure.
	leastOfWhole = 0.25
)

// whole reports whether it counts all parts of the machine.
func (d Device) whole() bool {
	return d.Scope == power.ScopeWall || d.Scope == power.ScopeSystem || d.Scope == power.ScopePlatform
}

// compare sets two sensors of the same thing beside each other.
func compare(list []Device) []Comparison {
	var sum float64
	var parts []string
	for _, d := range list {
		if !d.Used || d.whole() {
			continue
		}
		if d.Watts == nil {
			return nil // a part of the sum would be taken for all of it
		}
		sum += *d.Watts
		parts = append(parts, d.Name)
	}
	var out []Comparison
	for _, d := range list {
		if d.Used || !d.whole() || d.Watts == nil || *d.Watts <= 0 || len(parts) == 0 {
			continue
		}
		c := Comparison{Whole: d.Name, Parts: parts, Ratio: sum / *d.Watts}
		switch {
		case c.Ratio > mostOfWhole:
			c.Flag = fmt.Sprintf("the parts take %.1f W and %s, which has all of them behind it, tells %.1f W: one of them is wrong", sum, d.Name, *d.Watts)
		case c.Ratio < leastOfWhole:
			c.Flag = fmt.Sprintf("the parts take %.1f W of the %.1f W that %s tells: most of the machine is not in the figure", sum, *d.Watts, d.Name)
		}
		out = append(out, c)
	}
	return out
}

// Notes are what people should know of a report beside its devices.
func (r Report) Notes() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, d := range r.Devices {
		if len(d.Flags) > 0 {
			say("flagged: %s", strings.Join(d.Flags, "; "))
		}
	}
	for _, x := range r.Compared {
		say("%s by %s: %.2f", strings.Join(x.Parts, " + "), x.Whole, x.Ratio)
	}
	for _, v := range r.Model {
		say("modelled from its load, %s would be right in %.0f %% of %d seconds", v.Device, 100*v.Covered, v.Windows)
	}
	for _, m := range r.Missing {
		say("not read: %s: %s", m.What, m.Why)
	}
	say("%.3f s of processor time in %.1f s: %.0f µs a sample", r.CPUSeconds, r.WallSeconds, 1e6*r.CPUSeconds/float64(max(1, r.Samples)))
	return out
}
