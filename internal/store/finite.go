package store

import (
	"encoding/json"
	"errors"
	"math"
)

// figures are the numbers of a record that are measured or computed.
func (r *Record) figures() []**float64 {
	return []**float64{
		&r.QueueSeconds, &r.TTFTSeconds, &r.ITLP50, &r.ITLP95, &r.TotalSeconds, &r.EnergyJ, &r.EnergyLowJ,
		&r.EnergyHighJ, &r.EnergyActiveJ, &r.EnergyPrefillJ, &r.EnergyDecodeJ, &r.PowerW, &r.PowerLowW, &r.PowerHighW,
		&r.EnergyCoverage, &r.Cost, &r.CostLow, &r.CostHigh, &r.DecisionScore,
	}
}

func (a *Attempt) figures() []**float64 {
	return []**float64{&a.EnergyJ, &a.Cost, &a.CostLow, &a.CostHigh}
}

// usual is how long a record is, most often, or less.
const usual = 768

// encode makes JSON of a record, and returns the record that it says. Figures
// that are no numbers cannot be written and mean unknown: they are left out.
func encode(rec *Record) ([]byte, *Record, error) {
	data, err := rec.AppendJSON(make([]byte, 0, usual))
	if _, bad := errors.AsType[*json.UnsupportedValueError](err); bad {
		rec = rec.finite()
		data, err = rec.AppendJSON(data[:0])
	}
	return data, rec, err
}

// finite is a copy without figures that are no numbers.
func (r *Record) finite() *Record {
	clean := *r
	drop(clean.figures())
	clean.Attempts = append([]Attempt(nil), r.Attempts...)
	for i := range clean.Attempts {
		a := &clean.Attempts[i]
		if notFinite(a.Seconds) {
			a.Seconds = 0
		}
		drop(a.figures())
	}
	return &clean
}

func drop(list []**float64) {
	for _, p := range list {
		if *p != nil && notFinite(**p) {
			*p = nil
		}
	}
}

func notFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
