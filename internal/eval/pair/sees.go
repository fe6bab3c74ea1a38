package pair

import (
	"math"

	"irori/internal/eval/stat"
)

// Why there is no smallest difference that could have been seen.
const (
	tied = "tied"
	few  = "few"
)

// sees holds what a test says of itself to what is possible. Pairs that all
// differ by the same are drawn alike every time, and would claim what so few
// cannot show: of shares, Wilson's bound of the pairs that differ otherwise stands
// there. A test that could not find even pairs that all differ one way sees
// nothing, whatever the formula makes of them.
func (m *metric) sees(t *Test, differences []float64) {
	low, high, moved := math.Inf(1), math.Inf(-1), 0
	for _, d := range differences {
		low, high = min(low, d), max(high, d)
		if d != 0 {
			moved++
		}
	}
	n := len(differences)
	if m.name == "accuracy" && t.Difference != nil && low == high {
		if other, ok := stat.Wilson(0, n, level); ok {
			v := t.Difference.Value
			t.Difference.Low, t.Difference.High = max(-1, v-other.High), min(1, v+other.High)
		}
	}
	switch {
	case low == high && moved == 0:
		t.Detectable, t.Undetected = nil, tied
	case stat.McNemar(0, moved) >= alpha, low == high, t.Detectable == nil, m.name == "accuracy" && *t.Detectable > 1:
		t.Detectable, t.Undetected = nil, few
	}
}
