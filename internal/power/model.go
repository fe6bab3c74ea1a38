package power

import (
	"fmt"

	"irori/internal/unit"
)

// CoreModel is an interval of power that one busy processor thread is assumed
// to take. Its middle is the value.
type CoreModel struct {
	Low, High unit.Watts
	// Basis says in words where the interval comes from.
	Basis string
}

// DefaultCoreModel spans what makers publish, from a server's thread to a
// desktop's core at full clock: AMD EPYC 9654, 360 W for 96 cores of two
// threads (1.9 W a thread); Intel Core Ultra 7 155H, 28 W for 16 cores (1.75
// W) up to 115 W (7.2 W); Intel Xeon 8480+, 350 W for 56 cores (6.3 W); AMD
// Ryzen 9 7950X, 170 W for 16 cores (10.6 W). Seconds of processor time are
// those of threads, so the low end is a thread's and the high end a core's
// that has a single busy thread.
func DefaultCoreModel() CoreModel {
	return CoreModel{
		Low: 2, High: 12,
		Basis: "assumed from published TDP per thread and core of laptop, desktop and server processors; " +
			"memory, disks, fans and power supply are not in it; the interval can be set in the configuration",
	}
}

// NewCoreModel is an interval that a user configured.
func NewCoreModel(low, high unit.Watts) (CoreModel, error) {
	if !(low >= 0) || !(high >= low) || high > maxPower {
		return CoreModel{}, fmt.Errorf("watts per core from %g to %g is no interval", float64(low), float64(high))
	}
	return CoreModel{Low: low, High: high, Basis: "configured"}, nil
}

// mid is the value between the bounds.
func (m CoreModel) mid() float64 { return float64(m.Low+m.High) / 2 }

// basis is the line that goes with a figure.
func (m CoreModel) basis() string {
	return fmt.Sprintf("worker processor time × %g–%g W per busy core: %s", float64(m.Low), float64(m.High), m.Basis)
}
