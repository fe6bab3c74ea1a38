package replay

import (
	"math"
	"testing"
)

func TestWhatIsExpectedStandsBesideWhatCame(t *testing.T) {
	r := reliability([]float64{.05, .05, .95, .95, 1}, []float64{0, 1, 1, 1, 1})
	if len(r.Bins) != 2 || r.Bins[0].N != 2 || r.Bins[0].Came != .5 || r.Bins[1].N != 3 || math.Abs(r.ECE-(.9+.1)/5) > 1e-12 {
		t.Errorf("%+v", r)
	}
}

func TestTrustedAnswersErrLess(t *testing.T) {
	s := selective([]float64{.9, .1, .8, .8}, []float64{1, 0, 1, 0})
	if len(s) != 3 || s[0] != (Selected{.25, 0}) || s[1].Coverage != .75 || math.Abs(s[1].Error-1.0/3) > 1e-12 || s[2] != (Selected{1, .5}) {
		t.Errorf("equally trusted answers are kept together: %+v", s)
	}
}

func TestRandomOrdersLieInABand(t *testing.T) {
	weak, strong := make([]float64, 400), make([]float64, 400)
	for i := range weak {
		weak[i], strong[i] = float64(i%2), float64(min(1, i%3))
	}
	b := chance(weak, strong, 1)
	if len(b) != 21 || b[0].Low != .5 || b[0].High != .5 || b[20].Low != b[20].High {
		t.Fatalf("%+v", b)
	}
	if mid := (.5 + b[20].Low) / 2; !(b[10].Low < mid && mid < b[10].High && b[10].High-b[10].Low < .2) {
		t.Errorf("%+v around %g", b[10], mid)
	}
}
