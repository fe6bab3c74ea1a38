package audit

import (
	"math"

	"irori/internal/route/calibrate"
)

// Harm is a threshold by conformal risk control, as it is told to others. What
// it bounds holds on average over calibrations: a given one may exceed it.
type Harm struct {
	Bounded   bool     `json:"bounded_in_expectation"`
	Threshold *float64 `json:"threshold"`
	Accepted  int      `json:"accepted"`
	// Harm is the share of all answers that were accepted, were wrong, and
	// would have been answered rightly by the strong model.
	Harm float64 `json:"harm"`
	Need int     `json:"need_labels"`
	// N counts the answers whose strong model's score is known.
	N      int     `json:"n"`
	Alpha  float64 `json:"alpha"`
	Method string  `json:"method"`
}

// TellHarm bounds harm in expectation; ok is false where no point says how good
// the strong model was.
func TellHarm(points []calibrate.Point, alpha float64) (h Harm, ok bool) {
	h = Harm{Alpha: alpha, Method: "conformal-risk-control"}
	threshold, found := calibrate.ControlRisk(points, alpha)
	for _, p := range points {
		if p.Strong == nil {
			continue
		}
		h.N++
		if found && p.Doubt <= threshold {
			h.Accepted++
			h.Harm += p.Error * *p.Strong
		}
	}
	if h.N == 0 {
		return h, false
	}
	h.Harm /= float64(h.N)
	if h.Bounded = found; found {
		h.Threshold = &threshold
	} else {
		h.Need = harmless(points, alpha, h.N)
	}
	return h, true
}

// harmless is how many more answers are the least that bound harm at the lowest
// threshold there is: so many that (harm + 1)/(n + 1) ≤ alpha, if none of them
// harms within it.
func harmless(points []calibrate.Point, alpha float64, n int) int {
	least := math.Inf(1)
	for _, p := range points {
		if p.Strong != nil {
			least = min(least, p.Doubt)
		}
	}
	harm := 0.0
	for _, p := range points {
		if p.Strong != nil && p.Doubt == least {
			harm += p.Error * *p.Strong
		}
	}
	return max(1, int(math.Ceil((harm+1)/alpha-1e-9))-1-n)
}

// Tuned is a threshold by a linear constraint, as it is told to others: about
// right on average, a promise of nothing.
type Tuned struct {
	Promised  bool     `json:"promised"`
	Threshold *float64 `json:"threshold"`
	Accepted  int      `json:"accepted"`
	Errors    int      `json:"errors"`
	N         int      `json:"n"`
	Alpha     float64  `json:"alpha"`
	Method    string   `json:"method"`
}

// TellTuned tunes a threshold.
func TellTuned(points []calibrate.Point, alpha float64) Tuned {
	t := Tuned{N: len(points), Alpha: alpha, Method: "linear-expectation-constraint"}
	threshold, found := calibrate.Linear(points, alpha)
	if !found {
		return t
	}
	t.Threshold = &threshold
	for _, p := range points {
		if p.Doubt <= threshold {
			t.Accepted++
			if p.Error > .5 {
				t.Errors++
			}
		}
	}
	return t
}
