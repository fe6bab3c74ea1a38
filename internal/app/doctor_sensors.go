package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// raplCounters are where Linux shows the energy of the processor's packages.
const raplCounters = "/sys/class/powercap/intel-rapl:*/energy_uj"

// sensors tell which counters of energy can be read, and why others cannot.
func sensors() []Finding {
	f := Finding{About: "sensors", Verdict: VerdictNote}
	counters, err := filepath.Glob(raplCounters)
	if err != nil || len(counters) == 0 {
		f.Text = "no RAPL counters here (a virtual machine, or no Linux on a processor that has them): the energy of the processor is modelled"
		return []Finding{f}
	}
	_, err = os.ReadFile(counters[0])
	switch {
	case err == nil:
		f.Verdict, f.Text = VerdictOK, "RAPL counters of the processor can be read"
	case errors.Is(err, fs.ErrPermission):
		f.Verdict, f.Text = VerdictWarn, "only root may read the RAPL counters of the processor: its energy is modelled"
		f.Hint = "sudo chmod a+r " + raplCounters
	default:
		f.Text = "the RAPL counters of the processor cannot be read: " + err.Error()
	}
	return []Finding{f}
}
