// Package load models what a device takes from how busy it is and from the
// power that its maker states, as an interval, and says how often the interval
// held what was measured.
//
// It knows makers' figures and no sensor. What it tells is never measured, and
// is never added to what is.
package load

import (
	"slices"
	"strings"

	"irori/internal/power"
	"irori/internal/unit"
)

// Kind is what a device is.
type Kind int

// The kinds.
const (
	Processor Kind = iota
	Graphics
)

// Rating is what a maker states of a device.
type Rating struct {
	Kind Kind
	// Watts is the board's power, or the processor's base power; Turbo is the
	// most that a processor may take for long, 0 where it is the same.
	Watts, Turbo unit.Watts
	// Cores and Threads are a processor's.
	Cores, Threads int
	// Source is where the figures stand.
	Source string
}

// rated are published ratings, by a part of the name that devices tell.
var rated = []struct {
	name string
	Rating
}{
	{"A100-SXM4-40GB", Rating{Graphics, 400, 0, 0, 0, "NVIDIA A100 datasheet"}},
	{"A100-SXM4-80GB", Rating{Graphics, 400, 0, 0, 0, "NVIDIA A100 datasheet"}},
	{"A100-PCIE", Rating{Graphics, 250, 0, 0, 0, "NVIDIA A100 datasheet"}},
	{"H100 80GB HBM3", Rating{Graphics, 700, 0, 0, 0, "NVIDIA H100 datasheet"}},
	{"H100 PCIe", Rating{Graphics, 350, 0, 0, 0, "NVIDIA H100 datasheet"}},
	{"H200", Rating{Graphics, 700, 0, 0, 0, "NVIDIA H200 datasheet"}},
	{"B200", Rating{Graphics, 1000, 0, 0, 0, "NVIDIA Blackwell datasheet"}},
	{"L40S", Rating{Graphics, 350, 0, 0, 0, "NVIDIA L40S datasheet"}},
	{"Quadro RTX 6000", Rating{Graphics, 295, 0, 0, 0, "NVIDIA Quadro RTX 6000 datasheet"}},
	{"RTX 6000 Ada", Rating{Graphics, 300, 0, 0, 0, "NVIDIA RTX 6000 Ada datasheet"}},
	{"GeForce RTX 5090", Rating{Graphics, 575, 0, 0, 0, "NVIDIA GeForce specifications"}},
	{"GeForce RTX 4090", Rating{Graphics, 450, 0, 0, 0, "NVIDIA GeForce specifications"}},
	{"GeForce RTX 3090", Rating{Graphics, 350, 0, 0, 0, "NVIDIA GeForce specifications"}},
	{"MI300X", Rating{Graphics, 750, 0, 0, 0, "AMD Instinct MI300X datasheet"}},
	{"EPYC 9654", Rating{Processor, 360, 400, 96, 192, "AMD EPYC 9004 specifications"}},
	{"EPYC 7763", Rating{Processor, 280, 280, 64, 128, "AMD EPYC 7003 specifications"}},
	{"Platinum 8480", Rating{Processor, 350, 350, 56, 112, "Intel ARK"}},
	{"Platinum 8380", Rating{Processor, 270, 270, 40, 80, "Intel ARK"}},
	{"Ryzen 9 9950X", Rating{Processor, 170, 230, 16, 32, "AMD Ryzen specifications (TDP, PPT)"}},
	{"Ryzen 9 7950X", Rating{Processor, 170, 230, 16, 32, "AMD Ryzen specifications (TDP, PPT)"}},
	{"Ryzen 7 7800X3D", Rating{Processor, 120, 162, 8, 16, "AMD Ryzen specifications (TDP, PPT)"}},
	{"i9-14900K", Rating{Processor, 125, 253, 24, 32, "Intel ARK"}},
	{"i9-13900K", Rating{Processor, 125, 253, 24, 32, "Intel ARK"}},
	{"i7-13700K", Rating{Processor, 125, 253, 16, 24, "Intel ARK"}},
	{"i5-12400", Rating{Processor, 65, 117, 6, 12, "Intel ARK"}},
	{"Ultra 7 155H", Rating{Processor, 28, 115, 16, 22, "Intel ARK"}},
}

// Known is the rating of a device that tells its name.
func Known(name string) (Rating, bool) {
	i := slices.IndexFunc(rated, func(r struct {
		name string
		Rating
	},
	) bool {
		return strings.Contains(name, r.name)
	})
	if i < 0 {
		return Rating{}, false
	}
	return rated[i].Rating, true
}

// Interval is what a device takes while it is busy for a part of the time. A
// GPU is busy while any kernel runs, however little of it that uses, and takes
// up to a quarter of its power where it only holds a model ready. A processor's
// few busy cores run faster than all of them.
func (r Rating) Interval(busy float64) (low, high unit.Watts) {
	u := min(1, max(0, busy))
	if r.Kind == Graphics {
		return r.Watts * unit.Watts(0.02+0.18*u), r.Watts * unit.Watts(0.25+0.77*u)
	}
	most := max(r.Watts, r.Turbo)
	return r.Watts * unit.Watts(0.01+0.34*u), min(1.1*most, most*unit.Watts(0.4+2*u))
}

// Thread is the interval of a busy thread of a processor: half its part of the
// base power, where all are busy and none turns fast, to half more than a
// core's part of the most, where few are.
func (r Rating) Thread() (power.CoreModel, bool) {
	if r.Kind != Processor || r.Threads <= 0 || r.Cores <= 0 {
		return power.CoreModel{}, false
	}
	return power.CoreModel{
		Low: r.Watts / unit.Watts(2*r.Threads), High: max(r.Watts, r.Turbo) * 1.5 / unit.Watts(r.Cores),
		Basis: "from the processor's published power (" + r.Source + "); memory, disks, fans and power supply are not in it",
	}, true
}

// Window is a stretch in which both were known: how busy the device was, and
// what it took.
type Window struct {
	Busy  float64
	Watts unit.Watts
}

// Validation says how often the interval held the truth.
type Validation struct {
	Device  string `json:"device"`
	Windows int    `json:"windows"`
	// Covered is the share of windows whose truth lies in the interval.
	Covered float64 `json:"covered"`
	// Width is the interval's mean width by what was measured.
	Width float64 `json:"width"`
	// Enough says that Covered is at least Goal.
	Enough bool `json:"enough"`
}

// Goal is the share of windows that an interval must cover to be honest.
const Goal = 0.9

// Validate compares a rating's interval with what was measured; ok is false
// where nothing was.
func (r Rating) Validate(device string, windows []Window) (v Validation, ok bool) {
	v.Device = device
	var width float64
	for _, w := range windows {
		if !(w.Watts > 0) {
			continue
		}
		low, high := r.Interval(w.Busy)
		v.Windows++
		if w.Watts >= low && w.Watts <= high {
			v.Covered++
		}
		width += float64((high - low) / w.Watts)
	}
	if v.Windows == 0 {
		return v, false
	}
	v.Covered /= float64(v.Windows)
	v.Width = width / float64(v.Windows)
	v.Enough = v.Covered >= Goal
	return v, true
}
