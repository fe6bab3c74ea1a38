package app

import (
	"errors"
	"strings"

	"irori/internal/power"
	"irori/internal/sensor/nvml"
	"irori/internal/sensor/rapl"
)

// sensors tell which counters of energy can be read, and why others cannot.
func sensors() []Finding {
	processor, err := rapl.Discover("")
	out := []Finding{sensorFinding("processor energy", processor, err, rapl.ErrNotFound)}
	if errors.Is(err, rapl.ErrUnreadable) {
		out[0].Text = "the kernel shows the counters to root only; the energy of the processor is modelled"
		out[0].Hint = "sudo chmod a+r /sys/class/powercap/*/energy_uj"
	}
	gpu, done, err := nvml.Discover()
	if done != nil {
		defer done()
	}
	return append(out, sensorFinding("GPU energy", gpu, err, nvml.ErrNotFound))
}

// sensorFinding reads each meter once: one that is there and does not answer
// is as good as none.
func sensorFinding(about string, meters []power.Meter, err, missing error) Finding {
	f := Finding{About: about, Verdict: VerdictOK}
	if err == nil && len(meters) == 0 {
		err = missing
	}
	var names []string
	for _, m := range meters {
		if _, rerr := m.Read(); rerr != nil {
			err = errors.Join(err, rerr)
			continue
		}
		names = append(names, m.Name()+" ("+string(m.Class())+")")
	}
	if len(names) > 0 {
		f.Text, f.Facts = "measured: "+strings.Join(names, ", "), names
	}
	switch {
	case err == nil:
	case errors.Is(err, missing):
		f.Verdict, f.Text = VerdictNote, missing.Error()
	default:
		f.Verdict, f.Text = VerdictWarn, strings.Join(append(names, err.Error()), "; ")
	}
	return f
}
